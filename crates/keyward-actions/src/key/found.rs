//! Keys that somebody without rights here has found.
//!
//! A finder learns nothing: they are answered before it is looked up whether there is such a key, and alike.

use std::time::Duration;

use crate::App;
use crate::WriteContext;
use crate::grounds;
use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::network;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::NotedKey;
use keyward_core::domain::key::{
    FoundReport, FoundReportFilter, FoundReportId, FoundReportPlace, FoundReportSummary, Key,
    KeyId, KeySummary, SerialNumber,
};
use keyward_core::domain::session::Client;
use keyward_core::domain::spelling::typed_note;
use keyward_core::flows::permit::{MayHelp, MayLookUp};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::yubico::Otp;
use keyward_store::delivered_codes::{Sending, SendingLimit, count_sending};
use keyward_store::{AnyConnection, keys};

/// How many reports are taken from one network within a day. A finder has one key, or the keys of one bunch.
const FROM_ONE_NETWORK: u32 = 20;
/// How many are taken of one key. Several, for an attacker may be the first who reports it.
const OF_ONE_KEY: u32 = 3;
/// How many are taken of keys that are known here, from wherever they come.
const OF_KNOWN_KEYS: u32 = 150;
/// How many are taken of others. Whoever types numbers without end uses these up, and not those of known keys.
const OF_OTHERS: u32 = 50;
/// How long a number is at most that is kept as one. What a slot types without a public id, or under another keyboard
/// layout, has 32 letters or more: it is a one-time password, and good until it is used.
const LONGEST_NUMBER: usize = 31;
/// How many open reports the page of a key shows.
const MOST_SHOWN: i64 = 20;

/// What a finder says, as it was typed.
#[derive(Debug, Default)]
pub struct FinderWords {
    /// The serial number, or what the key typed when it was touched.
    pub key: String,
    /// Where it can be collected.
    pub place: String,
    /// How they are reached.
    pub contact: String,
}

struct Said {
    named: String,
    place: String,
    contact: String,
}

/// Takes the report of somebody who has found a key. A one-time password names its key, and is neither verified nor
/// spent: whoever has the key would else use up what its owner types next.
///
/// # Errors
/// `request.not_found` where there is no such page, `key.invalid` for what is neither a touch nor a serial number of at
/// most 31 characters, and for words that are too long; `key.found_limit` from a network that reported too many
pub async fn report_found(app: &App, words: &FinderWords, client: &Client) -> Result<()> {
    if !app.settings.keys.found_page {
        return Err(codes::REQUEST_NOT_FOUND.into());
    }
    let said = read(words)?;
    let (context, from) = (app.context(), client.clone());
    let full = app
        .store
        .write(move |connection| {
            let scope = format!("found-from:{}", network(from.address));
            let until = take(connection, &scope, FROM_ONE_NETWORK, context.now)?;
            if until.is_some() {
                too_many(connection, &context, &from)?;
            }
            Ok(until)
        })
        .await?;
    if let Some(until) = full {
        return Err(Problem::new(codes::KEY_FOUND_LIMIT).retry_after(until.since(app.now())));
    }
    let (app, client) = (app.clone(), client.clone());
    tokio::spawn(async move {
        if let Err(problem) = keep(&app, said, client).await {
            tracing::error!(error = ?problem, "the report of a found key was not kept: {problem}");
        }
    });
    Ok(())
}

fn read(words: &FinderWords) -> Result<Said> {
    let named = match Otp::parse(&words.key) {
        Some(otp) => otp.public_id().to_string(),
        None => {
            let number = SerialNumber::parse(&words.key)?.to_string();
            if number.len() > LONGEST_NUMBER {
                return Err(invalid("a serial number has at most 31 characters"));
            }
            number
        }
    };
    let line = |text: &str| {
        typed_note(text, FoundReport::LONGEST).ok_or_else(|| {
            invalid("a place and an address have at most 256 characters on one line")
        })
    };
    Ok(Said {
        named,
        place: line(&words.place)?,
        contact: line(&words.contact)?,
    })
}

fn invalid(why: &str) -> Problem {
    Problem::new(codes::KEY_INVALID).detailed(why)
}

/// Counts one more of a day's, and says until when there are no more where none is left.
fn take(
    connection: &mut AnyConnection,
    scope: &str,
    per_day: u32,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let limit = SendingLimit {
        per_day,
        pause: Duration::ZERO,
    };
    Ok(match count_sending(connection, scope, limit, now)? {
        Sending::Counted => None,
        Sending::Paused(until) | Sending::Spent(until) => Some(until),
    })
}

