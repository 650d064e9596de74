//! What a person is called.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::spelling::{can_be_seen, composed_name, has_unseen};
use crate::problem::{Result, codes};

/// What a person is called, beside the name that they type: 1 to 128 characters that can be seen,
/// on one line. It identifies no user; two people may have the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DisplayName(String);

impl DisplayName {
    /// The longest, in characters.
    pub const LONGEST: usize = 128;

    /// Checks what was typed. White space around it is not part of it.
    ///
    /// # Errors
    /// `user.display_name_invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let name = composed_name(text, Self::LONGEST).ok_or(codes::USER_DISPLAY_NAME_INVALID)?;
        let name = name.trim();
        let breaks = |c: char| c.is_control() || (c.is_whitespace() && c != ' ');
        let is_sound = can_be_seen(name)
            && !has_unseen(name)
            && name.chars().count() <= Self::LONGEST
            && !name.chars().any(breaks);
        if is_sound {
            Ok(Self(name.to_owned()))
        } else {
            Err(codes::USER_DISPLAY_NAME_INVALID.into())
        }
    }

    /// As a row has it, whatever the rule for what is typed says today.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it was chosen.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_or_what_breaks_a_line_is_refused() {
        for text in ["", "  ", "a\nb", "a\u{202e}b", "\u{200b}", "a\u{2028}b"] {
            assert!(DisplayName::parse(text).is_err(), "{text:?}");
        }
        assert!(DisplayName::parse(&"a".repeat(129)).is_err());
        assert!(DisplayName::parse(&format!("a{}", " ".repeat(4096))).is_err());
        let name = DisplayName::parse("  Anna Meijer-Å\u{308} ").expect("a name");
        assert!(name.as_str().starts_with("Anna Meijer-"));
    }
}
