//! Sending again what a webhook was given up for.

use super::named;
use crate::App;
use crate::grounds;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::webhook::WebhookId;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Result, codes};
use keyward_store::{webhook_deliveries, webhooks};

/// Lets events be tried again that a webhook was given up for, the one at a place or all, for as long
/// as new ones are, and counts them.
///
/// # Errors
/// `webhook.unknown`
pub async fn resend(
    app: &App,
    administrator: &Administrator,
    id: WebhookId,
    position: Option<i64>,
) -> Result<usize> {
    let event = administrator.does(EventKind::WebhookResent);
    let until = app.now() + app.settings.webhooks.give_up;
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let webhook = webhooks::by_id(connection, id)?.ok_or(codes::WEBHOOK_UNKNOWN)?;
        let moments = (context.now, until);
        let revived = webhook_deliveries::revive(connection, id, position, moments)?;
        if revived > 0 {
            context.record(connection, &event.detailed(named(&webhook.settings.name)))?;
        }
        Ok(revived)
    })
    .await
}
