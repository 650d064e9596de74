//! Journeys over several requests, as types: an illegal move does not compile.
//!
//! A stage is a struct that holds exactly what is known at one moment; moves take it by value.
//! What can wait between two requests is an [`Unfinished`] journey; the last stage of each can only
//! be reached, never loaded.

// A new stage, proof or assurance is led by the compiler to whatever must know it.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod ceremony;
pub mod enrolment;
pub mod invitation;
pub mod new_email;
pub mod next_path;
pub mod permit;
pub mod sign_in;
pub mod step_up;

use serde::{Deserialize, Serialize};

use crate::domain::user::UserId;

use self::enrolment::{EnrollingCredential, EnrollingReceiver, EnrollingTotp};
use self::new_email::ChangingEmail;
use self::next_path::NextPath;
use self::sign_in::{AwaitingPassword, AwaitingSecondFactor};
use self::step_up::SteppingUp;

/// A journey that waits for the next request.
#[derive(Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "kebab-case")]
pub enum Unfinished {
    /// A sign-in between the password and the second factor.
    AwaitingSecondFactor(AwaitingSecondFactor),
    /// A sign-in between a passkey that did not verify its user and the password.
    AwaitingPassword(AwaitingPassword),
    /// An authenticator app that has to show its first code.
    EnrollingTotp(EnrollingTotp),
    /// An address that has to show that codes arrive there.
    EnrollingReceiver(EnrollingReceiver),
    /// A passkey or security key that is being made.
    EnrollingCredential(EnrollingCredential),
    /// A new e-mail address that has to show that mail is read there.
    ChangingEmail(ChangingEmail),
    /// Somebody who is signed in has to prove themselves again.
    SteppingUp(SteppingUp),
}

impl Unfinished {
    /// Whose sign-in it is, and where it leads; `None` for other journeys.
    pub fn as_sign_in(&self) -> Option<(UserId, &NextPath)> {
        match self {
            Self::AwaitingSecondFactor(stage) => Some((stage.user_id(), stage.next())),
            Self::AwaitingPassword(stage) => Some((stage.user_id(), stage.next())),
            Self::EnrollingTotp(_)
            | Self::EnrollingReceiver(_)
            | Self::EnrollingCredential(_)
            | Self::ChangingEmail(_)
            | Self::SteppingUp(_) => None,
        }
    }
}
