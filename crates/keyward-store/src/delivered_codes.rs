//! Codes that were delivered and wait to be typed, and how many were sent.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::connection::{AnyConnection, failed, prepared, unreadable};
use super::pieces::{self, Over};
use super::schema::{code_sendings, delivered_codes};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::DeviceId;
use keyward_core::factors::delivered_code::{CodeId, CodePlace, MOST_TRIES};
use keyward_core::problem::Result;
use keyward_core::secret::TokenHash;

/// How many codes are sent within a day, counted from the first of them.
const DAY: Duration = Duration::from_hours(24);

/// A new code.
#[derive(Debug)]
pub struct NewCode<'a> {
    /// Where it belongs.
    pub place: &'a CodePlace,
    /// Its hash.
    pub hash: &'a str,
    /// When it is sent.
    pub sent_at: Timestamp,
    /// When it is worthless.
    pub expires_at: Timestamp,
}

/// Puts a code in place of any before it: on one journey, the newest one is good.
pub fn put(connection: &mut AnyConnection, code: &NewCode<'_>) -> Result<()> {
    let device = code.place.device.map(|device| device.to_string());
    let values = (
        delivered_codes::id.eq(code.place.id.to_string()),
        delivered_codes::device_id.eq(device),
        delivered_codes::code_hash.eq(code.hash),
        delivered_codes::tries.eq(0),
        delivered_codes::sent_at.eq(code.sent_at.millis()),
        delivered_codes::expires_at.eq(code.expires_at.millis()),
    );
    let journey = delivered_codes::journey_id.eq(code.place.journey.as_str());
    prepared!(connection, |c| diesel::insert_into(delivered_codes::table)
        .values((journey, values.clone()))
        .on_conflict(delivered_codes::journey_id)
        .do_update()
        .set(values)
        .execute(c))
    .map(drop)
    .map_err(failed)
}

/// A code that can still be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outstanding {
    /// The device that it was sent to; `None` while that is being added.
    pub device_id: Option<DeviceId>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it is worthless.
    pub expires_at: Timestamp,
}

/// The code that a journey waits for, where one can still be typed.
pub fn outstanding(
    connection: &mut AnyConnection,
    journey: &TokenHash,
    now: Timestamp,
) -> Result<Option<Outstanding>> {
    let row = delivered_codes::table
        .find(journey.as_str())
        .filter(delivered_codes::expires_at.gt(now.millis()))
        .filter(delivered_codes::tries.lt(MOST_TRIES))
        .select((
            delivered_codes::device_id,
            delivered_codes::sent_at,
            delivered_codes::expires_at,
        ))
        .get_result::<(Option<String>, i64, i64)>(connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(|(device_id, sent_at, expires_at)| Outstanding {
        device_id: device_id.and_then(|id| DeviceId::from_stored(&id)),
        sent_at: Timestamp::from_millis(sent_at),
        expires_at: Timestamp::from_millis(expires_at),
    }))
}

/// Whether this code can still be typed on this journey.
pub fn is_outstanding(
    connection: &mut AnyConnection,
    journey: &TokenHash,
    code: CodeId,
    now: Timestamp,
) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        delivered_codes::table
            .find(journey.as_str())
            .filter(delivered_codes::id.eq(code.to_string()))
            .filter(delivered_codes::expires_at.gt(now.millis()))
            .filter(delivered_codes::tries.lt(MOST_TRIES)),
    ))
    .get_result(connection)
    .map_err(failed)
}

#[derive(QueryableByName)]
struct Tried {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Nullable<Text>)]
    device_id: Option<String>,
    #[diesel(sql_type = Text)]
    code_hash: String,
}

/// Counts a try of a journey's code, before it is known whether it is right, and gives the code's
/// row and hash; `None` where there is none that can be tried.
pub fn begin_try(
    connection: &mut AnyConnection,
    journey: &TokenHash,
    now: Timestamp,
) -> Result<Option<(CodePlace, String)>> {
    let tried = diesel::sql_query(
        "UPDATE delivered_codes SET tries = tries + 1 \
         WHERE journey_id = $1 AND tries < $2 AND expires_at > $3 \
         RETURNING id, device_id, code_hash",
    )
    .bind::<Text, _>(journey.as_str())
    .bind::<BigInt, _>(MOST_TRIES)
    .bind::<BigInt, _>(now.millis())
    .get_result::<Tried>(connection)
    .optional()
    .map_err(failed)?;
    tried
        .map(|row| {
            let bad = |what| unreadable("delivered_codes", &row.id, what);
            let device = row.device_id.as_deref().map(DeviceId::from_stored);
            let place = CodePlace {
                id: CodeId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
                journey: journey.clone(),
                device: match device {
                    Some(None) => return Err(bad("device_id")),
                    Some(device) => device,
                    None => None,
                },
            };
            Ok((place, row.code_hash))
        })
        .transpose()
}

/// Spends a code; `false` where it was spent or replaced before, also in a race.
pub fn spend(connection: &mut AnyConnection, journey: &TokenHash, code: CodeId) -> Result<bool> {
    diesel::delete(
        delivered_codes::table
            .find(journey.as_str())
            .filter(delivered_codes::id.eq(code.to_string())),
    )
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// How many codes are sent for something, and how fast.
#[derive(Clone, Copy, Debug)]
pub struct SendingLimit {
    /// Codes within a day.
    pub per_day: u32,
    /// The least time between two.
    pub pause: Duration,
}

/// Whether one more code is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It was counted.
    Counted,
    /// One was sent a moment ago; not before then.
    Paused(Timestamp),
    /// As many as there may be were sent within a day; not before then.
    Spent(Timestamp),
}

