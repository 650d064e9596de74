//! Rows as comma-separated values (RFC 4180), for spreadsheets.

use std::borrow::Cow;

use serde_json::Value;

use crate::rows::Row;
use keyward_core::problem::{Problem, Result};

/// What a spreadsheet takes for the beginning of a formula, also in its wide letters.
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// After what a cell begins: some spreadsheets part cells by semicolons, whatever we quote.
const SEPARATORS: [char; 5] = [';', ',', '\t', '\r', '\n'];

/// The first line: the names of the fields.
pub fn heading(fields: &[&str]) -> String {
    let cells: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
    cells.join(",") + "\r\n"
}

/// One row in these fields.
///
/// # Errors
/// `internal` where it cannot be serialized.
pub fn line<R: Row>(row: &R, fields: &[&str]) -> Result<String> {
    let row = serde_json::to_value(row).map_err(Problem::internal)?;
    let cell = |field: &&str| quoted(&harmless(&text(row.get(*field).unwrap_or(&Value::Null))));
    let cells: Vec<String> = fields.iter().map(cell).collect();
    Ok(cells.join(",") + "\r\n")
}

/// A value as text: a list's with semicolons between them, an object as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().map(text).collect();
            texts.join("; ")
        }
        other => other.to_string(),
    }
}

/// An apostrophe goes before what a spreadsheet would calculate: whoever chose a name or a browser's
/// must not choose what an administrator's machine does with it.
fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    let mut is_beginning = true;
    for letter in text.chars() {
        let is_formula = FORMULAS.contains(&letter);
        let is_blank = matches!(letter, '\t' | '\r' | '\n');
        if is_beginning && (is_formula || (is_blank && harmless.is_empty())) {
            harmless.push('\'');
        }
        harmless.push(letter);
        is_beginning = SEPARATORS.contains(&letter) || (is_beginning && letter == ' ');
    }
    harmless
}

/// The text of a cell without the apostrophes that `harmless` puts there.
pub fn as_typed(cell: &str) -> Cow<'_, str> {
    if !cell.contains('\'') {
        return Cow::Borrowed(cell);
    }
    let mut typed = String::with_capacity(cell.len());
    let mut is_beginning = true;
    let mut letters = cell.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek();
        if letter == '\'' && is_beginning && next.is_some_and(|next| FORMULAS.contains(next)) {
            continue;
        }
        typed.push(letter);
        is_beginning = SEPARATORS.contains(&letter) || (is_beginning && letter == ' ');
    }
    Cow::Owned(typed)
}

fn quoted(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text
            .chars()
            .all(|letter| letter.is_alphanumeric() || "_-.:@/ ".contains(letter));
    match is_plain || text.is_empty() {
        true => text.to_owned(),
        false => format!("\"{}\"", text.replace('"', "\"\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_that_was_typed_is_calculated() {
        for (typed, written) in [
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("\r", "'\r"),
            ("＝1", "'＝1"),
            (" =1", " '=1"),
            ("a;=cmd", "a;'=cmd"),
            ("a, +1", "a, '+1"),
            ("anna-maria@example.org", "anna-maria@example.org"),
            ("2026-11-30T08:00:00Z", "2026-11-30T08:00:00Z"),
        ] {
            assert_eq!(harmless(typed), written, "{typed:?}");
        }
    }

    #[test]
    fn what_was_typed_is_read_again() {
        for typed in [
            "=1+1",
            "+49 30",
            " =1",
            "a;=cmd, -2",
            "it's",
            "'",
            "ok",
            "＝1",
        ] {
            assert_eq!(as_typed(&harmless(typed)), typed);
        }
    }

    #[test]
    fn cells_keep_to_their_place() {
        assert_eq!(quoted("say \"a, b\"\r\nand"), "\"say \"\"a, b\"\"\r\nand\"");
        assert_eq!(heading(&["id", "last_used_at"]), "id,last_used_at\r\n");
        assert_eq!(text(&json!(["staff", "admins"])), "staff; admins");
        assert_eq!(text(&json!(null)), "");
        assert_eq!(text(&json!(true)), "true");
    }
}
