//! Our own list of keys: values separated by commas, semicolons or tabs, under a heading line that names the
//! columns, in any order. `serial` alone must be there; a cell that is empty says nothing.

use zeroize::Zeroizing;

use super::{RowFault, field};
use crate::domain::key::{KeyChange, KeyFacts, KeyState, SerialNumber};
use crate::domain::spelling::{typed_name, typed_note};
use crate::protocols::yubico::PublicId;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Serial,
    Maker,
    Model,
    Firmware,
    FormFactor,
    PublicId,
    PrivateId,
    AesKey,
    Batch,
    Order,
    State,
    Owner,
    Place,
    Note,
}

/// The names of the columns; the first of each is ours.
const NAMES: [(Column, &[&str]); 14] = [
    (
        Column::Serial,
        &["serial", "serial number", "serialnumber", "serialnr"],
    ),
    (Column::Maker, &["maker", "manufacturer", "vendor"]),
    (Column::Model, &["model", "product"]),
    (
        Column::Firmware,
        &["firmware", "firmware version", "version"],
    ),
    (Column::FormFactor, &["form factor", "form"]),
    (
        Column::PublicId,
        &["public id", "public ids", "public identity", "identity"],
    ),
    (
        Column::PrivateId,
        &["private id", "private identity", "internaluid"],
    ),
    (
        Column::AesKey,
        &["aes key", "aes secret", "secret key", "aeskey"],
    ),
    (Column::Batch, &["batch", "lot"]),
    (Column::Order, &["order", "order number", "purchase order"]),
    (Column::State, &["state"]),
    (Column::Owner, &["owner", "user", "user name"]),
    (Column::Place, &["place", "location"]),
    (Column::Note, &["note", "notes", "comment"]),
];

/// Which column stands where.
#[derive(Clone, Debug)]
pub struct Heading(Vec<Option<Column>>);

/// The secret of an OTP slot, as a row has it.
#[derive(Clone)]
pub struct ListedSecret {
    /// What is hidden in each one-time password.
    pub private_id: Zeroizing<[u8; 6]>,
    /// The AES-128 key that hides it.
    pub aes_key: Zeroizing<[u8; 16]>,
}

/// An OTP slot, as a row has it.
#[derive(Clone)]
pub struct ListedSlot {
    /// What it types in front of each one-time password.
    pub public_id: PublicId,
    /// Its secret.
    pub secret: Option<ListedSecret>,
}

/// What a row says of a key.
#[derive(Clone)]
pub struct InventoryRecord {
    /// The number printed on it.
    pub serial: SerialNumber,
    /// Who made it; the usual maker where nothing is said.
    pub maker: String,
    /// What is said of it.
    pub said: KeyChange,
    /// Its OTP slots.
    pub slots: Vec<ListedSlot>,
    /// Its state.
    pub state: Option<KeyState>,
    /// Whose it is, by user name.
    pub owner: Option<String>,
}

