//! What can be done: one thing somebody can do is one file and one transaction.
//!
//! An action *reads*, then *thinks* (argon2, signatures, the network: off the async threads and
//! outside any transaction), then *writes* in one short transaction: it takes the turn, changes,
//! counts and records the event. Pages, the JSON ceremonies and the command line share everything
//! from here down.

pub mod attempt;
pub mod check;
pub mod delivered_code;
pub mod device;
pub mod enrol;
pub mod event;
pub mod group;
pub mod invitation;
pub mod journey;
pub mod lockout;
pub mod metadata;
pub mod node;
pub mod objection;
pub mod otp_key;
pub mod outbox;
pub mod overview;
pub mod pass;
pub mod password;
pub mod pieces;
pub mod policy;
pub mod readiness;
pub mod recovery;
mod rows;
pub mod second_factor;
pub mod service_report;
pub mod session;
pub mod set_up;
pub mod sign_in;
mod standing;
pub mod start;
pub mod step_up;
pub mod trusted_browser;
mod turn;
pub mod two_factor;
pub mod unread_proxy;
pub mod user;
pub mod validation;
pub mod validation_service;

use std::sync::Arc;

use tokio::sync::Semaphore;

use keyward_core::clock::{SharedClock, SharedEntropy, Timestamp};
use keyward_core::domain::event::{Event, EventId, EventIds};
use keyward_core::domain::event_run::EventRuns;
use keyward_core::domain::node::NodeId;
use keyward_core::factors::password::PasswordCheck;
use keyward_core::factors::webauthn::RelyingParty;
use keyward_core::problem::{Fault, Problem, Result};
use keyward_core::secret::MasterKey;
use keyward_gateways::breached::BreachedPasswords;
use keyward_gateways::mail::MailGateway;
use keyward_gateways::phone::PhoneGateway;
use keyward_gateways::validation::ValidationGateway;
use keyward_settings::Settings;
use keyward_store::{AnyConnection, Store, event_repeats, events};

/// Everything that an action may need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: SharedClock,
    /// The dice.
    pub entropy: SharedEntropy,
    /// What secrets are sealed under.
    pub master_key: Arc<MasterKey>,
    /// What the operator decided.
    pub settings: Arc<Settings>,
    /// Who we are to authenticators.
    pub relying_party: Arc<RelyingParty>,
    /// The way to YubiKeys' validation services.
    pub validation: Arc<ValidationGateway>,
    /// The way to people's mail.
    pub mail: Arc<MailGateway>,
    /// The way to people's phones.
    pub phone: Arc<PhoneGateway>,
    /// How much clients of our own validation server ask.
    rates: Arc<validation::ValidationRates>,
    /// Which of several servers this is.
    node: NodeId,
    /// Whether it was ready when that was last looked at.
    readiness: Arc<readiness::Readiness>,
    /// What events are called.
    event_ids: Arc<EventIds>,
    /// Passwords that leaked, none of which is taken.
    breached: Arc<BreachedPasswords>,
    /// How many events of one sort there were.
    event_runs: Arc<EventRuns>,
    /// Whether requests come through a proxy that the settings do not know.
    unread_proxy: Arc<unread_proxy::UnreadProxy>,
    /// Hashes and checks passwords.
    passwords: Arc<PasswordCheck>,
    /// Bounds how many passwords are hashed at once.
    password_seats: Arc<Semaphore>,
    /// Held by whoever judges devices by policy.
    judging: Arc<tokio::sync::Mutex<()>>,
    /// The dry run that is under way, or the last one.
    dry_runs: Arc<policy::DryRuns>,
    /// Bounds how many strengths of passwords are estimated at once.
    strength_seats: Arc<Semaphore>,
    /// Bounds how many answers of new authenticators are looked at at once.
    ceremony_seats: Arc<Semaphore>,
    /// How often addresses ask for the strength of a password.
    strength_rates: Arc<validation::Rates<String>>,
}

