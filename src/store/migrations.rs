//! The schema's history, compiled in.

use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::AnyConnection;
use crate::problem::{Problem, Result, codes};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
#[cfg(feature = "postgres")]
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Runs one body against the inner connection with the migrations of its database.
macro_rules! on_inner {
    ($connection:expr, |$inner:ident, $source:ident| $body:expr) => {
        match $connection {
            AnyConnection::Sqlite($inner) => {
                let $source = SQLITE;
                $body
            }
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres($inner) => {
                let $source = POSTGRES;
                $body
            }
        }
    };
}

/// Names of the migrations that are not applied yet.
pub(super) fn pending(connection: &mut AnyConnection) -> Result<Vec<String>> {
    on_inner!(connection, |inner, source| {
        refuse_newer(inner, &source)?;
        let pending = inner.pending_migrations(source).map_err(broken)?;
        Ok(pending.iter().map(|m| m.name().to_string()).collect())
    })
}

/// Applies what is missing, and names it.
pub(super) fn apply(connection: &mut AnyConnection) -> Result<Vec<String>> {
    on_inner!(connection, |inner, source| {
        refuse_newer(inner, &source)?;
        let applied = inner.run_pending_migrations(source).map_err(broken)?;
        Ok(applied.iter().map(ToString::to_string).collect())
    })
}

/// An older program on a newer schema would lose what it does not know of.
fn refuse_newer<C, DB>(connection: &mut C, source: &impl MigrationSource<DB>) -> Result<()>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
{
    let known: Vec<String> = source
        .migrations()
        .map_err(broken)?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let applied = connection.applied_migrations().map_err(broken)?;
    match applied
        .iter()
        .find(|version| !known.contains(&version.to_string()))
    {
        None => Ok(()),
        Some(version) => Err(Problem::new(codes::DATABASE_MIGRATIONS).detailed(format!(
            "migration {version} is of a newer version of Keyward"
        ))),
    }
}

fn broken(error: Box<dyn std::error::Error + Send + Sync>) -> Problem {
    Problem::new(codes::DATABASE_MIGRATIONS).caused_by(error)
}
