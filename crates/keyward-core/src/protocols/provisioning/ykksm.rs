//! The key-provisioning format of the reference key-storage module, version 1:
//! `serialnr,identity,internaluid,aeskey,lockpw,created,accessed[,progflags]`.
//!
//! The "Yubico format" of the personalization tool and `ykman otp yubiotp --config-output` write
//! the first six of these columns and a comma; logs of that kind also tell of slots that type
//! other things, which are counted and left alone.

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::{Contents, KeyRecord, Line, RowFault, field, lines, moment};
use crate::clock::Timestamp;
use crate::protocols::yubico::PublicId;

/// The first line of a file of this kind.
pub const FIRST_LINE: &str = "# ykksm 1";

/// The columns, as the reference tools name them in a comment.
pub const COLUMNS: &str =
    "# serialnr,identity,internaluid,aeskey,lockpw,created,accessed[,progflags]";

/// How the heading of a table begins that has these columns.
pub(super) const HEADING: &[&str] = &["serialnr", "identity"];

/// Reads a file.
pub fn read(text: &str) -> Contents<KeyRecord> {
    lines::contents(text, read_line)
}

/// Writes one row without a line's end.
pub fn row(record: &KeyRecord) -> Zeroizing<String> {
    let hex = |bytes: &[u8]| Zeroizing::new(HEXLOWER.encode(bytes));
    // The reference reader wants digits in the fifth column: zeros stand for no lock code.
    let lock_code = record
        .lock_code
        .as_ref()
        .map_or_else(|| hex(&[0; 6]), |lock| hex(lock.expose()));
    Zeroizing::new(format!(
        "{},{},{},{},{},{},{}",
        record.serial.unwrap_or_default(),
        record.public_id,
        *hex(record.private_id.as_slice()),
        *hex(record.aes_key.as_slice()),
        *lock_code,
        moment::print(record.created),
        moment::print(record.accessed),
    ))
}

/// Writes one row whose secrets are withheld: their columns are empty, as in no file that has
/// secrets.
pub fn withheld_row(
    serial: Option<u64>,
    public_id: &PublicId,
    created: Option<Timestamp>,
    accessed: Option<Timestamp>,
) -> String {
    format!(
        "{},{public_id},,,,{},{}",
        serial.unwrap_or_default(),
        moment::print(created),
        moment::print(accessed),
    )
}

/// Writes one row in the "Yubico format", which ends in a comma and leaves a missing lock code
/// and a missing serial number out.
pub fn yubico_row(record: &KeyRecord) -> Zeroizing<String> {
    let hex = |bytes: &[u8]| Zeroizing::new(HEXLOWER.encode(bytes));
    let serial = record.serial.map(|serial| serial.to_string());
    let lock_code = record.lock_code.as_ref().map(|lock| hex(lock.expose()));
    Zeroizing::new(format!(
        "{},{},{},{},{},{},",
        serial.unwrap_or_default(),
        record.public_id,
        *hex(record.private_id.as_slice()),
        *hex(record.aes_key.as_slice()),
        lock_code.as_deref().map_or("", String::as_str),
        moment::print(record.created),
    ))
}

fn read_line(line: &str) -> Result<Line<KeyRecord>, RowFault> {
    let data = line.split('#').next().unwrap_or_default();
    if data.trim().is_empty() || field::is_heading(data, HEADING) {
        return Ok(Line::Empty);
    }
    let mut columns: Vec<&str> = data.split(',').map(field::bare).collect();
    while columns.len() > 4 && columns.last().is_some_and(|last| last.is_empty()) {
        columns.pop();
    }
    if columns.len() > 8 {
        return Err(RowFault::Columns);
    }
    let [serial, public_id, private_id, aes_key, rest @ ..] = columns.as_slice() else {
        return Err(RowFault::Columns);
    };
    if types_something_else(public_id, private_id, aes_key) {
        return Ok(Line::Other);
    }
    let column = |index: usize| rest.get(index).copied().unwrap_or_default();
    let serial = field::serial(serial)?;
    let public_id = field::public_id(public_id)?;
    if private_id.is_empty() && aes_key.is_empty() {
        return Err(RowFault::Withheld);
    }
    Ok(Line::Record(KeyRecord {
        serial,
        public_id,
        private_id: field::hex(private_id).ok_or(RowFault::PrivateId)?,
        aes_key: field::hex(aes_key).ok_or(RowFault::AesKey)?,
        lock_code: field::lock_code(column(0))?,
        created: moment::parse(column(1))?,
        accessed: moment::parse(column(2))?,
    }))
}

/// Whether a log's row speaks of a static password (no ids), a challenge-response slot (no public
/// id, 0) or an OATH-HOTP slot (a moving factor and a key of twenty bytes).
fn types_something_else(public_id: &str, private_id: &str, aes_key: &str) -> bool {
    let is_number = field::decimal::<u32>(private_id).is_some() && private_id.len() != 12;
    match public_id {
        "" => private_id.is_empty() || private_id == "0",
        _ => is_number && field::hex::<20>(aes_key).is_some(),
    }
}
