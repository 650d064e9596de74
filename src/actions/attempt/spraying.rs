//! Spraying: somebody tries a few passwords on many users, too few on each to lock one.
//!
//! Names whose password was typed wrong, and not right since, are counted by network (an IPv4 /24,
//! an IPv6 /48), so that a handful of neighbouring addresses are seen as one. An office whose
//! people mistype and then get in is not noticed; somebody who goes through the staff list is.

use std::net::IpAddr;
use std::time::Duration;

use crate::actions::Pen;
use crate::domain::attempt::AttemptScope;
use crate::domain::event::{Event, EventKind};
use crate::domain::session::Client;
use crate::problem::Result;
use crate::settings::Lockout;
use crate::store::{AnyConnection, attempts, failed_names};

/// For how long a name that was not got right is remembered.
pub const WINDOW: Duration = Duration::from_hours(1);

/// The network of an address, as text.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let kept = v6.to_bits() & (u128::MAX << 80);
            format!("{}/48", std::net::Ipv6Addr::from(kept))
        }
    }
}

/// Counts a name whose password was wrong, in the caller's transaction. One name too many is an
/// event, and locks the address that it came from.
pub(in crate::actions) fn count(
    connection: &mut AnyConnection,
    pen: &Pen,
    scope: &AttemptScope,
    lockout: &Lockout,
    client: &Client,
) -> Result<()> {
    let Some(limit) = lockout.spray_limit() else {
        return Ok(());
    };
    let network = network(client.address);
    let since = pen.now - WINDOW;
    let names = failed_names::note(connection, &network, scope, pen.now, since)?;
    if names < limit || !failed_names::start_over(connection, &network)? {
        return Ok(());
    }
    let address = AttemptScope::address(client.address);
    let until = attempts::lock(connection, &address, &lockout.per_address(), pen.now)?;
    let event = Event::new(EventKind::SprayingNoticed)
        .detailed(format!(
            "{names} names from {network}; locked until {until}"
        ))
        .from(client);
    pen.record(connection, &event)
}

/// The password was right: the name counts no more.
pub(in crate::actions) fn forget(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    client: &Client,
) -> Result<()> {
    failed_names::forget(connection, &network(client.address), scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_network() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("192.0.2.7"), "192.0.2.0/24");
        assert_eq!(of("192.0.2.200"), of("::ffff:192.0.2.7"));
        assert_eq!(of("2001:db8:1:2::3"), "2001:db8:1::/48");
        assert_eq!(of("2001:db8:1:ffff::"), of("2001:db8:1::"));
        assert_ne!(of("192.0.3.7"), of("192.0.2.7"));
    }
}
