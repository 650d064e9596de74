//! The "traditional format" of the YubiKey personalization tool's log: eighteen columns that begin
//! with what was programmed, the local time and the slot, then public id, private id, AES key, the
//! access code before and after, and ten flags.

use super::{Contents, KeyRecord, Line, RowFault, field, lines};

/// What the tool calls a slot of ours.
const YUBICO_OTP: &str = "Yubico OTP";
/// What it writes when it starts.
const HEADING: &str = "LOGGING START";
/// How many columns follow the time, which is written as the machine's region likes it, with
/// commas where that likes them.
const AFTER_TIME: usize = 16;

/// Reads a file. It tells no serial numbers, and its times in a form that only the machine knows
/// that wrote them; both stay unknown.
pub fn read(text: &str) -> Contents<KeyRecord> {
    lines::contents(text, read_line)
}

/// Whether a line can only be of this format.
pub(super) fn is_typical(line: &str) -> bool {
    const OTHERS: [&str; 5] = [
        "Static Password",
        "OATH-HOTP",
        "Challenge-Response",
        "Configuration Update",
        "Configuration Swap",
    ];
    let (first, _) = line.split_once(',').unwrap_or((line, ""));
    first == HEADING || first == YUBICO_OTP || OTHERS.iter().any(|other| first.starts_with(other))
}

fn read_line(line: &str) -> Result<Line<KeyRecord>, RowFault> {
    if line.is_empty() || line.starts_with('#') || line.starts_with(HEADING) {
        return Ok(Line::Empty);
    }
    let columns: Vec<&str> = line.split(',').map(str::trim).collect();
    if columns.first() != Some(&YUBICO_OTP) {
        return if is_typical(line) {
            Ok(Line::Other)
        } else {
            Err(RowFault::Columns)
        };
    }
    // Older versions of the tool knew fewer flags; only a whole row tells where the time ends.
    let slot = columns.len().saturating_sub(AFTER_TIME).max(2);
    let [_, public_id, private_id, aes_key, rest @ ..] = columns.get(slot..).unwrap_or_default()
    else {
        return Err(RowFault::Columns);
    };
    Ok(Line::Record(KeyRecord {
        serial: None,
        public_id: field::public_id(public_id)?,
        private_id: field::hex(private_id).ok_or(RowFault::PrivateId)?,
        aes_key: field::hex(aes_key).ok_or(RowFault::AesKey)?,
        lock_code: field::lock_code(rest.get(1).copied().unwrap_or_default())?,
        created: None,
        accessed: None,
    }))
}