/// Counts one more code where the limit allows it: one statement, whose row count decides.
pub fn count_sending(
    connection: &mut AnyConnection,
    scope: &str,
    limit: SendingLimit,
    now: Timestamp,
) -> Result<Sending> {
    let yesterday = (now - DAY).millis();
    // Where no pause is asked for, one that began a moment later may have been counted before.
    let rested = match limit.pause.is_zero() {
        true => i64::MAX,
        false => (now - limit.pause).millis(),
    };
    let counted = diesel::sql_query(
        "INSERT INTO code_sendings (scope, began_at, sent, last_at) VALUES ($1, $2, 1, $3) \
         ON CONFLICT (scope) DO UPDATE SET \
             sent = CASE WHEN code_sendings.began_at <= $4 THEN 1 ELSE code_sendings.sent + 1 END, \
             began_at = CASE WHEN code_sendings.began_at <= $5 THEN excluded.began_at \
                             ELSE code_sendings.began_at END, \
             last_at = excluded.last_at \
         WHERE code_sendings.last_at <= $6 \
             AND (code_sendings.began_at <= $7 OR code_sendings.sent < $8)",
    )
    .bind::<Text, _>(scope)
    .bind::<BigInt, _>(now.millis())
    .bind::<BigInt, _>(now.millis())
    .bind::<BigInt, _>(yesterday)
    .bind::<BigInt, _>(yesterday)
    .bind::<BigInt, _>(rested)
    .bind::<BigInt, _>(yesterday)
    .bind::<BigInt, _>(i64::from(limit.per_day))
    .execute(connection)
    .map_err(failed)?;
    if counted == 1 {
        return Ok(Sending::Counted);
    }
    let row = code_sendings::table
        .find(scope)
        .select((
            code_sendings::began_at,
            code_sendings::sent,
            code_sendings::last_at,
        ))
        .get_result::<(i64, i64, i64)>(connection)
        .optional()
        .map_err(failed)?;
    let Some((began_at, sent, last_at)) = row else {
        return Ok(Sending::Paused(now + limit.pause));
    };
    if began_at > yesterday && sent >= i64::from(limit.per_day) {
        return Ok(Sending::Spent(Timestamp::from_millis(began_at) + DAY));
    }
    Ok(Sending::Paused(
        Timestamp::from_millis(last_at) + limit.pause,
    ))
}

/// How many codes were sent for something since a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// For what.
    pub what: String,
    /// How many.
    pub times: u64,
    /// Since when.
    pub since: Timestamp,
}

/// How many codes were sent within a day for what begins so, the most first.
pub fn sent(
    connection: &mut AnyConnection,
    prefix: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Sent>> {
    let rows = code_sendings::table
        .filter(code_sendings::scope.ge(prefix))
        .filter(code_sendings::scope.lt(format!("{prefix}\u{10FFFF}")))
        .filter(code_sendings::began_at.gt((now - DAY).millis()))
        .order((code_sendings::sent.desc(), code_sendings::scope))
        .limit(limit)
        .select((
            code_sendings::scope,
            code_sendings::sent,
            code_sendings::began_at,
        ))
        .load::<(String, i64, i64)>(connection)
        .map_err(failed)?;
    let read = |(scope, times, since): (String, i64, i64)| Sent {
        what: scope.strip_prefix(prefix).unwrap_or(&scope).to_owned(),
        times: u64::try_from(times).unwrap_or_default(),
        since: Timestamp::from_millis(since),
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Forgets how many codes were sent for what begins so.
pub fn forget_sendings_of(connection: &mut AnyConnection, prefix: &str) -> Result<()> {
    diesel::delete(
        code_sendings::table
            .filter(code_sendings::scope.ge(prefix))
            .filter(code_sendings::scope.lt(format!("{prefix}\u{10FFFF}"))),
    )
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Until when no further code is sent for one of these, where as many were sent as a day has.
pub fn spent_until(
    connection: &mut AnyConnection,
    scopes: &[String],
    per_day: u32,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let began = code_sendings::table
        .filter(code_sendings::scope.eq_any(scopes))
        .filter(code_sendings::began_at.gt((now - DAY).millis()))
        .filter(code_sendings::sent.ge(i64::from(per_day)))
        .select(diesel::dsl::max(code_sendings::began_at))
        .get_result::<Option<i64>>(connection)
        .map_err(failed)?;
    Ok(began.map(|began| Timestamp::from_millis(began) + DAY))
}

/// Forgets how many codes were sent for these, and says for how many of them any were.
pub fn forget_sendings(connection: &mut AnyConnection, scopes: &[String]) -> Result<usize> {
    diesel::delete(code_sendings::table.filter(code_sendings::scope.eq_any(scopes)))
        .execute(connection)
        .map_err(failed)
}

/// Removes counts that say nothing any more: at most `limit` of them, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "code_sendings",
        key: "scope",
        condition: "last_at < $1",
    };
    pieces::delete(connection, &over, now - DAY, limit)
}

/// Removes codes that were worthless before `moment`: at most `limit` of them, counted.
pub fn end_over(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "delivered_codes",
        key: "journey_id",
        condition: "expires_at < $1",
    };
    pieces::delete(connection, &over, moment, limit)
}
