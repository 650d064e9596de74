//! Journeys over several requests, as types: an illegal move does not compile.
//!
//! A stage is a struct that holds exactly what is known at one moment; moves take it by value.
//! What can wait between two requests is an [`Unfinished`] journey; the last stage of each can only
//! be reached, never loaded.

// A new stage, proof or assurance is led by the compiler to whatever must know it.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod api_token;
pub mod ceremony;
pub mod enrolment;
pub mod grounds;
pub mod invitation;
pub mod key;
pub mod new_email;
pub mod next_path;
pub mod permit;
pub mod sign_in;
mod staff;
pub mod step_up;
pub mod upstream;
pub mod verify;

use serde::{Deserialize, Serialize};

use crate::domain::event::EventKind;
use crate::domain::user::UserId;

use self::ceremony::CeremonyInProgress;
use self::enrolment::{
    Activating, EnrollingAtDesk, EnrollingCredential, EnrollingDeliveryAddress, EnrollingTotp,
};
use self::new_email::ChangingEmail;
use self::next_path::NextPath;
use self::sign_in::{AwaitingPassword, AwaitingSecondFactor};
use self::step_up::SteppingUp;
use self::verify::Verifying;

/// A stage at which a journey waits for the next request: it is sealed and loaded as itself.
pub trait Stage: Serialize + Sized {
    /// The stable name, in the sealed row.
    const NAME: &'static str;

    /// Whose journey it is.
    fn user_id(&self) -> UserId;

    /// This stage, where it is the one at which a journey stands.
    fn of(unfinished: Unfinished) -> Option<Self>;

    /// The stage with its name, as [`Unfinished`] reads it.
    fn named(&self) -> NamedStage<'_, Self> {
        NamedStage {
            stage: Self::NAME,
            fields: self,
        }
    }
}

/// A stage with its name.
#[derive(Serialize)]
pub struct NamedStage<'a, S: Serialize> {
    stage: &'static str,
    #[serde(flatten)]
    fields: &'a S,
}

/// A stage in which a second factor is waited for, whatever it is for.
pub trait AwaitsSecondFactor: Stage {
    /// What the trail calls the check.
    const CHECK: EventKind;

    /// The same stage with a WebAuthn ceremony in progress, in place of any before it.
    #[must_use]
    fn with_ceremony(self, ceremony: CeremonyInProgress) -> Self;

    /// The name of the API token of the program that it is for.
    fn token(&self) -> Option<&str> {
        None
    }

    /// Parts the stage from its ceremony, which can then be answered once.
    fn take_ceremony(self) -> (Self, Option<CeremonyInProgress>);
}

/// Declares the stages: the one list of what can wait.
macro_rules! stages {
    ($($(#[$doc:meta])* $stage:ident = $name:literal;)*) => {
        /// A journey that waits for the next request.
        #[derive(Deserialize)]
        #[serde(tag = "stage")]
        pub enum Unfinished {
            $($(#[$doc])* #[serde(rename = $name)] $stage($stage),)*
        }

        $(impl Stage for $stage {
            const NAME: &'static str = $name;

            fn user_id(&self) -> UserId {
                self.user_id
            }

            #[allow(clippy::wildcard_enum_match_arm, reason = "every other stage is another one")]
            fn of(unfinished: Unfinished) -> Option<Self> {
                match unfinished {
                    Unfinished::$stage(stage) => Some(stage),
                    _ => None,
                }
            }
        })*
    };
}

stages! {
    /// A sign-in between the password and the second factor.
    AwaitingSecondFactor = "awaiting-second-factor";
    /// A sign-in between a passkey that did not verify its user and the password.
    AwaitingPassword = "awaiting-password";
    /// An authenticator app that has to show its first code.
    EnrollingTotp = "enrolling-totp";
    /// An address that has to show that codes arrive there.
    EnrollingDeliveryAddress = "enrolling-delivery-address";
    /// A passkey or security key that is being made.
    EnrollingCredential = "enrolling-credential";
    /// A passkey or security key that an administrator makes for somebody.
    EnrollingAtDesk = "enrolling-at-desk";
    /// A passkey or security key whose owner has given its activation code.
    Activating = "activating";
    /// A new e-mail address that has to show that mail is read there.
    ChangingEmail = "changing-email";
    /// A user who is signed in has to prove themselves again.
    SteppingUp = "stepping-up";
    /// A user proves themselves to another program.
    Verifying = "verifying";
}

impl Unfinished {
    /// Whose sign-in it is, and where it leads; `None` for other journeys.
    pub fn as_sign_in(&self) -> Option<(UserId, &NextPath)> {
        match self {
            Self::AwaitingSecondFactor(stage) => Some((stage.user_id(), stage.next())),
            Self::AwaitingPassword(stage) => Some((stage.user_id(), stage.next())),
            Self::EnrollingTotp(_)
            | Self::EnrollingDeliveryAddress(_)
            | Self::EnrollingCredential(_)
            | Self::EnrollingAtDesk(_)
            | Self::Activating(_)
            | Self::ChangingEmail(_)
            | Self::SteppingUp(_)
            | Self::Verifying(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::user::EmailAddress;

    #[test]
    fn a_stage_is_read_as_what_it_was_written_as_and_as_nothing_else() {
        let user = UserId::parse("018f0000-0000-7000-8000-000000000001").expect("an id");
        let address = EmailAddress::parse("anna@example.org").expect("an address");
        let stage = ChangingEmail::begin(user, address);
        let json = serde_json::to_string(&stage.named()).expect("JSON");
        assert!(json.starts_with(r#"{"stage":"changing-email","#), "{json}");
        let read = || serde_json::from_str::<Unfinished>(&json).expect("a stage");
        let back = ChangingEmail::of(read()).expect("the same stage");
        assert_eq!(Stage::user_id(&back), user);
        assert_eq!(back.address(), stage.address());
        assert!(SteppingUp::of(read()).is_none());
    }
}
