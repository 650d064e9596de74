//! Sends what waits for webhooks.
//!
//! Every node runs this. Which of them sends an event is decided by the claim, one statement in the
//! database. Each webhook has seats of its own, so that a receiver that is slow holds up itself alone.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;

use keyward_actions::App;
use keyward_actions::webhook::{self, ClaimedDelivery};
use keyward_core::domain::webhook::WebhookId;

/// How often it is looked whether something is due.
const EVERY: Duration = Duration::from_millis(500);
/// How many events are sent to one webhook at a time, by one node.
const SEATS: usize = 4;
/// How often it is tried to note what came of a try. Where that fails the event is sent again, with
/// the same id.
const NOTES: u32 = 5;

/// Sends events to webhooks, node by node.
pub struct WebhookSender {
    app: App,
    /// How often nothing was due and nothing was being sent.
    quiet: watch::Sender<u64>,
}

impl WebhookSender {
    /// A sender that is not running yet.
    pub fn new(app: App) -> Self {
        Self {
            app,
            quiet: watch::Sender::new(0),
        }
    }

    /// How often it was looked so far while nothing was due and nothing was being sent.
    pub fn quiet(&self) -> watch::Receiver<u64> {
        self.quiet.subscribe()
    }

    /// Sends what is due until `stop` is there; what is being sent then is brought to its end.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut taken: HashMap<WebhookId, usize> = HashMap::new();
        let mut sending = FuturesUnordered::new();
        loop {
            let claims = self.claim_for(&mut taken).await;
            let is_quiet = claims.is_empty();
            for claimed in claims {
                sending.push(async move {
                    self.send(&claimed).await;
                    claimed.webhook.id
                });
            }
            if is_quiet && sending.is_empty() {
                self.quiet.send_modify(|looks| *looks += 1);
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(webhook) = sending.next() => leave(&mut taken, webhook),
                // There may be more.
                () = std::future::ready(()), if !is_quiet => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        while sending.next().await.is_some() {}
    }

    /// Claims one event for each webhook that has a free seat, where one is due.
    async fn claim_for(&self, taken: &mut HashMap<WebhookId, usize>) -> Vec<ClaimedDelivery> {
        let due = match webhook::due(&self.app).await {
            Ok(due) => due,
            Err(problem) => {
                tracing::error!(error = ?problem, "webhooks failed: {problem}");
                return Vec::new();
            }
        };
        let mut claims = Vec::new();
        for id in due {
            let seats = taken.get(&id).copied().unwrap_or_default();
            if seats >= SEATS {
                continue;
            }
            match webhook::claim(&self.app, id).await {
                Ok(Some(claimed)) => {
                    *taken.entry(id).or_default() += 1;
                    claims.push(claimed);
                }
                Ok(None) => {}
                Err(problem) => {
                    tracing::error!(webhook = %id, error = ?problem, "an event was not claimed: {problem}");
                }
            }
        }
        claims
    }

    async fn send(&self, claimed: &ClaimedDelivery) {
        let tried = webhook::try_once(&self.app, claimed).await;
        let (name, event) = (&claimed.webhook.name, claimed.delivery.event);
        if let Some(Err(why)) = &tried {
            tracing::warn!(webhook = name, %event, "an event was not taken: the receiver {why}");
        }
        for tries in 1..=NOTES {
            match webhook::settle(&self.app, claimed, &tried).await {
                Ok(()) => return,
                Err(problem) => {
                    tracing::error!(error = ?problem, "an event's fate was not noted: {problem}");
                }
            }
            if tries < NOTES {
                tokio::time::sleep(EVERY * tries).await;
            }
        }
    }
}

fn leave(taken: &mut HashMap<WebhookId, usize>, webhook: WebhookId) {
    if let Some(seats) = taken.get_mut(&webhook) {
        *seats = seats.saturating_sub(1);
        if *seats == 0 {
            taken.remove(&webhook);
        }
    }
}
