//! What can be wrong with one row.

macro_rules! faults {
    ($($variant:ident = $code:literal $meaning:literal;)*) => {
        /// Why a row of a file cannot be taken over.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum RowFault { $(#[doc = $meaning] $variant,)* }

        impl RowFault {
            /// Every fault, in the order of the reference.
            pub const ALL: &[RowFault] = &[$(RowFault::$variant),*];

            /// The stable code, never changed once released.
            pub fn code(self) -> &'static str {
                match self { $(RowFault::$variant => $code,)* }
            }

            /// One sentence for people, without anything of the row.
            pub fn meaning(self) -> &'static str {
                match self { $(RowFault::$variant => $meaning,)* }
            }
        }
    };
}

faults! {
    Columns = "row.columns" "The row has too few or too many columns for its format.";
    Serial = "row.serial" "The serial number is not a decimal integer.";
    PublicId = "row.public_id" "The public id is not 1 to 16 modhex letters.";
    PrivateId = "row.private_id" "The private id is not twelve hexadecimal digits.";
    AesKey = "row.aes_key" "The AES key is not sixteen bytes, which are thirty-two hexadecimal digits.";
    LockCode = "row.lock_code" "The lock code is not twelve hexadecimal digits.";
    Created = "row.created" "The time of creation or change cannot be read.";
    Active = "row.active" "The state is neither 1 nor 0.";
    Counter = "row.counter" "The session counter is not a number from 0 to 65535.";
    Use = "row.use" "The use counter is not a number from 0 to 255.";
    Timestamp = "row.timestamp" "The timestamp is not a low part up to 65535 and a high part up to 255.";
    Nonce = "row.nonce" "The nonce is longer than 64 characters or has others than printable ASCII.";
    Locked = "row.locked" "The secret is encrypted, and neither a key nor a password was given for it.";
    Algorithm = "row.algorithm" "The secret is encrypted by another algorithm than AES in CBC mode.";
    Mac = "row.mac" "The secret's MAC is missing or wrong: another key or password, or a changed file.";
    Withheld = "row.withheld" "The secrets were left out when this file was exported.";
    Duplicate = "row.duplicate" "An earlier row speaks of the same key and says otherwise.";
    OtherSecret = "row.other_secret" "This key is known here already, with other secrets.";
    SerialNumber = "row.serial_number" "There is no serial number, or it is not 1 to 64 visible characters of ASCII.";
    Text = "row.text" "A text is too long, has more than one line, or characters that cannot be seen.";
    State = "row.state" "The state is none of stock, shipped, issued, active, lost and retired.";
    Owner = "row.owner" "There is no user of this name, or a key in this state has an owner, or none.";
    Moved = "row.moved" "The key is here already in another state or with another owner; that is changed by what is done to it.";
    UnknownKey = "row.unknown_key" "There is no key of this serial number and maker.";
    Slot = "row.slot" "The OTP slot of this public id is on another key.";
    Repeated = "row.repeated" "An earlier row is about the same key.";
    NoSecret = "row.no_secret" "The secrets of this key are not known here; import those first.";
}
