//! Counting tries before their answers are known.

mod first_step;
pub mod spraying;

use super::{Keyward, Pen};
use crate::clock::Timestamp;
use crate::domain::attempt::AttemptScope;
use crate::domain::event::{Event, EventKind};
use crate::domain::session::Client;
use crate::problem::{Problem, Result, codes};
use crate::settings::Lockout;
use crate::store::AnyConnection;
use crate::store::attempts::{self, Admission};

/// What a try turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// Wrong: it stays counted, on the address too.
    Wrong,
    /// No guess: right but used before, or never answered. The count is taken back.
    NoGuess,
    /// Right: the scope is forgotten, and the address has one failure less, so that an office
    /// behind one address is not locked by everyday mistakes.
    Right,
}

impl Keyward {
    /// Refuses addresses that are locked, before anything costly is done for them.
    ///
    /// # Errors
    /// `sign_in.too_many`
    pub(super) async fn admit_address(&self, client: &Client) -> Result<()> {
        let scope = AttemptScope::address(client.address);
        let now = self.now();
        self.store
            .look(move |connection| refuse_locked(connection, &scope, now))
            .await
    }
}

/// Counts a try on a scope, in the caller's transaction.
///
/// # Errors
/// `sign_in.too_many` where the scope is locked.
pub(super) fn admit(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    lockout: &Lockout,
    now: Timestamp,
) -> Result<()> {
    match attempts::admit(connection, scope, &lockout.per_user(), now)? {
        Admission::Admitted => Ok(()),
        Admission::LockedUntil(until) => Err(too_many(until, now)),
    }
}

/// Refuses a scope that is locked, in the caller's transaction, where nothing is there to be counted.
///
/// # Errors
/// `sign_in.too_many`
pub(super) fn refuse_locked(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    now: Timestamp,
) -> Result<()> {
    match attempts::lock_of(connection, scope, now)? {
        None => Ok(()),
        Some(until) => Err(too_many(until, now)),
    }
}

/// Settles a counted try, in the caller's transaction.
pub(super) fn settle(
    connection: &mut AnyConnection,
    pen: &Pen,
    scope: &AttemptScope,
    tried: Tried,
    lockout: &Lockout,
    client: &Client,
) -> Result<()> {
    match tried {
        Tried::Right => {
            // Not cleared: an attacker with an account of their own would start over at will.
            attempts::take_back(connection, &AttemptScope::address(client.address))?;
            attempts::clear(connection, scope)
        }
        Tried::NoGuess => attempts::take_back(connection, scope),
        Tried::Wrong => {
            let user = attempts::lock_if_spent(connection, scope, &lockout.per_user(), pen.now)?;
            let address = AttemptScope::address(client.address);
            let limit = lockout.per_address();
            let from = attempts::count_failure(connection, &address, &limit, pen.now)?;
            for (scope, locked) in [(scope, user), (&address, from)] {
                if let Some(until) = locked {
                    pen.record(connection, &locked_out(scope, until, client))?;
                }
            }
            Ok(())
        }
    }
}

/// Counts a failure that belongs to no user, on the address, in the caller's transaction.
pub(super) fn settle_address(
    connection: &mut AnyConnection,
    pen: &Pen,
    lockout: &Lockout,
    client: &Client,
) -> Result<()> {
    let scope = AttemptScope::address(client.address);
    let locked = attempts::count_failure(connection, &scope, &lockout.per_address(), pen.now)?;
    match locked {
        Some(until) => pen.record(connection, &locked_out(&scope, until, client)),
        None => Ok(()),
    }
}

/// One event a lock: what is refused while it lasts is not written down, because writing for every
/// request of somebody who is shut out would let them fill the trail.
fn locked_out(scope: &AttemptScope, until: Timestamp, client: &Client) -> Event {
    let mut event = Event::new(EventKind::LockedOut)
        .detailed(format!("{} until {until}", scope.key()))
        .from(client);
    event.subject = scope.user();
    event
}

fn too_many(until: Timestamp, now: Timestamp) -> Problem {
    Problem::new(codes::SIGN_IN_TOO_MANY).retry_after(until.since(now))
}
