//! Statements that stay prepared.
//!
//! Diesel prepares every `UPDATE` anew, because a changeset with optional fields could take any
//! number of forms. Preparing one costs SQLite more than running it does, and PostgreSQL a round
//! trip. The changesets of this folder are tuples of columns, and a statement has one form.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{
    AstPass, IntoUpdateTarget, Query, QueryFragment, QueryId, UpdateTarget,
};
use diesel::query_source::QuerySource;
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;

/// As [`diesel::update`], for a statement that is kept under its text.
pub(super) fn update<T: IntoUpdateTarget>(target: T) -> Target<T::Table, T::WhereClause> {
    Target(target.into_update_target())
}

/// What is updated.
pub(super) struct Target<T: QuerySource, W>(UpdateTarget<T, W>);

impl<T: QuerySource, W> Target<T, W> {
    /// As `set` of Diesel's update.
    pub(super) fn set<V>(self, values: V) -> Update<T::FromClause, W, V::Changeset>
    where
        V: AsChangeset<Target = T>,
    {
        Update {
            table: self.0.table.from_clause(),
            filter: self.0.where_clause,
            changes: values.as_changeset(),
        }
    }
}

/// The whole statement.
pub(super) struct Update<T, W, V> {
    table: T,
    filter: W,
    changes: V,
}

impl<T, W, V> QueryId for Update<T, W, V> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T, W, V, C> RunQueryDsl<C> for Update<T, W, V> {}

impl<T, W, V, DB> QueryFragment<DB> for Update<T, W, V>
where
    DB: Backend,
    T: QueryFragment<DB>,
    W: QueryFragment<DB>,
    V: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE ");
        self.table.walk_ast(out.reborrow())?;
        out.push_sql(" SET ");
        self.changes.walk_ast(out.reborrow())?;
        self.filter.walk_ast(out)
    }
}

/// Makes a statement of SQLite's that is the same at each use. As plain text Diesel prepares it at
/// each.
macro_rules! fixed {
    ($(#[$doc:meta])* $name:ident, $text:literal) => {
        $(#[$doc])*
        pub(super) struct $name;

        impl QueryId for $name {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl RunQueryDsl<SqliteConnection> for $name {}

        impl QueryFragment<Sqlite> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
                out.push_sql($text);
                Ok(())
            }
        }
    };
}

fixed!(
    /// Begins a transaction that writes. It takes the write lock at once: a deferred one that has
    /// read already cannot wait for another process's writer, it fails.
    Begin,
    "BEGIN IMMEDIATE"
);
fixed!(
    /// Ends it.
    Commit,
    "COMMIT"
);
fixed!(
    /// Begins a transaction within a transaction.
    BeginJob,
    "SAVEPOINT job"
);
fixed!(
    /// Ends that.
    EndJob,
    "RELEASE job"
);
fixed!(
    /// Counts the commits of all other connections.
    DataVersion,
    "PRAGMA data_version"
);

impl Query for DataVersion {
    type SqlType = BigInt;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::InstrumentationEvent;

    use super::*;
    use crate::schema::instance;

    /// How many statements a connection prepares for good while `work` runs.
    fn newly_kept(
        connection: &mut SqliteConnection,
        work: impl FnOnce(&mut SqliteConnection),
    ) -> usize {
        let counted = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&counted);
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { .. } = event {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        work(connection);
        counted.load(Ordering::Relaxed)
    }

    #[test]
    fn an_update_is_prepared_once_and_only_where_it_is_kept() {
        let mut connection = SqliteConnection::establish(":memory:").expect("a database");
        diesel::sql_query("CREATE TABLE instance (name TEXT PRIMARY KEY, value BLOB)")
            .execute(&mut connection)
            .expect("a table");
        let row = instance::table.find("name");
        let kept = newly_kept(&mut connection, |connection| {
            for value in [b"one", b"two"] {
                let change = instance::value.eq(value.as_slice());
                update(row)
                    .set(change)
                    .execute(connection)
                    .expect("an update");
            }
        });
        assert_eq!(kept, 1);
        let kept = newly_kept(&mut connection, |connection| {
            let change = instance::value.eq(b"three".as_slice());
            let plain = diesel::update(row).set(change).execute(connection);
            plain.expect("an update");
        });
        assert_eq!(kept, 0, "Diesel keeps updates by itself: this file can go");
    }
}