fn too_many(connection: &mut AnyConnection, context: &WriteContext, from: &Client) -> Result<()> {
    let event = Event::new(EventKind::KeyReportedFound).from(from);
    context.record(connection, &event.refused(codes::KEY_FOUND_LIMIT))
}

async fn keep(app: &App, said: Said, client: Client) -> Result<()> {
    let context = app.context();
    app.store
        .write(move |connection| {
            let names = [said.named.clone()];
            let meant = keys::named(connection, &names)?.remove(&said.named);
            let meant = meant.unwrap_or_default();
            let is_known = !meant.is_empty() || keys::is_on_record(connection, &said.named)?;
            if is_beyond(connection, &said.named, is_known, context.now)? {
                return too_many(connection, &context, &client);
            }
            let report = FoundReport {
                id: FoundReportId::generate(context.now, &*context.entropy),
                named: said.named,
                is_known,
                place: said.place,
                contact: said.contact,
                reported_at: context.now,
                closed_at: None,
            };
            keys::insert_found_report(connection, &report)?;
            let event = Event::new(EventKind::KeyReportedFound).from(&client);
            tell(connection, &context, &report, &meant, event)
        })
        .await
}

/// Whether as many are reported of this key, or of all such keys, as are taken within a day.
fn is_beyond(
    connection: &mut AnyConnection,
    named: &str,
    is_known: bool,
    now: Timestamp,
) -> Result<bool> {
    if !is_known {
        return Ok(take(connection, "found:others", OF_OTHERS, now)?.is_some());
    }
    let of_one = take(connection, &format!("found-key:{named}"), OF_ONE_KEY, now)?;
    Ok(of_one.is_some() || take(connection, "found:known", OF_KNOWN_KEYS, now)?.is_some())
}

/// Records a report: without the finder's words, for they would travel on into mails and other systems.
fn tell(
    connection: &mut AnyConnection,
    context: &WriteContext,
    report: &FoundReport,
    meant: &[Key],
    event: Event,
) -> Result<()> {
    let name = match meant {
        [key] => key.label(),
        _ => report.named.clone(),
    };
    let event = match report.is_known {
        true => event,
        false => event.refused(codes::KEY_UNKNOWN),
    };
    let event = event.detailed(EventDetail::HardwareKey(NotedKey {
        key: name,
        note: String::new(),
        stopped: None,
    }));
    let ids: Vec<KeyId> = meant.iter().map(|key| key.id).collect();
    super::record_all(context, connection, &ids, &event)
}

/// Reports, the newest first, at most so many after a place.
///
/// # Errors
/// The store's.
pub async fn found_reports(
    app: &App,
    _: &MayLookUp,
    filter: FoundReportFilter,
    after: Option<FoundReportPlace>,
    limit: i64,
) -> Result<Vec<FoundReportSummary>> {
    app.store
        .read(move |connection| keys::list_found_reports(connection, filter, after.as_ref(), limit))
        .await
}

/// The open reports of a key, the newest first, at most twenty.
///
/// # Errors
/// The store's.
pub async fn open_found_reports(
    app: &App,
    _: &MayLookUp,
    summary: &KeySummary,
) -> Result<Vec<FoundReport>> {
    let names = names_of(&summary.key, &summary.public_ids);
    app.store
        .look(move |connection| keys::found_reports_of(connection, &names, MOST_SHOWN))
        .await
}

/// What finders may name a key by.
pub(super) fn names_of(key: &Key, public_ids: &[String]) -> Vec<String> {
    let serial = key.facts.serial.as_ref().map(SerialNumber::to_string);
    serial
        .into_iter()
        .chain(public_ids.iter().cloned())
        .collect()
}

/// Says that a report was dealt with. Nothing becomes of the key by it.
///
/// # Errors
/// `key.report_closed`
pub async fn close_found_report(app: &App, helper: &MayHelp, id: FoundReportId) -> Result<()> {
    let event = helper.does(EventKind::KeyFoundReportClosed);
    let context = app.context();
    grounds::write_for(app, helper.grounds(), move |connection| {
        let closed = keys::close_found_report(connection, id, context.now)?;
        let named = closed.ok_or(codes::KEY_REPORT_CLOSED)?;
        let meant = keys::named(connection, std::slice::from_ref(&named))?.remove(&named);
        let meant = meant.unwrap_or_default();
        let name = match meant.as_slice() {
            [key] => key.label(),
            _ => named,
        };
        let event = event.detailed(EventDetail::HardwareKey(NotedKey {
            key: name,
            note: String::new(),
            stopped: None,
        }));
        let ids: Vec<KeyId> = meant.iter().map(|key| key.id).collect();
        super::record_all(&context, connection, &ids, &event)
    })
    .await
}
