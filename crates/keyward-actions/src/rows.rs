//! Looking through the rows for what no page can show as it should be.
//!
//! What a user typed is read from the database as it is: the rule for typed texts may have become
//! stricter since, and one old name must not hide everybody. It is pointed out instead.

use keyward_core::domain::device::DeviceName;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::user::{EmailAddress, UserName};
use keyward_core::problem::{Problem, Result};
use keyward_store::Store;
use keyward_store::raw_rows::{self, Part, Typed};

/// The most texts and rows that are named one by one.
const NAMED: usize = 20;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Texts that today's rules refuse: where, and what.
    pub old: Vec<String>,
    /// Rows that cannot be read.
    pub unreadable: Vec<Problem>,
    /// How many more there are of either.
    pub unnamed: usize,
}

impl Found {
    fn add(&mut self, rows: raw_rows::Rows) {
        for (row, typed) in rows.typed {
            if let Some(what) = refused_today(&typed) {
                match self.old.len() < NAMED {
                    true => self.old.push(format!("{what} ({row})")),
                    false => self.unnamed += 1,
                }
            }
        }
        for problem in rows.unreadable {
            match self.unreadable.len() < NAMED {
                true => self.unreadable.push(problem),
                false => self.unnamed += 1,
            }
        }
    }
}

/// Looks at all rows, some at a time.
///
/// # Errors
/// The store's.
pub(super) async fn look_through(store: &Store) -> Result<Found> {
    let mut found = Found::default();
    for part in Part::ALL {
        let mut next = Some(String::new());
        while let Some(row) = next.take() {
            let rows = store
                .read(move |connection| raw_rows::after(connection, part, &row))
                .await?;
            next.clone_from(&rows.next);
            found.add(rows);
        }
    }
    Ok(found)
}

/// What the text is, where the rule for typed ones would not take it as it is. Characters that
/// no reader sees are written out.
fn refused_today(typed: &Typed) -> Option<String> {
    let (what, text, taken) = match typed {
        Typed::UserName(name) => {
            let taken = UserName::parse(name.as_str()).ok();
            let same = taken.is_some_and(|taken| taken == *name);
            ("user name", name.as_str(), same)
        }
        Typed::Email(email) => {
            let taken = EmailAddress::parse(email.as_str()).ok();
            let same = taken.is_some_and(|taken| taken == *email);
            ("e-mail address", email.as_str(), same)
        }
        Typed::DeviceName(name) => {
            let taken = DeviceName::from_typed(name.as_str());
            let same = taken.is_some_and(|taken| taken == *name);
            ("device name", name.as_str(), same)
        }
        Typed::GroupName(name) => {
            let taken = GroupName::parse(name.as_str()).ok();
            let same = taken.is_some_and(|taken| taken == *name);
            ("group name", name.as_str(), same)
        }
    };
    (!taken).then(|| format!("{what} \"{}\"", text.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_was_legal_once_is_named_with_what_nobody_sees() {
        let name = Typed::UserName(UserName::from_stored("an\u{ad}na"));
        let named = refused_today(&name);
        assert_eq!(named.as_deref(), Some("user name \"an\\u{ad}na\""));
        let name = Typed::UserName(UserName::from_stored("anna keller"));
        assert_eq!(refused_today(&name), None);
        let email = Typed::Email(EmailAddress::from_stored("nowhere"));
        assert_eq!(
            refused_today(&email).as_deref(),
            Some("e-mail address \"nowhere\"")
        );
    }
}
