//! The schema's history, compiled in.

use diesel::migration::{Migration, MigrationSource};
#[cfg(feature = "postgres")]
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{AnyConnection, failed};
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

/// Whether none was ever applied.
pub(super) fn is_new(connection: &mut AnyConnection) -> Result<bool> {
    on_inner!(connection, |inner, _source| {
        inner
            .applied_migrations()
            .map(|applied| applied.is_empty())
            .map_err(broken)
    })
}

/// Names of the migrations that are not applied yet.
pub(super) fn pending(connection: &mut AnyConnection) -> Result<Vec<String>> {
    on_inner!(connection, |inner, source| {
        refuse_newer(inner, &source)?;
        let pending = inner.pending_migrations(source).map_err(broken)?;
        Ok(pending.iter().map(|m| m.name().to_string()).collect())
    })
}

/// Applies what is missing, and names it. Of several servers that start at once, one applies and
/// the others wait.
pub(super) fn apply(connection: &mut AnyConnection) -> Result<Vec<String>> {
    #[cfg(feature = "postgres")]
    if let AnyConnection::Postgres(inner) = connection {
        // Held until the connection closes, right after the migrations. The number is ours alone:
        // the letters "keyward" in ASCII.
        diesel::sql_query("SELECT pg_advisory_lock(30229394876363364)")
            .execute(inner)
            .map_err(|error| broken(error.into()))?;
    }
    let names = pending(connection)?;
    on_inner!(connection, |inner, source| {
        inner.run_pending_migrations(source).map_err(broken)?;
        Ok(names)
    })
}

/// Whether the schema is exactly the one that this program needs, by a plain read.
pub(super) fn is_current(connection: &mut AnyConnection) -> Result<bool> {
    diesel::table! {
        __diesel_schema_migrations (version) {
            version -> Text,
        }
    }
    let applied: Vec<String> = __diesel_schema_migrations::table
        .select(__diesel_schema_migrations::version)
        .order(__diesel_schema_migrations::version)
        .load(connection)
        .map_err(failed)?;
    let known = match connection {
        AnyConnection::Sqlite(_) => versions::<Sqlite>(&SQLITE)?,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => versions::<Pg>(&POSTGRES)?,
    };
    Ok(applied == known)
}

/// The versions of all migrations of this program, in their order.
fn versions<DB: diesel::backend::Backend>(
    source: &impl MigrationSource<DB>,
) -> Result<Vec<String>> {
    let migrations = source.migrations().map_err(broken)?;
    let versions = migrations.iter().map(|m| m.name().version().to_string());
    let mut versions: Vec<String> = versions.collect();
    versions.sort_unstable();
    Ok(versions)
}

/// An older program on a newer schema would lose what it does not know of.
fn refuse_newer<C, DB>(connection: &mut C, source: &impl MigrationSource<DB>) -> Result<()>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
{
    let known = versions(source)?;
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
