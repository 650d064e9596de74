//! Events on their way to webhooks. Rows are written by the database itself, for each event that is
//! recorded (the trigger `events_go_out`): no path can forget them.
//!
//! A row is claimed by one statement that moves its due time on: a lease that runs out by itself
//! where the node that holds it dies. No row of a user is claimed while an earlier one of theirs
//! waits.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::connection::{AnyConnection, failed, unreadable};
use super::pieces::{self, Over};
use super::schema::{events, webhook_deliveries, webhooks};
use super::webhooks::{note_delivered, note_failed};
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::EventId;
use keyward_core::domain::webhook::{DeadDelivery, Delivery, WebhookId};
use keyward_core::problem::Result;

/// Whether an earlier event of the same user waits for the same webhook.
const IS_BEHIND: &str = "d.user_id IS NOT NULL AND EXISTS (SELECT 1 FROM webhook_deliveries e \
     WHERE e.webhook_id = d.webhook_id AND e.user_id = d.user_id AND e.state = 'waiting' \
     AND e.position < d.position)";

/// The webhooks for which something is due.
pub fn with_due(connection: &mut AnyConnection, now: Timestamp) -> Result<Vec<WebhookId>> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = Text)]
        id: String,
    }
    let due = diesel::sql_query(
        "SELECT w.id AS id FROM webhooks w WHERE w.is_enabled AND EXISTS \
         (SELECT 1 FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'waiting' \
         AND d.due_at <= $1)",
    )
    .bind::<BigInt, _>(now.millis())
    .load::<Due>(connection)
    .map_err(failed)?;
    let ids = due.iter();
    Ok(ids
        .filter_map(|due| WebhookId::from_stored(&due.id))
        .collect())
}

/// Puts rows off that are due and stand behind another of their user, at most `limit`, until that one
/// may be over: the server that looks for what is due must not pass over them each time.
pub fn put_behind(
    connection: &mut AnyConnection,
    webhook: WebhookId,
    now: Timestamp,
    limit: i64,
) -> Result<usize> {
    let statement = format!(
        "UPDATE webhook_deliveries SET due_at = COALESCE((SELECT MAX(e.due_at) \
         FROM webhook_deliveries e WHERE e.webhook_id = webhook_deliveries.webhook_id \
         AND e.user_id = webhook_deliveries.user_id AND e.state = 'waiting' \
         AND e.position < webhook_deliveries.position), due_at) \
         WHERE position IN (SELECT d.position FROM webhook_deliveries d WHERE d.webhook_id = $1 \
         AND d.state = 'waiting' AND d.due_at <= $2 AND {IS_BEHIND} \
         ORDER BY d.due_at, d.position LIMIT $3)"
    );
    diesel::sql_query(statement)
        .bind::<Text, _>(webhook.to_string())
        .bind::<BigInt, _>(now.millis())
        .bind::<BigInt, _>(limit)
        .execute(connection)
        .map_err(failed)
}

#[derive(QueryableByName)]
struct Claim {
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(sql_type = Text)]
    event_id: String,
    #[diesel(sql_type = BigInt)]
    tries: i64,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    expires_at: Option<i64>,
}

