//! What people are found by: parts of their names and addresses, however they are accented.
//!
//! Text and what is searched for are brought to one form, in which one is a part of the other where
//! a person would say so. Three characters in a row are what the databases have indexes of. So that
//! fewer are enough at the beginning of a word, every word begins with two marks, and so does every
//! character that is a word by itself, as in Chinese names.

use std::collections::BTreeSet;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

/// Begins each word, twice. No text that people type has it.
const MARK: char = '\u{1}';
/// How many characters in a row the indexes are of.
const GRAM: usize = 3;

/// The form in which a person's texts are kept to be found by.
pub fn searchable<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(marked).collect();
    // A line each: nothing that is searched for reaches from one into the next.
    texts.join("\n")
}

/// What is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchTerms {
    part: String,
}

impl SearchTerms {
    /// What was typed; `None` where it is too little to search for.
    pub fn of(typed: &str) -> Option<Self> {
        let marked = marked(typed);
        // It may be the end of a word as well, unless it is too short for that.
        let bare = match marked.strip_prefix([MARK; 2].iter().collect::<String>().as_str()) {
            Some(rest) if rest.chars().count() >= GRAM && !stands_alone(rest) => rest,
            _ => marked.as_str(),
        };
        (bare.chars().count() >= GRAM).then(|| Self {
            part: bare.to_owned(),
        })
    }

    /// What the text of a user who is found has in it.
    pub fn part(&self) -> &str {
        &self.part
    }

    /// All that stands in it, three characters each.
    pub fn grams(&self) -> BTreeSet<String> {
        let characters: Vec<char> = self.part.chars().collect();
        let grams = characters.windows(GRAM);
        grams.map(|gram| gram.iter().collect()).collect()
    }
}

/// Lower case without accents, white space in one form, and the beginnings of words marked.
fn marked(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    let apart = DecomposingNormalizerBorrowed::new_nfkd().normalize(&lower);
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let mut marked = String::with_capacity(apart.len() + 8);
    let mut within_word = false;
    for character in apart.chars() {
        if classes.get_u8(character) != 0 || character == MARK {
            continue;
        }
        if character.is_whitespace() || character.is_control() {
            within_word = false;
            if !marked.ends_with(' ') {
                marked.push(' ');
            }
            continue;
        }
        let is_alone = is_ideograph(character);
        let is_word = character.is_alphanumeric();
        if is_alone || (is_word && !within_word) {
            marked.extend([MARK; 2]);
        }
        within_word = is_word && !is_alone;
        plain(character, &mut marked);
    }
    marked
}

fn stands_alone(rest: &str) -> bool {
    rest.chars().next().is_some_and(is_ideograph)
}

/// Whether a character is a word, or a part of one that nothing separates from others.
fn is_ideograph(character: char) -> bool {
    matches!(
        character,
        '\u{2e80}'..='\u{2fdf}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
    )
}

/// Messages with a stroke and ligatures have no accent that could be taken apart from them.
fn plain(character: char, out: &mut String) {
    match character {
        'ø' => out.push('o'),
        'ł' => out.push('l'),
        'đ' | 'ð' => out.push('d'),
        'ħ' => out.push('h'),
        'ŧ' => out.push('t'),
        'ı' => out.push('i'),
        'ς' => out.push('σ'),
        // As keyboards and word processors write it between letters.
        '’' | '‘' | '‛' | 'ʼ' | 'ʻ' | 'ʹ' | '′' | '`' | '´' => out.push('\''),
        '‐' | '‒' | '–' | '—' | '−' => out.push('-'),
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'þ' => out.push_str("th"),
        other => out.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(typed: &str, texts: &[&str]) -> bool {
        let text = searchable(texts.iter().copied());
        let sought = SearchTerms::of(typed).expect("enough");
        let grams = sought.grams();
        let found = text.contains(sought.part());
        // An index finds whatever has the part in it.
        assert!(!found || grams.iter().all(|gram| text.contains(gram.as_str())));
        assert!(grams.iter().all(|gram| gram.chars().count() == GRAM));
        found
    }

    #[test]
    fn parts_of_names_and_addresses_are_found() {
        let anna = ["anna.m", "meijer@example.com", "Anna  Meijer"];
        for typed in [
            "meijer",
            "MEIJER",
            "eije",
            "example.com",
            "@example",
            "ple.c",
            "anna meijer",
            "na mei",
            "an",
            "a",
            "m",
            "r@exam",
            ".com",
            " meijer ",
            "anna\tmeijer",
        ] {
            assert!(finds(typed, &anna), "{typed}");
        }
        for typed in [
            "meyer",
            "anna.meijer",
            "ijer an",
            "eij@",
            "xample.org",
            "n",
            "ei",
        ] {
            assert!(!finds(typed, &anna), "{typed}");
        }
    }

    #[test]
    fn accents_and_the_form_of_letters_do_not_matter() {
        let texts = [
            "José Müller",
            "Søren Łukasz",
            "Straße",
            "Ｆｕｌｌ",
            "Ștefan",
            "Ωμέγα",
            "D’Angelo",
            "Siân O'Brien",
            "Ann–Kathrin",
            "Ὀδυσσεύς",
        ];
        for typed in [
            "jose",
            "josé",
            "jose\u{301}",
            "muller",
            "soren",
            "lukasz",
            "strasse",
            "full",
            "stefan",
            "ωμεγα",
            "d'angelo",
            "D’ANGELO",
            "o’brien",
            "ann-kathrin",
            "οδυσσευς",
            "οδυσσευσ",
        ] {
            assert!(finds(typed, &texts), "{typed}");
        }
    }

    #[test]
    fn characters_that_are_words_are_found_by_one_of_them() {
        for typed in ["王", "伟", "王伟", "小明"] {
            assert!(finds(typed, &["王伟", "李小明"]), "{typed}");
        }
        assert!(!finds("王明", &["王伟", "李小明"]));
        assert!(finds("민준", &["김민준"]));
    }

    #[test]
    fn nothing_is_searched_for_where_there_is_nothing_to_search_for() {
        for typed in ["", " ", "@", ".-", "\u{1}", "\u{301}"] {
            assert_eq!(SearchTerms::of(typed), None, "{typed:?}");
        }
    }
}
