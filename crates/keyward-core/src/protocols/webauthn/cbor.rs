//! The part of CBOR (RFC 8949) that authenticators write: definite lengths, shortest forms (longer
//! ones in extensions alone), no tags, no floating point, each key of a map once (CTAP 2.1 §8). The
//! order of a map's keys is not checked, because clients that build attestation objects disagree
//! about it.

use super::malformed;
use crate::problem::{Problem, Result};

/// How deep values may nest. Statements need three levels; deep nesting is an attack on the stack.
const DEEPEST: usize = 8;
/// How many entries an array or a map may have, so that comparing keys stays cheap.
const LONGEST: u64 = 64;

/// One CBOR value, borrowing from the bytes it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// An integer, positive or negative.
    Integer(i64),
    /// A byte string.
    Bytes(&'a [u8]),
    /// A text string.
    Text(&'a str),
    /// An array.
    Array(Vec<Value<'a>>),
    /// A map with distinct keys, in the order in which they were written.
    Map(Vec<(Value<'a>, Value<'a>)>),
    /// A boolean.
    Bool(bool),
    /// Null.
    Null,
}

impl<'a> Value<'a> {
    /// The entries of a map.
    ///
    /// # Errors
    /// `ceremony.malformed` for anything but a map; `name` says which in the detail.
    pub fn into_map(self, name: &str) -> Result<Vec<(Value<'a>, Value<'a>)>> {
        match self {
            Value::Map(entries) => Ok(entries),
            _ => Err(malformed(format!("{name} is not a map"))),
        }
    }
}

/// Reads the value at the beginning of `input`, and gives back what follows it.
///
/// # Errors
/// `ceremony.malformed`
pub fn read(input: &[u8]) -> Result<(Value<'_>, &[u8])> {
    Reader::of(input, true).begin()
}

/// The same where numbers may have longer forms, as some authenticators write their extensions:
/// they are passed over, so that no two readers read them in two ways.
///
/// # Errors
/// `ceremony.malformed`
pub fn read_in_any_form(input: &[u8]) -> Result<(Value<'_>, &[u8])> {
    Reader::of(input, false).begin()
}

/// Reads a value that fills `input`.
///
/// # Errors
/// `ceremony.malformed`, also for trailing bytes.
pub fn read_whole<'a>(name: &str, input: &'a [u8]) -> Result<Value<'a>> {
    match read(input)? {
        (value, []) => Ok(value),
        _ => Err(malformed(format!("bytes follow {name}"))),
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    /// Whether each number must be in its shortest form.
    is_strict: bool,
}

impl<'a> Reader<'a> {
    fn of(rest: &'a [u8], is_strict: bool) -> Self {
        Self { rest, is_strict }
    }

    fn begin(mut self) -> Result<(Value<'a>, &'a [u8])> {
        let value = self.value(DEEPEST)?;
        Ok((value, self.rest))
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8]> {
        let (taken, rest) = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length))
            .ok_or_else(truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        let (first, rest) = self.rest.split_first().ok_or_else(truncated)?;
        self.rest = rest;
        Ok(*first)
    }

    /// The argument of a head (RFC 8949 §3).
    fn argument(&mut self, info: u8) -> Result<u64> {
        let (width, least) = match info {
            0..=23 => return Ok(u64::from(info)),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            _ => return Err(malformed("a CBOR length is indefinite or reserved")),
        };
        let argument = self
            .take(width)?
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        if self.is_strict && argument < least {
            return Err(malformed("a CBOR number is not in its shortest form"));
        }
        Ok(argument)
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>> {
        let depth = depth
            .checked_sub(1)
            .ok_or_else(|| malformed("CBOR values nest too deeply"))?;
        let head = self.byte()?;
        if head >> 5 == 7 {
            return match head & 0x1f {
                20 => Ok(Value::Bool(false)),
                21 => Ok(Value::Bool(true)),
                22 => Ok(Value::Null),
                _ => Err(malformed("a CBOR simple value is none that is used here")),
            };
        }
        let argument = self.argument(head & 0x1f)?;
        match head >> 5 {
            0 => Ok(Value::Integer(integer(argument)?)),
            1 => Ok(Value::Integer(!integer(argument)?)),
            2 => Ok(Value::Bytes(self.take(argument)?)),
            3 => std::str::from_utf8(self.take(argument)?)
                .map(Value::Text)
                .map_err(|error| malformed("a CBOR text is not UTF-8").caused_by(error)),
            4 => self.array(argument, depth),
            5 => self.map(argument, depth),
            _ => Err(malformed("a CBOR tag is none that is used here")),
        }
    }

    fn array(&mut self, count: u64, depth: usize) -> Result<Value<'a>> {
        let items = (0..bounded(count)?).map(|_| self.value(depth));
        items.collect::<Result<_>>().map(Value::Array)
    }

    fn map(&mut self, count: u64, depth: usize) -> Result<Value<'a>> {
        let mut entries: Vec<(Value<'a>, Value<'a>)> = Vec::new();
        for _ in 0..bounded(count)? {
            let key = self.value(depth)?;
            if entries.iter().any(|(earlier, _)| *earlier == key) {
                return Err(malformed("a CBOR map has a key twice"));
            }
            entries.push((key, self.value(depth)?));
        }
        Ok(Value::Map(entries))
    }
}

fn bounded(count: u64) -> Result<u64> {
    if count > LONGEST {
        return Err(malformed("a CBOR array or map is too long"));
    }
    Ok(count)
}

fn integer(argument: u64) -> Result<i64> {
    i64::try_from(argument)
        .map_err(|error| malformed("a CBOR integer is too large").caused_by(error))
}

fn truncated() -> Problem {
    malformed("CBOR data end too early")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_value_is_read() {
        // {1: -7, "a": [h'00', true, null, 300]}
        let bytes = [
            0xa2, 0x01, 0x26, 0x61, b'a', 0x84, 0x41, 0x00, 0xf5, 0xf6, 0x19, 0x01, 0x2c,
        ];
        let expected = Value::Map(vec![
            (Value::Integer(1), Value::Integer(-7)),
            (
                Value::Text("a"),
                Value::Array(vec![
                    Value::Bytes(&[0]),
                    Value::Bool(true),
                    Value::Null,
                    Value::Integer(300),
                ]),
            ),
        ]);
        assert_eq!(read_whole("it", &bytes).expect("reads"), expected);
        for length in 0..bytes.len() {
            assert!(
                read_whole("it", &bytes[..length]).is_err(),
                "cut at {length}"
            );
        }
    }

    #[test]
    fn what_has_a_second_spelling_is_refused() {
        let cases: [(&str, &[u8]); 9] = [
            ("trailing byte", &[0x01, 0x00]),
            ("long form of 23", &[0x18, 0x17]),
            ("long form of 255", &[0x19, 0x00, 0xff]),
            ("indefinite array", &[0x9f, 0xff]),
            ("indefinite text", &[0x7f, 0x61, b'a', 0xff]),
            ("duplicate key", &[0xa2, 0x01, 0x00, 0x01, 0x00]),
            ("tag", &[0xc0, 0x00]),
            ("float", &[0xf9, 0x00, 0x00]),
            ("undefined", &[0xf7]),
        ];
        for (name, bytes) in cases {
            assert!(read_whole("it", bytes).is_err(), "{name}");
        }
    }

    #[test]
    fn a_nesting_bomb_ends_early() {
        assert!(read_whole("it", &[0x81; 100_000]).is_err());
        let claimed = [0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert!(read_whole("it", &claimed).is_err());
    }
}
