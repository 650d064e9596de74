//! The members of an attestation statement (WebAuthn L3 §6.5.4, §8): a map with names for keys.

use super::cbor::Value;
use super::malformed;
use crate::problem::{Problem, Result};

/// The longest chain of certificates. Real ones have up to five.
const LONGEST_CHAIN: usize = 8;

/// The members that were not asked for yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<'a>(Vec<(Value<'a>, Value<'a>)>);

impl<'a> Statement<'a> {
    /// A statement with these members.
    pub fn new(members: Vec<(Value<'a>, Value<'a>)>) -> Self {
        Self(members)
    }

    /// Whether every member was asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, name: &str) -> Option<Value<'a>> {
        let position = self
            .0
            .iter()
            .position(|(key, _)| matches!(key, Value::Text(text) if *text == name))?;
        Some(self.0.swap_remove(position).1)
    }

    /// A number that must be there.
    ///
    /// # Errors
    /// `ceremony.malformed`
    pub fn integer(&mut self, name: &str) -> Result<i64> {
        match self.take(name) {
            Some(Value::Integer(number)) => Ok(number),
            _ => Err(lacks(name)),
        }
    }

    /// A byte string that must be there.
    ///
    /// # Errors
    /// `ceremony.malformed`
    pub fn bytes(&mut self, name: &str) -> Result<&'a [u8]> {
        match self.take(name) {
            Some(Value::Bytes(bytes)) => Ok(bytes),
            _ => Err(lacks(name)),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// `ceremony.malformed`
    pub fn text(&mut self, name: &str) -> Result<&'a str> {
        match self.take(name) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(lacks(name)),
        }
    }

    /// `x5c`: a certificate and the chain that vouches for it, in DER; `None` where it is absent.
    ///
    /// # Errors
    /// `ceremony.malformed` for anything but an array of one to eight byte strings.
    pub fn chain(&mut self) -> Result<Option<Vec<&'a [u8]>>> {
        let items = match self.take("x5c") {
            None => return Ok(None),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(lacks("x5c")),
        };
        if items.is_empty() || items.len() > LONGEST_CHAIN {
            return Err(malformed("x5c is not of one to eight certificates"));
        }
        let certificates = items.into_iter().map(|item| match item {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(lacks("x5c")),
        });
        certificates.collect::<Result<_>>().map(Some)
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// `ceremony.malformed` where a member is left that the format does not have.
    pub fn end(self) -> Result<()> {
        if !self.0.is_empty() {
            return Err(malformed("the attestation statement has another member"));
        }
        Ok(())
    }
}

fn lacks(name: &str) -> Problem {
    malformed(format!("the attestation statement has no proper {name}"))
}
