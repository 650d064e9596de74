//! What is said of a key: what it is, where it came from, where it lies.

use std::fmt;

use crate::domain::spelling::{typed_name, typed_note};
use crate::problem::{Problem, Result, codes};

/// The number that is printed on a key: with its maker, one of a kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber(String);

impl SerialNumber {
    /// The longest, in characters.
    pub const LONGEST: usize = 64;

    /// Reads 1 to 64 visible characters of ASCII, without spaces around them; letters are capitals then.
    ///
    /// # Errors
    /// `key.invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let fits = (1..=Self::LONGEST).contains(&text.len());
        match fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => Ok(Self(text.to_ascii_uppercase())),
            false => Err(invalid(
                "a serial number has 1 to 64 letters, digits and signs without spaces",
            )),
        }
    }

    /// The serial number of a row.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is said of a key. A text may be empty, where it is not known or there is nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFacts {
    /// Who made it.
    pub maker: String,
    /// The number printed on it.
    pub serial: Option<SerialNumber>,
    /// What its maker calls it.
    pub model: String,
    /// The version of its firmware, as its maker writes it.
    pub firmware: String,
    /// What it is plugged into, or how it looks.
    pub form_factor: String,
    /// The batch that it was made or delivered in.
    pub batch: String,
    /// The order by which it was bought.
    pub order: String,
    /// Where it lies.
    pub place: String,
    /// Whatever else there is to say.
    pub note: String,
}

impl KeyFacts {
    /// Who made a key of which nothing is said.
    pub const USUAL_MAKER: &'static str = "Yubico";
    /// The longest maker, model, firmware, form factor, batch, order and place, in characters.
    pub const LONGEST: usize = 64;
    /// The longest note, in characters.
    pub const LONGEST_NOTE: usize = 256;

    /// A key of which nothing is known.
    pub fn unknown() -> Self {
        Self {
            maker: Self::USUAL_MAKER.to_owned(),
            ..Self::default()
        }
    }

    /// Maker and serial number, or model; `None` where neither is known.
    pub fn label(&self) -> Option<String> {
        let what = match &self.serial {
            Some(serial) => serial.as_str(),
            None => self.model.as_str(),
        };
        (!what.is_empty()).then(|| format!("{} {what}", self.maker))
    }
}

/// What shall be said of a key from now on; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyChange {
    /// Who made it; empty for the usual one.
    pub maker: Option<String>,
    /// The number printed on it; empty for none.
    pub serial: Option<String>,
    /// What its maker calls it.
    pub model: Option<String>,
    /// The version of its firmware.
    pub firmware: Option<String>,
    /// What it is plugged into, or how it looks.
    pub form_factor: Option<String>,
    /// The batch.
    pub batch: Option<String>,
    /// The order.
    pub order: Option<String>,
    /// Where it lies.
    pub place: Option<String>,
    /// A note.
    pub note: Option<String>,
}

impl KeyChange {
    /// Puts it in place of what was said before.
    ///
    /// # Errors
    /// `key.invalid`, naming what is too long or cannot be seen.
    pub fn apply(self, facts: &mut KeyFacts) -> Result<()> {
        if let Some(maker) = self.maker {
            facts.maker = match maker.trim() {
                "" => KeyFacts::USUAL_MAKER.to_owned(),
                maker => typed_name(maker, KeyFacts::LONGEST)
                    .ok_or_else(|| beyond("maker", KeyFacts::LONGEST))?,
            };
        }
        if let Some(serial) = self.serial {
            facts.serial = match serial.trim() {
                "" => None,
                serial => Some(SerialNumber::parse(serial)?),
            };
        }
        let texts = [
            ("model", self.model, &mut facts.model),
            ("firmware", self.firmware, &mut facts.firmware),
            ("form_factor", self.form_factor, &mut facts.form_factor),
            ("batch", self.batch, &mut facts.batch),
            ("order", self.order, &mut facts.order),
            ("place", self.place, &mut facts.place),
        ];
        for (name, given, fact) in texts {
            if let Some(given) = given {
                let typed = typed_note(&given, KeyFacts::LONGEST);
                *fact = typed.ok_or_else(|| beyond(name, KeyFacts::LONGEST))?;
            }
        }
        if let Some(note) = self.note {
            let typed = typed_note(&note, KeyFacts::LONGEST_NOTE);
            facts.note = typed.ok_or_else(|| beyond("note", KeyFacts::LONGEST_NOTE))?;
        }
        Ok(())
    }
}

fn invalid(why: impl Into<String>) -> Problem {
    Problem::new(codes::KEY_INVALID).detailed(why)
}

fn beyond(what: &str, longest: usize) -> Problem {
    invalid(format!(
        "{what} has at most {longest} characters on one line, none of which is invisible"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_has_one_spelling() {
        let serial = SerialNumber::parse(" ab-12 ").expect("one");
        assert_eq!(serial.as_str(), "AB-12");
        for bad in ["", "  ", "1 2", "é", &"1".repeat(65), "1\u{200b}2"] {
            let refused = SerialNumber::parse(bad).expect_err(bad);
            assert_eq!(refused.code(), codes::KEY_INVALID);
        }
    }

    #[test]
    fn what_is_not_named_stays_and_what_cannot_be_kept_is_named() {
        let mut facts = KeyFacts::unknown();
        let change = KeyChange {
            serial: Some("42".to_owned()),
            model: Some(" Key 5 ".to_owned()),
            ..KeyChange::default()
        };
        change.apply(&mut facts).expect("facts");
        let emptied = KeyChange {
            maker: Some(String::new()),
            serial: Some(String::new()),
            ..KeyChange::default()
        };
        assert_eq!(facts.label().as_deref(), Some("Yubico 42"));
        emptied.apply(&mut facts).expect("facts");
        assert_eq!(facts.label().as_deref(), Some("Yubico Key 5"));
        let long = KeyChange {
            order: Some("x".repeat(65)),
            ..KeyChange::default()
        };
        let refused = long.apply(&mut facts).expect_err("too long");
        assert!(
            refused
                .detail()
                .is_some_and(|detail| detail.contains("order"))
        );
    }
}
