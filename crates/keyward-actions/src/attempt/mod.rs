//! Counting tries before their answers are known.

pub mod by_address;
mod first_step;
pub mod spraying;
pub(crate) use first_step::admit_first_step;
pub(crate) use first_step::refuse_first_step;

use std::time::Duration;

use super::{App, WriteContext};
use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::{AttemptScope, FOR_GOOD};
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::problem::{Problem, Result, codes};
use keyward_settings::Lockout;
use keyward_store::AnyConnection;
use keyward_store::attempts::{self, Admission};

/// How long a try waits for others from its address that are being judged, and how often it looks.
const PAUSES: [Duration; 8] = [
    Duration::from_millis(20),
    Duration::from_millis(40),
    Duration::from_millis(80),
    Duration::from_millis(160),
    Duration::from_millis(300),
    Duration::from_millis(400),
    Duration::from_millis(500),
    Duration::from_millis(500),
];

/// What a try turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// Wrong: it stays counted, on the address too.
    Wrong,
    /// No guess: right but used before, or never answered. The count is taken back.
    NoGuess,
    /// Right: the scope is forgotten, and so are its failures from this address.
    Right,
}

/// Refuses addresses that are locked, before anything costly is done for them. The try is counted,
/// and the address looked at once more, when the work begins.
///
/// # Errors
/// `sign_in.too_many`
pub(super) async fn admit_address(app: &App, client: &Client) -> Result<()> {
    let scope = AttemptScope::address(client.address);
    if app.settings.lockout.per_address(client.address).is_none() {
        return Ok(());
    }
    let now = app.now();
    app.store
        .look(move |connection| refuse_locked(connection, &scope, now))
        .await
}

/// Runs a transaction that admits a try. Where as many tries from its address are being judged as
/// there may be, it waits a little for them: a whole office may be signing in.
///
/// # Errors
/// The transaction's.
pub(super) async fn begin_counted<T, F>(app: &App, admit: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&mut AnyConnection) -> Result<T> + Clone + Send + 'static,
{
    for pause in PAUSES {
        // Whatever comes of the try is on disk before the caller is told of it, and this with it.
        match app.store.write_unsynced(admit.clone()).await {
            Err(problem) if problem.code() == codes::SIGN_IN_BUSY => {
                tokio::time::sleep(pause).await;
            }
            admitted => return admitted,
        }
    }
    app.store.write_unsynced(admit).await
}

/// A try at a scope that is locked: it counts on the address, and is counted beside the one event
/// of this lock. Writing an event for every request of a user who is shut out would let them fill
/// the trail.
pub(super) async fn note_locked(
    app: &App,
    scope: &AttemptScope,
    event: Event,
    client: &Client,
) -> Result<()> {
    let (context, lockout) = (app.context(), app.settings.lockout.clone());
    let (scope, client) = (scope.clone(), client.clone());
    app.store
        .write_unsynced(move |connection| {
            record_locked(connection, &context, &scope, &event)?;
            by_address::add_failure(connection, &context, Some(&scope), &lockout, &client)
        })
        .await
}

/// Records a try at a locked scope, in the caller's transaction: the first one of a lock as an event,
/// the others by a number beside it.
pub(super) fn record_locked(
    connection: &mut AnyConnection,
    context: &WriteContext,
    scope: &AttemptScope,
    event: &Event,
) -> Result<()> {
    // Held, so that of many at once one finds that there is no event yet.
    attempts::hold(connection, scope, context.now)?;
    if let Some(told) = attempts::lock_event(connection, scope)?
        && context.count_again(connection, told)?
    {
        return Ok(());
    }
    let id = context.record_as(connection, event)?;
    attempts::set_lock_event(connection, scope, id).map(drop)
}

/// Counts a try on a scope and on the address that it comes from, in the caller's transaction, which
/// must end where this refuses.
///
/// # Errors
/// `sign_in.locked` and `sign_in.ended` where the scope is locked, `sign_in.too_many` where the
/// address is, `sign_in.busy` where other tries from there have to be judged first.
pub(super) fn admit(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    lockout: &Lockout,
    client: &Client,
    now: Timestamp,
) -> Result<()> {
    if scope.is_hopeless() {
        return Ok(());
    }
    match attempts::admit(connection, scope, &lockout.per_scope(scope), now)? {
        Admission::Admitted => by_address::admit(connection, scope, lockout, client, now),
        Admission::LockedUntil(until) => Err(too_many(scope, until, now)),
    }
}

