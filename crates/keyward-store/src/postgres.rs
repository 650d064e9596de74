//! How a PostgreSQL server is spoken to: the limits of a connection, and what stands in between.
//!
//! A pooler that gives its connections by the transaction (PgBouncer, `pool_mode = transaction`)
//! keeps nothing of a session: no prepared statement, no setting. Behind one, everything happens in
//! a transaction that sets its own limits, and no statement has a name.

use std::time::Duration;

use diesel::connection::{CacheSize, Connection as _};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel::{ConnectionError, PgConnection};

use super::connection::Limits;
use super::writer::Durability;

/// What stands between us and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerPath {
    /// Nothing: a connection is one session.
    Directly,
    /// A pooler, which may give each transaction another session.
    ThroughPooler,
}

/// How often opening is tried through a pooler. The driver sets its session up by statements that
/// a pooler can tear apart, which it says at once.
const TRIES: u32 = 5;
/// A setting of our own, which only a session keeps that is ours.
const MARK: &str = "keyward.reach";

#[derive(QueryableByName)]
struct Marked {
    #[diesel(sql_type = Nullable<Text>)]
    mark: Option<String>,
}

/// Finds out what stands in between: a session that begins with our mark is ours. A pooler refuses
/// the mark, or does not pass it on.
///
/// # Errors
/// That there is no server.
pub(super) fn reach(url: &str, limits: &Limits) -> Result<ServerPath, ConnectionError> {
    match open(url, ServerPath::Directly, limits) {
        Ok(mut connection) => {
            let marked =
                diesel::sql_query(format!("SELECT current_setting('{MARK}', true) AS mark"))
                    .get_result::<Marked>(&mut connection);
            let is_ours = marked.is_ok_and(|marked| marked.mark.as_deref() == Some("direct"));
            match is_ours {
                true => Ok(ServerPath::Directly),
                false => Ok(ServerPath::ThroughPooler),
            }
        }
        Err(ConnectionError::BadConnection(why)) if why.contains("startup parameter") => {
            open(url, ServerPath::ThroughPooler, limits).map(|_| ServerPath::ThroughPooler)
        }
        Err(error) => Err(error),
    }
}

/// Opens a connection under these limits.
pub(super) fn open(
    url: &str,
    reach: ServerPath,
    limits: &Limits,
) -> Result<PgConnection, ConnectionError> {
    let mut url = within(url, limits);
    match reach {
        ServerPath::Directly => {
            add_options(&mut url, limits);
            PgConnection::establish(&url)
        }
        ServerPath::ThroughPooler => {
            let mut tries = 1;
            loop {
                match PgConnection::establish(&url) {
                    Err(ConnectionError::CouldntSetupConfiguration(_)) if tries < TRIES => {
                        tries += 1;
                    }
                    opened => {
                        let mut connection = opened?;
                        connection.set_prepared_statement_cache_size(CacheSize::Disabled);
                        return Ok(connection);
                    }
                }
            }
        }
    }
}

/// The address with libpq's own limits, where it does not set them itself.
fn within(url: &str, limits: &Limits) -> String {
    let silence = limits.silence.as_millis();
    // Three probes without an answer end a connection on which nothing was sent.
    let between = (limits.silence.as_secs() / 4).max(1);
    let parameters = [
        (
            "connect_timeout",
            limits.connect.as_secs().max(2).to_string(),
        ),
        ("tcp_user_timeout", silence.to_string()),
        ("keepalives", "1".to_owned()),
        ("keepalives_idle", between.to_string()),
        ("keepalives_interval", between.to_string()),
        ("keepalives_count", "3".to_owned()),
        ("application_name", "keyward".to_owned()),
    ];
    let mut url = url.to_owned();
    for (name, value) in parameters {
        if parameter(&url, name).is_none() {
            add(&mut url, &format!("{name}={value}"));
        }
    }
    url
}

/// What a session of our own keeps to, in one parameter beside what the address has there.
fn add_options(url: &mut String, limits: &Limits) {
    let mut options = format!("-c%20{MARK}%3Ddirect");
    for (name, value) in settings(limits) {
        options.push_str(&format!("%20-c%20{name}%3D{value}"));
    }
    match parameter(url, "options") {
        None => add(url, &format!("options={options}")),
        // The last one of a name counts, so that the address has the last word.
        Some(at) => url.insert_str(at, &format!("{options}%20")),
    }
}

