//! Webhooks, with their sealed secrets.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use url::Url;

use super::connection::{AnyConnection, failed, is_taken, listed, unreadable};
use super::schema::{webhook_deliveries, webhooks};
use keyward_core::clock::{Entropy, Timestamp};
use keyward_core::domain::user::fold;
use keyward_core::domain::webhook::{WantedEvents, Webhook, WebhookId, WebhookSettings};
use keyward_core::problem::{Result, codes};
use keyward_core::protocols::standard_webhooks::WebhookSecret;
use keyward_core::secret::{MasterKey, Place};

/// What is needed to send to a webhook.
#[derive(Clone, Debug)]
pub struct WebhookTarget {
    /// The row.
    pub id: WebhookId,
    /// Its name, for the log.
    pub name: String,
    /// Where events go.
    pub url: Url,
    /// What they are signed with: the present secret, and the one before it while that works.
    pub secrets: Vec<WebhookSecret>,
}

type Columns = (
    webhooks::id,
    webhooks::name,
    webhooks::url,
    webhooks::kinds,
    webhooks::is_enabled,
    webhooks::created_at,
    webhooks::former_until,
    webhooks::delivered_at,
    webhooks::failed_at,
    webhooks::failure,
);

#[derive(Queryable)]
struct WebhookRow {
    id: String,
    name: String,
    url: String,
    kinds: String,
    is_enabled: bool,
    created_at: i64,
    former_until: Option<i64>,
    delivered_at: Option<i64>,
    failed_at: Option<i64>,
    failure: Option<String>,
}

impl WebhookRow {
    fn read(self, connection: &mut AnyConnection) -> Result<Webhook> {
        let bad = |what| unreadable("webhooks", &self.id, what);
        let mut number = |state: &str| -> Result<i64> {
            webhook_deliveries::table
                .filter(webhook_deliveries::webhook_id.eq(&self.id))
                .filter(webhook_deliveries::state.eq(state))
                .count()
                .get_result(connection)
                .map_err(failed)
        };
        Ok(Webhook {
            waiting: number("waiting")?,
            dead: number("dead")?,
            id: WebhookId::from_stored(&self.id).ok_or_else(|| bad("id"))?,
            settings: WebhookSettings {
                url: Url::parse(&self.url).map_err(|_| bad("url"))?,
                name: self.name,
                events: WantedEvents::from_stored(&self.kinds),
                is_enabled: self.is_enabled,
            },
            created_at: Timestamp::from_millis(self.created_at),
            former_until: self.former_until.map(Timestamp::from_millis),
            delivered_at: self.delivered_at.map(Timestamp::from_millis),
            failed_at: self.failed_at.map(Timestamp::from_millis),
            failure: self.failure,
        })
    }
}

fn place<'a>(column: &'a str, row: &'a str) -> Place<'a> {
    Place {
        table: "webhooks",
        column,
        row,
    }
}

type Change<'a> = (
    diesel::dsl::Eq<webhooks::name, &'a str>,
    diesel::dsl::Eq<webhooks::name_folded, String>,
    diesel::dsl::Eq<webhooks::url, &'a str>,
    diesel::dsl::Eq<webhooks::kinds, String>,
    diesel::dsl::Eq<webhooks::is_enabled, bool>,
);

fn columns(settings: &WebhookSettings) -> Change<'_> {
    (
        webhooks::name.eq(settings.name.as_str()),
        webhooks::name_folded.eq(fold(&settings.name)),
        webhooks::url.eq(settings.url.as_str()),
        webhooks::kinds.eq(settings.events.to_stored()),
        webhooks::is_enabled.eq(settings.is_enabled),
    )
}

/// Adds a webhook with this secret.
///
/// # Errors
/// `webhook.name_taken`
pub fn insert(
    connection: &mut AnyConnection,
    id: WebhookId,
    settings: &WebhookSettings,
    secret: &WebhookSecret,
    now: Timestamp,
    (key, entropy): (&MasterKey, &dyn Entropy),
) -> Result<()> {
    let row = id.to_string();
    let inserted = diesel::insert_into(webhooks::table)
        .values((
            webhooks::id.eq(&row),
            columns(settings),
            webhooks::secret.eq(key.seal(entropy, place("secret", &row), secret.as_bytes())),
            webhooks::created_at.eq(now.millis()),
        ))
        .execute(connection);
    if is_taken(&inserted) {
        return Err(codes::WEBHOOK_NAME_TAKEN.into());
    }
    inserted.map(drop).map_err(failed)
}

/// Replaces a webhook's settings; `false` where there is none of this id.
///
/// # Errors
/// `webhook.name_taken`
pub fn update(
    connection: &mut AnyConnection,
    id: WebhookId,
    settings: &WebhookSettings,
) -> Result<bool> {
    let updated = diesel::update(webhooks::table.find(id.to_string()))
        .set(columns(settings))
        .execute(connection);
    if is_taken(&updated) {
        return Err(codes::WEBHOOK_NAME_TAKEN.into());
    }
    updated.map(|rows| rows == 1).map_err(failed)
}

