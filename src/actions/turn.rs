//! A step of a journey that checks something: it is taken once, and counted before it is known.

use super::Keyward;
use super::attempt::{Tried, admit, settle};
use crate::domain::attempt::AttemptScope;
use crate::domain::event::{Event, EventKind};
use crate::domain::session::Client;
use crate::domain::user::UserId;
use crate::flows::Unfinished;
use crate::problem::{Fault, Result, codes};
use crate::secret::{Token, TokenHash};
use crate::store::journeys;

/// What a check is counted on, and how the trail calls it.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// Whose proof is waited for.
    pub user: UserId,
    /// What the try is counted on.
    pub scope: AttemptScope,
    /// What the trail calls a refusal.
    pub event: EventKind,
}

/// A turn that was taken: the journey's next step is ours, once.
pub(super) struct Turn {
    /// The journey.
    pub id: TokenHash,
    /// Its next step.
    pub turn: i64,
    /// What is checked.
    pub check: Check,
}

impl Keyward {
    /// Takes the turn and counts the try, before anything is known about the answer. The journey
    /// stands at `stage` from then on.
    ///
    /// # Errors
    /// `sign_in.turn_used` where somebody else took it, `sign_in.too_many` where the address or
    /// what is counted on is locked.
    pub(super) async fn take_turn(
        &self,
        journey: &Token,
        turn: i64,
        stage: &Unfinished,
        check: Check,
        client: &Client,
    ) -> Result<Turn> {
        self.admit_address(client).await?;
        let id = journey.hash();
        let sealed = self.seal_stage(&id, stage)?;
        let (key, scope) = (id.clone(), check.scope.clone());
        let (now, lockout) = (self.now(), self.settings.lockout.clone());
        let taken = self
            .store
            // Whatever comes of the try is on disk before anybody is told of it, and this with it.
            .write_unsynced(move |connection| {
                if !journeys::take_turn(connection, &key, turn, &sealed)? {
                    return Err(codes::SIGN_IN_TURN_USED.into());
                }
                admit(connection, &scope, &lockout, now)
            })
            .await;
        if let Err(problem) = taken {
            if problem.fault() == Fault::TooMany {
                self.record(check.refusal("locked", client)).await?;
            }
            return Err(problem);
        }
        Ok(Turn {
            id,
            turn: turn + 1,
            check,
        })
    }

    /// The answer proved nothing: settles the count and records why.
    pub(super) async fn refuse_turn(
        &self,
        turn: Turn,
        tried: Tried,
        reason: &'static str,
        client: &Client,
    ) -> Result<()> {
        let event = turn.check.refusal(reason, client);
        let (pen, lockout, client) = (self.pen(), self.settings.lockout.clone(), client.clone());
        self.store
            .write(move |connection| {
                let scope = &turn.check.scope;
                settle(connection, &pen, scope, tried, &lockout, &client)?;
                pen.record(connection, &event)
            })
            .await
    }
}

impl Check {
    /// The event of a refusal.
    pub(super) fn refusal(&self, reason: &'static str, client: &Client) -> Event {
        Event::new(self.event)
            .refused(reason)
            .about(self.user)
            .from(client)
    }
}
