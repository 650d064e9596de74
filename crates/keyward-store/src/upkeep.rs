//! The schema of a database, and what is left of what was removed from it.

use super::connection::{AnyConnection, Opener, Purpose, unopened};
use super::{Store, migrations, off_thread, remains};
use keyward_core::problem::{Result, codes};

impl Store {
    /// Whether no migration was ever applied.
    ///
    /// # Errors
    /// `database.unreachable` or `database.migrations`.
    pub async fn is_new(&self) -> Result<bool> {
        let look = |connection: &mut _| migrations::whole(connection, migrations::is_new);
        self.on_writer_connection(look).await
    }

    /// Names of the migrations that are not applied yet.
    ///
    /// # Errors
    /// `database.unreachable` or `database.migrations`.
    pub async fn pending_migrations(&self) -> Result<Vec<String>> {
        let look = |connection: &mut _| migrations::whole(connection, migrations::pending);
        self.on_writer_connection(look).await
    }

    /// Whether the schema is exactly the one that this program needs.
    ///
    /// # Errors
    /// `database.unreachable`, or `database.failed` where nothing was ever migrated.
    pub async fn is_migrated(&self) -> Result<bool> {
        self.look(migrations::is_current).await
    }

    /// Applies the migrations that are missing, and names them.
    ///
    /// # Errors
    /// `database.migrations`, also when the database is of a newer version than this program, or of a
    /// build from before the first migration that it knows.
    pub async fn migrate(&self) -> Result<Vec<String>> {
        self.on_writer_connection(migrations::apply).await
    }

    /// Makes the database forget what was removed: with SQLite, nothing of it is left in its files
    /// afterwards. What was removed stays removed where this does not succeed, because another process
    /// writes all the time; the log says so then.
    ///
    /// # Errors
    /// `database.unreachable`
    pub async fn forget_removed(&self) -> Result<()> {
        let forgotten = self.on_writer_connection(remains::forget).await;
        if let Err(problem) = &forgotten
            && problem.code() == codes::DATABASE_FAILED
        {
            tracing::warn!(error = ?problem, "removed rows may be left in the database's files");
            return Ok(());
        }
        forgotten
    }

    /// Migrations carry their own transactions, so they get a connection of their own.
    async fn on_writer_connection<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        let opener = Opener::new(&self.shared.location, Purpose::Write, self.shared.limits);
        off_thread(move || work(&mut opener.open().map_err(unopened)?)).await
    }
}
