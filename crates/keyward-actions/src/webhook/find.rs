//! Webhooks as administrators look at them.

use std::sync::Arc;

use crate::App;
use keyward_core::domain::webhook::{DeadDelivery, Webhook, WebhookId};
use keyward_core::flows::permit::{Administrator, MayAudit};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::standard_webhooks::WebhookSecret;
use keyward_store::{webhook_deliveries, webhooks};

/// All webhooks in the order in which they were added.
///
/// # Errors
/// The store's.
pub async fn list(app: &App, _: &MayAudit) -> Result<Vec<Webhook>> {
    app.store.read(webhooks::all).await
}

/// All webhooks, each with the secret that it is signed with.
///
/// # Errors
/// The store's; `master_key.wrong` where a secret does not open.
pub(crate) async fn list_with_secrets(
    app: &App,
    _: &Administrator,
) -> Result<Vec<(Webhook, WebhookSecret)>> {
    let (master_key, now) = (Arc::clone(&app.master_key), app.now());
    app.store
        .read(move |connection| {
            let mut found = Vec::new();
            for webhook in webhooks::all(connection)? {
                let target = webhooks::target(connection, webhook.id, &master_key, now, true)?;
                let secret = target.and_then(|target| target.secrets.into_iter().next());
                found.extend(secret.map(|secret| (webhook, secret)));
            }
            Ok(found)
        })
        .await
}

/// The webhook of this id.
///
/// # Errors
/// `webhook.unknown`
pub async fn find(app: &App, _: &MayAudit, id: WebhookId) -> Result<Webhook> {
    app.store
        .read(move |connection| webhooks::by_id(connection, id))
        .await?
        .ok_or_else(|| codes::WEBHOOK_UNKNOWN.into())
}

/// The webhook of this name.
///
/// # Errors
/// `webhook.unknown`
pub async fn find_by_name(app: &App, _: &MayAudit, name: &str) -> Result<Webhook> {
    let wanted = name.to_owned();
    app.store
        .read(move |connection| webhooks::by_name(connection, &wanted))
        .await?
        .ok_or_else(|| Problem::new(codes::WEBHOOK_UNKNOWN).detailed(name))
}

/// The events that a webhook was given up for, the newest first, at most `limit`.
///
/// # Errors
/// The store's.
pub async fn dead(app: &App, _: &MayAudit, id: WebhookId, limit: i64) -> Result<Vec<DeadDelivery>> {
    app.store
        .read(move |connection| webhook_deliveries::dead_of(connection, id, limit))
        .await
}
