//! What the fields of particulars can hold, where that is a closed set.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::domain::policy::Rules;

/// By what an account or a password came to be, or a user proved themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// The link in the log of a new server.
    SetUpLink,
    /// An invitation.
    Invitation,
    /// A link for a forgotten password.
    RecoveryLink,
    /// A temporary pass.
    TemporaryPass,
    /// The password.
    Password,
    /// A sign-in at another OpenID provider.
    Upstream,
}

impl Means {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::SetUpLink,
        Self::Invitation,
        Self::RecoveryLink,
        Self::TemporaryPass,
        Self::Password,
        Self::Upstream,
    ];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SetUpLink => "set-up-link",
            Self::Invitation => "invitation",
            Self::RecoveryLink => "recovery-link",
            Self::TemporaryPass => "temporary-pass",
            Self::Password => "password",
            Self::Upstream => "upstream",
        }
    }
}

/// Whose sessions ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndedSessions {
    /// All of a user.
    All,
    /// All of a user but the one that asked.
    Others,
    /// Those of everybody.
    Everybody,
}

impl EndedSessions {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::All, Self::Others, Self::Everybody];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Others => "others",
            Self::Everybody => "everybody",
        }
    }
}

/// Why a browser is not trusted any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustEnd {
    /// Policy does not allow it.
    Policy,
    /// Its owner trusts as many others as they may.
    TooMany,
}

impl TrustEnd {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Policy, Self::TooMany];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::TooMany => "too-many",
        }
    }
}

/// Counts that are cleared together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClearedCounts {
    /// All.
    All,
    /// Those whose lock is over.
    Expired,
}

impl ClearedCounts {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::All, Self::Expired];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Expired => "expired",
        }
    }
}

/// What an import brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Imported {
    /// Keys with their secrets.
    Keys,
    /// How far keys have come.
    Counters,
    /// Keys of the inventory.
    Inventory,
}

impl Imported {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Keys, Self::Counters, Self::Inventory];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Counters => "counters",
            Self::Inventory => "inventory",
        }
    }
}

/// What an export will hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExportContents {
    /// What is no secret.
    Facts,
    /// Private ids, AES keys and lock codes too.
    Secrets,
    /// How far each key has come.
    Counters,
}

impl ExportContents {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Facts, Self::Secrets, Self::Counters];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Secrets => "secrets",
            Self::Counters => "counters",
        }
    }
}

/// A signature counter, and one that does not follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterStep {
    /// The one that came.
    pub presented: u32,
    /// The one that was known.
    pub stored: u32,
}

/// A limit for what is sent to phones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneLimit {
    /// What is counted.
    pub of: PhoneScope,
    /// How many messages and calls a day.
    pub per_day: u32,
}

/// Messages and calls that are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhoneScope {
    /// To a country, by its dialling code.
    To(String),
    /// Ordered from a network.
    From(String),
    /// All.
    All,
}

impl fmt::Display for PhoneScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::To(code) => write!(f, "to {code}"),
            Self::From(network) => write!(f, "from {network}"),
            Self::All => f.write_str("all"),
        }
    }
}

/// Rules by what they ask for: what a rule leaves unsaid is not kept.
pub(super) fn asked_for<S: Serializer>(
    rules: &Option<Box<Rules>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let Some(rules) = rules else {
        return serializer.serialize_none();
    };
    let members = |rules: &Rules| -> Result<BTreeMap<String, Value>, serde_json::Error> {
        serde_json::from_value(serde_json::to_value(rules)?)
    };
    let nothing = members(&Rules::default()).map_err(serde::ser::Error::custom)?;
    let mut said = members(rules).map_err(serde::ser::Error::custom)?;
    said.retain(|name, value| nothing.get(name) != Some(value));
    said.serialize(serializer)
}

/// An API token, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenScopes {
    /// Its name.
    pub name: String,
    /// The names of its scopes.
    pub scopes: Vec<String>,
}

/// A key of the inventory, and what was said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedKey {
    /// Its maker and serial number, as they were.
    pub key: String,
    /// A note, empty for none; of a link, what is on the key.
    pub note: String,
    /// What the loss of the key put out of use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<StoppedByLoss>,
}

/// What the loss of a key puts out of use, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoppedByLoss {
    /// Devices that prove nothing any more.
    pub devices: usize,
    /// Secrets of OTP slots whose one-time passwords the validation server takes no more.
    pub slots: usize,
    /// Sessions that ended.
    pub sessions: usize,
    /// Browsers that are trusted no more.
    pub browsers: usize,
    /// Applications whose tokens ended, each counted once a session.
    pub grants: usize,
}
