//! Events on their way to other systems: signed up at the start, read in their order by one server,
//! forgotten when they are out.

use std::time::Duration;

use super::App;
use keyward_core::domain::event_export::ExportedEvent;
use keyward_core::problem::Result;
use keyward_gateways::siem::{JsonSink, SyslogSink};
use keyward_store::{event_exports, export_queue, leases};

/// How many events are sent at a time: what may be repeated after a crash.
const BATCH: i64 = 256;
/// How long a server that is gone keeps the others from taking over.
const LEASE: Duration = Duration::from_secs(20);

/// Where events go.
pub enum Sink {
    /// A syslog server.
    Syslog(Box<SyslogSink>),
    /// A file of JSON lines, or standard output.
    Json(JsonSink),
}

impl Sink {
    /// Its name in the database.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Syslog(_) => "syslog",
            Self::Json(_) => "json",
        }
    }

    async fn send(&mut self, events: &[ExportedEvent]) -> Result<()> {
        match self {
            Self::Syslog(syslog) => syslog.send(events).await,
            Self::Json(json) => json.send(events).await,
        }
    }
}

/// What came of looking for events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exported {
    /// So many rows are out.
    Events(usize),
    /// Nothing waits.
    Nothing,
    /// Another server sends them.
    Elsewhere,
}

/// Signs up the sinks of the settings, so that events are kept for them from now on, and gives them
/// back. Others are signed off, with what waits for them.
///
/// # Errors
/// `settings.invalid`, and the store's.
pub async fn open(app: &App) -> Result<Vec<Sink>> {
    let settings = &app.settings.siem;
    let url = &app.settings.server.public_url;
    let syslog = SyslogSink::new(settings, url.host_str().unwrap_or("keyward"))?;
    let syslog = syslog.map(|sink| Sink::Syslog(Box::new(sink)));
    let json = JsonSink::new(settings).map(Sink::Json);
    let sinks: Vec<Sink> = syslog.into_iter().chain(json).collect();
    let names: Vec<&'static str> = sinks.iter().map(Sink::name).collect();
    app.store
        .write(move |connection| export_queue::sign_up(connection, &names))
        .await?;
    Ok(sinks)
}

/// Sends the events that wait for a sink the longest, where this server is the one that does.
///
/// # Errors
/// `siem.unreachable` where they did not get there, and the store's; they wait on then.
pub async fn export(app: &App, sink: &mut Sink) -> Result<Exported> {
    let name = sink.name();
    let waiting = app
        .store
        .look(move |connection| export_queue::next(connection, name, 1))
        .await?;
    if waiting.is_empty() {
        return Ok(Exported::Nothing);
    }
    let (lease, holder, now) = (format!("siem:{name}"), app.server.id.to_string(), app.now());
    let batch = app
        .store
        .write(move |connection| {
            if !leases::take(connection, &lease, &holder, now, now + LEASE)? {
                return Ok(None);
            }
            let rows = export_queue::next(connection, name, BATCH)?;
            let ids: Vec<_> = rows.iter().map(|(_, id)| *id).collect();
            let events = event_exports::by_ids(connection, &ids)?;
            let positions: Vec<i64> = rows.into_iter().map(|(position, _)| position).collect();
            Ok(Some((positions, events)))
        })
        .await?;
    let Some((positions, events)) = batch else {
        return Ok(Exported::Elsewhere);
    };
    if !events.is_empty() {
        sink.send(&events).await?;
    }
    let count = positions.len();
    app.store
        .write(move |connection| export_queue::remove(connection, &positions))
        .await?;
    Ok(match count {
        0 => Exported::Nothing,
        count => Exported::Events(count),
    })
}

/// Lets another server send what waits for a sink.
///
/// # Errors
/// The store's.
pub async fn give_back(app: &App, sink: &Sink) -> Result<()> {
    let (lease, holder) = (format!("siem:{}", sink.name()), app.server.id.to_string());
    app.store
        .write(move |connection| leases::give_back(connection, &lease, &holder))
        .await
}
