//! Telephone numbers: read as people write them, kept as the network wants them.

use std::fmt;

use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, Type};
use serde::{Deserialize, Serialize};

/// The longest text that is looked at: a number has at most 15 digits (E.164 §6.2.1).
const LONGEST: usize = 32;

/// Dial codes that belong to no country (ITU-T E.164 annex D): freephone and shared cost,
/// satellites, personal numbers, networks across countries, premium rate. No user signs in with
/// one, and a fraudster who earns by each message that is sent there would like us to.
const NO_COUNTRY: &[u16] = &[
    800, 808, 870, 871, 872, 873, 874, 878, 881, 882, 883, 888, 979, 991,
];

/// A country by its two letters, from which numbers without `+` are dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region(Id);

impl Region {
    /// Reads the two letters of ISO 3166-1; `None` for those of no country with telephones.
    pub fn parse(letters: &str) -> Option<Self> {
        letters.trim().to_ascii_uppercase().parse().ok().map(Self)
    }
}

/// Reads the plans by which the world's numbers are read. It takes longer than a request may, and
/// is done by the first number otherwise: a server does it at its start.
pub fn read_plans() {
    let _ = DATABASE.by_code(&1);
}

/// A number that can be dialled from anywhere, in the form of E.164: `+31612345678`. It prints
/// masked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a number as it was typed, with `+` or as it is dialled within `home`. `None` for what
    /// is no number, and for kinds of numbers that no user has in their pocket and that cost whoever
    /// calls them: premium rate, shared cost, short codes and the like.
    pub fn parse(typed: &str, home: Option<Region>) -> Option<Self> {
        let typed = typed.trim();
        let known = |c: char| c.is_ascii_digit() || "+-./() \u{a0}".contains(c);
        if typed.len() > LONGEST || !typed.chars().all(known) {
            return None;
        }
        let number = phonenumber::parse(home.map(|region| region.0), typed).ok()?;
        is_a_persons(&number).then(|| Self(number.format().mode(Mode::E164).to_string()))
    }

    /// Whether a code may be sent there: a number of a kind that people have in their pocket.
    pub fn is_reachable(&self) -> bool {
        phonenumber::parse(None, &self.0).is_ok_and(|number| is_a_persons(&number))
    }

    /// The dial code with the country, which share some: `+31 NL`, `+1 JM`.
    pub fn dial_code(&self) -> String {
        let Ok(number) = phonenumber::parse(None, &self.0) else {
            return String::from("+?");
        };
        let code = number.country().code();
        match number.country().id() {
            Some(country) => format!("+{code} {country:?}"),
            None => format!("+{code}"),
        }
    }

    /// Whether it is a number of this country.
    pub fn is_of(&self, region: Region) -> bool {
        let number = phonenumber::parse(None, &self.0);
        number.is_ok_and(|number| number.country().id() == Some(region.0))
    }

    /// A number of a row, whatever the rule for typed ones is today: plans of numbers change, and
    /// a phone that was enrolled stays its owner's.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The number in the form of E.164.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as people read it: `+31 6 12345678`.
    pub fn international(&self) -> String {
        match phonenumber::parse(None, &self.0) {
            Ok(number) => number.format().mode(Mode::International).to_string(),
            Err(_) => self.0.clone(),
        }
    }

    /// The number with its country and its last two digits alone: `+31 * ******78`.
    pub fn masked(&self) -> String {
        let shown = self.international();
        let country = shown.find(' ').unwrap_or(0);
        let hidden = shown.char_indices().filter(|(_, c)| c.is_ascii_digit());
        let last = hidden.rev().nth(1).map_or(0, |(at, _)| at);
        let mask = |(at, c): (usize, char)| match c {
            digit if digit.is_ascii_digit() && at > country && at < last => '*',
            other => other,
        };
        shown.char_indices().map(mask).collect()
    }
}

