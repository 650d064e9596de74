//! The schema's history, compiled in.

#[cfg(feature = "postgres")]
use diesel::connection::SimpleConnection as _;
use diesel::migration::{Migration, MigrationSource};
#[cfg(feature = "postgres")]
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{AnyConnection, failed};
use keyward_core::problem::{Problem, Result, codes};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
#[cfg(feature = "postgres")]
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

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

/// Makes servers that start at once wait for each other. The number is ours alone: the letters
/// "keyward" in ASCII. A server that waits for it waits for as long as the migrations of another
/// server take.
#[cfg(feature = "postgres")]
const ALONE: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
    SELECT pg_advisory_xact_lock(30229394876363364)";

/// Runs work on the migrations of a server in one transaction, which a pooler does not tear apart.
pub(super) fn whole<T>(
    connection: &mut AnyConnection,
    work: fn(&mut AnyConnection) -> Result<T>,
) -> Result<T> {
    match connection {
        AnyConnection::Sqlite(_) => work(connection),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => {
            let done = connection.transaction(|connection| {
                // Looking makes the table of migrations, which two can not do at once.
                connection.batch_execute(ALONE)?;
                Ok::<_, RolledBack>(work(connection)?)
            });
            done.map_err(|RolledBack(problem)| problem)
        }
    }
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
        refuse_unknown(inner, &source)?;
        let pending = inner.pending_migrations(source).map_err(broken)?;
        Ok(pending.iter().map(|m| m.name().to_string()).collect())
    })
}

/// Applies what is missing, and names it. Of several servers that start at once, one applies and
/// the others wait.
pub(super) fn apply(connection: &mut AnyConnection) -> Result<Vec<String>> {
    #[cfg(feature = "postgres")]
    if let AnyConnection::Postgres(inner) = connection {
        return apply_at_server(inner);
    }
    let names = pending(connection)?;
    on_inner!(connection, |inner, source| {
        inner.run_pending_migrations(source).map_err(broken)?;
        Ok(names)
    })
}

/// Applies what is missing in one transaction, which a pooler does not tear apart.
#[cfg(feature = "postgres")]
fn apply_at_server(inner: &mut diesel::PgConnection) -> Result<Vec<String>> {
    let applied = inner.transaction(|inner| {
        inner.batch_execute(ALONE)?;
        refuse_unknown(inner, &POSTGRES)?;
        let pending = inner.pending_migrations(POSTGRES).map_err(broken)?;
        let names = pending.iter().map(|m| m.name().to_string()).collect();
        inner.run_pending_migrations(POSTGRES).map_err(broken)?;
        Ok::<_, RolledBack>(names)
    });
    applied.map_err(|RolledBack(problem)| problem)
}

/// Why a transaction of migrations was undone.
#[cfg(feature = "postgres")]
struct RolledBack(Problem);

#[cfg(feature = "postgres")]
impl From<Problem> for RolledBack {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

#[cfg(feature = "postgres")]
impl From<diesel::result::Error> for RolledBack {
    fn from(error: diesel::result::Error) -> Self {
        Self(broken(error.into()))
    }
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

/// An older program on a newer schema would lose what it does not know of; and from the schema of a
/// build that had other migrations, none of ours leads on.
fn refuse_unknown<C, DB>(connection: &mut C, source: &impl MigrationSource<DB>) -> Result<()>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
{
    let known = versions(source)?;
    let applied = connection.applied_migrations().map_err(broken)?;
    let applied = applied.iter().map(ToString::to_string);
    let unknown = applied.filter(|version| !known.contains(version)).min();
    let Some(version) = unknown else {
        return Ok(());
    };
    let is_earlier = known.first().is_some_and(|first| version < *first);
    Err(
        Problem::new(codes::DATABASE_MIGRATIONS).detailed(match is_earlier {
            true => format!(
                "this database was made by an earlier build of Keyward (its migration {version}), \
                 and nothing was changed in it; use the build that made it, or begin with an empty \
                 database"
            ),
            false => format!("migration {version} is of a newer version of Keyward"),
        }),
    )
}

fn broken(error: Box<dyn std::error::Error + Send + Sync>) -> Problem {
    Problem::new(codes::DATABASE_MIGRATIONS).caused_by(error)
}
