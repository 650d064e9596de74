//! Ending everybody's sessions, for the day on which they may have been stolen (NIST SP 800-63B-4 §5.1,
//! ASVS 5.0, 7.4.5).

use crate::Keyward;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::session::SignInId;
use keyward_core::flows::permit::{Administrator, Grounds};
use keyward_core::problem::Result;
use keyward_store::{AnyConnection, journeys, recoveries, session_limits, trusted_browsers};

/// How many rows one transaction removes: others' sign-ins go on between two of them.
const AT_ONCE: i64 = 500;

impl Keyward {
    /// Ends everybody's sessions but the one that asks, the sign-ins in progress, the trust in browsers
    /// and the links for forgotten passwords, and counts the sessions. What begins while it works
    /// stays.
    ///
    /// # Errors
    /// The store's.
    pub async fn end_everybodys_sessions(&self, administrator: &Administrator) -> Result<usize> {
        let here = match administrator.grounds() {
            Grounds::Console(footing) => Some(footing.sign_in),
            Grounds::Server | Grounds::Own(_) => None,
        };
        // Ids rise with time: newer sessions are those of people who have just proved themselves.
        let last = SignInId::generate(self.now(), &*self.entropy);
        self.until_none(administrator, |connection| {
            recoveries::forget_some(connection, AT_ONCE)
        })
        .await?;
        self.until_none(administrator, |connection| {
            journeys::abandon_some(connection, AT_ONCE)
        })
        .await?;
        self.until_none(administrator, |connection| {
            trusted_browsers::end_some(connection, AT_ONCE)
        })
        .await?;
        let count = self
            .until_none(administrator, move |connection| {
                session_limits::end_some(connection, last, here, AT_ONCE)
            })
            .await?;
        let event = administrator.does(EventKind::SessionEnded);
        let event = event.detailed(format!("everybody: {count}"));
        let context = self.context();
        self.write_for(administrator.grounds(), move |connection| {
            context.record(connection, &event)
        })
        .await?;
        Ok(count)
    }

    /// Removes in pieces until a piece is not full, and counts.
    async fn until_none(
        &self,
        administrator: &Administrator,
        some: impl Fn(&mut AnyConnection) -> Result<usize> + Clone + Send + 'static,
    ) -> Result<usize> {
        let mut count = 0;
        loop {
            let piece = some.clone();
            let removed = self
                .write_batch_for(administrator.grounds(), move |connection| piece(connection))
                .await?;
            count += removed;
            if removed < usize::try_from(AT_ONCE).unwrap_or(usize::MAX) {
                return Ok(count);
            }
        }
    }
}
