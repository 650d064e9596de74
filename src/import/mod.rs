//! Other systems' data in, domain types out.
//!
//! An import reads and judges everything before it writes anything. What it writes goes in
//! bounded batches, each a transaction that adds only what is not there yet and moves counters
//! only forward: after a crash the same import is run again and ends where it would have ended.

pub mod inventory;
mod merge;
mod plan;
pub mod pskc;
pub mod report;
pub mod source;
pub mod ykksm;
pub mod ykval;

/// How many rows one transaction takes: it bounds how long sign-ins wait behind an import.
const BATCH: usize = 500;

/// What the person who imports decided.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Write nothing.
    pub dry_run: bool,
    /// Take the sound rows over although others are not.
    pub skip_bad: bool,
}

/// Is told how many rows are done, and of how many.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);