/// Claims the row of a webhook that is due the longest and stands behind none of its user, until
/// `until`, for the holder of `lease`. Of several nodes, one gets it.
pub fn claim(
    connection: &mut AnyConnection,
    webhook: WebhookId,
    lease: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Delivery>> {
    // As in the outbox: on SQLite there is one writer, on PostgreSQL a row in another's hands is
    // passed over.
    let skip = match connection {
        AnyConnection::Sqlite(_) => "",
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => "FOR UPDATE SKIP LOCKED",
    };
    let statement = format!(
        "UPDATE webhook_deliveries SET lease = $1, due_at = $2, tries = tries + 1 \
         WHERE position = (SELECT d.position FROM webhook_deliveries d WHERE d.webhook_id = $3 \
         AND d.state = 'waiting' AND d.due_at <= $4 AND NOT ({IS_BEHIND}) \
         ORDER BY d.due_at, d.position LIMIT 1 {skip}) AND state = 'waiting' AND due_at <= $5 \
         RETURNING position, event_id, tries, created_at, expires_at"
    );
    let claim = diesel::sql_query(statement)
        .bind::<Text, _>(lease)
        .bind::<BigInt, _>(until.millis())
        .bind::<Text, _>(webhook.to_string())
        .bind::<BigInt, _>(now.millis())
        .bind::<BigInt, _>(now.millis())
        .get_result::<Claim>(connection)
        .optional()
        .map_err(failed)?;
    let Some(claim) = claim else {
        return Ok(None);
    };
    let bad = |what| unreadable("webhook_deliveries", &claim.position.to_string(), what);
    Ok(Some(Delivery {
        position: claim.position,
        webhook,
        event: EventId::from_stored(&claim.event_id).ok_or_else(|| bad("event_id"))?,
        tries: claim.tries.try_into().map_err(|_| bad("tries"))?,
        created_at: Timestamp::from_millis(claim.created_at),
        expires_at: claim.expires_at.map(Timestamp::from_millis),
    }))
}

/// Removes a row that was delivered, and makes the next one of its user due; `false` where the lease
/// is another node's by now.
pub fn delivered(
    connection: &mut AnyConnection,
    delivery: &Delivery,
    lease: &str,
    now: Timestamp,
) -> Result<bool> {
    let gone: Option<Option<String>> = diesel::delete(
        webhook_deliveries::table
            .find(delivery.position)
            .filter(webhook_deliveries::lease.eq(lease)),
    )
    .returning(webhook_deliveries::user_id)
    .get_result(connection)
    .optional()
    .map_err(failed)?;
    let Some(user) = gone else {
        return Ok(false);
    };
    note_delivered(connection, delivery.webhook, now)?;
    next_of(connection, delivery.webhook, user.as_deref(), now)?;
    Ok(true)
}

/// Makes the next row of a user due.
fn next_of(
    connection: &mut AnyConnection,
    webhook: WebhookId,
    user: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let Some(user) = user else {
        return Ok(());
    };
    diesel::sql_query(
        "UPDATE webhook_deliveries SET due_at = $1 WHERE position = (SELECT MIN(position) \
         FROM webhook_deliveries WHERE webhook_id = $2 AND user_id = $3 AND state = 'waiting') \
         AND lease IS NULL AND due_at > $4",
    )
    .bind::<BigInt, _>(now.millis())
    .bind::<Text, _>(webhook.to_string())
    .bind::<Text, _>(user)
    .bind::<BigInt, _>(now.millis())
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Gives a row back until its next try; `false` where the lease is another node's by now.
pub fn put_off(
    connection: &mut AnyConnection,
    delivery: &Delivery,
    lease: &str,
    (due_at, now): (Timestamp, Timestamp),
    why: &str,
) -> Result<bool> {
    let put_off = diesel::update(
        webhook_deliveries::table
            .find(delivery.position)
            .filter(webhook_deliveries::lease.eq(lease)),
    )
    .set((
        webhook_deliveries::due_at.eq(due_at.millis()),
        webhook_deliveries::failure.eq(why),
        webhook_deliveries::lease.eq(None::<String>),
    ))
    .execute(connection)
    .map_err(failed)?;
    note_failed(connection, delivery.webhook, why, now)?;
    Ok(put_off == 1)
}

/// Gives a row up, and makes the next one of its user due; `false` where the lease is another node's
/// by now.
pub fn give_up(
    connection: &mut AnyConnection,
    delivery: &Delivery,
    lease: &str,
    why: &str,
    now: Timestamp,
) -> Result<bool> {
    let user: Option<Option<String>> = diesel::update(
        webhook_deliveries::table
            .find(delivery.position)
            .filter(webhook_deliveries::lease.eq(lease)),
    )
    .set((
        webhook_deliveries::state.eq("dead"),
        webhook_deliveries::failure.eq(why),
        webhook_deliveries::ended_at.eq(now.millis()),
        webhook_deliveries::lease.eq(None::<String>),
    ))
    .returning(webhook_deliveries::user_id)
    .get_result(connection)
    .optional()
    .map_err(failed)?;
    let Some(user) = user else {
        return Ok(false);
    };
    note_failed(connection, delivery.webhook, why, now)?;
    next_of(connection, delivery.webhook, user.as_deref(), now)?;
    Ok(true)
}

/// Forgets that an event is to be sent to a webhook.
pub fn forget(connection: &mut AnyConnection, webhook: WebhookId, event: EventId) -> Result<()> {
    diesel::delete(
        webhook_deliveries::table
            .filter(webhook_deliveries::webhook_id.eq(webhook.to_string()))
            .filter(webhook_deliveries::state.eq("waiting"))
            .filter(webhook_deliveries::event_id.eq(event.to_string())),
    )
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// What was given up for a webhook, the newest first, at most `limit`.
pub fn dead_of(
    connection: &mut AnyConnection,
    webhook: WebhookId,
    limit: i64,
) -> Result<Vec<DeadDelivery>> {
    type Row = (
        i64,
        String,
        Option<String>,
        i64,
        i64,
        Option<i64>,
        Option<String>,
    );
    let rows: Vec<Row> = webhook_deliveries::table
        .left_join(events::table.on(events::id.eq(webhook_deliveries::event_id)))
        .filter(webhook_deliveries::webhook_id.eq(webhook.to_string()))
        .filter(webhook_deliveries::state.eq("dead"))
        .order(webhook_deliveries::position.desc())
        .limit(limit)
        .select((
            webhook_deliveries::position,
            webhook_deliveries::event_id,
            events::kind.nullable(),
            webhook_deliveries::tries,
            webhook_deliveries::created_at,
            webhook_deliveries::ended_at,
            webhook_deliveries::failure,
        ))
        .load(connection)
        .map_err(failed)?;
    rows.into_iter()
        .map(
            |(position, event, kind, tries, created_at, ended_at, failure)| {
                let bad = |what| unreadable("webhook_deliveries", &position.to_string(), what);
                Ok(DeadDelivery {
                    position,
                    event: EventId::from_stored(&event).ok_or_else(|| bad("event_id"))?,
                    kind,
                    tries: tries.try_into().map_err(|_| bad("tries"))?,
                    created_at: Timestamp::from_millis(created_at),
                    ended_at: Timestamp::from_millis(ended_at.unwrap_or(created_at)),
                    failure: failure.unwrap_or_default(),
                })
            },
        )
        .collect()
}

/// Lets what was given up for a webhook be tried again until a moment, one row or all, and counts it.
pub fn revive(
    connection: &mut AnyConnection,
    webhook: WebhookId,
    position: Option<i64>,
    (now, until): (Timestamp, Timestamp),
) -> Result<usize> {
    let of_webhook = webhook_deliveries::webhook_id.eq(webhook.to_string());
    let again = (
        webhook_deliveries::state.eq("waiting"),
        webhook_deliveries::tries.eq(0),
        webhook_deliveries::due_at.eq(now.millis()),
        webhook_deliveries::expires_at.eq(until.millis()),
        webhook_deliveries::ended_at.eq(None::<i64>),
    );
    let dead = webhook_deliveries::state.eq("dead");
    match position {
        Some(position) => diesel::update(
            webhook_deliveries::table
                .find(position)
                .filter(of_webhook)
                .filter(dead),
        )
        .set(again)
        .execute(connection),
        None => diesel::update(webhook_deliveries::table.filter(of_webhook).filter(dead))
            .set(again)
            .execute(connection),
    }
    .map_err(failed)
}

/// What waits for all webhooks, what was given up, and since when the oldest waits.
pub fn depth(connection: &mut AnyConnection) -> Result<(i64, i64, Option<Timestamp>)> {
    let mut number = |state: &str| -> Result<i64> {
        webhook_deliveries::table
            .inner_join(webhooks::table.on(webhooks::id.eq(webhook_deliveries::webhook_id)))
            .filter(webhook_deliveries::state.eq(state))
            .count()
            .get_result(connection)
            .map_err(failed)
    };
    let (waiting, dead) = (number("waiting")?, number("dead")?);
    let oldest: Option<i64> = webhook_deliveries::table
        .filter(webhook_deliveries::state.eq("waiting"))
        .select(diesel::dsl::min(webhook_deliveries::created_at))
        .get_result(connection)
        .map_err(failed)?;
    Ok((waiting, dead, oldest.map(Timestamp::from_millis)))
}

/// Removes at most so many rows that were given up before a moment, and counts them.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "webhook_deliveries",
        key: "position",
        condition: "ended_at < $1",
    };
    pieces::delete(connection, &over, moment, limit)
}
