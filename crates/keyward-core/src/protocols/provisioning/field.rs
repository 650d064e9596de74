//! Columns that several formats have.

use data_encoding::HEXLOWER_PERMISSIVE;
use zeroize::Zeroizing;

use super::{LockCode, RowFault};
use crate::protocols::yubico::PublicId;

/// Reads exactly this many bytes in hexadecimal digits of either case, with spaces between them
/// where they are to be read aloud.
pub(super) fn hex<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let digits: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|digit| *digit != ' ').collect());
    let bytes = Zeroizing::new(HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

/// A serial number; none, 0 and `NULL` mean that it is unknown.
pub(super) fn serial(text: &str) -> Result<Option<u64>, RowFault> {
    if is_absent(text) {
        return Ok(None);
    }
    let number = decimal::<i64>(text).ok_or(RowFault::Serial)?;
    Ok(u64::try_from(number).ok().filter(|number| *number != 0))
}

pub(super) fn public_id(text: &str) -> Result<PublicId, RowFault> {
    PublicId::parse(text).ok_or(RowFault::PublicId)
}

/// A lock code; none and twelve zeros mean that there is none.
pub(super) fn lock_code(text: &str) -> Result<Option<LockCode>, RowFault> {
    if is_absent(text) {
        return Ok(None);
    }
    let bytes = hex::<6>(text).ok_or(RowFault::LockCode)?;
    Ok(LockCode::new(*bytes))
}

/// A column without white space and quotation marks around it: spreadsheets write them.
pub(super) fn bare(column: &str) -> &str {
    let column = column.trim();
    let inside = column
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inside.map_or(column, str::trim)
}

/// Whether a row is the heading of a table, which names its first columns like this.
pub(super) fn is_heading(line: &str, names: &[&str]) -> bool {
    let columns = line.split([',', '\t']).map(bare);
    let named = columns
        .zip(names)
        .filter(|(column, name)| column.eq_ignore_ascii_case(name));
    named.count() == names.len()
}

/// Digits alone: `parse` would take a sign.
pub(super) fn decimal<T: std::str::FromStr>(text: &str) -> Option<T> {
    let is_plain = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

pub(super) fn is_absent(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("null")
}
