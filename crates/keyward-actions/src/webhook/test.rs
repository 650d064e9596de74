//! Trying a webhook.

use std::sync::Arc;

use super::named;
use crate::App;
use crate::grounds;
use crate::webhook::deliver::send;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::webhook::WebhookId;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{event_exports, webhook_deliveries, webhooks};

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// The receiver took the event.
    Taken,
    /// It did not: the end of a sentence that begins with the receiver.
    Refused(String),
}

/// Sends an event of its own to a webhook, switched on or off, now and once, and waits for the answer.
/// The event is `webhook.tested`, and stands in the trail. Where it is taken, it is the last that was.
///
/// # Errors
/// `webhook.unknown`
pub async fn test(app: &App, administrator: &Administrator, id: WebhookId) -> Result<TestOutcome> {
    let event = administrator.does(EventKind::WebhookTested);
    let (context, key) = (app.context(), Arc::clone(&app.master_key));
    let (webhook, event) = grounds::write_for(app, administrator.grounds(), move |connection| {
        let webhook = webhooks::target(connection, id, &key, context.now, true)?;
        let webhook = webhook.ok_or(codes::WEBHOOK_UNKNOWN)?;
        let recorded = context.record_as(connection, &event.detailed(named(&webhook.name)))?;
        // It is sent here and now, and not a second time.
        webhook_deliveries::forget(connection, id, recorded)?;
        let event = event_exports::by_ids(connection, &[recorded])?.pop();
        let event = event.ok_or_else(|| Problem::internal("an event is not there"))?;
        Ok((webhook, event))
    })
    .await?;
    if let Err(refusal) = send(app, &webhook, &event).await {
        return Ok(TestOutcome::Refused(refusal.words()));
    }
    note_taken(app, id).await?;
    Ok(TestOutcome::Taken)
}

/// It was taken, whatever became of the administrator meanwhile.
async fn note_taken(app: &App, id: WebhookId) -> Result<()> {
    let now = app.now();
    app.store
        .write(move |connection| webhooks::note_delivered(connection, id, now))
        .await
}
