//! Bounds how many events of one sort a client can write: beyond a number in an hour, what happens
//! again is counted beside the last event of its sort.
//!
//! An attacker who can make the trail write a line for each request can fill the disk and bury what
//! matters. What administrators do is always written, and so is what no request caused.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::attempt::network;
use super::event::{Actor, Event, EventId, EventKind, EventOutcome};
use crate::clock::Timestamp;

/// For how long events of one sort are counted together.
const HOUR: Duration = Duration::from_hours(1);
/// Events of one sort from one network about one user that are written, of those that were refused.
const REFUSED: u32 = 100;
/// The same for a page that a user may not open: the first few say all there is.
const TURNED_AWAY: u32 = 3;
/// The same for what users do to their own accounts.
const DONE: u32 = 300;
/// Events of one kind by one user about themselves, from wherever: who signs in from a thousand networks
/// writes no more than who stays.
const BY_ONE_USER: u32 = 1_000;
/// Refused events of one kind from one network, whomever they are about.
const FROM_ONE_NETWORK: u32 = 2_000;
/// Refusals of one kind from one network, written or counted, that are a flood.
const FLOOD: u32 = 2_000;
/// The most sorts that are remembered, in two halves: a bound of a few megabytes.
const MOST_SORTS: usize = 32_768;

/// Counts the events of this process, sort by sort.
#[derive(Debug, Default)]
pub struct EventRuns {
    hasher: RandomState,
    sorts: Mutex<Sorts>,
}

#[derive(Debug, Default)]
struct Sorts {
    began: Option<Timestamp>,
    now: HashMap<u64, Run>,
    before: HashMap<u64, Run>,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    began: Timestamp,
    written: u32,
    last: EventId,
}

/// What an event is counted with.
#[derive(Clone, Copy, Debug)]
struct Sort {
    key: u64,
    most: u32,
}

impl EventRuns {
    /// The event with which this one is counted, where there were as many of its sort as are written.
    /// Else it is written under `id`.
    pub fn take(&self, event: &Event, id: EventId, now: Timestamp) -> Option<EventId> {
        let sorts = self.sorts_of(event);
        if sorts.is_empty() {
            return None;
        }
        let mut runs = self.sorts.lock().unwrap_or_else(PoisonError::into_inner);
        runs.turn(now);
        let full = sorts.iter().find_map(|sort| {
            let run = runs.get(sort.key, now)?;
            (run.written >= sort.most).then_some(run.last)
        });
        if full.is_none() {
            sorts.iter().for_each(|sort| runs.count(sort.key, id, now));
        }
        if let (EventOutcome::Refused(_), Some(client)) = (event.outcome, &event.client) {
            runs.count(self.flood_of(event.kind, client.address), id, now);
        }
        full
    }

    /// Whether so much of this kind was refused from one network within an hour that nothing is kept
    /// of each one more.
    pub fn is_flooded(&self, kind: EventKind, address: IpAddr, now: Timestamp) -> bool {
        let key = self.flood_of(kind, address);
        let runs = self.sorts.lock().unwrap_or_else(PoisonError::into_inner);
        runs.get(key, now).is_some_and(|run| run.written >= FLOOD)
    }

    fn flood_of(&self, kind: EventKind, address: IpAddr) -> u64 {
        let what = ("flood", kind.as_str(), network(address));
        self.hasher.hash_one(what)
    }

    /// The event that counted repeats is not there: this one is written in its place.
    pub fn replace(&self, event: &Event, id: EventId, now: Timestamp) {
        let mut runs = self.sorts.lock().unwrap_or_else(PoisonError::into_inner);
        for sort in self.sorts_of(event) {
            runs.count(sort.key, id, now);
        }
    }

    fn sorts_of(&self, event: &Event) -> Vec<Sort> {
        let Some(client) = &event.client else {
            return Vec::new();
        };
        let from = network(client.address);
        let (refusal, most) = match event.outcome {
            EventOutcome::Refused(_) if event.kind == EventKind::AccessRefused => {
                (true, TURNED_AWAY)
            }
            EventOutcome::Refused(_) => (true, REFUSED),
            EventOutcome::Done if is_of_oneself(event) => (false, DONE),
            EventOutcome::Done => return Vec::new(),
        };
        let kind = event.kind.as_str();
        let (who, whom) = (
            match event.actor {
                Actor::User(id) => Some(id),
                Actor::Anonymous | Actor::CommandLine => None,
            },
            event.subject,
        );
        let reason = match event.outcome {
            EventOutcome::Refused(reason) => reason.as_str(),
            EventOutcome::Done => "",
        };
        let key = self.hasher.hash_one((kind, reason, who, whom, &from));
        let mut sorts = vec![Sort { key, most }];
        if refusal {
            sorts.push(Sort {
                key: self.hasher.hash_one((kind, &from)),
                most: FROM_ONE_NETWORK,
            });
        }
        if let Some(who) = who
            && (refusal || is_of_oneself(event))
        {
            sorts.push(Sort {
                key: self.hasher.hash_one((kind, who)),
                most: BY_ONE_USER,
            });
        }
        sorts
    }
}

