//! Long lists: how many rows a page has, where the next one begins, and what filters say.
//!
//! A filter or a place that no page has offered is a malformed request. Nothing that was typed
//! reaches a statement before it was looked at here: PostgreSQL, for one, fails on a NUL.

use keyward_core::problem::{Problem, Result, codes};

/// Rows on one page.
pub const ROWS: usize = 50;

/// What a list is asked for: one row more than a page has tells whether another page follows.
pub const ONE_MORE: i64 = 51;

/// The longest filter, in characters: longer than any name or address.
const LONGEST: usize = 320;

/// Cuts the row that was too many, and says whether it was there.
pub fn cut<T>(rows: &mut Vec<T>) -> bool {
    let is_more = rows.len() > ROWS;
    rows.truncate(ROWS);
    is_more
}

/// What was typed into a filter; `None` where nothing was.
///
/// # Errors
/// `request.malformed`
pub fn typed(text: Option<String>) -> Result<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let text = text.trim();
    if text.chars().any(char::is_control) || text.chars().count() > LONGEST {
        return Err(unreadable());
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// The same, read as something.
///
/// # Errors
/// `request.malformed`
pub fn read<T>(text: Option<String>, reads: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
    typed(text)?
        .map(|text| reads(&text).ok_or_else(unreadable))
        .transpose()
}

fn unreadable() -> Problem {
    Problem::new(codes::REQUEST_MALFORMED).detailed("a filter or a place in a list")
}
