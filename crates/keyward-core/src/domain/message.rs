//! What is written to people: cases and their particulars. The sentences stand in the locale
//! files; `views` puts them together when the message is sent.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::device::DeviceKind;
use super::id_type;
use super::invitation::InvitationId;
use super::user::{EmailAddress, UserId};
use crate::clock::Timestamp;
use crate::secret::{Token, TokenHash};

id_type!(
    /// The id of an outbox row, which is also the identity of the message on its way.
    MessageId
);

/// A message with its address, as the outbox keeps it, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Where it goes.
    pub to: EmailAddress,
    /// Whom it greets: a user name, or no user yet.
    pub name: Option<String>,
    /// The tag of the language to write in; `None` for the usual one.
    pub language: Option<String>,
    /// What it says.
    pub message: Message,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "kebab-case")]
pub enum Message {
    /// Something happened to an account.
    Notification(Notification),
    /// The way to a new password.
    Recovery {
        /// The link's token.
        token: String,
        /// Until when it works.
        expires_at: Timestamp,
    },
    /// The way to a password that its owner chooses: the first, or a new one that was asked for.
    PasswordLink {
        /// The link's token.
        token: String,
        /// Until when it works.
        expires_at: Timestamp,
    },
    /// The way to an account.
    Invitation {
        /// The link's token.
        token: String,
        /// Until when it works.
        expires_at: Timestamp,
        /// Who invites, by name; `None` for the command line.
        by: Option<String>,
    },
    /// A code that proves that its reader gets mail there.
    Code {
        /// The digits.
        code: String,
        /// Whether the address is being added to the account.
        is_new: bool,
        /// Until when it can be typed.
        expires_at: Timestamp,
    },
    /// The operator tries whether mail arrives.
    Test,
}

impl Message {
    /// What it waits among.
    pub fn class(&self) -> MessageClass {
        match self {
            Self::Notification(_) | Self::Test => MessageClass::Notice,
            Self::Invitation { .. } => MessageClass::Invitation,
            // A code or a link is what a user waits for.
            Self::Recovery { .. } | Self::PasswordLink { .. } | Self::Code { .. } => {
                MessageClass::Awaited
            }
        }
    }
}

/// Messages that wait for each other, and not for those of another class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageClass {
    /// A code or a link that a user sits and waits for.
    Awaited,
    /// The way to an account.
    Invitation,
    /// What is good to know.
    Notice,
}

impl MessageClass {
    /// The stable name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Awaited => "awaited",
            Self::Invitation => "invitation",
            Self::Notice => "notice",
        }
    }
}

/// What happened, for the account's owner or for an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The event's stable name.
    pub event: String,
    /// When.
    pub at: Timestamp,
    /// Whose account it is, by name.
    pub account: String,
    /// Whether the account's owner reads it.
    pub to_owner: bool,
    /// Who did it, where that was an administrator: a user's name or `command line`.
    pub by: Option<String>,
    /// The device, by name and kind, where one is concerned.
    pub device: Option<(DeviceKind, String)>,
    /// How many backup codes are left, where one was used.
    pub codes_left: Option<u64>,
    /// Until when something is to be done.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// From which address, where it was the owner or an unknown caller.
    pub address: Option<IpAddr>,
    /// The browser's name for itself.
    pub user_agent: Option<String>,
    /// The one-time link by which the owner says that it was not them.
    #[serde(default)]
    pub objection: Option<MessageToken>,
}

/// A token in a message. It opens something, and is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageToken(String);

impl MessageToken {
    /// A token for a message.
    pub fn new(token: &Token) -> Self {
        Self(token.expose().to_string())
    }

    /// The token, for an address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MessageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageToken(..)")
    }
}

/// What a message is about whose link or code can lose its meaning while it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// An invitation.
    Invitation(InvitationId),
    /// The recovery links of a user, of which the latest works.
    Recovery(UserId),
    /// The code of a journey, of which the latest works.
    Code(TokenHash),
    /// What went wrong in a journey, until it comes to its good end.
    Failure(TokenHash),
    /// What policy asks of a user, of which the strongest is said.
    Policy(UserId),
}

impl About {
    /// Reads a stable name of a row.
    pub fn from_stored(text: &str) -> Option<Self> {
        let (kind, key) = text.split_once(':')?;
        match kind {
            "invitation" => InvitationId::from_stored(key).map(Self::Invitation),
            "recovery" => UserId::from_stored(key).map(Self::Recovery),
            "code" => Some(Self::Code(TokenHash::from_stored(key))),
            "failure" => Some(Self::Failure(TokenHash::from_stored(key))),
            "policy" => UserId::from_stored(key).map(Self::Policy),
            _ => None,
        }
    }

    /// The stable name in the database.
    pub fn key(&self) -> String {
        match self {
            Self::Invitation(id) => format!("invitation:{id}"),
            Self::Recovery(user) => format!("recovery:{user}"),
            Self::Code(journey) => format!("code:{}", journey.as_str()),
            Self::Failure(journey) => format!("failure:{}", journey.as_str()),
            Self::Policy(user) => format!("policy:{user}"),
        }
    }
}

/// The state of a message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageState {
    /// It waits for its next try.
    Waiting,
    /// A server took it.
    Sent,
    /// It was given up.
    Failed,
    /// What it said lost its meaning before it was sent: its link was replaced or revoked.
    Withdrawn,
}

impl MessageState {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads a stable name.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Waiting, Self::Sent, Self::Failed, Self::Withdrawn]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A message as consoles and the command line show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRecord {
    /// The row.
    pub id: MessageId,
    /// What it is about: an event's stable name, or another word such as `test`.
    pub topic: String,
    /// Where it goes or went; `None` for one of before that was written down.
    pub recipient: Option<EmailAddress>,
    /// Its state.
    pub state: MessageState,
    /// How often it was tried.
    pub tries: u32,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is tried next, while it waits.
    pub due_at: Timestamp,
    /// Why the last try failed.
    pub failure: Option<String>,
}
