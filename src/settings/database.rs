//! `[database]`

use secrecy::{ExposeSecret, SecretString};

use super::form::Form;
use super::forms::{number, secret};
use super::section::section;

const SQLITE: &str = "sqlite://";

section! {
    /// Where everything is kept.
    Database = "database" {
        /// `sqlite://` and a path, or `postgres://user:password@host/name`; several hosts and
        /// libpq's parameters such as `sslmode=verify-full` are allowed.
        url "url": SecretString = database_url().or_from_file().or("sqlite://keyward-data/keyward.db");
        /// Connections: on SQLite those that read, since one more writes; on PostgreSQL all.
        pool "pool": u32 = number(1..=256).or("8");
    }
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
