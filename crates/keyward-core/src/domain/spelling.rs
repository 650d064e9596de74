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

/// Lower case, in normalisation form KC and without surrounding white space: how names are looked
/// up, in a column of its own, because the databases disagree about the case of `LIKE`. NUL, which no
/// name holds and which PostgreSQL takes in no text, becomes the replacement character. More than
/// any name, address or search has is not looked at, for compatibility forms are up to eleven times
/// as long.
pub fn fold(text: &str) -> String {
    const LONGEST: usize = 2048;
    let cut = |text: &str| text[..text.floor_char_boundary(LONGEST)].to_owned();
    let lower = cut(&composed(&cut(text))).trim().to_lowercase();
    composed(&lower).replace('\0', "\u{FFFD}")
}

/// Whether a text has invisible characters: two that look the same would not be, and marks of
/// direction turn what stands beside them around.
pub fn has_unseen(text: &str) -> bool {
    text.chars().any(is_unseen)
}

/// Whether a character is invisible: those that Unicode says to pass over in display, and others that
/// are drawn as nothing, or differently by each system.
fn is_unseen(character: char) -> bool {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let is_blank = matches!(
        character,
        // The braille pattern without dots, the null notehead, and the Khitan filler.
        '\u{2800}' | '\u{1d159}' | '\u{16fe4}'
        // Anchors of annotations and objects (Unicode §23.8), and what no character is (§23.7).
        | '\u{fff9}'..='\u{fffc}' | '\u{fdd0}'..='\u{fdef}'
    );
    let is_no_character = u32::from(character) & 0xfffe == 0xfffe;
    is_blank || is_no_character || ignorable.contains(character)
}

/// What may be a name of at most `longest` characters, composed; `None` for what has too many bytes to be
/// one: composing it costs, and is what any caller can ask for.
pub fn composed_name(text: &str, longest: usize) -> Option<Cow<'_, str>> {
    // One letter may be spelt in several characters.
    const BYTES_A_CHARACTER: usize = 32;
    (text.len() <= longest.saturating_mul(BYTES_A_CHARACTER)).then(|| composed(text))
}

/// The one rule for names that people type: 1 to `longest` characters that can be seen, on one line,
/// in one spelling, without white space around them. `None` for what is no name.
pub fn typed_name(text: &str, longest: usize) -> Option<String> {
    let name = composed_name(text, longest)?;
    let name = name.trim();
    let sound = !name.is_empty() && name.chars().count() <= longest && is_one_line(name);
    (sound && !has_unseen(name)).then(|| name.to_owned())
}

/// The same for notes, which may be empty and are kept as they were spelt.
pub fn typed_note(text: &str, longest: usize) -> Option<String> {
    let note = text.trim();
    let sound = note.chars().count() <= longest && is_one_line(note) && !has_unseen(note);
    sound.then(|| note.to_owned())
}

fn is_one_line(text: &str) -> bool {
    let breaks = |c: char| c.is_control() || (c.is_whitespace() && c != ' ');
    !text.chars().any(breaks)
}

/// A text without the invisible characters and those that end a line. What joins two that are
/// seen stays: words of several scripts and pictures of several parts are written with it.
pub fn seen_alone(text: &str) -> String {
    const JOINERS: [char; 3] = ['\u{200c}', '\u{200d}', '\u{fe0f}'];
    let is_seen = |c: char| !c.is_control() && !is_unseen(c) && !is_line_end(c);
    let characters: Vec<char> = text.chars().collect();
    let at = |place: Option<usize>| place.and_then(|place| characters.get(place).copied());
    let joins = |place: usize, c: char| {
        let around = [at(place.checked_sub(1)), at(place.checked_add(1))];
        JOINERS.contains(&c) && around.iter().all(|beside| beside.is_some_and(is_seen))
    };
    let places = characters.iter().copied().enumerate();
    let stays = places.filter(|(place, c)| is_seen(*c) || joins(*place, *c));
    stays.map(|(_, c)| c).collect()
}

fn is_line_end(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}' | '\u{85}')
}

