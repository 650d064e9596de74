//! One-time links by which an owner objects to a change.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared, unreadable};
use super::pieces::{self, Over};
use super::schema::objections;
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::objection::Objection;
use keyward_core::domain::user::{EmailAddress, UserId};
use keyward_core::problem::Result;
use keyward_core::secret::TokenHash;

type Row = (
    String,
    String,
    Option<String>,
    i64,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// Adds a link.
pub fn insert(
    connection: &mut AnyConnection,
    link: &TokenHash,
    objection: &Objection,
) -> Result<()> {
    let former = objection.former_email.as_ref();
    prepared!(connection, |c| diesel::insert_into(objections::table)
        .values((
            objections::token_hash.eq(link.as_str()),
            objections::user_id.eq(objection.user_id.to_string()),
            objections::event.eq(objection.event.as_str()),
            objections::device_id.eq(objection.device_id.map(|id| id.to_string())),
            objections::expires_at.eq(objection.expires_at.millis()),
            objections::happened_at.eq(objection.happened_at.map(Timestamp::millis)),
            objections::device.eq(objection.device.as_deref()),
            objections::address.eq(objection.address.as_deref()),
            objections::user_agent.eq(objection.user_agent.as_deref()),
            objections::former_email.eq(former.map(EmailAddress::as_str)),
        ))
        .execute(c))
    .map(drop)
    .map_err(failed)
}

/// What this link is about, if it still works.
pub fn get(
    connection: &mut AnyConnection,
    link: &TokenHash,
    now: Timestamp,
) -> Result<Option<Objection>> {
    let row = prepared!(connection, |c| objections::table
        .filter(objections::token_hash.eq(link.as_str()))
        .filter(objections::expires_at.gt(now.millis()))
        .select((
            objections::user_id,
            objections::event,
            objections::device_id,
            objections::expires_at,
            objections::happened_at,
            objections::device,
            objections::address,
            objections::user_agent,
            objections::former_email,
        ))
        .get_result::<Row>(c))
    .optional()
    .map_err(failed)?;
    row.map(read).transpose()
}

fn read(row: Row) -> Result<Objection> {
    let (user, event, device, expires_at, happened_at, device_name, address, user_agent, former) =
        row;
    let bad = |what| unreadable("objections", &user, what);
    Ok(Objection {
        user_id: UserId::from_stored(&user).ok_or_else(|| bad("user_id"))?,
        event: EventKind::from_stored(&event).ok_or_else(|| bad("event"))?,
        device_id: match &device {
            Some(text) => Some(DeviceId::from_stored(text).ok_or_else(|| bad("device_id"))?),
            None => None,
        },
        expires_at: Timestamp::from_millis(expires_at),
        happened_at: happened_at.map(Timestamp::from_millis),
        device: device_name,
        address,
        user_agent,
        former_email: former.as_deref().map(EmailAddress::from_stored),
    })
}

/// Uses the link up; `false` where it was used before, also in a race.
pub fn take(connection: &mut AnyConnection, link: &TokenHash) -> Result<bool> {
    prepared!(connection, |c| diesel::delete(
        objections::table.filter(objections::token_hash.eq(link.as_str()))
    )
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Removes what has expired: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "objections",
        key: "token_hash",
        condition: "expires_at <= $1",
    };
    pieces::delete(connection, &over, now, limit)
}
