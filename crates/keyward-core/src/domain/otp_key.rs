//! A key whose one-time passwords are verified here, because its secret is held here.

use super::id_type;

id_type!(
    /// The id of a held key's row; people speak of its public id.
    OtpKeyId
);

/// How often a key was used when it typed an OTP. Later touches are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usage {
    /// How often it was plugged in and used: `sessioncounter` in the validation protocol.
    pub counter: u16,
    /// How many touches came before this one since then: `sessionuse`.
    pub session_use: u8,
}

/// How far a held key has come, by the last OTP that was accepted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Its counters.
    pub usage: Usage,
    /// Its own clock, 24 bits that count eighths of a second from a random start at each
    /// plugging-in: `timestamp` in the validation protocol.
    pub device_clock: u32,
}

/// Who is asked first about the one-time password of a YubiKey whose secret Keyward holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtpOrder {
    /// Keyward itself, and no other server: it works without a network.
    BuiltinFirst,
    /// The validation services; Keyward itself where none of them knows or answers.
    ServicesFirst,
}

/// The longest note on a held key, in characters.
pub const LONGEST_NOTE: usize = 256;
