//! What a user may do at the console who is no superuser.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::group::GroupName;
use super::user::{UserId, UserName};

/// A right at the console below that of a superuser, as a group or a user has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Looks users and keys up, takes keys back, reports them lost and issues passes, for users who
    /// have no role themselves.
    HelpDesk,
    /// Reads everything but secrets, and changes nothing.
    Auditor,
}

impl Role {
    /// Each, in the order in which they are shown.
    pub const ALL: &'static [Self] = &[Self::HelpDesk, Self::Auditor];

    /// Its name, in the database, in commands and in the interface.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HelpDesk => "help-desk",
            Self::Auditor => "auditor",
        }
    }

    /// Reads what was typed.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_stored(text)
    }

    /// Reads a name that we wrote.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text)
    }
}

/// The roles that a user has, by themselves and by their groups.
pub type Roles = BTreeSet<Role>;

/// Who is given a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleHolder {
    /// Each member of a group.
    Group(GroupName),
    /// One user.
    User(UserId),
}

/// A role that was given, for lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenRole {
    /// The role.
    pub role: Role,
    /// The group whose members have it; `None` where a user has it by themselves.
    pub group: Option<GroupName>,
    /// The user who has it by themselves.
    pub user: Option<UserName>,
}