/// Whether a user did something to their own account, or asked for something without saying who
/// they are: what a stranger or a plain user can do as often as they like.
fn is_of_oneself(event: &Event) -> bool {
    match event.actor {
        Actor::User(id) => event.subject == Some(id),
        Actor::Anonymous => matches!(
            event.kind,
            EventKind::RecoveryAsked | EventKind::KeyReportedFound
        ),
        Actor::CommandLine => false,
    }
}

impl Sorts {
    /// Forgets the older half where the younger is full or an hour old.
    fn turn(&mut self, now: Timestamp) {
        let began = *self.began.get_or_insert(now);
        if now.since(began) >= HOUR || self.now.len() >= MOST_SORTS / 2 {
            self.before = std::mem::take(&mut self.now);
            self.began = Some(now);
        }
    }

    fn get(&self, key: u64, now: Timestamp) -> Option<Run> {
        let run = self.now.get(&key).or_else(|| self.before.get(&key))?;
        (now.since(run.began) < HOUR).then_some(*run)
    }

    fn count(&mut self, key: u64, id: EventId, now: Timestamp) {
        let (began, written) = match self.get(key, now) {
            Some(run) => (run.began, run.written.saturating_add(1)),
            None => (now, 1),
        };
        let run = Run {
            began,
            written,
            last: id,
        };
        self.now.insert(key, run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;
    use crate::domain::event::EventIds;
    use crate::domain::session::Client;
    use crate::domain::user::UserId;
    use crate::problem::codes;

    fn from(address: &str) -> Client {
        Client::new(address.parse::<IpAddr>().expect("an address"), "browser")
    }

    fn written(runs: &EventRuns, event: &Event, times: u32, now: Timestamp) -> u32 {
        let ids = EventIds::default();
        let taken = (0..times).map(|_| runs.take(event, ids.next(now, &SystemEntropy), now));
        u32::try_from(taken.filter(Option::is_none).count()).expect("few")
    }

    fn neighbour_of(address: &str) -> IpAddr {
        address.parse().expect("an address")
    }

    #[test]
    fn a_stranger_writes_a_bounded_number_of_events_an_hour() {
        let (runs, now) = (EventRuns::default(), Timestamp::from_seconds(1_000));
        let event = Event::new(EventKind::PasskeyChecked)
            .refused(codes::CEREMONY_REFUSED)
            .from(&from("192.0.2.1"));
        assert_eq!(written(&runs, &event, 10_000, now), REFUSED);
        // Neighbours are one network; others are not.
        let neighbour = event.clone().from(&from("192.0.2.200"));
        assert_eq!(written(&runs, &neighbour, 10, now), 0);
        let other = event.clone().from(&from("198.51.100.1"));
        assert_eq!(written(&runs, &other, 10, now), 10);
        assert!(runs.is_flooded(event.kind, neighbour_of("192.0.2.9"), now));
        assert!(!runs.is_flooded(event.kind, neighbour_of("198.51.100.9"), now));
        assert_eq!(written(&runs, &event, 10, now + HOUR), 10);
    }

    #[test]
    fn going_through_everybody_is_bounded_too() {
        let (runs, now) = (EventRuns::default(), Timestamp::from_seconds(1_000));
        let mut all = 0;
        for _ in 0..100 {
            let event = Event::new(EventKind::PasskeyChecked)
                .refused(codes::CEREMONY_REFUSED)
                .about(UserId::generate(now, &SystemEntropy))
                .from(&from("192.0.2.1"));
            all += written(&runs, &event, 50, now);
        }
        assert_eq!(all, FROM_ONE_NETWORK);
    }

    #[test]
    fn what_administrators_do_is_always_written() {
        let (runs, now) = (EventRuns::default(), Timestamp::from_seconds(1_000));
        let [anna, ben] = [(); 2].map(|()| UserId::generate(now, &SystemEntropy));
        let by_anna = Event::new(EventKind::UserDisabled)
            .by(Actor::User(anna))
            .from(&from("192.0.2.1"));
        assert_eq!(
            written(&runs, &by_anna.clone().about(ben), 1_000, now),
            1_000
        );
        assert_eq!(written(&runs, &by_anna, 1_000, now), 1_000);
        let own = Event::new(EventKind::DeviceRenamed)
            .by(Actor::User(ben))
            .about(ben)
            .from(&from("192.0.2.1"));
        assert_eq!(written(&runs, &own, 1_000, now), DONE);
    }

    #[test]
    fn what_one_user_does_is_bounded_from_wherever_they_do_it() {
        let (runs, now) = (EventRuns::default(), Timestamp::from_seconds(1_000));
        let [anna, ben] = [(); 2].map(|()| UserId::generate(now, &SystemEntropy));
        let sign_in = |user, network: u32| {
            Event::new(EventKind::SignedIn)
                .by(Actor::User(user))
                .about(user)
                .from(&from(&format!("10.{}.{}.1", network / 256, network % 256)))
        };
        let all = (0..3_000).map(|network| written(&runs, &sign_in(anna, network), 1, now));
        assert_eq!(all.sum::<u32>(), BY_ONE_USER);
        assert_eq!(written(&runs, &sign_in(ben, 0), 1, now), 1);
        assert_eq!(written(&runs, &sign_in(anna, 0), 1, now + HOUR), 1);
    }
}
