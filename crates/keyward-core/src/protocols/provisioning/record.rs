//! What the rows become.

use std::fmt;

use zeroize::Zeroizing;

use crate::clock::{Entropy, Timestamp};
use crate::protocols::yubico::PublicId;

/// The six bytes that a programmed slot asks for before it lets itself be programmed again.
#[derive(Clone, PartialEq, Eq)]
pub struct LockCode(Zeroizing<[u8; 6]>);

impl LockCode {
    /// A new lock code.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes: Zeroizing<[u8; 6]> = Zeroizing::new(entropy.bytes());
        // Zeros are no lock code; any other byte makes them one.
        if *bytes == [0; 6] {
            *bytes = [0, 0, 0, 0, 0, 1];
        }
        Self(bytes)
    }

    /// A lock code of these bytes; `None` for six zeros, which mean that there is none.
    pub fn new(bytes: [u8; 6]) -> Option<Self> {
        (bytes != [0; 6]).then(|| Self(Zeroizing::new(bytes)))
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8; 6] {
        &self.0
    }
}

impl fmt::Debug for LockCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LockCode(..)")
    }
}

/// One OTP slot with its secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// The number printed on the key, where the file says it.
    pub serial: Option<u64>,
    /// What the slot types in front of each OTP.
    pub public_id: PublicId,
    /// What is hidden in each OTP.
    pub private_id: Zeroizing<[u8; 6]>,
    /// The AES-128 key that hides it.
    pub aes_key: Zeroizing<[u8; 16]>,
    /// What reprogramming asks for.
    pub lock_code: Option<LockCode>,
    /// When the slot was programmed; files tell no time zone, so it is read as UTC.
    pub created: Option<Timestamp>,
    /// When it was last used, by the file.
    pub accessed: Option<Timestamp>,
}

impl KeyRecord {
    /// New secrets for a slot of this public id.
    pub fn generate(
        entropy: &dyn Entropy,
        public_id: PublicId,
        serial: Option<u64>,
        with_lock_code: bool,
        now: Timestamp,
    ) -> Self {
        Self {
            serial,
            public_id,
            private_id: Zeroizing::new(entropy.bytes()),
            aes_key: Zeroizing::new(entropy.bytes()),
            lock_code: with_lock_code.then(|| LockCode::generate(entropy)),
            // The formats know whole seconds.
            created: Some(Timestamp::from_seconds(now.seconds())),
            accessed: None,
        }
    }

    /// Whether both speak of the same slot with the same secrets.
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.public_id == other.public_id
            && self.private_id == other.private_id
            && self.aes_key == other.aes_key
    }
}

impl fmt::Debug for KeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRecord({}..)", self.public_id)
    }
}

/// How far a key has come: what the next OTP must exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// How often the key was plugged in, 0 to 65535.
    pub session: u16,
    /// How often it was touched since then, 0 to 255.
    pub usage: u8,
    /// The lower sixteen bits of its clock of 8 Hz.
    pub low: u16,
    /// The upper eight bits of that clock.
    pub high: u8,
}

/// What a validation server knew about one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterRecord {
    /// Whether the server accepted the key.
    pub is_active: bool,
    /// When the server first heard of it.
    pub created: Option<Timestamp>,
    /// When the server last wrote about it.
    pub modified: Option<Timestamp>,
    /// Which key.
    pub public_id: PublicId,
    /// How far it has come; `None` for one that never was used there.
    pub counters: Option<Counters>,
    /// The nonce of its last request, up to 64 printable ASCII characters.
    pub nonce: String,
    /// What an operator noted.
    pub notes: String,
}
