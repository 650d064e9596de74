//! Sends what waits in the outbox.
//!
//! Every node runs this. Which of them sends a letter is decided by the claim, one statement in the
//! database. A letter is sent at least once whatever dies; what a server has taken, and we have
//! noted, is never sent again.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;

use crate::actions::Keyward;
use crate::actions::outbox::{Claim, ClaimedLetter};
use crate::domain::letter::LetterId;
use crate::gateways::mail::{Mail, MailRefusal};
use crate::problem::Result;
use crate::views::Views;

/// How often it is looked whether something is due.
const EVERY: Duration = Duration::from_millis(500);
/// How many letters are sent at once.
const AT_ONCE: usize = 4;
/// How often it is tried to note that a server took a letter, before that is left to memory.
const NOTES: u32 = 5;

/// Sends letters, node by node, server by server.
pub struct Outbox {
    keyward: Keyward,
    views: Views,
    /// Taken by a server, and not noted in the database: where the lease runs out meanwhile, this
    /// process does not send them again.
    unnoted: Mutex<HashSet<LetterId>>,
}

impl Outbox {
    /// An outbox that is not running yet.
    ///
    /// # Errors
    /// `internal` where a template is broken.
    pub fn new(keyward: Keyward) -> Result<Self> {
        Ok(Self {
            keyward,
            views: Views::new()?,
            unnoted: Mutex::default(),
        })
    }

    /// Sends what is due until `stop` is there; what is being sent then is brought to its end.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            match self.send_due().await {
                Ok(0) => {}
                // There may be more.
                Ok(_) => {
                    if is_over(&mut stop).await {
                        return;
                    }
                    continue;
                }
                Err(problem) => tracing::error!(error = ?problem, "the outbox failed: {problem}"),
            }
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Sends a handful of what is due, and says how many rows that were.
    ///
    /// # Errors
    /// The store's.
    pub async fn send_due(&self) -> Result<usize> {
        if !self.keyward.mail_is_due().await? {
            return Ok(0);
        }
        let mut letters = Vec::new();
        let mut rows = 0;
        while rows < AT_ONCE {
            match self.keyward.claim_mail().await {
                Ok(Claim::Nothing) => break,
                Ok(Claim::Ended) => {}
                Ok(Claim::Letter(letter)) => letters.push(letter),
                Err(problem) if letters.is_empty() => return Err(problem),
                // Those that are claimed already do not wait for the next one's trouble.
                Err(problem) => {
                    tracing::error!(error = ?problem, "a letter was not claimed: {problem}");
                    break;
                }
            }
            rows += 1;
        }
        join_all(letters.iter().map(|letter| self.send(letter))).await;
        Ok(rows)
    }

    async fn send(&self, letter: &ClaimedLetter) {
        let outcome = if self.is_unnoted(letter.id) {
            Ok(())
        } else {
            self.attempt(letter).await
        };
        match &outcome {
            Ok(()) => tracing::debug!(letter = %letter.id, "a mail was sent"),
            Err(MailRefusal::ForNow(why)) => {
                tracing::warn!(letter = %letter.id, why, "a mail waits for another try");
            }
            Err(MailRefusal::ForGood(why)) => {
                tracing::warn!(letter = %letter.id, why, "a mail was given up");
            }
        }
        self.note(letter, &outcome).await;
    }

    async fn attempt(&self, letter: &ClaimedLetter) -> Result<(), MailRefusal> {
        let public_url = &self.keyward.settings.server.public_url;
        let written = self
            .views
            .letter(&letter.envelope, public_url)
            .map_err(|problem| {
                tracing::error!(error = ?problem, "a letter could not be written");
                MailRefusal::ForNow(problem.to_string())
            })?;
        let mail = Mail {
            id: letter.id,
            to: &letter.envelope.to,
            subject: &written.subject,
            text: &written.text,
            html: &written.html,
            date: self.keyward.now(),
        };
        self.keyward.mail.send(&mail).await
    }

    /// Notes what came of it; a database that stumbles for a moment must not cost a second copy.
    async fn note(&self, letter: &ClaimedLetter, outcome: &Result<(), MailRefusal>) {
        if outcome.is_ok() {
            self.remember(letter.id, true);
        }
        for tries in 1..=NOTES {
            match self.keyward.settle_mail(letter, outcome).await {
                Ok(()) => {
                    self.remember(letter.id, false);
                    return;
                }
                Err(problem) => {
                    tracing::error!(error = ?problem, "a letter's fate was not noted: {problem}");
                }
            }
            if tries < NOTES {
                tokio::time::sleep(EVERY * tries).await;
            }
        }
    }

    fn is_unnoted(&self, id: LetterId) -> bool {
        self.unnoted.lock().is_ok_and(|ids| ids.contains(&id))
    }

    fn remember(&self, id: LetterId, unnoted: bool) {
        if let Ok(mut ids) = self.unnoted.lock() {
            if unnoted {
                ids.insert(id);
            } else {
                ids.remove(&id);
            }
        }
    }
}

/// Whether a future is there already.
async fn is_over(stop: &mut (impl Future<Output = ()> + Unpin)) -> bool {
    tokio::select! {
        biased;
        () = stop => true,
        () = std::future::ready(()) => false,
    }
}
