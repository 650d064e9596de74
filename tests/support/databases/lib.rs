//! Databases for tests, and the programs behind them. Of Keyward they know the store alone: its tests
//! are built without what stands on it.

pub mod backends;
pub mod postgres;
pub mod process;
pub mod small_disk;