/// Refuses a scope that is locked, in the caller's transaction, where nothing is there to be counted.
///
/// # Errors
/// `sign_in.locked`, `sign_in.ended`; `sign_in.too_many` for an address
pub(super) fn refuse_locked(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    now: Timestamp,
) -> Result<()> {
    match attempts::lock_of(connection, scope, now)? {
        Some(until) if !scope.is_hopeless() => Err(too_many(scope, until, now)),
        _ => Ok(()),
    }
}

/// Settles a counted try, in the caller's transaction. Rows are taken in one order everywhere: the
/// scope's, then the address's.
pub(super) fn settle(
    connection: &mut AnyConnection,
    context: &WriteContext,
    scope: &AttemptScope,
    tried: Tried,
    lockout: &Lockout,
    client: &Client,
) -> Result<()> {
    if scope.is_hopeless() {
        return Ok(());
    }
    match tried {
        Tried::Right => attempts::clear(connection, scope)?,
        Tried::NoGuess => attempts::take_back(connection, scope)?,
        Tried::Wrong => lock_if_spent(connection, context, scope, lockout, client)?,
    }
    by_address::settle(connection, context, scope, tried, lockout, client)
}

/// Locks a scope that has failed too often, and ends it where it has failed too often in a row.
fn lock_if_spent(
    connection: &mut AnyConnection,
    context: &WriteContext,
    scope: &AttemptScope,
    lockout: &Lockout,
    client: &Client,
) -> Result<()> {
    let limit = lockout.per_scope(scope);
    if attempts::end_if_spent(connection, scope, &limit)? {
        let mut event = Event::new(EventKind::FactorEnded)
            .detailed(EventDetail::Count {
                scope: scope.key(),
                until: None,
            })
            .from(client);
        event.subject = scope.user();
        return context.record(connection, &event);
    }
    match attempts::lock_if_spent(connection, scope, &limit, context.now)? {
        Some(until) => context.record(connection, &locked_out(scope, until, client)),
        None => Ok(()),
    }
}

/// Counts a failure that belongs to no user, on the address, in the caller's transaction, which must
/// end where this refuses: of many at once as many get past here as one after the other would.
///
/// # Errors
/// `sign_in.too_many` where the address is locked.
pub(super) fn settle_address(
    connection: &mut AnyConnection,
    context: &WriteContext,
    lockout: &Lockout,
    client: &Client,
) -> Result<()> {
    if lockout.per_address(client.address).is_some() {
        let address = AttemptScope::address(client.address);
        attempts::hold(connection, &address, context.now)?;
        refuse_locked(connection, &address, context.now)?;
    }
    by_address::add_failure(connection, context, None, lockout, client)
}

/// One event a lock.
pub(super) fn locked_out(scope: &AttemptScope, until: Timestamp, client: &Client) -> Event {
    let mut event = Event::new(EventKind::LockedOut)
        .detailed(EventDetail::Count {
            scope: scope.key(),
            until: Some(until),
        })
        .from(client);
    event.subject = scope.user();
    event
}

/// Which lock it is: an account's or an address's are told apart, because what to do next differs.
pub(super) fn too_many(scope: &AttemptScope, until: Timestamp, now: Timestamp) -> Problem {
    let code = match scope {
        AttemptScope::Address(_) => codes::SIGN_IN_TOO_MANY,
        _ if until >= FOR_GOOD => return codes::SIGN_IN_ENDED.into(),
        _ => codes::SIGN_IN_LOCKED,
    };
    Problem::new(code).retry_after(until.since(now))
}

/// Whether a problem says that the scope itself is locked, and not the address.
pub(super) fn is_locked(problem: &Problem) -> bool {
    [codes::SIGN_IN_LOCKED, codes::SIGN_IN_ENDED].contains(&problem.code())
}
