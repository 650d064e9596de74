//! Several rows about one key.

use keyward_core::protocols::provisioning::{CounterRecord, KeyRecord, RowFault};
use keyward_core::protocols::yubico::PublicId;

/// A row about one key.
pub(super) trait Record: Clone + Send + Sized + 'static {
    /// Which key.
    fn public_id(&self) -> &PublicId;

    /// Takes in what a later row says of the same key.
    ///
    /// # Errors
    /// `row.duplicate` where both cannot be true.
    fn merge(&mut self, later: Self) -> Result<(), RowFault>;
}

impl Record for KeyRecord {
    fn public_id(&self) -> &PublicId {
        &self.public_id
    }

    fn merge(&mut self, later: Self) -> Result<(), RowFault> {
        if !self.agrees_with(&later) {
            return Err(RowFault::Duplicate);
        }
        self.serial = self.serial.or(later.serial);
        self.lock_code = self.lock_code.take().or(later.lock_code);
        self.created = self.created.or(later.created);
        self.accessed = self.accessed.max(later.accessed);
        Ok(())
    }
}

impl Record for CounterRecord {
    fn public_id(&self) -> &PublicId {
        &self.public_id
    }

    /// The row that is further on is right: dumps of several servers may be imported together.
    fn merge(&mut self, later: Self) -> Result<(), RowFault> {
        let how_far = |record: &Self| {
            let counters = record.counters;
            counters.map(|counters| (counters.session, counters.usage))
        };
        if how_far(&later) > how_far(self) {
            *self = later;
        }
        Ok(())
    }
}
