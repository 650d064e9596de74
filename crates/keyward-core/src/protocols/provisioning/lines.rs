//! Bytes into numbered lines, whatever machine wrote them.

use zeroize::Zeroizing;

use super::{Line, RowFault};

/// One row with its line, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub struct Numbered<T> {
    /// The line.
    pub line: usize,
    /// What it holds, or what is wrong with it.
    pub row: Result<T, RowFault>,
}

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Contents<T> {
    /// Its rows, without comments and empty lines.
    pub rows: Vec<Numbered<T>>,
    /// How many rows speak of slots that type no one-time passwords.
    pub others: usize,
}

/// A file's text: UTF-8 with or without a byte order mark, or UTF-16 with one, as a redirection
/// in a Windows shell leaves it. Bytes that are neither become replacement characters, which no
/// column accepts where they matter.
pub fn text(bytes: &[u8]) -> Zeroizing<String> {
    let units = |rest: &[u8], join: fn([u8; 2]) -> u16| {
        let units: Zeroizing<Vec<u16>> =
            Zeroizing::new(rest.as_chunks::<2>().0.iter().copied().map(join).collect());
        String::from_utf16_lossy(&units)
    };
    Zeroizing::new(match bytes {
        [0xff, 0xfe, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        plain => String::from_utf8_lossy(plain).into_owned(),
    })
}

/// Every line without its end (LF, CRLF, or CR alone where no line has another) and without white
/// space around it, from number 1.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = if text.contains('\n') { '\n' } else { '\r' };
    let lines = text.split(end).map(str::trim);
    (1..).zip(lines)
}

/// Reads every line with `read`.
pub(super) fn contents<T>(
    text: &str,
    read: impl Fn(&str) -> Result<Line<T>, RowFault>,
) -> Contents<T> {
    let mut contents = Contents {
        rows: Vec::new(),
        others: 0,
    };
    for (line, row) in numbered(text) {
        let row = match read(row) {
            Ok(Line::Empty) => continue,
            Ok(Line::Other) => {
                contents.others = contents.others.saturating_add(1);
                continue;
            }
            Ok(Line::Record(record)) => Ok(record),
            Err(fault) => Err(fault),
        };
        contents.rows.push(Numbered { line, row });
    }
    contents
}
