//! Databases for tests, and the programs behind them. Nothing of Keyward is in here: tests of the store
//! are built without what stands on it.

pub mod backends;
pub mod postgres;
pub mod process;
pub mod small_disk;
