//! How much of a database's connections and of what is kept in memory is used: for metrics.

use super::Store;
use super::lanes::Pools;

/// What one process knows of its database without asking it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Each pool: whose connections, what for, how many are lent, the most that there can be.
    pub connections: Vec<(&'static str, &'static str, usize, usize)>,
    /// Hits and misses of the read cache so far; `None` where there is none.
    pub read_cache: Option<(u64, u64)>,
}

impl Store {
    /// What this process knows of its database without asking it.
    pub fn figures(&self) -> Figures {
        let shared = &self.shared;
        let lanes = [
            ("people", &shared.people),
            ("validation", &shared.validation),
            ("readiness", &shared.readiness),
        ];
        let of_lane = |(lane, pools): (&'static str, &Pools)| {
            let [looks, reads, writes] = pools.all();
            let pools = [("looks", looks), ("reads", reads), ("writes", writes)];
            pools.map(|(purpose, pool)| (lane, purpose, pool.lent(), pool.size()))
        };
        Figures {
            connections: lanes.into_iter().flat_map(of_lane).collect(),
            read_cache: shared
                .embedded
                .as_ref()
                .map(|embedded| embedded.cache.reads()),
        }
    }
}
