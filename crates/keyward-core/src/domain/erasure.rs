//! What goes when a user is deleted, and what stands in their place in the trail.

use serde::{Deserialize, Serialize};

use super::ids::UserId;
use super::spelling::fold;

/// What belongs to a user and goes with them, in numbers, as it is told before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Belongings {
    /// Devices.
    pub devices: u64,
    /// Open sessions.
    pub sessions: u64,
    /// Trusted browsers.
    pub trusted_browsers: u64,
    /// Groups that they belong to.
    pub groups: u64,
    /// Applications with rules that name them.
    #[serde(default)]
    pub applications: u64,
    /// Invitations: the one that became the account, and others to their address.
    pub invitations: u64,
    /// Mails that wait to be sent to them.
    pub messages: u64,
    /// Events that they have a part in: these stay, without name and address.
    pub events: u64,
}

/// What stands in the trail in place of a user who was deleted. It can be searched for as a name can.
pub fn tombstone(id: UserId) -> String {
    format!("{TOMBSTONE} {id}")
}

const TOMBSTONE: &str = "deleted user";

/// Whose tombstone a text is; `None` where it is none.
pub fn of_tombstone(text: &str) -> Option<UserId> {
    UserId::parse(text.trim().strip_prefix(TOMBSTONE)?.trim())
}

/// Whether a text, folded, begins as tombstones do: a user who were called so would be taken for one who
/// was deleted.
pub fn begins_as_tombstone(folded: &str) -> bool {
    let rest = folded.strip_prefix(TOMBSTONE);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// A name or an address that must not be read any more.
#[derive(Clone, Debug)]
pub struct Forgotten {
    folded: String,
    characters: usize,
    is_address: bool,
}

impl Forgotten {
    /// This name or address; `None` where there is nothing to be found.
    pub fn new(text: &str) -> Option<Self> {
        let folded = fold(text);
        (!folded.is_empty()).then(|| Self {
            characters: text.chars().count(),
            is_address: folded.contains('@'),
            folded,
        })
    }

    /// Whether it is an e-mail address, which is distinctive enough to be looked for anywhere.
    pub fn is_address(&self) -> bool {
        self.is_address
    }

    /// Whether it is the whole of this text.
    pub fn is(&self, text: &str) -> bool {
        fold(text) == self.folded
    }

    /// The text without it, with `instead` in its place, wherever it stands as a word of its own;
    /// `None` where it does not.
    pub fn struck_from(&self, text: &str, instead: &str) -> Option<String> {
        let characters: Vec<(usize, char)> = text.char_indices().collect();
        let mut clean = String::new();
        let (mut copied, mut at) = (0, 0);
        while at + self.characters <= characters.len() {
            let start = characters[at].0;
            let end = characters
                .get(at + self.characters)
                .map_or(text.len(), |(end, _)| *end);
            let before = at.checked_sub(1).map(|before| characters[before].1);
            let mut after = characters[at + self.characters..].iter().map(|(_, c)| *c);
            let is_word = self.begins_after(before) && self.ends_before(after.next(), after.next());
            if is_word && self.is(&text[start..end]) {
                clean.push_str(&text[copied..start]);
                clean.push_str(instead);
                copied = end;
                at += self.characters;
            } else {
                at += 1;
            }
        }
        (copied > 0).then(|| clean + &text[copied..])
    }

    fn begins_after(&self, before: Option<char>) -> bool {
        before.is_none_or(|c| !(c.is_alphanumeric() || self.is_address && is_of_address(c)))
    }

    fn ends_before(&self, after: Option<char>, then: Option<char>) -> bool {
        match after {
            None => true,
            // A full stop may end the sentence, or go on with a longer domain.
            Some('.') if self.is_address => !then.is_some_and(char::is_alphanumeric),
            Some(c) => !(c.is_alphanumeric() || self.is_address && c == '-'),
        }
    }
}

fn is_of_address(c: char) -> bool {
    matches!(c, '.' | '_' | '+' | '-' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strike(what: &str, text: &str) -> String {
        let forgotten = Forgotten::new(what).expect("something");
        let struck = forgotten.struck_from(text, "X");
        struck.unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn a_name_is_struck_where_it_is_a_word_and_nowhere_else() {
        assert_eq!(
            strike("ben", "passkey: Ben’s phone, ben"),
            "passkey: X’s phone, X"
        );
        assert_eq!(strike("ben", "ruben and benno"), "ruben and benno");
        assert_eq!(strike("José", "of JOSÉ."), "of X.");
        assert_eq!(strike("ben", "ben"), "X");
        assert_eq!(strike("ben", "be"), "be");
    }

    #[test]
    fn an_address_is_struck_and_longer_ones_are_left() {
        let address = "ben@example.org";
        assert_eq!(
            strike(address, "to <Ben@Example.org>: mailbox of ben@example.org."),
            "to <X>: mailbox of X."
        );
        for other in [
            "ruben@example.org",
            "x.ben@example.org",
            "ben@example.org.uk",
            "ben@example.org-x",
        ] {
            assert_eq!(strike(address, other), other);
        }
    }

    #[test]
    fn a_tombstone_tells_whose_it_is() {
        let id = UserId::nil();
        assert_eq!(of_tombstone(&tombstone(id)), Some(id));
        assert_eq!(of_tombstone("ben"), None);
        assert_eq!(of_tombstone("deleted user ben"), None);
    }
}
