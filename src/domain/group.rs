//! A group: a name that policy can speak of.

use serde::{Deserialize, Serialize};

use crate::problem::{Result, codes};

/// A group's name: 1 to 64 characters without white space, commas or control characters, compared
/// as it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupName(String);

impl GroupName {
    /// Checks a name. Commas are not allowed because applications read groups from a
    /// comma-separated header.
    ///
    /// # Errors
    /// `group.name_invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let unsound = |c: char| c.is_whitespace() || c.is_control() || c == ',';
        if text.is_empty() || text.chars().count() > 64 || text.chars().any(unsound) {
            return Err(codes::GROUP_NAME_INVALID.into());
        }
        Ok(Self(text.to_owned()))
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
