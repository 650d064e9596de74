//! One spelling for what people see as one text.
//!
//! Keyboards and systems write one letter in several ways: `é` as one character or as two, letters
//! in full width. Names and passwords are therefore compared in Unicode's normalisation form KC, as
//! RFC 8265 §3 has it for names, and NIST SP 800-63B-4 §3.1.1.2 for passwords.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

/// A text in normalisation form KC.
pub fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfkc().normalize(text)
}

/// Whether a text has characters that nobody sees: two that look the same would not be, and marks of
/// direction turn what stands beside them around.
pub fn has_unseen(text: &str) -> bool {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    text.chars().any(|character| ignorable.contains(character))
}

/// Whether a text has any character that somebody sees.
pub fn can_be_seen(text: &str) -> bool {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    text.chars()
        .any(|character| !character.is_whitespace() && !ignorable.contains(character))
}

/// Whether a character turns the text after it around (UAX #9 §2): it would reach into the sentence
/// that a name stands in.
pub fn turns_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same() {
        assert_eq!(composed("jose\u{301}"), "jos\u{e9}");
        assert_eq!(composed("\u{ff41}\u{ff42}"), "ab");
        assert_eq!(composed("\u{2460}\u{fb01}"), "1fi");
        assert_eq!(composed("anna"), "anna");
    }

    #[test]
    fn what_nobody_sees_is_found() {
        for text in ["a\u{200b}", "a\u{202e}b", "\u{ad}", "\u{3164}", "\u{feff}"] {
            assert!(has_unseen(text), "{text:?}");
        }
        for text in ["anna", "jos\u{e9}", "雨の日", "anna keller"] {
            assert!(!has_unseen(text), "{text:?}");
        }
    }
}
