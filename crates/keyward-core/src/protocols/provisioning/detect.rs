//! Telling the formats apart by their first telling line.

use super::{field, lines, personalization, pskc, ykksm, ykval};
use crate::protocols::yubico::modhex;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The reference key-storage module's, `ykman`'s, and the personalization tool's "Yubico
    /// format".
    Ykksm,
    /// The personalization tool's "traditional format".
    Personalization,
    /// A Portable Symmetric Key Container.
    Pskc,
    /// A dump of the reference validation server.
    Ykval,
}

impl Format {
    /// The word for it on the command line and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ykksm => "ykksm",
            Self::Personalization => "personalization",
            Self::Pskc => "pskc",
            Self::Ykval => "ykval",
        }
    }
}

/// The format of a text; `None` where no line is typical of any.
pub fn detect(text: &str) -> Option<Format> {
    if pskc::is_typical(text) {
        return Some(Format::Pskc);
    }
    lines::numbered(text).find_map(|(_, line)| telling(line))
}

fn telling(line: &str) -> Option<Format> {
    if line.starts_with(ykksm::FIRST_LINE) || field::is_heading(line, ykksm::HEADING) {
        return Some(Format::Ykksm);
    }
    if field::is_heading(line, ykval::HEADING) {
        return Some(Format::Ykval);
    }
    if personalization::is_typical(line) {
        return Some(Format::Personalization);
    }
    if line.starts_with('#') {
        return None;
    }
    let columns: Vec<&str> = line.split([',', '\t']).map(field::bare).collect();
    let is_id = |text: &str| {
        let text = text.to_ascii_lowercase();
        !text.is_empty() && modhex::is_modhex(&text)
    };
    match columns.as_slice() {
        [active, _, _, id, _, _, _, _, ..] if active.len() <= 5 && is_id(id) => Some(Format::Ykval),
        // The same columns where the public id is missing or wrong: a key of 16 or 20 bytes stays.
        [serial, id, _, key, ..] if field::serial(serial).is_ok() => {
            let has_key = field::hex::<16>(key).is_some() || field::hex::<20>(key).is_some();
            (is_id(id) || has_key).then_some(Format::Ykksm)
        }
        _ => None,
    }
}
