//! The parameters of a request: names and values, each at most once.

use std::collections::{BTreeMap, BTreeSet};

use url::form_urlencoded;

use super::Refusal;

/// The parameters of one request. What has no value counts as left out, and what nobody asks for is
/// ignored (RFC 6749 §3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    values: BTreeMap<String, String>,
    doubled: BTreeSet<String>,
}

impl Parameters {
    /// The most parameters of one request; honest ones have twenty.
    pub const MOST: usize = 64;

    /// Reads `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    /// `invalid_request` where there are more than [`Self::MOST`].
    pub fn read(encoded: &[u8]) -> Result<Self, Refusal> {
        let mut read = Self::default();
        for (at, (name, value)) in form_urlencoded::parse(encoded).enumerate() {
            if at >= Self::MOST {
                return Err(Refusal::request("too many parameters"));
            }
            if value.is_empty() {
                continue;
            }
            let before = read
                .values
                .insert(name.clone().into_owned(), value.into_owned());
            if before.is_some() {
                read.doubled.insert(name.into_owned());
            }
        }
        Ok(read)
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// `invalid_request` where it is there more than once (RFC 6749 §3.1, §3.2): two readers could take
    /// two values for it. So it is where there is a NUL in it, which no parameter may have (appendix A) and
    /// not every database takes.
    pub fn get(&self, name: &'static str) -> Result<Option<&str>, Refusal> {
        if self.doubled.contains(name) {
            return Err(Refusal::parameter(name, "stands there more than once"));
        }
        match self.values.get(name) {
            Some(value) if value.contains('\0') => Err(Refusal::parameter(name, "has a NUL in it")),
            value => Ok(value.map(String::as_str)),
        }
    }

    /// The value of a parameter that must be there.
    ///
    /// # Errors
    /// `invalid_request` where it is not, or more than once.
    pub fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name)?
            .ok_or_else(|| Refusal::parameter(name, "is missing"))
    }

    /// The parameters as text, those without a value left out, in the order of their names; those that are
    /// doubled once.
    pub fn to_text(&self) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(&self.values);
        text.finish()
    }

    /// These without one of them.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.values.remove(name);
        self.doubled.remove(name);
        self
    }

    /// These with a value in place of what there was.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.doubled.remove(name);
        self.values.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Whether any parameter is there more than once.
    pub fn has_doubled(&self) -> bool {
        !self.doubled.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::oauth::OauthError;

    #[test]
    fn a_parameter_counts_once_and_an_empty_one_not_at_all() {
        let read = Parameters::read(b"a=1&b=&c=2&c=3&d=4&d=").expect("few");
        assert_eq!(read.get("a"), Ok(Some("1")));
        assert_eq!(read.get("b"), Ok(None));
        assert_eq!(read.get("d"), Ok(Some("4")));
        let refused = read.get("c").expect_err("it is there twice");
        assert_eq!(refused.error, OauthError::InvalidRequest);
        let read_with_nul = Parameters::read(b"nonce=a%00b&a=1").expect("few");
        assert!(read_with_nul.get("nonce").is_err() && read_with_nul.get("a").is_ok());
        assert_eq!(
            read.required("e").expect_err("missing").description,
            "e: is missing"
        );
    }

    #[test]
    fn too_many_are_refused_before_they_are_kept() {
        let many = (0..=Parameters::MOST).map(|at| format!("p{at}=1"));
        let many = many.collect::<Vec<_>>().join("&");
        assert!(Parameters::read(many.as_bytes()).is_err());
    }

    #[test]
    fn what_is_written_reads_alike() {
        let read = Parameters::read(b"state=a%26b%3Dc+d&x=1").expect("few");
        let again = Parameters::read(read.to_text().as_bytes()).expect("few");
        assert_eq!(read, again);
        let other = read.with("x", "2").without("state");
        assert_eq!(other.to_text(), "x=2");
    }
}