impl Heading {
    /// Reads a heading line; `None` where no column is a serial number's, or a name stands there twice.
    pub fn read<'a>(cells: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut columns: Vec<Option<Column>> = Vec::new();
        for cell in cells {
            let column = column(cell);
            if column.is_some() && columns.contains(&column) {
                return None;
            }
            columns.push(column);
        }
        columns
            .contains(&Some(Column::Serial))
            .then_some(Self(columns))
    }

    /// Whether a column is one of secrets.
    pub fn has_secrets(&self) -> bool {
        let mut columns = self.0.iter().flatten();
        columns.any(|column| matches!(column, Column::PrivateId | Column::AesKey))
    }

    /// Reads a row under this heading.
    ///
    /// # Errors
    /// What is wrong with it first.
    pub fn record<'a>(
        &self,
        cells: impl Iterator<Item = &'a str>,
    ) -> Result<InventoryRecord, RowFault> {
        let mut found: Vec<(Column, &str)> = Vec::with_capacity(self.0.len());
        let mut places = self.0.iter();
        for cell in cells {
            let cell = cell.trim();
            match places.next() {
                Some(Some(column)) if !cell.is_empty() => found.push((*column, cell)),
                Some(_) => {}
                None if cell.is_empty() => {}
                None => return Err(RowFault::Columns),
            }
        }
        let cell = |wanted| {
            let mut cells = found.iter();
            cells
                .find(|(column, _)| *column == wanted)
                .map(|(_, cell)| *cell)
        };
        let text = |wanted, longest| match cell(wanted) {
            None => Ok(None),
            Some(text) => typed_note(text, longest).map(Some).ok_or(RowFault::Text),
        };
        let longest = KeyFacts::LONGEST;
        let serial = cell(Column::Serial).ok_or(RowFault::SerialNumber)?;
        let serial = SerialNumber::parse(serial).map_err(|_| RowFault::SerialNumber)?;
        let maker = match cell(Column::Maker) {
            None => None,
            Some(maker) => Some(typed_name(maker, longest).ok_or(RowFault::Text)?),
        };
        let state = match cell(Column::State) {
            None => None,
            Some(word) => {
                let state = KeyState::parse(&word.to_ascii_lowercase());
                Some(state.ok_or(RowFault::State)?)
            }
        };
        let slots = slots(
            cell(Column::PublicId),
            cell(Column::PrivateId),
            cell(Column::AesKey),
        )?;
        Ok(InventoryRecord {
            maker: maker.unwrap_or_else(|| KeyFacts::USUAL_MAKER.to_owned()),
            said: KeyChange {
                maker: None,
                serial: None,
                model: text(Column::Model, longest)?,
                firmware: text(Column::Firmware, longest)?,
                form_factor: text(Column::FormFactor, longest)?,
                batch: text(Column::Batch, longest)?,
                order: text(Column::Order, longest)?,
                place: text(Column::Place, longest)?,
                note: text(Column::Note, KeyFacts::LONGEST_NOTE)?,
            },
            owner: cell(Column::Owner).map(str::to_owned),
            serial,
            slots,
            state,
        })
    }
}

