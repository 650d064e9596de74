//! Entries of a blob that were passed over.

use std::fmt;

use uuid::Uuid;

/// An entry that was passed over: one maker's slip takes nothing from the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its place in the blob, from 0.
    pub place: usize,
    /// Its model, where that much could be read.
    pub aaguid: Option<Uuid>,
    /// Why, in words of our own.
    pub why: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}", self.place)?;
        if let Some(aaguid) = self.aaguid {
            write!(f, " ({})", aaguid.hyphenated())?;
        }
        write!(f, ": {}", self.why)
    }
}
