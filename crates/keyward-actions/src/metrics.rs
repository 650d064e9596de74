//! Numbers about this server, for Prometheus.

use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::App;
use super::services::Readings;
pub use super::services::{ForwardAuthAnswer, Metrics};
use keyward_core::problem::Result;
use keyward_core::secret::same;
use keyward_store::{export_queue, outbox, webhook_deliveries};

/// How long the database may take to say what waits; it is left out where it takes longer.
const WITHIN: Duration = Duration::from_secs(3);

impl App {
    /// What is counted in this process.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}

/// Whether a caller that shows this may read the numbers, on an address of their own or not.
pub fn may_read(app: &App, bearer: Option<&str>, on_own_address: bool) -> bool {
    match &app.settings.metrics.token {
        None => on_own_address,
        Some(token) => {
            let shown = bearer.unwrap_or_default().as_bytes();
            same(token.expose_secret().as_bytes(), shown)
        }
    }
}

/// All numbers as Prometheus reads them. Where the database does not answer, what it knows is left
/// out, and that it does not is among them.
///
/// # Errors
/// `internal` where they cannot be written.
pub async fn text(app: &App) -> Result<String> {
    let store = app.store.for_readiness();
    let waiting = store.read(|connection| {
        let mails = outbox::depth(connection)?;
        let exports = export_queue::depth(connection)?;
        Ok((mails, webhook_deliveries::depth(connection)?, exports))
    });
    let waiting = tokio::time::timeout(WITHIN, waiting).await;
    let figures = app.store.figures();
    let mut readings = Readings {
        connections: figures.connections,
        read_cache: figures.read_cache,
        seats: app.passwords.seats(),
        ..Readings::default()
    };
    if let Ok(Ok((mails, (waiting, dead, oldest), exports))) = waiting {
        let now = app.now();
        let age = |oldest: Option<_>| oldest.map_or(Duration::ZERO, |at| now.since(at));
        readings.database = true;
        readings.dead = dead;
        readings.queues = vec![
            ("mail", mails.0, age(mails.1)),
            ("webhooks", waiting, age(oldest)),
            ("siem", exports.0, age(exports.1)),
        ];
    }
    app.metrics.text(&readings)
}
