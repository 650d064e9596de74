//! Names in rules that have white space, commas or quotes.

use super::invalid;
use crate::problem::Result;

/// The words of a rule, quotes kept.
pub(super) fn words(text: &str) -> Result<Vec<String>> {
    if text.matches('"').count() % 2 == 1 {
        return Err(invalid("a rule has a quote without an end"));
    }
    let words = split_unquoted(text, char::is_whitespace);
    Ok(words.filter(|word| !word.is_empty()).collect())
}

pub(super) fn split_unquoted(
    text: &str,
    is_end: impl Fn(char) -> bool,
) -> impl Iterator<Item = String> {
    let (mut parts, mut is_quoted) = (vec![String::new()], false);
    for character in text.chars() {
        is_quoted ^= character == '"';
        if !is_quoted && is_end(character) {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts.into_iter()
}

pub(super) fn unquoted(word: &str) -> String {
    let (mut text, mut is_quoted) = (String::new(), false);
    let mut characters = word.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '"' {
            text.push(character);
        } else if is_quoted && characters.next_if_eq(&'"').is_some() {
            text.push('"');
        } else {
            is_quoted = !is_quoted;
        }
    }
    text
}

pub(super) fn quoted(name: &str) -> String {
    let needs = |c: char| c.is_whitespace() || c == ',' || c == '"';
    match name.contains(needs) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.to_owned(),
    }
}
