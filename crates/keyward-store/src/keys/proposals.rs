//! Keys that there seem to be, by what people have added and by secrets that are held here.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::by_serial;
use crate::connection::{AnyConnection, failed, unreadable};
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::key::{
    Evidence, KeyFacts, KeyProposal, ProposalId, SerialNumber, number_in,
};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

#[derive(QueryableByName)]
struct SlotRow {
    #[diesel(sql_type = Text)]
    public_id: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    serial: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    user_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    user_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    device_name: Option<String>,
}

#[derive(QueryableByName)]
struct SerialRow {
    #[diesel(sql_type = Text)]
    device_id: String,
    #[diesel(sql_type = Text)]
    serial: String,
    #[diesel(sql_type = Text)]
    serial_maker: String,
    #[diesel(sql_type = Text)]
    user_id: String,
    #[diesel(sql_type = Text)]
    user_name: String,
    #[diesel(sql_type = Text)]
    device_name: String,
}

/// Slots without a key, each table's own first ones found by its index.
const SLOTS: &str = "SELECT p.public_id, otp_keys.serial, devices.user_id, users.name AS user_name, \
     devices.name AS device_name \
     FROM (SELECT * FROM (SELECT public_id FROM otp_keys WHERE public_id > $1 AND NOT EXISTS \
     (SELECT 1 FROM key_slots WHERE key_slots.public_id = otp_keys.public_id) \
     ORDER BY public_id LIMIT $2) AS held \
     UNION SELECT * FROM (SELECT public_id FROM yubikeys WHERE public_id > $1 AND NOT EXISTS \
     (SELECT 1 FROM key_slots WHERE key_slots.public_id = yubikeys.public_id) \
     ORDER BY public_id LIMIT $2) AS used) AS p \
     LEFT JOIN otp_keys ON otp_keys.public_id = p.public_id \
     LEFT JOIN yubikeys ON yubikeys.public_id = p.public_id \
     LEFT JOIN devices ON devices.id = yubikeys.device_id \
     LEFT JOIN users ON users.id = devices.user_id \
     ORDER BY p.public_id LIMIT $2";

/// Devices whose certificate tells a number that no key of that maker has.
const SERIALS: &str = "SELECT attestations.device_id, attestations.serial, attestations.serial_maker, \
     devices.user_id, users.name AS user_name, devices.name AS device_name \
     FROM attestations JOIN devices ON devices.id = attestations.device_id \
     JOIN users ON users.id = devices.user_id \
     WHERE attestations.device_id > $1 AND attestations.is_verified AND attestations.serial IS NOT NULL \
     AND attestations.serial_maker IS NOT NULL AND NOT EXISTS (SELECT 1 FROM keys \
     WHERE keys.serial = attestations.serial \
     AND lower(attestations.serial_maker) LIKE lower(keys.maker) || '%') \
     ORDER BY attestations.device_id LIMIT $2";

/// Proposals after one, at most so many: slots by their public ids, and then devices.
pub fn proposals(
    connection: &mut AnyConnection,
    after: Option<&ProposalId>,
    limit: i64,
) -> Result<Vec<KeyProposal>> {
    let (after_slot, after_device) = match after {
        None => (Some(String::new()), String::new()),
        Some(ProposalId::Slot(public_id)) => (Some(public_id.clone()), String::new()),
        Some(ProposalId::Device(id)) => (None, id.to_string()),
    };
    let mut found = Vec::new();
    if let Some(after) = after_slot {
        let rows = diesel::sql_query(SLOTS)
            .bind::<Text, _>(after)
            .bind::<BigInt, _>(limit)
            .load::<SlotRow>(connection)
            .map_err(failed)?;
        for row in rows {
            found.push(of_slot(connection, row)?);
        }
    }
    let left = limit.saturating_sub(found.len().try_into().unwrap_or(i64::MAX));
    if left > 0 {
        let rows = diesel::sql_query(SERIALS)
            .bind::<Text, _>(after_device)
            .bind::<BigInt, _>(left)
            .load::<SerialRow>(connection)
            .map_err(failed)?;
        for row in rows {
            found.push(of_device(row)?);
        }
    }
    Ok(found)
}

/// The proposal of this id, as it is now; `None` where there is nothing to propose any more.
pub fn propose(connection: &mut AnyConnection, id: &ProposalId) -> Result<Option<KeyProposal>> {
    match id {
        ProposalId::Slot(public_id) => {
            let rows = diesel::sql_query(SLOTS.replace("public_id > $1", "public_id = $1"))
                .bind::<Text, _>(public_id)
                .bind::<BigInt, _>(1)
                .load::<SlotRow>(connection)
                .map_err(failed)?;
            let row = rows.into_iter().next();
            row.map(|row| of_slot(connection, row)).transpose()
        }
        ProposalId::Device(device) => {
            let rows = diesel::sql_query(SERIALS.replace("device_id > $1", "device_id = $1"))
                .bind::<Text, _>(device.to_string())
                .bind::<BigInt, _>(1)
                .load::<SerialRow>(connection)
                .map_err(failed)?;
            rows.into_iter().next().map(of_device).transpose()
        }
    }
}

fn of_slot(connection: &mut AnyConnection, row: SlotRow) -> Result<KeyProposal> {
    let by_file = row.serial.map(|serial| {
        let serial = SerialNumber::from_stored(&serial.to_string());
        (serial, Evidence::File)
    });
    let by_public_id = || number_in(&row.public_id).map(|serial| (serial, Evidence::PublicId));
    let known = by_file.or_else(by_public_id);
    let existing = match &known {
        Some((serial, _)) => by_serial(connection, serial, Some(KeyFacts::USUAL_MAKER))?
            .into_iter()
            .map(|key| (key.id, key.label()))
            .next(),
        None => None,
    };
    let bad = |what| unreadable("devices", &row.public_id, what);
    let owner = match (&row.user_id, row.user_name, row.device_name) {
        (Some(id), Some(name), Some(device)) => {
            let id = UserId::from_stored(id).ok_or_else(|| bad("user_id"))?;
            Some((id, name, device))
        }
        _ => None,
    };
    let (serial, evidence) = match known {
        Some((serial, evidence)) => (Some(serial), evidence),
        None => (None, Evidence::Nothing),
    };
    Ok(KeyProposal {
        id: ProposalId::Slot(row.public_id),
        maker: KeyFacts::USUAL_MAKER.to_owned(),
        serial,
        evidence,
        owner,
        existing,
    })
}

fn of_device(row: SerialRow) -> Result<KeyProposal> {
    let bad = |what| unreadable("attestations", &row.device_id, what);
    let id = DeviceId::from_stored(&row.device_id).ok_or_else(|| bad("device_id"))?;
    let owner = UserId::from_stored(&row.user_id).ok_or_else(|| bad("user_id"))?;
    Ok(KeyProposal {
        id: ProposalId::Device(id),
        maker: row.serial_maker,
        serial: Some(SerialNumber::from_stored(&row.serial)),
        evidence: Evidence::Certificate,
        owner: Some((owner, row.user_name, row.device_name)),
        existing: None,
    })
}
