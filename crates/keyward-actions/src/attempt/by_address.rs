//! Counting tries on the address that they come from.
//!
//! Each try is counted when its judgement begins, so that many at once cannot pass the limit
//! together, and settled when it is known. People are counted and not tries: a user who mistypes
//! and gets in is no failure, and everybody who gets in makes room for one who does not, so that an
//! office behind one address is not locked by everyday mistakes.

use std::time::Duration;

use super::{Tried, locked_out, too_many};
use crate::WriteContext;
use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::session::Client;
use keyward_core::problem::{Problem, Result, codes};
use keyward_settings::Lockout;
use keyward_store::address_tries::{self, Outcome, Since};
use keyward_store::{AnyConnection, attempts};

/// How long failures of an address count.
pub const WINDOW: Duration = Duration::from_hours(1);
/// How long a judgement takes at most; one that takes longer was broken off.
const JUDGED: Duration = Duration::from_mins(1);
/// How long a user who comes while as many tries are judged as there may be is asked to wait.
const MOMENT: Duration = Duration::from_secs(1);

/// Whose failures those are that are no user's: links and tokens that never were.
const NOBODYS: &str = "nobody";

fn since(now: Timestamp) -> Since {
    Since {
        judged: now - JUDGED,
        outcome: now - WINDOW,
    }
}

/// Counts a try whose judgement begins, in the caller's transaction, which must end where this
/// refuses.
///
/// # Errors
/// `sign_in.too_many` where the address is locked; `sign_in.busy` where it will be if those tries
/// turn out wrong that are being judged.
pub(super) fn admit(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    lockout: &Lockout,
    client: &Client,
    now: Timestamp,
) -> Result<()> {
    let Some(limit) = lockout.per_address(client.address) else {
        return Ok(());
    };
    if !scope.counts_by_address() {
        return Ok(());
    }
    let address = AttemptScope::address(client.address);
    let key = address.key();
    attempts::hold(connection, &address, now)?;
    if let Some(until) = attempts::lock_of(connection, &address, now)? {
        return Err(too_many(&address, until, now));
    }
    address_tries::begin(connection, &key, &scope.whose(), since(now), now)?;
    let balance = address_tries::balance(connection, &key, since(now))?;
    let would_be = balance.outcome.saturating_add(balance.pending);
    if balance.pending > 1 && would_be > i64::from(limit.failures) {
        return Err(Problem::new(codes::SIGN_IN_BUSY).retry_after(MOMENT));
    }
    Ok(())
}

/// Settles a try that was counted, in the caller's transaction.
pub(super) fn settle(
    connection: &mut AnyConnection,
    context: &WriteContext,
    scope: &AttemptScope,
    tried: Tried,
    lockout: &Lockout,
    client: &Client,
) -> Result<()> {
    if lockout.per_address(client.address).is_none() || !scope.counts_by_address() {
        return Ok(());
    }
    let outcome = match tried {
        Tried::Wrong => Outcome::Wrong,
        Tried::Right => Outcome::Right,
        Tried::NoGuess => Outcome::Nothing,
    };
    let address = AttemptScope::address(client.address);
    attempts::hold(connection, &address, context.now)?;
    let whose = scope.whose();
    address_tries::finish(connection, &address.key(), &whose, outcome, context.now)?;
    match tried {
        Tried::Wrong => lock_if_spent(connection, context, lockout, client),
        Tried::Right | Tried::NoGuess => Ok(()),
    }
}

/// Counts a failure without a judgement, in the caller's transaction: a try at what is locked, or
/// one that is no user's.
pub(crate) fn add_failure(
    connection: &mut AnyConnection,
    context: &WriteContext,
    scope: Option<&AttemptScope>,
    lockout: &Lockout,
    client: &Client,
) -> Result<()> {
    if scope.is_some_and(|scope| !scope.counts_by_address()) {
        return Ok(());
    }
    let address = AttemptScope::address(client.address);
    let whose = scope.map_or_else(|| NOBODYS.to_owned(), AttemptScope::whose);
    attempts::hold(connection, &address, context.now)?;
    let (key, since) = (address.key(), since(context.now));
    address_tries::add(connection, &key, &whose, since, context.now)?;
    lock_if_spent(connection, context, lockout, client)
}

/// Locks the address where its failures are too many, and begins to count anew.
fn lock_if_spent(
    connection: &mut AnyConnection,
    context: &WriteContext,
    lockout: &Lockout,
    client: &Client,
) -> Result<()> {
    let Some(limit) = lockout.per_address(client.address) else {
        return Ok(());
    };
    let address = AttemptScope::address(client.address);
    let key = address.key();
    let failures = address_tries::balance(connection, &key, since(context.now))?.outcome;
    if failures < i64::from(limit.failures) {
        return attempts::note_failures(connection, &address, failures.max(0), context.now);
    }
    // Those that were begun before the lock, and are known only now, make it no longer.
    if attempts::lock_of(connection, &address, context.now)?.is_some() {
        return Ok(());
    }
    let until = attempts::lock(connection, &address, &limit, context.now)?;
    address_tries::start_over(connection, &key)?;
    context.record(connection, &locked_out(&address, until, client))
}
