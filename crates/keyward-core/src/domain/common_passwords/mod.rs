//! Passwords that are tried first because many people had them: those of at least eight characters
//! in the list that Django 5.2 comes with, under the licence beside this file. What zxcvbn knows
//! comes on top of it.

use std::cmp::Ordering;

/// One a line, in lower case, in the order of their bytes.
const LIST: &str = include_str!("list.txt");

/// Whether a password, in lower case, stands in the list.
pub(super) fn holds(folded: &str) -> bool {
    let bytes = LIST.as_bytes();
    let (mut from, mut to) = (0, bytes.len());
    while from < to {
        let middle = from + (to - from) / 2;
        let start = bytes[from..middle]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(from, |at| from + at + 1);
        let end = bytes[middle..to]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(to, |at| middle + at);
        match bytes[start..end].cmp(folded.as_bytes()) {
            Ordering::Equal => return true,
            Ordering::Less => from = end + 1,
            Ordering::Greater => to = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_and_nothing_else() {
        let lines: Vec<&str> = LIST.lines().collect();
        assert!(lines.len() > 8000 && lines.is_sorted());
        assert!(lines.iter().all(|line| line.chars().count() >= 8));
        assert!(lines.iter().all(|line| holds(line)));
        for other in [
            "",
            "a",
            "zzzzzzzzzzzzz",
            "password\n",
            "four words at random",
            "\u{10ffff}",
        ] {
            assert!(!holds(other), "{other}");
        }
    }
}
