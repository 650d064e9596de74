//! Which edition of something was looked at: a change says so, and is refused where there is another one
//! by then.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::problem::{Result, codes};

/// A digest of everything about something that can be changed; of what is expected, also several, any of
/// which will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition(String);

impl Edition {
    /// How many hexadecimal digits one has.
    const DIGITS: usize = 32;

    /// The edition that these parts make: each is led by its length, so that no two lists of parts read
    /// alike.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        let mut digits = data_encoding::HEXLOWER.encode(&digest.finalize());
        digits.truncate(Self::DIGITS);
        Self(digits)
    }

    /// Any of these, as an expectation; `None` of none.
    pub fn any_of(editions: impl IntoIterator<Item = Self>) -> Option<Self> {
        let all: Vec<String> = editions.into_iter().map(|edition| edition.0).collect();
        (!all.is_empty()).then(|| Self(all.join(" ")))
    }

    /// Refuses a change that is for another edition than this one; one for `None` is for whichever there
    /// is.
    ///
    /// # Errors
    /// `resource.overtaken`
    pub fn require(&self, expected: Option<&Self>) -> Result<()> {
        match expected.is_none_or(|expected| expected.0.split(' ').any(|one| one == self.0)) {
            true => Ok(()),
            false => Err(codes::RESOURCE_OVERTAKEN.into()),
        }
    }

    /// Reads one as it is printed; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_one =
            text.len() == Self::DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_one.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_read_alike_when_joined_are_of_different_editions() {
        assert_eq!(Edition::of(["anna", "ben"]), Edition::of(["anna", "ben"]));
        assert_ne!(Edition::of(["anna", "ben"]), Edition::of(["annab", "en"]));
        assert_ne!(Edition::of(["anna"]), Edition::of(["anna", ""]));
        let edition = Edition::of(["anna"]);
        assert_eq!(Edition::parse(&edition.to_string()), Some(edition));
        assert_eq!(Edition::parse("*"), None);
    }

    #[test]
    fn a_change_for_several_editions_is_made_to_any_of_them_alone() {
        let [anna, ben, zoe] = ["anna", "ben", "zoe"].map(|name| Edition::of([name]));
        let either = Edition::any_of([anna.clone(), ben.clone()]);
        assert!(anna.require(either.as_ref()).is_ok() && ben.require(either.as_ref()).is_ok());
        assert!(zoe.require(either.as_ref()).is_err());
        assert_eq!(Edition::any_of([]), None);
    }
}
