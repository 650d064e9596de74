//! `[database]`

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::form::Form;
use super::forms::{duration, minutes, number, secret};
use super::section::section;

const SQLITE: &str = "sqlite://";

section! {
    /// Where everything is kept.
    Database = "database" {
        /// `sqlite://` and a path, or `postgres://user:password@host/name`; several hosts and
        /// libpq's parameters such as `sslmode=verify-full` are allowed.
        url "url": SecretString = database_url().or_from_file().or("sqlite://keyward-data/keyward.db");
        /// Connections: on SQLite those that read, since one more writes. A server on PostgreSQL
        /// opens this many for what people look at, as many for what they change, half as many for
        /// long lists and half as many for validation clients, as they are needed, and one to find
        /// out whether it is ready.
        pool "pool": u32 = number(1..=256).or("8");
        /// How long a request waits for one of these connections before the answer is 503.
        wait "wait": Duration = few_seconds().or("5s");
        /// How long PostgreSQL may take to be connected to, with each host of `url`.
        connect_timeout "connect_timeout": Duration = few_seconds().or("5s");
        /// How long PostgreSQL may take for a statement, twelve times as long for lists and
        /// batches. When it has not answered two seconds later, its connection is given up.
        statement_timeout "statement_timeout": Duration = few_seconds().or("10s");
        /// How long a statement on PostgreSQL waits for a lock.
        lock_timeout "lock_timeout": Duration = few_seconds().or("3s");
        /// After how long a connection to PostgreSQL counts as dead over which nothing comes back
        /// (`tcp_user_timeout`, and keep-alives while nothing is sent).
        silence "silence": Duration = few_seconds().or("12s");
    }
}

fn few_seconds() -> Form<Duration> {
    duration(Duration::from_secs(1)..=minutes(10))
}

fn database_url() -> Form<SecretString> {
    secret()
        .when(
            |url| {
                let url = url.expose_secret();
                [SQLITE, "postgres://", "postgresql://"]
                    .iter()
                    .any(|scheme| {
                        url.strip_prefix(scheme)
                            .is_some_and(|rest| !rest.is_empty())
                    })
            },
            "must begin with sqlite:// or postgres:// and go on with a path or a host",
        )
        .when(
            |url| {
                let path = url.expose_secret().strip_prefix(SQLITE);
                path.is_none_or(|path| path != ":memory:" && !path.contains('?'))
            },
            "must name a file after sqlite://, without parameters",
        )
        .when(
            |url| {
                let url = url.expose_secret();
                url.starts_with(SQLITE)
                    || url
                        .split_once("://")
                        .is_some_and(|(_, rest)| is_for_libpq(rest))
            },
            "is not such an address; in user and password write % as %25, @ as %40 and / as %2F",
        )
}

/// Whether libpq finds in an address what its writer meant. It cuts at the first `@` or `/`, and
/// quotes what it cannot read: a piece of the password, on its way into the log.
fn is_for_libpq(rest: &str) -> bool {
    let (user, rest) = match rest.find(['@', '/']) {
        Some(at) if rest[at..].starts_with('@') => (&rest[..at], &rest[at + 1..]),
        _ => ("", rest),
    };
    let (before, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, name) = before.split_once('/').unwrap_or((before, ""));
    [user, before, parameters]
        .into_iter()
        .all(is_percent_encoded)
        && hosts.split(',').all(is_host)
        && !name.contains('@')
        && (parameters.is_empty()
            || parameters
                .split('&')
                .all(|pair| pair.matches('=').count() == 1))
}

fn is_host(host: &str) -> bool {
    // An IPv6 address stands in brackets (RFC 3986 §3.2.2).
    let after_address = host.strip_prefix('[').and_then(|host| host.split_once(']'));
    let port = match after_address {
        Some((_, "")) => None,
        Some((_, rest)) => rest.strip_prefix(':').or(Some("none")),
        None => host.split_once(':').map(|(_, port)| port),
    };
    !host.contains('@')
        && port.is_none_or(|port| port.is_empty() || port.parse().is_ok_and(|port: u16| port > 0))
}

fn is_percent_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits = after.get(..2);
        digits.is_some_and(|pair| pair != "00" && pair.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}
