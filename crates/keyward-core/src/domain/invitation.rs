//! An invitation by mail: the way to an account for one address.

use super::group::GroupName;
use super::id_type;
use super::user::{EmailAddress, UserId};
use crate::clock::Timestamp;
use crate::secret::Token;

id_type!(
    /// The id of an invitation's row. It opens nothing: what opens is the token in the mail.
    InvitationId
);

/// The state of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationState {
    /// Its link works.
    Open,
    /// It became an account.
    Accepted,
    /// It was taken back.
    Revoked,
    /// No person used it in time.
    Expired,
}

impl InvitationState {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }

    /// Reads a stable name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Open, Self::Accepted, Self::Revoked, Self::Expired]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The row.
    pub id: InvitationId,
    /// The address that it was sent to, which the account will have.
    pub email: EmailAddress,
    /// The groups that the account will belong to.
    pub groups: Vec<GroupName>,
    /// When its mail was written, the last time.
    pub sent_at: Timestamp,
    /// Until when its link works.
    pub expires_at: Timestamp,
    /// Its state.
    pub state: InvitationState,
    /// The account that it became.
    pub account: Option<UserId>,
    /// Why its mail was given up, where it was.
    pub mail_failure: Option<String>,
}

impl Invitation {
    /// Its state, and whether a mail of it was sent: the stable name of its state, or `undelivered`
    /// for an open one whose mail was given up.
    pub fn shown_state(&self) -> &'static str {
        match (self.state, &self.mail_failure) {
            (InvitationState::Open, Some(_)) => "undelivered",
            (state, _) => state.as_str(),
        }
    }
}

/// An invitation that was sent.
#[derive(Debug)]
pub struct SentInvitation {
    /// It.
    pub invitation: Invitation,
    /// The token of its link, where no mail leaves this machine and the administrator who invites
    /// has to hand it over.
    pub link: Option<Token>,
}
