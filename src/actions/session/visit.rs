//! Looking at who is there, on every request.

use std::time::Duration;

use crate::actions::Keyward;
use crate::actions::policy::asks_for_second_factor;
use crate::domain::session::{Assurance, SignInId};
use crate::flows::permit::{SessionFacts, Standing, judge};
use crate::problem::Result;
use crate::secret::Token;
use crate::settings::Policy;
use crate::store::{AnyConnection, devices, groups, sign_ins};

/// How old the note of when a session was last seen may be before it is written again.
const NOTE_EVERY: Duration = Duration::from_mins(1);

impl Keyward {
    /// What the session of this identifier opens at this moment.
    ///
    /// # Errors
    /// The store's.
    pub async fn visit(&self, identifier: &Token) -> Result<Standing> {
        let hash = identifier.hash();
        let settings = self.settings.clone();
        let facts = self
            .store
            .look_again("visit", identifier.hash().as_str(), move |connection| {
                let Some((sign_in, user)) = sign_ins::with_user(connection, &hash)? else {
                    return Ok(None);
                };
                let mut facts = SessionFacts {
                    sign_in,
                    user,
                    needs_second_factor: false,
                    has_device: false,
                };
                // A second factor was proved: what policy asks for is there.
                if facts.sign_in.assurance != Assurance::Verified {
                    look_closer(connection, &mut facts, &settings.policy)?;
                }
                Ok(Some(facts))
            })
            .await?;
        let Some(facts) = facts else {
            return Ok(Standing::Nothing);
        };
        let now = self.now();
        let (id, last_seen) = (facts.sign_in.id, facts.sign_in.last_seen_at);
        let standing = judge(facts, now, self.settings.session.idle);
        if !matches!(standing, Standing::Nothing) && now.since(last_seen) >= NOTE_EVERY {
            self.note_seen(id).await?;
        }
        Ok(standing)
    }

    async fn note_seen(&self, id: SignInId) -> Result<()> {
        let now = self.now();
        self.store
            .write_unsynced(move |connection| sign_ins::note_seen(connection, id, now))
            .await
    }
}

fn look_closer(
    connection: &mut AnyConnection,
    facts: &mut SessionFacts,
    policy: &Policy,
) -> Result<()> {
    let user = facts.user.id;
    let groups = groups::of_user(connection, user)?;
    facts.has_device = devices::has_any(connection, user)?;
    facts.needs_second_factor = policy
        .require_second_factor
        .applies_to(facts.user.is_superuser, &groups)
        || asks_for_second_factor(connection, &groups)?;
    Ok(())
}
