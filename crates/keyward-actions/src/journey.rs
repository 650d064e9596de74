//! Journeys between two requests: sealed, versioned, each step taken once.

use std::time::Duration;

use super::Keyward;
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{Event, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::flows::Unfinished;
use keyward_core::flows::next_path::NextPath;
use keyward_core::problem::{Code, Problem, Result, codes};
use keyward_core::secret::{Place, Token, TokenHash};
use keyward_store::AnyConnection;
use keyward_store::journeys::{self, JourneyRow};

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
        match self.row_of(&id).await? {
            None => Ok(None),
            Some(row) if row.expires_at <= self.now() => Err(expired.into()),
            Some(row) => self.unseal(&id, &row),
        }
    }

    async fn row_of(&self, id: &TokenHash) -> Result<Option<JourneyRow>> {
        let id = id.clone();
        self.store
            .look(move |connection| journeys::get(connection, &id))
            .await
    }

    fn unseal(&self, id: &TokenHash, row: &JourneyRow) -> Result<Option<Loaded>> {
        let plain = self.master_key.open(place(id.as_str()), &row.stage)?;
        // A stage of an older version of this program that cannot be read is simply over.
        Ok(serde_json::from_slice(&plain).ok().map(|stage| Loaded {
            turn: row.version,
            stage,
        }))
    }

    /// Whose sign-in a journey is and where it leads, also when its time is over.
    async fn sign_in_of(&self, journey: &Token) -> Result<Option<(UserId, NextPath)>> {
        let id = journey.hash();
        let Some(row) = self.row_of(&id).await? else {
            return Ok(None);
        };
        let loaded = self.unseal(&id, &row)?;
        Ok(loaded.and_then(|loaded| {
            let (user, next) = loaded.stage.as_sign_in()?;
            Some((user, next.clone()))
        }))
    }

    /// What an answer to a sign-in meets. One that comes when the time is over is refused, and the
    /// trail says so, whatever the answer was.
    pub(super) async fn or_too_late<T>(
        &self,
        loaded: Result<T>,
        journey: &Token,
        event: EventKind,
        client: &Client,
    ) -> Result<T> {
        if let Err(problem) = &loaded
            && problem.code() == codes::SIGN_IN_EXPIRED
            && let Some((user, _)) = self.sign_in_of(journey).await?
        {
            let event = Event::new(event).about(user).from(client);
            self.record(event.refused(codes::SIGN_IN_EXPIRED.name))
                .await?;
        }
        loaded
    }

    /// Gives a sign-in up, and says where it was leading.
    ///
    /// # Errors
    /// The store's.
    pub async fn give_sign_in_up(&self, journey: &Token) -> Result<Option<NextPath>> {
        let led = self.sign_in_of(journey).await?;
        self.abandon_journey(journey).await?;
        Ok(led
            .map(|(_, next)| next)
            .filter(|next| *next != NextPath::default()))
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
