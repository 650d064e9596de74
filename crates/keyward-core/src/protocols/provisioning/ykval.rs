//! Dumps of the reference validation server:
//! `active,created,modified,yk_publicname,yk_counter,yk_use,yk_low,yk_high,nonce,notes`, with tabs
//! in place of commas before its version 2.20.

use super::{Contents, CounterRecord, Counters, Line, RowFault, field, lines, moment};

/// The longest nonce that is taken over, in characters; the protocol allows 40.
const LONGEST_NONCE: usize = 64;

/// What the server stores as the nonce of a key that was never used.
const NO_NONCE: &str = "0000000000000000";

/// How the heading of a table begins that has these columns.
pub(super) const HEADING: &[&str] = &["active", "created", "modified"];

/// Reads a file.
pub fn read(text: &str) -> Contents<CounterRecord> {
    lines::contents(text, read_line)
}

/// Writes one row, without a line's end. Commas and line ends in notes become spaces: the
/// reference server writes them as they are, and reads its own file wrongly then.
pub fn row(record: &CounterRecord) -> String {
    let seconds = |moment: Option<crate::clock::Timestamp>| {
        moment.map_or(0, crate::clock::Timestamp::seconds).max(0)
    };
    // -1 is what the server gives a key that it meets for the first time.
    let [session, usage, low, high] = record.counters.map_or([-1; 4], |counters| {
        let Counters {
            session,
            usage,
            low,
            high,
        } = counters;
        [session.into(), usage.into(), low.into(), i32::from(high)]
    });
    let nonce = match record.nonce.as_str() {
        "" => NO_NONCE,
        nonce => nonce,
    };
    let notes = record.notes.replace([',', '\r', '\n', '\t'], " ");
    format!(
        "{},{},{},{},{session},{usage},{low},{high},{nonce},{notes}",
        u8::from(record.is_active),
        seconds(record.created),
        seconds(record.modified),
        record.public_id,
    )
}

fn read_line(line: &str) -> Result<Line<CounterRecord>, RowFault> {
    if line.is_empty() || line.starts_with('#') || field::is_heading(line, HEADING) {
        return Ok(Line::Empty);
    }
    let between = if line.contains('\t') { '\t' } else { ',' };
    let mut columns = line.splitn(10, between).map(unquoted);
    let mut next = || columns.next().ok_or(RowFault::Columns);
    let (active, created, modified) = (next()?, next()?, next()?);
    let public_id = next()?;
    let counters = [next()?, next()?, next()?, next()?];
    let nonce = next()?;
    let is_printable = nonce.bytes().all(|byte| byte.is_ascii_graphic());
    if nonce.len() > LONGEST_NONCE || !is_printable {
        return Err(RowFault::Nonce);
    }
    Ok(Line::Record(CounterRecord {
        is_active: match active.to_ascii_lowercase().as_str() {
            "1" | "t" | "true" => true,
            "0" | "f" | "false" => false,
            _ => return Err(RowFault::Active),
        },
        created: moment::parse_unix(&created)?,
        modified: moment::parse_unix(&modified)?,
        public_id: field::public_id(&public_id)?,
        counters: read_counters(counters.each_ref().map(String::as_str))?,
        nonce: if nonce == NO_NONCE {
            String::new()
        } else {
            nonce
        },
        notes: next().unwrap_or_default(),
    }))
}

/// The four counters, or none where the server had not seen an OTP of the key yet.
fn read_counters(columns: [&str; 4]) -> Result<Option<Counters>, RowFault> {
    if columns[..2] == ["-1"; 2] {
        return Ok(None);
    }
    let [session, usage, low, high] = columns;
    Ok(Some(Counters {
        session: field::decimal(session).ok_or(RowFault::Counter)?,
        usage: field::decimal(usage).ok_or(RowFault::Use)?,
        low: field::decimal(low).ok_or(RowFault::Timestamp)?,
        high: field::decimal(high).ok_or(RowFault::Timestamp)?,
    }))
}

/// A column without white space and quotation marks around it. The server writes none; a
/// spreadsheet does, and the server reads them.
fn unquoted(column: &str) -> String {
    let column = column.trim();
    let inside = column
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inside.map_or_else(|| column.to_owned(), |text| text.replace("\"\"", "\""))
}
