//! What the clones of a [`Store`](super::Store) share.

use super::connection::{Limits, Location, Opener, Purpose, unopened};
use super::lanes::Pools;
use super::pool::Pool;
use super::read_cache::{Commits, ReadCache};
use super::writer::Writer;
use super::{Found, Work};
use keyward_core::problem::Result;

pub(super) struct Shared {
    pub(super) location: Location,
    pub(super) limits: Limits,
    pub(super) people: Pools,
    pub(super) validation: Pools,
    pub(super) readiness: Pools,
    /// What belongs to an embedded database; `None` on PostgreSQL.
    pub(super) embedded: Option<Embedded>,
}

pub(super) struct Embedded {
    /// SQLite's only writer.
    pub(super) writer: Writer,
    /// What its readers found before.
    pub(super) cache: ReadCache,
}

impl Embedded {
    pub(super) fn open(location: &Location, limits: Limits) -> Result<Self> {
        let commits = Commits::default();
        // The writer first: it makes the file.
        let writing = Opener::new(location, Purpose::Write, limits);
        let writer = Writer::start(&writing, commits.clone())?;
        let reading = Opener::new(location, Purpose::Read, limits);
        let asking = reading.open().map_err(unopened)?;
        Ok(Self {
            writer,
            cache: ReadCache::new(asking, commits),
        })
    }
}

impl Shared {
    pub(super) fn look(&self, embedded: &Embedded, read: Work) -> Result<Found> {
        match embedded.writer.look(read) {
            Ok(result) => result,
            Err(read) => self.people.looks.here(read),
        }
    }

    pub(super) fn pools(&self) -> impl Iterator<Item = &Pool> {
        let lanes = [&self.people, &self.validation, &self.readiness];
        lanes.into_iter().flat_map(Pools::all)
    }

    pub(super) fn lent(&self) -> usize {
        self.pools().map(Pool::lent).sum()
    }

    /// Lends no connection any more.
    pub(super) fn shut(&self) {
        self.pools().for_each(Pool::close);
    }

    /// Brings everything into the file of an embedded database, and closes it. The writer goes last:
    /// SQLite takes its log away with the last connection.
    pub(super) fn end(&self) {
        if let Some(embedded) = &self.embedded {
            embedded.cache.close();
            embedded.writer.close();
        }
    }
}

/// A command leaves the file as whole as a server that stops.
impl Drop for Shared {
    fn drop(&mut self) {
        self.shut();
        self.end();
    }
}
