//! Sends what waits in the outbox.
//!
//! Every node runs this. Which of them sends a message is decided by the claim, one statement in the
//! database. A message is sent at least once whatever dies; what a server has taken, and we have
//! noted, is never sent again.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;

use crate::views::{MailHead, Views};
use keyward_actions::App;
use keyward_actions::outbox::{self, Claim, ClaimedMessage};
use keyward_core::domain::message::{MessageClass, MessageId};
use keyward_core::problem::Result;
use keyward_gateways::mail::{Mail, MailRefusal};

/// How often it is looked whether something is due.
const EVERY: Duration = Duration::from_millis(500);
/// The classes that a seat takes messages of, the preferred first.
type Seat = &'static [MessageClass];
/// One message is sent in each seat at a time. Every class has a seat where it comes first, so that
/// none waits for all messages of another; and one seat is kept for what a user waits for, so that
/// it does not wait for a slow server to take something else.
const SEATS: [Seat; 4] = {
    use MessageClass::{Awaited, Invitation, Notice};
    [
        &[Awaited],
        &[Awaited, Invitation, Notice],
        &[Invitation, Awaited, Notice],
        &[Notice, Awaited, Invitation],
    ]
};
/// How often it is tried to note that a server took a message, before that is left to memory.
const NOTES: u32 = 5;

/// What came of claiming for several seats.
#[derive(Default)]
struct Claims {
    messages: Vec<(Seat, Box<ClaimedMessage>)>,
    /// How many rows were claimed, those that ended at once included.
    rows: usize,
}

/// Sends messages, node by node, server by server.
pub struct Outbox {
    app: App,
    views: Views,
    /// Taken by a server, and not noted in the database: where the lease runs out meanwhile, this
    /// process does not send them again.
    unnoted: Mutex<HashSet<MessageId>>,
    /// How often nothing was due and nothing was being sent.
    quiet: watch::Sender<u64>,
}

impl Outbox {
    /// An outbox that is not running yet.
    pub fn new(app: App, views: Views) -> Self {
        Self {
            app,
            views,
            unnoted: Mutex::default(),
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
        let mut free: Vec<Seat> = SEATS.to_vec();
        let mut sending = FuturesUnordered::new();
        loop {
            let claims = self.claim_for(&mut free).await;
            let is_quiet = claims.rows == 0;
            for (seat, message) in claims.messages {
                sending.push(async move {
                    self.send(&message).await;
                    seat
                });
            }
            if is_quiet && sending.is_empty() {
                self.quiet.send_modify(|looks| *looks += 1);
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(seat) = sending.next() => free.push(seat),
                // There may be more.
                () = std::future::ready(()), if !is_quiet => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        while sending.next().await.is_some() {}
    }

    /// Claims a message for each seat that is free, where one is due that may take it.
    async fn claim_for(&self, free: &mut Vec<Seat>) -> Claims {
        let mut claims = Claims::default();
        if free.is_empty() {
            return claims;
        }
        match outbox::is_due(&self.app, classes_of(free)).await {
            Ok(true) => {}
            Ok(false) => return claims,
            Err(problem) => {
                tracing::error!(error = ?problem, "the outbox failed: {problem}");
                return claims;
            }
        }
        for seat in std::mem::take(free) {
            match outbox::claim(&self.app, seat).await {
                Ok(Claim::Message(message)) => {
                    claims.rows += 1;
                    claims.messages.push((seat, message));
                    continue;
                }
                Ok(Claim::Ended) => claims.rows += 1,
                Ok(Claim::Nothing) => {}
                Err(problem) => {
                    tracing::error!(error = ?problem, "a message was not claimed: {problem}");
                }
            }
            free.push(seat);
        }
        claims
    }

    async fn send(&self, message: &ClaimedMessage) {
        let outcome = if self.is_unnoted(message.id) {
            Ok(())
        } else {
            self.attempt(message).await
        };
        match &outcome {
            Ok(()) => tracing::debug!(message = %message.id, "a mail was sent"),
            Err(MailRefusal::ForNow(why)) => {
                tracing::warn!(message = %message.id, why, "a mail waits for another try");
            }
            Err(MailRefusal::ForGood(why)) => {
                tracing::warn!(message = %message.id, why, "a mail was given up");
            }
        }
        self.note(message, &outcome).await;
    }

    async fn attempt(&self, message: &ClaimedMessage) -> Result<(), MailRefusal> {
        let head = MailHead::of(self.app.settings());
        let written = self
            .views
            .message(&message.envelope, head)
            .map_err(|problem| {
                tracing::error!(error = ?problem, "a message could not be written");
                MailRefusal::ForNow(problem.to_string())
            })?;
        let mail = Mail {
            id: message.id,
            to: &message.envelope.to,
            subject: &written.subject,
            text: &written.text,
            html: &written.html,
            date: self.app.now(),
        };
        outbox::deliver(&self.app, &mail).await
    }

    /// Notes what came of it; a database that stumbles for a moment must not cost a second copy.
    async fn note(&self, message: &ClaimedMessage, outcome: &Result<(), MailRefusal>) {
        if outcome.is_ok() {
            self.remember(message.id, true);
        }
        for tries in 1..=NOTES {
            match outbox::settle(&self.app, message, outcome).await {
                Ok(()) => {
                    self.remember(message.id, false);
                    return;
                }
                Err(problem) => {
                    tracing::error!(error = ?problem, "the outcome of a message was not noted: {problem}");
                }
            }
            if tries < NOTES {
                tokio::time::sleep(EVERY * tries).await;
            }
        }
    }

    fn is_unnoted(&self, id: MessageId) -> bool {
        self.unnoted.lock().is_ok_and(|ids| ids.contains(&id))
    }

    fn remember(&self, id: MessageId, unnoted: bool) {
        if let Ok(mut ids) = self.unnoted.lock() {
            if unnoted {
                ids.insert(id);
            } else {
                ids.remove(&id);
            }
        }
    }
}

/// The classes that one of these seats takes.
fn classes_of(seats: &[Seat]) -> Vec<MessageClass> {
    let mut classes: Vec<MessageClass> = Vec::new();
    for class in seats.iter().copied().flatten() {
        if !classes.contains(class) {
            classes.push(*class);
        }
    }
    classes
}