/// The server's settings and their values, in milliseconds.
fn settings(limits: &Limits) -> [(&'static str, u128); 3] {
    // A client that holds locks and is not heard of holds up all others.
    let idle = limits.statement.max(Duration::from_secs(30)) * 2;
    [
        ("statement_timeout", limits.statement.as_millis()),
        ("lock_timeout", limits.lock.as_millis()),
        ("idle_in_transaction_session_timeout", idle.as_millis()),
    ]
}

/// How a transaction begins.
pub(super) fn begin(reach: ServerPath, limits: &Limits, lasting: Durability) -> String {
    let mut begin = "BEGIN".to_owned();
    if reach == ServerPath::ThroughPooler {
        for (name, value) in settings(limits) {
            begin.push_str(&format!("; SET LOCAL {name} = {value}"));
        }
    }
    if lasting == Durability::InLog {
        begin.push_str("; SET LOCAL synchronous_commit = off");
    }
    begin
}

/// Where the value of a parameter begins in an address.
fn parameter(url: &str, name: &str) -> Option<usize> {
    let start = url.find('?')?;
    let mut at = start + 1;
    for pair in url[at..].split('&') {
        if let Some(value) = pair
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('='))
        {
            return Some(at + pair.len() - value.len());
        }
        at += pair.len() + 1;
    }
    None
}

fn add(url: &mut String, pair: &str) {
    url.push(if url.contains('?') { '&' } else { '?' });
    url.push_str(pair);
}

/// How many servers an address names.
pub(super) fn hosts(url: &str) -> u32 {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = rest.split(['/', '?']).next().unwrap_or_default();
    let place = place.rsplit('@').next().unwrap_or_default();
    let named = parameter(url, "host").and_then(|at| url[at..].split('&').next());
    let hosts = named.unwrap_or(place).split(',').count();
    u32::try_from(hosts).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        connect: Duration::from_secs(5),
        statement: Duration::from_secs(10),
        lock: Duration::from_secs(3),
        silence: Duration::from_secs(12),
    };

    #[test]
    fn an_address_is_given_limits_and_keeps_its_own() {
        let plain = within("postgres://a@b/c", &LIMITS);
        assert!(plain.starts_with("postgres://a@b/c?connect_timeout=5&tcp_user_timeout=12000&"));
        let own = within("postgres://b/c?sslmode=require&connect_timeout=3", &LIMITS);
        assert_eq!(own.matches("connect_timeout").count(), 1);
        assert!(own.contains("connect_timeout=3") && own.contains("keepalives_count=3"));
    }

    #[test]
    fn options_of_the_address_have_the_last_word() {
        let mut url = "postgres://b/c?options=-c%20lock_timeout%3D9&sslmode=require".to_owned();
        add_options(&mut url, &LIMITS);
        let ours = url.find("lock_timeout%3D3000").expect("ours");
        let theirs = url.find("lock_timeout%3D9&").expect("theirs");
        assert!(ours < theirs, "{url}");
        assert_eq!(url.matches("options=").count(), 1);
    }

    #[test]
    fn a_transaction_behind_a_pooler_brings_its_own_limits() {
        assert_eq!(
            begin(ServerPath::Directly, &LIMITS, Durability::OnDisk),
            "BEGIN"
        );
        let begin = begin(ServerPath::ThroughPooler, &LIMITS, Durability::InLog);
        assert!(begin.contains("SET LOCAL lock_timeout = 3000"));
        assert!(begin.ends_with("SET LOCAL synchronous_commit = off"));
    }

    #[test]
    fn all_hosts_of_an_address_are_counted() {
        for (url, count) in [
            ("postgres://b/c", 1),
            ("postgres://u:p@b:1,d:2,e/c?x=y", 3),
            ("postgres:///c?host=one,two", 2),
        ] {
            assert_eq!(hosts(url), count, "{url}");
        }
    }
}
