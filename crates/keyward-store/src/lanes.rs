//! Whose connections are used for what: people behind a locked table hold up nothing that must not
//! wait.

use std::time::Duration;

use super::connection::{Limits, Location, Opener, Purpose};
use super::pool::{LostConnections, Pool};

/// How many times as long as others a statement of many rows may take.
const LONG: u32 = 12;
/// The longest that readiness waits for anything.
const READY_WITHIN: Duration = Duration::from_secs(3);

/// How many connections there are, and how long anything may take.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The most connections of one pool.
    pub pool: u32,
    /// How long a request waits for a connection.
    pub wait: Duration,
    /// How long a server may take.
    pub limits: Limits,
}

/// The connections of one lane.
pub(super) struct Pools {
    /// For point reads, kept apart so that long lists never hold them all.
    pub(super) looks: Pool,
    /// For reads of any length, and transactions of many rows.
    pub(super) reads: Pool,
    /// For short transactions; unused on SQLite, which has its writer.
    pub(super) writes: Pool,
}

impl Pools {
    /// The lane of people: as many connections for looks as for transactions, and half as many for
    /// what takes long.
    pub(super) fn of_people(
        location: &Location,
        bounds: &Bounds,
        losses: &LostConnections,
    ) -> Self {
        let pool = |size, limits| {
            let opener = Opener::new(location, Purpose::Read, limits);
            Pool::new(opener, size, bounds.wait, losses)
        };
        let patient = Limits {
            statement: bounds.limits.statement * LONG,
            ..bounds.limits
        };
        let reads = match location {
            Location::Sqlite(_) => bounds.pool,
            #[cfg(feature = "postgres")]
            Location::Postgres { .. } => bounds.pool.div_ceil(2),
        };
        Self {
            looks: pool(bounds.pool, bounds.limits),
            reads: pool(reads, patient),
            writes: pool(bounds.pool, bounds.limits),
        }
    }

    /// The lane of validation clients.
    pub(super) fn of_validation(
        location: &Location,
        bounds: &Bounds,
        losses: &LostConnections,
    ) -> Self {
        let half = Bounds {
            pool: bounds.pool.div_ceil(2),
            ..*bounds
        };
        Self::apart(location, &half, losses)
    }

    /// One connection, and little patience: the caller wants to know it soon.
    pub(super) fn of_readiness(
        location: &Location,
        bounds: &Bounds,
        losses: &LostConnections,
    ) -> Self {
        let limits = bounds.limits;
        let one = Bounds {
            pool: 1,
            wait: READY_WITHIN,
            limits: Limits {
                connect: limits.connect.min(READY_WITHIN),
                statement: limits.statement.min(READY_WITHIN),
                lock: limits.lock.min(READY_WITHIN),
                ..limits
            },
        };
        Self::apart(location, &one, losses)
    }

    /// One pool for everything.
    fn apart(location: &Location, bounds: &Bounds, losses: &LostConnections) -> Self {
        let opener = Opener::new(location, Purpose::Read, bounds.limits);
        let pool = Pool::new(opener, bounds.pool, bounds.wait, losses);
        Self {
            looks: pool.clone(),
            reads: pool.clone(),
            writes: pool,
        }
    }

    pub(super) fn all(&self) -> [&Pool; 3] {
        [&self.looks, &self.reads, &self.writes]
    }
}