/// The OTP slots of a row: their public ids with semicolons between them, and as many private ids and AES keys in the
/// same order, each of which may be empty.
fn slots<'a>(
    public_ids: Option<&'a str>,
    private_ids: Option<&'a str>,
    aes_keys: Option<&'a str>,
) -> Result<Vec<ListedSlot>, RowFault> {
    let public_ids = parts(public_ids);
    let secret_parts = |cell, fault| {
        let parts = parts(cell);
        match parts.len() <= public_ids.len() {
            true => Ok(parts),
            false if public_ids.is_empty() => Err(RowFault::PublicId),
            false => Err(fault),
        }
    };
    let private_ids = secret_parts(private_ids, RowFault::PrivateId)?;
    let aes_keys = secret_parts(aes_keys, RowFault::AesKey)?;
    let mut slots: Vec<ListedSlot> = Vec::with_capacity(public_ids.len());
    for (place, public_id) in public_ids.iter().enumerate() {
        let public_id = field::public_id(public_id)?;
        if slots.iter().any(|slot| slot.public_id == public_id) {
            return Err(RowFault::PublicId);
        }
        let part = |parts: &[&'a str]| parts.get(place).copied().filter(|part| !part.is_empty());
        let secret = match (part(&private_ids), part(&aes_keys)) {
            (None, None) => None,
            (private_id, aes_key) => Some(ListedSecret {
                private_id: private_id.and_then(field::hex).ok_or(RowFault::PrivateId)?,
                aes_key: aes_key.and_then(field::hex).ok_or(RowFault::AesKey)?,
            }),
        };
        slots.push(ListedSlot { public_id, secret });
    }
    Ok(slots)
}

/// What stands between semicolons in a cell.
fn parts(cell: Option<&str>) -> Vec<&str> {
    let parts = cell.into_iter().flat_map(|cell| cell.split(';'));
    parts.map(str::trim).collect()
}

/// The column of a name, in whatever case, with spaces, hyphens or underscores.
fn column(name: &str) -> Option<Column> {
    let spaced = |letter: char| match letter {
        '_' | '-' => ' ',
        letter => letter.to_ascii_lowercase(),
    };
    let name: String = name
        .trim()
        .trim_start_matches('\u{feff}')
        .chars()
        .map(spaced)
        .collect();
    let mut names = NAMES.iter();
    let found = names.find(|(_, names)| names.contains(&name.as_str()));
    found.map(|(column, _)| *column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(heading: &str, row: &str) -> Result<InventoryRecord, RowFault> {
        let heading = Heading::read(heading.split(';')).expect("a heading");
        heading.record(row.split(';'))
    }

    fn fault(heading: &str, row: &str) -> Option<RowFault> {
        read(heading, row).err()
    }

    #[test]
    fn columns_stand_in_any_order_under_names_in_any_case() {
        let row = read(
            "Model;SERIAL_NUMBER;something else;Public-ID;Owner;state",
            " Key 5 ;10000017;x;VVccccccccct;anna;Issued",
        );
        let row = row.expect("a row");
        assert_eq!(row.serial.as_str(), "10000017");
        assert_eq!(row.maker, "Yubico");
        assert_eq!(row.said.model.as_deref(), Some("Key 5"));
        let slots: Vec<String> = row
            .slots
            .iter()
            .map(|slot| slot.public_id.to_string())
            .collect();
        assert_eq!(slots, ["vvccccccccct"]);
        assert_eq!(
            (row.state, row.owner.as_deref()),
            (Some(KeyState::Issued), Some("anna"))
        );
        assert_eq!(row.said.note, None, "an empty cell says nothing");
    }

    #[test]
    fn a_key_has_its_slots_in_one_row_and_each_its_own_secret() {
        let heading =
            Heading::read("serial,public ids,private id,aes key".split(',')).expect("a heading");
        let key = "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f";
        let row = ["1", "vvcb; vvcc;vvcd", ";112233445566", &format!("; {key}")];
        let row = heading.record(row.into_iter()).expect("a row");
        let has_secret: Vec<bool> = row.slots.iter().map(|slot| slot.secret.is_some()).collect();
        assert_eq!(has_secret, [false, true, false]);
        for (ids, private_ids, keys, wanted) in [
            ("vvcb;vvcb", "", "", RowFault::PublicId),
            ("vvcb;", "", "", RowFault::PublicId),
            ("vvcb", "112233445566;112233445566", "", RowFault::PrivateId),
            ("vvcb;vvcc", "112233445566", "", RowFault::AesKey),
            ("vvcb", "112233445566", ";", RowFault::AesKey),
        ] {
            let fault = heading
                .record(["1", ids, private_ids, keys].into_iter())
                .err();
            assert_eq!(fault, Some(wanted), "{ids} {private_ids} {keys}");
        }
    }

    #[test]
    fn what_is_no_heading_is_none() {
        for bad in ["", "model;batch", "serial;Serial", "10000017;Key 5"] {
            assert!(Heading::read(bad.split(';')).is_none(), "{bad}");
        }
    }

    #[test]
    fn every_bad_cell_has_its_fault() {
        let all = "serial;maker;note;public_id;private_id;aes_key;state";
        let key = "000102030405060708090a0b0c0d0e0f";
        for (row, wanted) in [
            (String::new(), RowFault::SerialNumber),
            ("1 2".to_owned(), RowFault::SerialNumber),
            (format!("1;{}", "m".repeat(65)), RowFault::Text),
            (format!("1;;{}", "n".repeat(257)), RowFault::Text),
            ("1;;a\u{200b}b".to_owned(), RowFault::Text),
            ("1;;;xyz".to_owned(), RowFault::PublicId),
            (format!("1;;;;112233445566;{key}"), RowFault::PublicId),
            ("1;;;vvc;112233445566;0001".to_owned(), RowFault::AesKey),
            (format!("1;;;vvc;11;{key}"), RowFault::PrivateId),
            (format!("1;;;vvc;;{key}"), RowFault::PrivateId),
            ("1;;;;;;sold".to_owned(), RowFault::State),
            ("1;;;;;;;more".to_owned(), RowFault::Columns),
        ] {
            assert_eq!(fault(all, &row), Some(wanted), "{row}");
        }
        assert_eq!(
            fault(all, "1;;;;;;;;"),
            None,
            "spreadsheets write empty cells at the end"
        );
    }
}