/// Whether a text has any visible character.
pub fn can_be_seen(text: &str) -> bool {
    text.chars()
        .any(|character| !character.is_whitespace() && !is_unseen(character))
}

/// Whether a name that a user chose can stand in a mail of ours without speaking there: letters,
/// digits and what names are joined with, and nothing that mail programs make a link of. A name of
/// one word may have dots and an `@`, as those have that are mail addresses.
pub fn is_plain_name(text: &str) -> bool {
    let joins = |c: char| " .,-_'’+@()&#".contains(c);
    let is_mark = |c: char| matches!(c, '\u{300}'..='\u{36f}');
    let known = |c: char| c.is_alphanumeric() || joins(c) || is_mark(c);
    // `evil.example`, and `www.` before it.
    let links = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let host = word.rsplit_once('.').is_some_and(|(before, after)| {
            !before.is_empty() && after.chars().count() > 1 && !after.chars().all(char::is_numeric)
        });
        host || word.contains('@')
    };
    let mut words = text.split_whitespace();
    let is_one_word = words.clone().nth(1).is_none();
    text.chars().count() <= 64
        && text.chars().all(known)
        && can_be_seen(text)
        && (is_one_word || !words.any(links))
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
    fn what_is_drawn_as_nothing_is_unseen() {
        for hidden in [
            '\u{ad}',
            '\u{200b}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{3164}',
            '\u{e0041}',
            '\u{2800}',
            '\u{1d159}',
            '\u{16fe4}',
            '\u{fff9}',
            '\u{fffc}',
            '\u{fdd0}',
            '\u{ffff}',
            '\u{10fffe}',
        ] {
            let text = format!("an{hidden}na");
            assert!(has_unseen(&text), "{hidden:?}");
            assert_eq!(typed_name(&text, 64), None, "{hidden:?}");
            assert_eq!(seen_alone(&text), "anna", "{hidden:?}");
            assert!(!can_be_seen(&hidden.to_string()), "{hidden:?}");
        }
        for seen in ["anna", "雨", "ابن", "⠓⠊", "é"] {
            assert!(!has_unseen(seen), "{seen}");
        }
    }

    #[test]
    fn a_name_that_speaks_is_no_plain_name() {
        for name in [
            "anna",
            "Anna's laptop",
            "José Núñez-Meijer",
            "anna@example.org",
            "anna.keller",
            "雨の日",
            "YubiKey 5 (blue)",
            "Firefox 140.0 on Linux",
            "No. 7",
        ] {
            assert!(is_plain_name(name), "{name}");
        }
        for name in [
            "call +1 900 555 0199: your account is blocked",
            "visit evil.example now",
            "Visit www.evil.example",
            "https://evil.example/",
            "evil.example/account",
            "write to help@evil.example",
            "confirm (evil.example)",
            "a\nb",
            "<a href=x>",
            "",
            "\u{202e}anna",
        ] {
            assert!(!is_plain_name(name), "{name}");
        }
    }

    #[test]
    fn a_name_is_seen_on_one_line_in_one_spelling() {
        for (typed, name) in [
            (" staff ", "staff"),
            ("jose\u{301}", "jos\u{e9}"),
            ("Main service", "Main service"),
        ] {
            assert_eq!(typed_name(typed, 64).as_deref(), Some(name), "{typed:?}");
        }
        for typed in [
            "",
            " ",
            "a\u{200b}b",
            "\u{2066}a\u{2069}",
            "\u{202e}nimda",
            "\u{ad}",
            "\u{feff}a",
            "\u{3164}",
            "\u{115f}",
            "a\u{180e}b",
            "a\u{e0041}",
            "a\nb",
            "a\u{2028}b",
            "a\u{2003}b\tc",
            "\u{2800}\u{200d}",
        ] {
            assert_eq!(typed_name(typed, 64), None, "{typed:?}");
            assert!(
                typed.trim().is_empty() || typed_note(typed, 64).is_none(),
                "{typed:?}"
            );
        }
        assert_eq!(typed_name(&"a".repeat(65), 64), None);
        assert_eq!(typed_note("", 64).as_deref(), Some(""));
        assert_eq!(seen_alone("a\u{202e}b\u{200d}\n"), "ab");
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