/// Kinds of numbers that no user has in their pocket, or that cost more than a message: premium rate,
/// shared cost, personal and satellite numbers, short codes and the like.
fn is_a_persons(number: &phonenumber::PhoneNumber) -> bool {
    let kind = number.number_type(&DATABASE);
    let is_ordinary = matches!(
        kind,
        Type::FixedLine | Type::Mobile | Type::FixedLineOrMobile | Type::Voip
    );
    number.is_valid() && is_ordinary && !NO_COUNTRY.contains(&number.country().code())
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &str, home: &str) -> Option<PhoneNumber> {
        PhoneNumber::parse(typed, Region::parse(home))
    }

    #[test]
    fn a_number_is_read_as_people_write_it() {
        for (typed, home) in [
            ("+31612345678", ""),
            (" +31 6 1234 5678 ", ""),
            ("+31 (0)6-12345678", ""),
            ("0031612345678", "NL"),
            ("06-12345678", "NL"),
            ("06 12 34 56 78", "nl"),
            ("+31612345678", "US"),
        ] {
            let number = parse(typed, home).unwrap_or_else(|| panic!("{typed} from {home}"));
            assert_eq!(number.as_str(), "+31612345678", "{typed} from {home}");
            assert_eq!(number.international(), "+31 6 12345678");
        }
    }

    #[test]
    fn what_is_no_number_of_a_person_is_refused() {
        for (typed, home) in [
            ("", "NL"),
            ("06-12345678", ""),
            ("12345", "NL"),
            ("112", "NL"),
            ("+31 6 1234567", ""),
            ("+31 6 123456789012", ""),
            ("+999 1234567", ""),
            ("tel:+31612345678;ext=9", ""),
            ("+31612345678 x12", ""),
            ("call me", "NL"),
            ("+३१६१२३४५६७८", ""),
            // Satellites, networks of no country, personal numbers, premium rate of no country.
            ("+8816 31612345", ""),
            ("+8821 61234567", ""),
            ("+870 773 123456", ""),
            ("+883 5100 01234567", ""),
            ("+883 140 1234567", ""),
            ("+878 10 123456789012", ""),
            ("+87810 1234567890", ""),
            ("+979 123456789", ""),
            ("+800 12345678", ""),
            ("+808 12345678", ""),
            ("+888 12345678901", ""),
            ("+44 70 1234 5678", ""),
            ("+44 7012 345678", ""),
            ("070 1234 5678", "GB"),
            ("0700 12345678", "DE"),
            ("+41 878 123456", ""),
            ("+1 500 234 5678", ""),
            ("+1 900 234 5678", ""),
            // Premium rate in the Netherlands and in Germany; freephone.
            ("0900 1234567", "NL"),
            ("0900 1 234567", "DE"),
            ("0800 1234", "NL"),
            ("++++++++++++++++++++", "NL"),
            ("+31 6 12345678 +31 6 12345678", "NL"),
        ] {
            assert_eq!(parse(typed, home), None, "{typed} from {home}");
        }
    }

    #[test]
    fn a_number_of_another_day_is_read_and_not_reached() {
        let stored = PhoneNumber::from_stored("+881631612345");
        assert!(!stored.is_reachable());
    }

    #[test]
    fn countries_that_share_a_dial_code_are_told_apart() {
        for (number, dial_code) in [
            ("+31612345678", "+31 NL"),
            ("+12015550123", "+1 US"),
            ("+18762101234", "+1 JM"),
            ("+447400123456", "+44 GB"),
        ] {
            let number = parse(number, "").unwrap_or_else(|| panic!("{number}"));
            assert!(number.is_reachable());
            assert_eq!(number.dial_code(), dial_code);
        }
        let number = parse("+31612345678", "").expect("a number");
        assert!(number.is_of(Region::parse("NL").expect("a region")));
        assert!(!number.is_of(Region::parse("DE").expect("a region")));
    }

    #[test]
    fn a_number_shows_its_country_and_two_digits() {
        for (number, masked) in [
            ("+31612345658", "+31 * ******58"),
            ("+12015550123", "+1 ***-***-**23"),
            ("+358401234567", "+358 ** *****67"),
        ] {
            let number = parse(number, "").unwrap_or_else(|| panic!("{number}"));
            assert_eq!(number.masked(), masked);
            assert_eq!(format!("{number:?}"), format!("PhoneNumber({masked})"));
        }
    }
}
