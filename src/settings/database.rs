//! `[database]`

use secrecy::{ExposeSecret, SecretString};

use super::form::Form;
use super::forms::{number, secret};
use super::section::section;

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
    secret().when(
        |url| {
            ["sqlite://", "postgres://", "postgresql://"]
                .iter()
                .any(|scheme| {
                    url.expose_secret()
                        .strip_prefix(scheme)
                        .is_some_and(|rest| !rest.is_empty())
                })
        },
        "must begin with sqlite:// or postgres:// and go on with a path or a host",
    )
}
