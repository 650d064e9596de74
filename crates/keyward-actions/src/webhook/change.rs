//! Adding, changing and removing webhooks, and giving them new secrets.

use std::sync::Arc;

use super::{MOST, named};
use crate::App;
use crate::grounds;
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::webhook::{Webhook, WebhookId, WebhookSettings};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::standard_webhooks::WebhookSecret;
use keyward_store::webhooks;

/// Adds a webhook, and gives back its id and its secret, which is not shown again. Events that are
/// recorded from now on are sent to it.
///
/// # Errors
/// `webhook.invalid`, `webhook.name_taken`, `webhook.too_many`
pub async fn add(
    app: &App,
    administrator: &Administrator,
    settings: WebhookSettings,
) -> Result<(WebhookId, WebhookSecret)> {
    let secret = WebhookSecret::generate(&*app.entropy);
    let id = add_with(app, administrator, settings, secret.clone()).await?;
    Ok((id, secret))
}

/// Adds a webhook that is signed with this secret.
///
/// # Errors
/// `webhook.invalid`, `webhook.name_taken`, `webhook.too_many`
pub(crate) async fn add_with(
    app: &App,
    administrator: &Administrator,
    settings: WebhookSettings,
    secret: WebhookSecret,
) -> Result<WebhookId> {
    let settings = settings.checked()?;
    app.gateways.webhook.can_reach(&settings.url)?;
    let id = WebhookId::generate(app.now(), &*app.entropy);
    let event = administrator.does(EventKind::WebhookAdded);
    let event = event.detailed(named(&settings.name));
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        if webhooks::count(connection)? >= MOST {
            let why = format!("at most {MOST}");
            return Err(Problem::new(codes::WEBHOOK_TOO_MANY).detailed(why));
        }
        // Recorded first: that it was added is not among what is sent to it.
        context.record(connection, &event)?;
        let sealing = (&*context.master_key, &*context.entropy);
        webhooks::insert(connection, id, &settings, &secret, context.now, sealing)
    })
    .await?;
    Ok(id)
}

/// Changes a webhook; its secret stays.
///
/// # Errors
/// `webhook.unknown`, `webhook.invalid`, `webhook.name_taken`
pub async fn change(
    app: &App,
    administrator: &Administrator,
    id: WebhookId,
    settings: WebhookSettings,
) -> Result<()> {
    let settings = settings.checked()?;
    // One that is switched off may stay as it is.
    if settings.is_enabled {
        app.gateways.webhook.can_reach(&settings.url)?;
    }
    let event = administrator.does(EventKind::WebhookChanged);
    let event = event.detailed(named(&settings.name));
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        if !webhooks::update(connection, id, &settings)? {
            return Err(codes::WEBHOOK_UNKNOWN.into());
        }
        context.record(connection, &event)
    })
    .await
}

/// Removes a webhook with whatever was on its way to it, and gives it back.
///
/// # Errors
/// `webhook.unknown`
pub async fn remove(app: &App, administrator: &Administrator, id: WebhookId) -> Result<Webhook> {
    let event = administrator.does(EventKind::WebhookRemoved);
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let webhook = webhooks::by_id(connection, id)?.ok_or(codes::WEBHOOK_UNKNOWN)?;
        if !webhooks::remove(connection, id)? {
            return Err(codes::WEBHOOK_UNKNOWN.into());
        }
        context.record(connection, &event.detailed(named(&webhook.settings.name)))?;
        Ok(webhook)
    })
    .await
}

/// Gives a webhook a new secret, which is not shown again. Until the moment that is given back too,
/// the one before signs beside it. One before that signs no more.
///
/// # Errors
/// `webhook.unknown`
pub async fn rotate(
    app: &App,
    administrator: &Administrator,
    id: WebhookId,
) -> Result<(WebhookSecret, Timestamp)> {
    let secret = WebhookSecret::generate(&*app.entropy);
    let until = rotate_to(app, administrator, id, secret.clone()).await?;
    Ok((secret, until))
}

/// Gives a webhook this secret, as [`rotate`] gives it a new one, and says until when the one before
/// signs beside it.
///
/// # Errors
/// `webhook.unknown`
pub(crate) async fn rotate_to(
    app: &App,
    administrator: &Administrator,
    id: WebhookId,
    secret: WebhookSecret,
) -> Result<Timestamp> {
    let until = app.now() + app.settings.webhooks.overlap;
    let event = administrator.does(EventKind::WebhookSecretRotated);
    let context = app.context();
    let master_key = Arc::clone(&app.master_key);
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let sealing = (&*master_key, &*context.entropy);
        if !webhooks::rotate(connection, id, &secret, until, sealing)? {
            return Err(codes::WEBHOOK_UNKNOWN.into());
        }
        let webhook = webhooks::by_id(connection, id)?.ok_or(codes::WEBHOOK_UNKNOWN)?;
        context.record(connection, &event.detailed(named(&webhook.settings.name)))
    })
    .await?;
    Ok(until)
}
