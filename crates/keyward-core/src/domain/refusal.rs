//! Why something was refused, as the trail holds it: a closed set, each with words on the pages.

use crate::problem::{Code, codes};

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Why something was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Refusal {
            $($(#[$doc])* $variant,)*
            /// The problem of this code stood in the way.
            Problem(Code),
        }

        impl Refusal {
            /// Every reason that is no problem's code.
            pub const OWN: &[Self] = &[$(Self::$variant),*];

            /// The stable word, in the database and in exports: its own, or the problem's code.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Problem(code) => code.name,
                }
            }
        }
    };
}

refusals! {
    /// The password is another one.
    WrongPassword = "wrong_password",
    /// The password was right when it was looked at, and replaced since.
    ReplacedPassword = "replaced_password",
    /// No user has this name.
    UnknownUser = "unknown_user",
    /// Several users have this address.
    AddressOfSeveral = "address_of_several",
    /// The user has no password.
    NoPassword = "no_password",
    /// The account is switched off.
    Disabled = "disabled",
    /// Too many failed tries locked it.
    Locked = "locked",
    /// The code is another one.
    WrongCode = "wrong_code",
    /// The code was right, and its time is over.
    ExpiredCode = "expired_code",
    /// The code was used before.
    ReplayedCode = "replayed_code",
    /// The one-time password is good, and another key's.
    OtherKey = "other_key",
    /// The device or the address belongs to a user already.
    Taken = "taken",
    /// The user has no temporary pass.
    NoPass = "no_pass",
    /// The user's temporary pass is another one.
    WrongPass = "wrong_pass",
    /// Its time is over.
    Expired = "expired",
    /// It works once, and was used.
    Used = "used",
    /// It was taken back.
    Revoked = "revoked",
    /// There never was such a thing.
    Unknown = "unknown",
    /// Only superusers may do this.
    NotSuperuser = "not_superuser",
    /// The same question was asked before.
    ReplayedRequest = "replayed_request",
    /// A question's signature is wrong.
    WrongSignature = "wrong_signature",
    /// A question is not signed.
    Unsigned = "unsigned",
    /// The client may not ask from this address.
    AddressNotAllowed = "address_not_allowed",
    /// The client asks more often than it may.
    TooMany = "too_many",
    /// No validation service answered.
    ServiceUnavailable = "service_unavailable",
}

impl Refusal {
    /// The reason of a row.
    pub fn from_stored(text: &str) -> Option<Self> {
        let own = Self::OWN.iter().copied();
        own.chain(codes::ALL.iter().copied().map(Self::Problem))
            .find(|reason| reason.as_str() == text)
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::Problem(code)
    }
}

/// Why something was refused, as a row tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedRefusal {
    /// A reason that this version knows.
    Known(Refusal),
    /// The word of another version.
    Other(String),
}

impl RecordedRefusal {
    /// The reason of a row, whatever stands there.
    pub fn from_stored(text: &str) -> Self {
        match Refusal::from_stored(text) {
            Some(reason) => Self::Known(reason),
            None => Self::Other(text.to_owned()),
        }
    }

    /// The stable word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(reason) => reason.as_str(),
            Self::Other(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_read_as_what_was_written() {
        let problems = codes::ALL.iter().copied().map(Refusal::Problem);
        for reason in Refusal::OWN.iter().copied().chain(problems) {
            assert_eq!(Refusal::from_stored(reason.as_str()), Some(reason));
        }
        assert_eq!(
            RecordedRefusal::from_stored("no_such_reason").as_str(),
            "no_such_reason"
        );
    }
}
