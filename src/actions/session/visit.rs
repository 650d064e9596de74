//! Looking at who is there, on every request.

use std::time::Duration;

use crate::actions::Keyward;
use crate::actions::policy::{SecondFactorDuty, note_duty, second_factor_duty};
use crate::clock::Timestamp;
use crate::domain::session::{Assurance, SignInId};
use crate::flows::permit::{SessionFacts, Standing, judge};
use crate::problem::Result;
use crate::secret::Token;
use crate::settings::Policy;
use crate::store::{AnyConnection, devices, sign_ins};

/// How old the note of when a session was last seen may be before it is written again.
const NOTE_EVERY: Duration = Duration::from_mins(1);

impl Keyward {
    /// What the session of this identifier opens at this moment.
    ///
    /// # Errors
    /// The store's.
    pub async fn visit(&self, identifier: &Token) -> Result<Standing> {
        let hash = identifier.hash();
        let (settings, now) = (self.settings.clone(), self.now());
        let found = self
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
                let duty = match facts.sign_in.assurance {
                    Assurance::Verified => None,
                    _ => look_closer(connection, &mut facts, &settings.policy, now)?,
                };
                Ok(Some((facts, duty)))
            })
            .await?;
        let Some((facts, duty)) = found else {
            return Ok(Standing::Nothing);
        };
        if let Some(duty) = duty.filter(|duty| !duty.is_noted) {
            let user = facts.user.id;
            self.store
                .write(move |connection| note_duty(connection, user, &duty, now))
                .await?;
        }
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

/// Whether the user has a device, and must have one now. The duty comes back where its grace is to
/// begin.
fn look_closer(
    connection: &mut AnyConnection,
    facts: &mut SessionFacts,
    policy: &Policy,
    now: Timestamp,
) -> Result<Option<SecondFactorDuty>> {
    facts.has_device = devices::has_any(connection, facts.user.id)?;
    let duty = second_factor_duty(connection, policy, &facts.user, now)?;
    facts.needs_second_factor = duty.as_ref().is_some_and(|duty| duty.is_due(now));
    Ok(duty.filter(|_| !facts.has_device))
}
