//! Sending what waits for webhooks: claimed by one node, tried once, settled.

use std::sync::Arc;
use std::time::Duration;

use crate::App;
use keyward_core::clock::Timestamp;
use keyward_core::domain::event_export::{ExportedEvent, WebhookBody};
use keyward_core::domain::webhook::{Delivery, WebhookId};
use keyward_core::problem::Result;
use keyward_core::secret::Token;
use keyward_gateways::webhook::{WebhookMessage, WebhookRefusal, is_gone};
use keyward_store::webhooks::WebhookTarget;
use keyward_store::{event_exports, webhook_deliveries, webhooks};

/// How much longer than one try a lease lasts.
const MARGIN: Duration = Duration::from_secs(30);
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// How many rows that stand behind others are put off at once.
const BEHIND: i64 = 256;

/// An event that this process sends to a webhook.
#[derive(Debug)]
pub struct ClaimedDelivery {
    /// The row.
    pub delivery: Delivery,
    /// Where it goes, and how it is signed.
    pub webhook: WebhookTarget,
    /// What is sent; `None` where the trail has forgotten it.
    event: Option<ExportedEvent>,
    lease: String,
}

/// The webhooks for which something is due: a plain read.
///
/// # Errors
/// The store's.
pub async fn due(app: &App) -> Result<Vec<WebhookId>> {
    let now = app.now();
    app.store
        .read(move |connection| webhook_deliveries::with_due(connection, now))
        .await
}

/// Claims the event that is due the longest for a webhook and stands behind none of its user. No
/// other node gets it before the lease is over, and a lease is over by itself.
///
/// # Errors
/// The store's; `master_key.wrong` for a secret that does not open.
pub async fn claim(app: &App, id: WebhookId) -> Result<Option<ClaimedDelivery>> {
    let lease = Token::generate(&*app.entropy).hash().as_str().to_owned();
    let now = app.now();
    let until = now + app.settings.webhooks.timeout + MARGIN;
    let (holder, key) = (lease.clone(), Arc::clone(&app.master_key));
    app.store
        .write(move |connection| {
            let Some(webhook) = webhooks::target(connection, id, &key, now, false)? else {
                return Ok(None);
            };
            webhook_deliveries::put_behind(connection, id, now, BEHIND)?;
            let claimed = webhook_deliveries::claim(connection, id, &holder, now, until)?;
            let Some(delivery) = claimed else {
                return Ok(None);
            };
            let event = event_exports::by_ids(connection, &[delivery.event])?.pop();
            Ok(Some(ClaimedDelivery {
                delivery,
                webhook,
                event,
                lease,
            }))
        })
        .await
}

/// What came of a try.
pub(super) type Tried = Result<(), WebhookRefusal>;

/// Sends a claimed event, once; `None` where there is nothing left to send, and within why the
/// receiver did not take it.
pub async fn try_once(app: &App, claimed: &ClaimedDelivery) -> Option<Result<(), String>> {
    let event = claimed.event.as_ref()?;
    let tried = send(app, &claimed.webhook, event).await;
    let outcome = match tried {
        Ok(()) => "taken",
        Err(WebhookRefusal::Unreached(_)) => "unreached",
        Err(WebhookRefusal::Status(_)) => "refused",
    };
    app.metrics.sent(outcome);
    Some(tried.map_err(told))
}

fn told(refusal: WebhookRefusal) -> String {
    match is_gone(refusal) {
        true => format!("{GONE} (HTTP 410)"),
        false => refusal.words(),
    }
}

/// How the words begin for a receiver that is gone for good.
const GONE: &str = "wants no more events";

/// Sends one event to one webhook.
pub(super) async fn send(app: &App, webhook: &WebhookTarget, event: &ExportedEvent) -> Tried {
    let id = event.id.to_string();
    // An event is text and numbers; there is nothing in it that JSON has no words for.
    let body = serde_json::to_string(&WebhookBody::of(event)).unwrap_or_default();
    let message = WebhookMessage {
        url: &webhook.url,
        id: &id,
        now: app.now(),
        body: &body,
        secrets: &webhook.secrets,
    };
    app.gateways.webhook.send(&message).await
}

/// Writes down what came of a try.
///
/// # Errors
/// The store's.
pub async fn settle(
    app: &App,
    claimed: &ClaimedDelivery,
    tried: &Option<Result<(), String>>,
) -> Result<()> {
    let (delivery, lease) = (claimed.delivery.clone(), claimed.lease.clone());
    let now = app.now();
    let outcome = outcome_of(app, &delivery, tried, now);
    app.store
        .write(move |connection| {
            let settled = match outcome {
                Outcome::Delivered => {
                    webhook_deliveries::delivered(connection, &delivery, &lease, now)
                }
                Outcome::Again(due_at, why) => {
                    let moments = (due_at, now);
                    webhook_deliveries::put_off(connection, &delivery, &lease, moments, &why)
                }
                Outcome::Dead(why) => {
                    webhook_deliveries::give_up(connection, &delivery, &lease, &why, now)
                }
            };
            settled.map(drop)
        })
        .await
}

enum Outcome {
    Delivered,
    Again(Timestamp, String),
    Dead(String),
}

fn outcome_of(
    app: &App,
    delivery: &Delivery,
    tried: &Option<Result<(), String>>,
    now: Timestamp,
) -> Outcome {
    let settings = &app.settings.webhooks;
    match tried {
        None => Outcome::Dead("the trail has forgotten this event".to_owned()),
        Some(Ok(())) => Outcome::Delivered,
        Some(Err(why)) => {
            let due_at = now + wait_after(settings.wait, delivery.tries);
            let expires_at = delivery
                .expires_at
                .unwrap_or(delivery.created_at + settings.give_up);
            match due_at >= expires_at || why.starts_with(GONE) {
                true => Outcome::Dead(why.clone()),
                false => Outcome::Again(due_at, why.clone()),
            }
        }
    }
}

/// The wait before the try after this many.
fn wait_after(first: Duration, tries: u32) -> Duration {
    first
        .saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)))
        .min(LONGEST_WAIT.max(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let seconds = [1, 2, 3, 9, 10, 100].map(|tries| {
            let first = Duration::from_secs(10);
            wait_after(first, tries).as_secs()
        });
        assert_eq!(seconds, [10, 20, 40, 2560, 3600, 3600]);
    }
}
