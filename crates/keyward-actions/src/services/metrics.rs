//! Numbers about this process, for the operator who watches it. No label holds what a user typed or is
//! called: labels are kinds, codes, routes, and names that administrators gave to services and
//! applications.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use keyward_core::domain::event::{Event, EventDetail, EventKind, EventOutcome};
use keyward_core::problem::{Problem, Result};

type Seconds = Gauge<f64, AtomicU64>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignIn {
    step: &'static str,
    method: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refusal {
    kind: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteStatus {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ForwardAuth {
    application: String,
    answer: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Service {
    service: String,
    verdict: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Cache {
    cache: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Queue {
    queue: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Connections {
    lane: &'static str,
    purpose: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Delivery {
    outcome: &'static str,
}

/// What a request to `/forward-auth` was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardAuthAnswer {
    /// It may pass.
    Allowed,
    /// No user is signed in.
    Unauthenticated,
    /// More must be proved first.
    StepUp,
    /// It may not pass.
    Denied,
    /// The question could not be read, or nothing answers for this host.
    Unknown,
}

impl ForwardAuthAnswer {
    /// How many there are.
    const COUNT: usize = Self::Unknown as usize + 1;

    fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Unauthenticated => "unauthenticated",
            Self::StepUp => "step_up",
            Self::Denied => "denied",
            Self::Unknown => "unknown",
        }
    }
}

/// What is read when the numbers are asked for, and not counted as it happens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readings {
    /// Whether the database answered; where it did not, what it knows is left out.
    pub(crate) database: bool,
    /// How much waits in each queue, and for how long the oldest.
    pub(crate) queues: Vec<(&'static str, i64, Duration)>,
    /// How many events webhooks were given up for.
    pub(crate) dead: i64,
    /// Connections of each pool: lane, purpose, lent, the most.
    pub(crate) connections: Vec<(&'static str, &'static str, usize, usize)>,
    /// Hits and misses of the read cache so far.
    pub(crate) read_cache: Option<(u64, u64)>,
    /// Seats at which passwords are hashed: taken, all.
    pub(crate) seats: (usize, usize),
}

/// All numbers of this process.
pub struct Metrics {
    registry: Mutex<Registry>,
    sign_ins: Family<SignIn, Counter>,
    refusals: Family<Refusal, Counter>,
    events: Family<Kind, Counter>,
    requests: Family<RouteStatus, Counter>,
    durations: Family<Route, Histogram>,
    forward_auth: Family<ForwardAuth, Counter>,
    /// The same by application and answer, since it is counted at each request to each of them.
    by_application: RwLock<HashMap<String, [OnceLock<Counter>; ForwardAuthAnswer::COUNT]>>,
    forward_auth_duration: Histogram,
    services: Family<Service, Counter>,
    service_duration: Histogram,
    cache_reads: Family<Cache, Counter>,
    deliveries: Family<Delivery, Counter>,
    database_up: Gauge,
    queue_depth: Family<Queue, Gauge>,
    queue_age: Family<Queue, Seconds>,
    dead: Gauge,
    lent: Family<Connections, Gauge>,
    pool: Family<Connections, Gauge>,
    seats_taken: Gauge,
    seats: Gauge,
}

/// Bounds of buckets, in seconds: from what a cache answers to what nobody waits for.
const BUCKETS: [f64; 13] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Mutex::new(Registry::with_prefix("keyward")),
            sign_ins: Family::default(),
            refusals: Family::default(),
            events: Family::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(histogram),
            forward_auth: Family::default(),
            by_application: RwLock::default(),
            forward_auth_duration: histogram(),
            services: Family::default(),
            service_duration: histogram(),
            cache_reads: Family::default(),
            deliveries: Family::default(),
            database_up: Gauge::default(),
            queue_depth: Family::default(),
            queue_age: Family::default(),
            dead: Gauge::default(),
            lent: Family::default(),
            pool: Family::default(),
            seats_taken: Gauge::default(),
            seats: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&self) {
        let mut registry = self.registry();
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Which version runs", version);
        self.register_counts(&mut registry);
        self.register_readings(&mut registry);
    }

    fn register_counts(&self, registry: &mut Registry) {
        registry.register(
            "sign_in_steps",
            "Steps of signing in, by method and outcome",
            self.sign_ins.clone(),
        );
        registry.register(
            "refusals",
            "What was refused, by the trail's kind and the code",
            self.refusals.clone(),
        );
        registry.register(
            "events",
            "Events of the trail, by kind",
            self.events.clone(),
        );
        registry.register(
            "http_requests",
            "Answers, by route and status",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "How long answers took, by route",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "forward_auth",
            "Answers of forward-auth, by application",
            self.forward_auth.clone(),
        );
        registry.register_with_unit(
            "forward_auth_duration",
            "How long answers of forward-auth took",
            Unit::Seconds,
            self.forward_auth_duration.clone(),
        );
        registry.register(
            "validation_service_verdicts",
            "What validation services said of one-time passwords",
            self.services.clone(),
        );
        registry.register_with_unit(
            "validation_service_duration",
            "How long validation services took",
            Unit::Seconds,
            self.service_duration.clone(),
        );
        registry.register(
            "cache_reads",
            "Reads of what is kept in memory, by result",
            self.cache_reads.clone(),
        );
        registry.register(
            "webhook_tries",
            "Tries of sending events to webhooks, by outcome",
            self.deliveries.clone(),
        );
    }

    fn register_readings(&self, registry: &mut Registry) {
        registry.register(
            "database_up",
            "Whether the database answered",
            self.database_up.clone(),
        );
        registry.register(
            "queue_depth",
            "How much waits to be sent, by queue",
            self.queue_depth.clone(),
        );
        registry.register_with_unit(
            "queue_oldest_age",
            "For how long the oldest in a queue waits",
            Unit::Seconds,
            self.queue_age.clone(),
        );
        registry.register(
            "webhook_dead_deliveries",
            "How many events webhooks were given up for",
            self.dead.clone(),
        );
        registry.register(
            "database_connections_lent",
            "Connections in use, by pool",
            self.lent.clone(),
        );
        registry.register(
            "database_connections_limit",
            "The most connections, by pool",
            self.pool.clone(),
        );
        registry.register(
            "password_seats_taken",
            "Passwords that are hashed now",
            self.seats_taken.clone(),
        );
        registry.register(
            "password_seats",
            "How many passwords are hashed at once",
            self.seats.clone(),
        );
    }

    fn registry(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an event of the trail, whether it has a row of its own or not.
    pub(crate) fn count(&self, event: &Event) {
        let kind = event.kind.as_str();
        self.events.get_or_create(&Kind { kind }).inc();
        let outcome = match event.outcome {
            EventOutcome::Done => "done",
            EventOutcome::Refused(reason) => {
                let code = reason.as_str();
                self.refusals.get_or_create(&Refusal { kind, code }).inc();
                "refused"
            }
        };
        if let Some((step, method)) = step_of(event) {
            let labels = SignIn {
                step,
                method,
                outcome,
            };
            self.sign_ins.get_or_create(&labels).inc();
        }
    }

    /// Counts an answer to a request, and how long it took.
    pub fn answered(&self, method: &'static str, route: String, status: u16, took: Duration) {
        let of_route = Route {
            method,
            route: route.clone(),
        };
        let of_status = RouteStatus {
            method,
            route,
            status,
        };
        self.requests.get_or_create(&of_status).inc();
        self.durations
            .get_or_create(&of_route)
            .observe(took.as_secs_f64());
    }

    /// Counts an answer of forward-auth about an application, by its name, and how long it took.
    pub fn forward_auth(&self, application: &str, answer: ForwardAuthAnswer, took: Duration) {
        self.forward_auth_duration.observe(took.as_secs_f64());
        let counters = &self.by_application;
        let known = counters.read().unwrap_or_else(PoisonError::into_inner);
        let counter = |of: &[OnceLock<Counter>; ForwardAuthAnswer::COUNT]| {
            of.get(answer as usize).map(|counter| {
                counter
                    .get_or_init(|| self.forward_auth_of(application, answer))
                    .inc()
            })
        };
        if known.get(application).and_then(counter).is_some() {
            return;
        }
        drop(known);
        let mut known = counters.write().unwrap_or_else(PoisonError::into_inner);
        counter(known.entry(application.to_owned()).or_default());
    }

    fn forward_auth_of(&self, application: &str, answer: ForwardAuthAnswer) -> Counter {
        let application = application.to_owned();
        let answer = answer.as_str();
        self.forward_auth.get_or_create_owned(&ForwardAuth {
            application,
            answer,
        })
    }

    /// Counts a read of something that is kept in memory, by the cache's name.
    pub fn cache_read(&self, cache: &'static str, is_hit: bool) {
        self.reads_of(cache, is_hit).inc();
    }

    fn reads_of(&self, cache: &'static str, is_hit: bool) -> Counter {
        let result = if is_hit { "hit" } else { "miss" };
        self.cache_reads
            .get_or_create_owned(&Cache { cache, result })
    }

    /// Counts what a validation service said, and how long that took.
    pub(crate) fn validated(&self, service: &str, verdict: &'static str, took: Duration) {
        let service = service.to_owned();
        self.services
            .get_or_create(&Service { service, verdict })
            .inc();
        self.service_duration.observe(took.as_secs_f64());
    }

    /// Counts a try of sending an event to a webhook.
    pub(crate) fn sent(&self, outcome: &'static str) {
        self.deliveries.get_or_create(&Delivery { outcome }).inc();
    }

    /// Everything as Prometheus reads it, with what was read just now.
    ///
    /// # Errors
    /// `internal` where it cannot be written.
    pub(crate) fn text(&self, readings: &Readings) -> Result<String> {
        let registry = self.registry();
        self.set(readings);
        let mut text = String::new();
        encode(&mut text, &registry).map_err(Problem::internal)?;
        Ok(text)
    }

    fn set(&self, readings: &Readings) {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.database_up.set(readings.database.into());
        self.queue_depth.clear();
        self.queue_age.clear();
        for (queue, depth, age) in &readings.queues {
            let labels = Queue { queue };
            self.queue_depth.get_or_create(&labels).set(*depth);
            self.queue_age.get_or_create(&labels).set(age.as_secs_f64());
        }
        self.dead.set(readings.dead);
        for (lane, purpose, lent, most) in &readings.connections {
            let labels = Connections { lane, purpose };
            self.lent.get_or_create(&labels).set(number(*lent));
            self.pool.get_or_create(&labels).set(number(*most));
        }
        if let Some((hits, misses)) = readings.read_cache {
            for (is_hit, so_far) in [(true, hits), (false, misses)] {
                let counter = self.reads_of("database_reads", is_hit);
                counter.inc_by(so_far.saturating_sub(counter.get()));
            }
        }
        self.seats_taken.set(number(readings.seats.0));
        self.seats.set(number(readings.seats.1));
    }
}

/// Which step of a sign-in an event tells of, and by what it was made.
fn step_of(event: &Event) -> Option<(&'static str, String)> {
    let of_device = |otherwise: &str| match &event.detail {
        Some(EventDetail::Device { kind, .. }) => kind.as_str().to_owned(),
        _ => otherwise.to_owned(),
    };
    if event.kind == EventKind::PasswordChecked {
        return Some(("password", "password".to_owned()));
    }
    if event.kind == EventKind::PasskeyChecked {
        return Some(("passkey", of_device("passkey")));
    }
    if event.kind == EventKind::SecondFactorChecked {
        return Some(("second_factor", of_device("any")));
    }
    if event.kind == EventKind::SignedIn {
        let method = match &event.detail {
            Some(EventDetail::Proved(proved)) => proved.methods.joined(),
            _ => "any".to_owned(),
        };
        return Some(("completed", method));
    }
    None
}
