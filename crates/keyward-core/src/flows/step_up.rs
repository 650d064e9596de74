//! Proving oneself again in a session that is open, before something dangerous.
//!
//! ```text
//! SteppingUp ─┬─ proof of a second factor ───────────> Raised
//!             ├─ PasswordVerified, without a device ──> Raised
//!             └─ UpstreamVerified, without a device ──> Raised
//! ```

use serde::{Deserialize, Serialize};

use super::AwaitsSecondFactor;
use super::ceremony::CeremonyInProgress;
use super::permit::MayStepUp;
use super::sign_in::SecondFactorVerified;
use crate::domain::application::Level;
use crate::domain::device::DeviceId;
use crate::domain::event::EventKind;
use crate::domain::session::{Methods, Session, SessionId};
use crate::domain::user::UserId;
use crate::factors::password::PasswordVerified;
use crate::factors::upstream::UpstreamVerified;
use crate::problem::{Problem, Result, codes};

/// A fresh proof is waited for.
#[derive(Serialize, Deserialize)]
pub struct SteppingUp {
    session: SessionId,
    pub(super) user_id: UserId,
    ceremony: Option<CeremonyInProgress>,
    /// What the devices must prove that are asked for.
    #[serde(default)]
    level: Level,
}

impl SteppingUp {
    /// The stage in which a user proves themselves again in this session.
    pub fn begin(permit: &MayStepUp, level: Level) -> Self {
        Self {
            session: permit.session().id,
            user_id: permit.user().id,
            ceremony: None,
            level,
        }
    }

    /// What the devices must prove that are asked for.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The session that it is for.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// The last move, by a second factor.
    ///
    /// # Errors
    /// `ceremony.unknown_credential` for the proof of another user.
    pub fn finish(self, session: &Session, proof: &SecondFactorVerified) -> Result<Raised> {
        if proof.user_id() != self.user_id || session.id != self.session {
            return Err(Problem::new(codes::CEREMONY_UNKNOWN_CREDENTIAL)
                .detailed("the proof is another user's, or for another session"));
        }
        Ok(Raised {
            session: self.session,
            by: RaisedBy::SecondFactor {
                device_id: proof.device_id(),
                methods: session.methods.clone().and(proof.methods()),
            },
        })
    }

    /// The last move of a user who has no device, by their password.
    ///
    /// # Errors
    /// `session.required` for the password of another user.
    pub fn finish_by_password(self, password: &PasswordVerified) -> Result<Raised> {
        if password.user_id() != self.user_id {
            return Err(
                Problem::new(codes::SESSION_REQUIRED).detailed("the password is another user's")
            );
        }
        Ok(Raised {
            session: self.session,
            by: RaisedBy::Password,
        })
    }
}

impl AwaitsSecondFactor for SteppingUp {
    const CHECK: EventKind = EventKind::SteppedUp;

    fn with_ceremony(self, ceremony: CeremonyInProgress) -> Self {
        Self {
            ceremony: Some(ceremony),
            ..self
        }
    }

    fn take_ceremony(self) -> (Self, Option<CeremonyInProgress>) {
        let ceremony = self.ceremony;
        let stage = Self {
            ceremony: None,
            ..self
        };
        (stage, ceremony)
    }
}

/// A session that was proved freshly. Made only by the moves of this module, and never loaded:
/// ```compile_fail
/// let loaded: keyward::flows::step_up::Raised = serde_json::from_str("{}").unwrap();
/// ```
#[must_use = "a fresh proof raises the session"]
#[derive(Debug)]
pub struct Raised {
    session: SessionId,
    by: RaisedBy,
}

/// What a session was proved with again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RaisedBy {
    /// The password of a user who has no device, or their sign-in at another provider: it proves no
    /// more than it did before.
    Password,
    /// A second factor.
    SecondFactor {
        /// The device, which vouches for the session from now on: the session ends with it.
        device_id: DeviceId,
        /// Everything that was proved in this session.
        methods: Methods,
    },
}

impl Raised {
    /// A user who has no device signed in at another provider anew.
    ///
    /// # Errors
    /// `session.required` for the proof of another user.
    pub fn by_upstream(permit: &MayStepUp, proof: &UpstreamVerified) -> Result<Self> {
        if proof.user_id() != permit.user().id {
            return Err(
                Problem::new(codes::SESSION_REQUIRED).detailed("the proof is another user's")
            );
        }
        Ok(Self {
            session: permit.session().id,
            by: RaisedBy::Password,
        })
    }

    /// The session.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// By what.
    pub fn by(&self) -> &RaisedBy {
        &self.by
    }
}
