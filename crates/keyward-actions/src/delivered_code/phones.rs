//! What is sent to phones in all, and the switch that stops it. An attacker who earns by messages
//! to certain numbers orders as many as they get; users' own limits do not stop one who has many
//! accounts or many numbers.

use crate::attempt::spraying;
use crate::grounds;
use crate::{App, WriteContext};
use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::network;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::{PhoneLimit, PhoneScope, RefusalParticulars};
use keyward_core::domain::phone_number::PhoneNumber;
use keyward_core::domain::session::Client;
use keyward_core::flows::permit::{Administrator, MayAudit};
use keyward_core::problem::{Problem, Result, codes};
use keyward_settings::Settings;
use keyward_store::delivered_codes::{self, Sending, SendingLimit, Sent, count_sending};
use keyward_store::{AnyConnection, instance};

/// The fact that nothing is sent.
const STOPPED: &str = "phones_stopped";
/// What the counts of phones begin with.
const PREFIX: &str = "phones:";
/// How many counts the console shows.
const MOST_SHOWN: i64 = 100;

/// What was sent to phones within a day.
#[derive(Clone, Debug)]
pub struct PhoneTraffic {
    /// Whether an administrator has stopped it.
    pub is_stopped: bool,
    /// How many to what: `all`, `to +31 NL` or `from 192.0.2.0/24`, the most first.
    pub counts: Vec<Sent>,
}

/// Counts a message or call that is going to be sent, in the caller's transaction, which must end
/// where this refuses.
///
/// # Errors
/// `code.stopped`, `code.number`, `code.phone_limit` with the limit that it met.
pub(super) fn admit_phone(
    connection: &mut AnyConnection,
    number: &PhoneNumber,
    settings: &Settings,
    client: &Client,
    now: Timestamp,
) -> Result<()> {
    if instance::get(connection, STOPPED)?.is_some() {
        return Err(codes::CODE_STOPPED.into());
    }
    if !number.is_reachable() {
        return Err(codes::CODE_NUMBER.into());
    }
    let phone = &settings.phone;
    let is_home = phone.default_region.is_some_and(|home| number.is_of(home));
    let is_trusted = settings.lockout.is_trusted(client.address);
    let to = PhoneScope::To(number.dial_code().clone());
    let from = PhoneScope::From(network(client.address));
    let limits = [
        (Some(to).filter(|_| !is_home), phone.per_dial_code),
        (Some(from).filter(|_| !is_trusted), phone.per_network),
        (Some(PhoneScope::All), phone.per_day),
    ];
    for (what, per_day) in limits {
        let Some(what) = what else { continue };
        let limit = SendingLimit {
            per_day,
            pause: std::time::Duration::ZERO,
        };
        let scope = format!("{PREFIX}{what}");
        match count_sending(connection, &scope, limit, now)? {
            Sending::Counted => {}
            Sending::Paused(until) | Sending::Spent(until) => {
                let limit = PhoneLimit { of: what, per_day };
                return Err(Problem::new(codes::CODE_PHONE_LIMIT)
                    .detailed(limit_name(&limit))
                    .caused_by(RefusalParticulars::Phones(limit))
                    .retry_after(until.since(now)));
            }
        }
    }
    Ok(())
}

/// Tells the trail and the administrators of a limit that was met, once a day for each.
pub(super) async fn tell_phone_limit(app: &App, problem: &Problem, client: &Client) -> Result<()> {
    let Some(RefusalParticulars::Phones(limit)) = problem.cause() else {
        return Ok(());
    };
    let name = limit_name(limit);
    let event = Event::new(EventKind::PhoneLimitMet)
        .detailed(EventDetail::PhoneLimit(limit.clone()))
        .from(client);
    let context = app.context();
    app.store
        .write(move |connection| tell_once(connection, &context, &name, &event))
        .await
}

/// What was sent to phones within a day, and whether that is stopped.
///
/// # Errors
/// The store's.
pub async fn phone_traffic(app: &App, _: &MayAudit) -> Result<PhoneTraffic> {
    let now = app.now();
    app.store
        .read(move |connection| {
            Ok(PhoneTraffic {
                is_stopped: instance::get(connection, STOPPED)?.is_some(),
                counts: delivered_codes::sent(connection, PREFIX, now, MOST_SHOWN)?,
            })
        })
        .await
}

/// Stops or starts everything that is sent to phones, from the next code on and on all servers.
/// Starting again counts anew.
///
/// # Errors
/// The store's.
pub async fn switch_phones(app: &App, administrator: &Administrator, on: bool) -> Result<()> {
    let kind = match on {
        true => EventKind::PhonesStarted,
        false => EventKind::PhonesStopped,
    };
    let (context, event) = (app.context(), administrator.does(kind));
    grounds::write_for(app, administrator.grounds(), move |connection| {
        match on {
            true => {
                instance::remove(connection, STOPPED)?;
                delivered_codes::forget_sendings_of(connection, PREFIX)?;
            }
            false => drop(instance::insert(connection, STOPPED, &[1])?),
        }
        context.record(connection, &event)
    })
    .await
}

/// A limit by its name: a day's, for the log.
fn limit_name(limit: &PhoneLimit) -> String {
    format!("{}: {} a day", limit.of, limit.per_day)
}

fn tell_once(
    connection: &mut AnyConnection,
    context: &WriteContext,
    what: &str,
    event: &Event,
) -> Result<()> {
    let once = SendingLimit {
        per_day: 1,
        pause: spraying::WINDOW,
    };
    let scope = format!("told:{what}");
    match count_sending(connection, &scope, once, context.now)? {
        Sending::Counted => context.record(connection, event),
        Sending::Paused(_) | Sending::Spent(_) => Ok(()),
    }
}
