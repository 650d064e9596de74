//! A group: a name that policy can speak of.

use serde::{Deserialize, Serialize};

use super::count::Count;
use super::ids::UserId;
use super::spelling::typed_name;
use crate::problem::{Result, codes};

/// A group's name: 1 to 64 characters that can be seen, without white space or commas, in one
/// spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupName(String);

impl GroupName {
    /// Checks a name. Commas are not allowed because applications read groups from a
    /// comma-separated header, `.` and `..` because no client can ask for them: they mean another place
    /// in a path (RFC 3986 §5.2.4), however they are written.
    ///
    /// # Errors
    /// `group.name_invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let joins = |c: char| c.is_whitespace() || c == ',';
        // White space at the ends is no part of other names; here it is a mistake to point out.
        let name = (!text.chars().any(joins)).then(|| typed_name(text, 64));
        match name.flatten() {
            Some(name) if !name.chars().any(joins) && !matches!(&*name, "." | "..") => {
                Ok(Self(name))
            }
            _ => Err(codes::GROUP_NAME_INVALID.into()),
        }
    }

    /// A name of a row, or of a group that is looked up, whatever the rule for new ones is today.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A group in a list.
#[derive(Clone, Debug)]
pub struct GroupSummary {
    /// Its name.
    pub name: GroupName,
    /// How many members it has.
    pub members: Count,
    /// Whether it has a policy or a draft of its own.
    pub has_policy: bool,
    /// Whether it is being removed: it is a group no more, and its name is not free yet.
    pub is_being_removed: bool,
}

/// A member of a group.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who.
    pub id: UserId,
    /// Their name.
    pub name: String,
}
