//! Journeys between two requests: sealed, versioned, each step taken once.

use std::time::Duration;

use super::Keyward;
use crate::clock::Timestamp;
use crate::domain::user::UserId;
use crate::flows::Unfinished;
use crate::problem::{Code, Problem, Result, codes};
use crate::secret::{Place, Token, TokenHash};
use crate::store::{AnyConnection, journeys};

/// How long a journey stands that no setting ends.
pub(super) const LONGEST: Duration = Duration::from_hours(24);

/// A journey as it was loaded, with the step that the next move takes.
pub struct Loaded {
    /// The number of the step that waits for an answer.
    pub turn: i64,
    /// The stage.
    pub stage: Unfinished,
}

/// A journey that is ready to begin.
#[must_use = "it has not begun"]
pub(super) struct Prepared {
    token: Token,
    id: TokenHash,
    user: UserId,
    sealed: Vec<u8>,
    expires_at: Timestamp,
}

impl Prepared {
    /// Begins the journey; its token goes to the browser.
    pub(super) fn begin(self, connection: &mut AnyConnection) -> Result<Token> {
        journeys::insert(
            connection,
            &self.id,
            self.user,
            &self.sealed,
            self.expires_at,
        )?;
        Ok(self.token)
    }
}

fn place(row: &str) -> Place<'_> {
    Place {
        table: "journeys",
        column: "stage",
        row,
    }
}

impl Keyward {
    /// Seals a stage for the journey of this id.
    pub(super) fn seal_stage(&self, id: &TokenHash, stage: &Unfinished) -> Result<Vec<u8>> {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(stage).map_err(Problem::internal)?);
        Ok(self
            .master_key
            .seal(&*self.entropy, place(id.as_str()), &plain))
    }

    /// Begins a journey that ends by itself after `lasting`.
    pub(super) async fn begin_journey(
        &self,
        user: UserId,
        stage: &Unfinished,
        lasting: Duration,
    ) -> Result<Token> {
        let prepared = self.prepare_journey(user, stage, lasting)?;
        self.store
            // Where the power takes the journey away, the person begins another.
            .write_unsynced(move |connection| prepared.begin(connection))
            .await
    }

    /// A journey that begins in the caller's transaction.
    pub(super) fn prepare_journey(
        &self,
        user: UserId,
        stage: &Unfinished,
        lasting: Duration,
    ) -> Result<Prepared> {
        let token = Token::generate(&*self.entropy);
        let id = token.hash();
        let sealed = self.seal_stage(&id, stage)?;
        Ok(Prepared {
            token,
            id,
            user,
            sealed,
            expires_at: self.now() + lasting,
        })
    }

    /// The stage at which a journey stands; `None` where there is no such journey.
    ///
    /// # Errors
    /// `expired` where its time is over.
    pub(super) async fn load_journey(
        &self,
        journey: &Token,
        expired: Code,
    ) -> Result<Option<Loaded>> {
        let id = journey.hash();
        let key = id.clone();
        let row = self
            .store
            .look(move |connection| journeys::get(connection, &key))
            .await?;
        let Some(row) = row else { return Ok(None) };
        if row.expires_at <= self.now() {
            return Err(expired.into());
        }
        let plain = self.master_key.open(place(id.as_str()), &row.stage)?;
        // A stage of an older version of this program that cannot be read is simply over.
        Ok(serde_json::from_slice(&plain).ok().map(|stage| Loaded {
            turn: row.version,
            stage,
        }))
    }

    /// Moves a journey on from the step `turn` to a stage that checks nothing yet.
    ///
    /// # Errors
    /// `sign_in.turn_used` where somebody else moved it.
    pub(super) async fn move_on(
        &self,
        journey: &Token,
        turn: i64,
        stage: &Unfinished,
    ) -> Result<()> {
        let id = journey.hash();
        let sealed = self.seal_stage(&id, stage)?;
        self.store
            // Where the power takes the step away, the person takes it again.
            .write_unsynced(move |connection| {
                if journeys::take_turn(connection, &id, turn, &sealed)? {
                    Ok(())
                } else {
                    Err(codes::SIGN_IN_TURN_USED.into())
                }
            })
            .await
    }

    /// Gives a journey up.
    ///
    /// # Errors
    /// The store's.
    pub async fn abandon_journey(&self, journey: &Token) -> Result<()> {
        let id = journey.hash();
        self.store
            .write(move |connection| journeys::abandon(connection, &id))
            .await
    }
}
