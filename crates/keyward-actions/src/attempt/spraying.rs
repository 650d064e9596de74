//! Spraying: an attacker tries a few passwords on many users, too few on each to lock one.
//!
//! Names whose password was typed wrong, and not right since, are counted by network (an IPv4 /24,
//! an IPv6 /48), so that a handful of neighbouring addresses are seen as one. An office whose
//! people mistype and then get in is not noticed; an attacker who goes through the staff list is.

use std::time::Duration;

use crate::WriteContext;
use keyward_core::domain::attempt::{AttemptScope, network};
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::problem::Result;
use keyward_settings::Lockout;
use keyward_store::{AnyConnection, attempts, failed_names};

/// For how long a name that was not got right is remembered.
pub const WINDOW: Duration = Duration::from_hours(1);

/// Counts a name whose password was wrong, in the caller's transaction. One name too many is an
/// event, and locks the address that it came from.
pub(crate) fn count(
    connection: &mut AnyConnection,
    context: &WriteContext,
    scope: &AttemptScope,
    lockout: &Lockout,
    client: &Client,
) -> Result<()> {
    let Some(limit) = lockout.spray_limit() else {
        return Ok(());
    };
    let network = network(client.address);
    let since = context.now - WINDOW;
    let names = failed_names::note(connection, &network, scope, context.now, since)?;
    if names < limit || !failed_names::start_over(connection, &network)? {
        return Ok(());
    }
    let mut until = None;
    let limit = lockout.per_address(client.address);
    if let Some(limit) = limit.filter(|_| !lockout.is_trusted(client.address)) {
        let address = AttemptScope::address(client.address);
        until = Some(attempts::lock(connection, &address, &limit, context.now)?);
    }
    let event = Event::new(EventKind::SprayingNoticed)
        .detailed(EventDetail::Spraying {
            names,
            network,
            until,
        })
        .from(client);
    context.record(connection, &event)
}

/// The password was right: the name counts no more.
pub(crate) fn forget(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    client: &Client,
) -> Result<()> {
    failed_names::forget(connection, &network(client.address), scope)
}
