//! What can be done: one thing that a user, an administrator or the server itself can do is one
//! function over [`App`] and one transaction.
//!
//! An action *reads*, then *thinks* (argon2, signatures, the network: off the async threads and
//! outside any transaction), then *writes* in one short transaction: it takes the turn, changes,
//! counts and records the event. Pages, the JSON ceremonies and the command line share everything
//! from here down.

pub mod answered_request;
pub mod api_token;
pub mod application;
pub mod attempt;
pub mod browser_session;
pub mod check;
pub mod declared;
pub mod delivered_code;
pub mod device;
pub mod enrol;
pub mod event;
mod grounds;
pub mod group;
pub mod invitation;
pub mod journey;
pub mod key;
pub mod list_export;
pub mod lockout;
pub mod metadata;
pub mod metrics;
pub mod node;
pub mod objection;
pub mod openid;
pub mod openid_client;
pub mod openid_key;
pub mod otp_key;
pub mod outbox;
pub mod overview;
pub mod page_token;
pub mod pass;
pub mod password;
mod pieces;
pub mod policy;
pub mod readiness;
pub mod recovery;
pub mod report;
pub mod role;
mod rows;
pub mod second_factor;
pub mod service_report;
mod services;
pub mod session;
pub mod set_back;
pub mod set_up;
pub mod siem;
pub mod sign_in;
pub mod start;
pub mod step_up;
pub mod sweep;
pub mod trusted_browser;
mod turn;
pub mod two_factor;
pub mod unread_proxy;
pub mod upstream;
pub mod user;
pub mod validation;
pub mod validation_service;
pub mod verify;
pub mod webhook;
mod write_context;

use std::sync::Arc;
use std::time::Duration;

use keyward_core::clock::{SharedClock, SharedEntropy, Timestamp};
use keyward_core::domain::event::Event;
use keyward_core::factors::webauthn::RelyingParty;
use keyward_core::problem::{Fault, Result};
use keyward_core::secret::MasterKey;
use keyward_settings::Settings;
pub use keyward_store::NOTICED_WITHIN;
use keyward_store::Store;

use self::services::{
    Ceremonies, Gateways, Judging, Metrics, Openid, Passwords, Protection, ThisServer, Trail,
    Upstreams, ValidationRates,
};
use self::write_context::WriteContext;

/// Everything that an action may need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    store: Store,
    /// The time.
    clock: SharedClock,
    /// The randomness.
    entropy: SharedEntropy,
    /// What secrets are sealed under.
    master_key: Arc<MasterKey>,
    /// What the operator decided.
    settings: Arc<Settings>,
    /// Numbers the events of the trail, and counts those that come too often.
    trail: Arc<Trail>,
    /// Hashes and checks passwords, and estimates how strong they are.
    passwords: Arc<Passwords>,
    /// Makes the options of WebAuthn ceremonies, and verifies what authenticators answer.
    ceremonies: Arc<Ceremonies>,
    /// The ways out: mail, phones, YubiKeys' validation services.
    gateways: Arc<Gateways>,
    /// Other OpenID providers, and what is known of them.
    upstreams: Arc<Upstreams>,
    /// How much clients of our own validation server ask.
    validation_rates: Arc<ValidationRates>,
    /// What is counted in this process.
    metrics: Arc<Metrics>,
    /// Judging devices by policy, one at a time.
    judging: Arc<Judging>,
    /// Who is behind cookies, and what applications' rules are, for requests that come again and again.
    protection: Arc<Protection>,
    /// The OpenID provider's clients and keys, for requests that come again and again.
    openid: Arc<Openid>,
    /// Which of several servers this is, and what it knows of itself.
    server: Arc<ThisServer>,
}

impl App {
    /// The same actions over connections that requests of users do not hold up.
    pub fn for_validation(&self) -> Self {
        Self {
            store: self.store.for_validation(),
            ..self.clone()
        }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        let now = self.clock.now();
        self.server.latest.note(now);
        now
    }

    /// The clock, for what outlives a request.
    pub fn clock(&self) -> SharedClock {
        Arc::clone(&self.clock)
    }

    /// What the operator decided.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// Who we are to authenticators.
    pub fn relying_party(&self) -> &RelyingParty {
        &self.ceremonies.relying_party
    }

    /// Closes the database: what was begun is finished, nothing new is. An embedded one is whole in
    /// its file then, where that works `within` this time.
    pub async fn close(&self, within: Duration) {
        self.store.close(within).await;
    }

    /// What all passwords have cost so far ([`PasswordCheck::work`]).
    ///
    /// [`PasswordCheck::work`]: keyward_core::factors::password::PasswordCheck::work
    pub fn password_work(&self) -> u64 {
        self.passwords.work()
    }

    /// Gives memory back that nothing used since the last call.
    pub fn release_idle_memory(&self) {
        self.passwords.release_idle_memory();
    }

    /// What a transaction takes along.
    fn context(&self) -> WriteContext {
        WriteContext {
            now: self.now(),
            entropy: Arc::clone(&self.entropy),
            master_key: Arc::clone(&self.master_key),
            settings: Arc::clone(&self.settings),
            trail: Arc::clone(&self.trail),
            metrics: Arc::clone(&self.metrics),
            protection: Arc::clone(&self.protection),
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
            // That has a line of its own already, about the token: `grounds.rs`.
            && problem.code() != keyward_core::problem::codes::API_TOKEN_SCOPE
        {
            self.record(event.refused(problem.code())).await?;
        }
        result
    }

    /// Gives a result back; where an answer came that nothing waited for, the trail says so.
    async fn or_unasked<T>(&self, event: Event, loaded: Result<T>) -> Result<T> {
        if let Err(problem) = &loaded
            && problem.fault() == Fault::Stale
        {
            self.record(event.refused(problem.code())).await?;
        }
        loaded
    }
}
