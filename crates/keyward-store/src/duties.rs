//! What policy asks of people rather than of their devices, and when they are reminded.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, unreadable};
use super::schema::duties;
use keyward_core::clock::Timestamp;
use keyward_core::domain::policy::{Duty, DutyKind};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

type Row = (String, String, i64, Option<i64>, Option<i64>);

fn read((user, kind, since, deadline, remind_at): Row) -> Result<Duty> {
    let bad = |what| unreadable("duties", &user, what);
    Ok(Duty {
        user_id: UserId::from_stored(&user).ok_or_else(|| bad("user_id"))?,
        kind: DutyKind::from_stored(&kind).ok_or_else(|| bad("kind"))?,
        since: Timestamp::from_millis(since),
        deadline: deadline.map(Timestamp::from_millis),
        remind_at: remind_at.map(Timestamp::from_millis),
    })
}

/// The duties of these users.
pub fn of_users(connection: &mut AnyConnection, users: &[UserId]) -> Result<Vec<Duty>> {
    let users: Vec<String> = users.iter().map(ToString::to_string).collect();
    duties::table
        .filter(duties::user_id.eq_any(&users))
        .load::<Row>(connection)
        .map_err(failed)?
        .into_iter()
        .map(read)
        .collect()
}

/// This duty of this user.
pub fn get(connection: &mut AnyConnection, user: UserId, kind: DutyKind) -> Result<Option<Duty>> {
    duties::table
        .find((user.to_string(), kind.as_str()))
        .first::<Row>(connection)
        .optional()
        .map_err(failed)?
        .map(read)
        .transpose()
}

/// Begins a duty; `false` where it had begun, also in a race.
pub fn begin(connection: &mut AnyConnection, duty: &Duty) -> Result<bool> {
    use diesel::sql_types::{BigInt, Nullable, Text};
    diesel::sql_query(
        "INSERT INTO duties (user_id, kind, since, deadline, remind_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id, kind) DO NOTHING",
    )
    .bind::<Text, _>(duty.user_id.to_string())
    .bind::<Text, _>(duty.kind.as_str())
    .bind::<BigInt, _>(duty.since.millis())
    .bind::<Nullable<BigInt>, _>(duty.deadline.map(Timestamp::millis))
    .bind::<Nullable<BigInt>, _>(duty.remind_at.map(Timestamp::millis))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Changes the deadline of a duty, and when its person is reminded.
pub fn change(connection: &mut AnyConnection, duty: &Duty) -> Result<()> {
    diesel::update(duties::table.find((duty.user_id.to_string(), duty.kind.as_str())))
        .set((
            duties::deadline.eq(duty.deadline.map(Timestamp::millis)),
            duties::remind_at.eq(duty.remind_at.map(Timestamp::millis)),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Ends a duty.
pub fn end(connection: &mut AnyConnection, user: UserId, kind: DutyKind) -> Result<()> {
    diesel::delete(duties::table.find((user.to_string(), kind.as_str())))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// The duties of which their people are to be reminded now, the longest due first, at most `limit`.
pub fn to_remind(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<Vec<Duty>> {
    duties::table
        .filter(duties::remind_at.le(now.millis()))
        .order(duties::remind_at)
        .limit(limit)
        .load::<Row>(connection)
        .map_err(failed)?
        .into_iter()
        .map(read)
        .collect()
}

/// Takes a reminder, and says when the next one is due; `false` where another node took it.
pub fn take_reminder(
    connection: &mut AnyConnection,
    duty: &Duty,
    next: Option<Timestamp>,
) -> Result<bool> {
    let row = duties::table
        .find((duty.user_id.to_string(), duty.kind.as_str()))
        .filter(duties::remind_at.eq(duty.remind_at.map(Timestamp::millis)));
    diesel::update(row)
        .set(duties::remind_at.eq(next.map(Timestamp::millis)))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}