/// Gives a webhook another secret, beside which the present one signs until a moment; `false` where
/// there is no such webhook.
pub fn rotate(
    connection: &mut AnyConnection,
    id: WebhookId,
    secret: &WebhookSecret,
    until: Timestamp,
    (key, entropy): (&MasterKey, &dyn Entropy),
) -> Result<bool> {
    let row = id.to_string();
    // The row is held, so that of two rotations each finds the other's secret.
    let held = diesel::update(webhooks::table.find(&row))
        .set(webhooks::id.eq(webhooks::id))
        .returning(webhooks::secret)
        .get_result::<Vec<u8>>(connection)
        .optional()
        .map_err(failed)?;
    let Some(present) = held else {
        return Ok(false);
    };
    let present = key.open(place("secret", &row), &present)?;
    let former = key.seal(entropy, place("former_secret", &row), &present);
    diesel::update(webhooks::table.find(&row))
        .set((
            webhooks::secret.eq(key.seal(entropy, place("secret", &row), secret.as_bytes())),
            webhooks::former_secret.eq(former),
            webhooks::former_until.eq(until.millis()),
        ))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Removes a webhook with everything on its way to it; `false` where there is none of this id.
pub fn remove(connection: &mut AnyConnection, id: WebhookId) -> Result<bool> {
    diesel::delete(webhooks::table.find(id.to_string()))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// How many there are.
pub fn count(connection: &mut AnyConnection) -> Result<i64> {
    webhooks::table
        .count()
        .get_result(connection)
        .map_err(failed)
}

/// The webhook of this id.
pub fn by_id(connection: &mut AnyConnection, id: WebhookId) -> Result<Option<Webhook>> {
    let row = webhooks::table
        .find(id.to_string())
        .select(Columns::default())
        .get_result::<WebhookRow>(connection)
        .optional()
        .map_err(failed)?;
    row.map(|row| row.read(connection)).transpose()
}

/// The webhook of this name, however it is written.
pub fn by_name(connection: &mut AnyConnection, name: &str) -> Result<Option<Webhook>> {
    let row = webhooks::table
        .filter(webhooks::name_folded.eq(fold(name)))
        .select(Columns::default())
        .get_result::<WebhookRow>(connection)
        .optional()
        .map_err(failed)?;
    row.map(|row| row.read(connection)).transpose()
}

/// All webhooks in the order in which they were added, without those that cannot be read.
pub fn all(connection: &mut AnyConnection) -> Result<Vec<Webhook>> {
    let rows = webhooks::table
        .order(webhooks::id)
        .select(Columns::default())
        .load::<WebhookRow>(connection)
        .map_err(failed)?;
    rows.into_iter()
        .map(|row| row.read(connection))
        .filter_map(listed)
        .collect()
}

/// What is needed to send to a webhook; `None` where there is none of this id, or it is switched off.
pub fn target(
    connection: &mut AnyConnection,
    id: WebhookId,
    key: &MasterKey,
    now: Timestamp,
    even_off: bool,
) -> Result<Option<WebhookTarget>> {
    type Row = (String, String, Vec<u8>, Option<Vec<u8>>, Option<i64>, bool);
    let row_id = id.to_string();
    let row: Option<Row> = webhooks::table
        .find(&row_id)
        .select((
            webhooks::name,
            webhooks::url,
            webhooks::secret,
            webhooks::former_secret,
            webhooks::former_until,
            webhooks::is_enabled,
        ))
        .get_result(connection)
        .optional()
        .map_err(failed)?;
    let Some((name, url, secret, former, former_until, is_enabled)) = row else {
        return Ok(None);
    };
    if !is_enabled && !even_off {
        return Ok(None);
    }
    let bad = |what| unreadable("webhooks", &row_id, what);
    let opened = |column, sealed: &[u8]| {
        let bytes = key.open(place(column, &row_id), sealed)?;
        WebhookSecret::from_stored(&bytes).ok_or_else(|| bad(column))
    };
    let mut secrets = vec![opened("secret", &secret)?];
    if let Some(sealed) = former.filter(|_| former_until.is_some_and(|at| at > now.millis())) {
        secrets.push(opened("former_secret", &sealed)?);
    }
    Ok(Some(WebhookTarget {
        id,
        name,
        url: Url::parse(&url).map_err(|_| bad("url"))?,
        secrets,
    }))
}

/// Forgets secrets that sign no more, at most so many, and counts them.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    diesel::sql_query(
        "UPDATE webhooks SET former_secret = NULL, former_until = NULL WHERE id IN \
         (SELECT id FROM webhooks WHERE former_until <= $1 LIMIT $2)",
    )
    .bind::<BigInt, _>(now.millis())
    .bind::<BigInt, _>(limit)
    .execute(connection)
    .map_err(failed)
}

/// Notes that the receiver took an event.
pub fn note_delivered(connection: &mut AnyConnection, id: WebhookId, now: Timestamp) -> Result<()> {
    diesel::update(webhooks::table.find(id.to_string()))
        .set(webhooks::delivered_at.eq(now.millis()))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Notes that the receiver did not take one, and why.
pub(super) fn note_failed(
    connection: &mut AnyConnection,
    id: WebhookId,
    why: &str,
    now: Timestamp,
) -> Result<()> {
    diesel::update(webhooks::table.find(id.to_string()))
        .set((
            webhooks::failed_at.eq(now.millis()),
            webhooks::failure.eq(why),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}