impl App {
    /// The same house over connections that people's requests do not hold up.
    pub fn for_validation(&self) -> Self {
        Self {
            store: self.store.for_validation(),
            ..self.clone()
        }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What a transaction takes along.
    fn context(&self) -> WriteContext {
        WriteContext {
            now: self.now(),
            entropy: Arc::clone(&self.entropy),
            master_key: Arc::clone(&self.master_key),
            settings: Arc::clone(&self.settings),
            event_ids: Arc::clone(&self.event_ids),
            event_runs: Arc::clone(&self.event_runs),
        }
    }

    /// Records one event in a transaction of its own.
    ///
    /// # Errors
    /// The store's.
    pub async fn record(&self, event: Event) -> Result<()> {
        let context = self.context();
        self.store
            .write(move |connection| context.record(connection, &event))
            .await
    }

    /// Gives a result back; where it is a denial, the trail tells that what `event` says was
    /// refused, and why.
    async fn or_refusal<T>(&self, event: Event, result: Result<T>) -> Result<T> {
        if let Err(problem) = &result
            && problem.fault() == Fault::Denied
        {
            self.record(event.refused(problem.code().name)).await?;
        }
        result
    }

    /// Gives a result back; where an answer came that nothing waited for, the trail says so.
    async fn or_unasked<T>(&self, event: Event, loaded: Result<T>) -> Result<T> {
        if let Err(problem) = &loaded
            && problem.fault() == Fault::Stale
        {
            self.record(event.refused(problem.code().name)).await?;
        }
        loaded
    }

    /// What all passwords have cost so far ([`PasswordCheck::work`]).
    pub fn password_work(&self) -> u64 {
        self.passwords.work()
    }

    /// Gives memory back that nothing used since the last call.
    pub fn release_idle_memory(&self) {
        self.passwords.release_idle_memory();
    }

    /// Runs a password check off the async threads, with a bound on how many run at once.
    ///
    /// # Errors
    /// `sign_in.busy` where no seat becomes free in time.
    async fn with_password_seat<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&PasswordCheck) -> T + Send + 'static,
    {
        let seat = self.take_password_seat().await?;
        self.on_password_seat(seat, work).await
    }

    /// Waits for a seat, for what is to be looked at right before the work begins.
    ///
    /// # Errors
    /// `sign_in.busy` where no seat becomes free in time.
    async fn take_password_seat(&self) -> Result<PasswordSeat> {
        let patience = std::time::Duration::from_secs(15);
        let seats = Arc::clone(&self.password_seats);
        let seat = tokio::time::timeout(patience, seats.acquire_owned())
            .await
            .map_err(|_| keyward_core::problem::codes::SIGN_IN_BUSY)?
            .map_err(Problem::internal)?;
        Ok(PasswordSeat(seat))
    }

    /// Runs a password check on its seat, off the async threads.
    async fn on_password_seat<T, F>(&self, seat: PasswordSeat, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&PasswordCheck) -> T + Send + 'static,
    {
        let passwords = Arc::clone(&self.passwords);
        tokio::task::spawn_blocking(move || {
            let _seat = seat;
            work(&passwords)
        })
        .await
        .map_err(Problem::internal)
    }
}

/// A seat at which one password is checked; it is free again when this is dropped.
#[must_use]
struct PasswordSeat(#[allow(dead_code)] tokio::sync::OwnedSemaphorePermit);

/// What a transaction writes with: the moment it happens at, the entropy, the seal, and what the
/// operator decided.
#[derive(Clone)]
struct WriteContext {
    now: Timestamp,
    entropy: SharedEntropy,
    master_key: Arc<MasterKey>,
    settings: Arc<Settings>,
    event_ids: Arc<EventIds>,
    event_runs: Arc<EventRuns>,
}

impl WriteContext {
    /// Records an event, and tells it to whom the rules say.
    fn record(&self, connection: &mut AnyConnection, event: &Event) -> Result<()> {
        self.record_as(connection, event).map(drop)
    }

    /// Records an event, and gives its id. Where there were too many of its sort, it is counted beside
    /// the last of them, and the id is that one's.
    fn record_as(&self, connection: &mut AnyConnection, event: &Event) -> Result<EventId> {
        let id = self.event_ids.next(self.now, &*self.entropy);
        if let Some(last) = self.event_runs.take(event, id, self.now) {
            if self.count_again(connection, last)? {
                outbox::notify(connection, self, event)?;
                return Ok(last);
            }
            self.event_runs.replace(event, id, self.now);
        }
        events::record(connection, id, event, self.now)?;
        outbox::notify(connection, self, event)?;
        Ok(id)
    }

    /// Counts once more what an event tells of; `false` where there is no such event.
    fn count_again(&self, connection: &mut AnyConnection, event: EventId) -> Result<bool> {
        event_repeats::count(connection, event, self.now)
    }
}
