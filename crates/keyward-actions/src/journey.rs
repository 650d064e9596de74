//! Journeys between two requests: sealed, versioned, each step taken once.

use std::time::Duration;

use super::App;
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{Event, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::{Stage, Unfinished};
use keyward_core::problem::{Code, Problem, Result, codes};
use keyward_core::secret::{Place, Token, TokenHash};
use keyward_store::AnyConnection;
use keyward_store::journeys::{self, JourneyRow};

/// How long a journey stands that no setting ends.
pub const LONGEST: Duration = Duration::from_hours(24);

/// A stage as it was loaded, with the number of the step that waits for an answer.
pub(super) type AtTurn<S> = (i64, S);

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

/// Seals a stage for the journey of this id.
pub(super) fn seal_stage<S: Stage>(app: &App, id: &TokenHash, stage: &S) -> Result<Vec<u8>> {
    let plain =
        zeroize::Zeroizing::new(serde_json::to_vec(&stage.named()).map_err(Problem::internal)?);
    Ok(app
        .master_key
        .seal(&*app.entropy, place(id.as_str()), &plain))
}

/// Begins a journey that ends by itself after `lasting`.
pub(super) async fn begin<S: Stage>(app: &App, stage: &S, lasting: Duration) -> Result<Token> {
    let prepared = prepare(app, stage, lasting)?;
    app.store
        // Where the power takes the journey away, the person begins another.
        .write_unsynced(move |connection| prepared.begin(connection))
        .await
}

/// A journey that begins in the caller's transaction.
pub(super) fn prepare<S: Stage>(app: &App, stage: &S, lasting: Duration) -> Result<Prepared> {
    let token = Token::generate(&*app.entropy);
    let id = token.hash();
    let sealed = seal_stage(app, &id, stage)?;
    Ok(Prepared {
        token,
        id,
        user: stage.user_id(),
        sealed,
        expires_at: app.now() + lasting,
    })
}

/// The stage at which a journey stands; `None` where it is another one, and where there is no
/// such journey.
///
/// # Errors
/// `expired` where its time is over.
pub(super) async fn load<S: Stage>(
    app: &App,
    journey: &Token,
    expired: Code,
) -> Result<Option<AtTurn<S>>> {
    let id = journey.hash();
    let row = match row_of(app, &id).await? {
        Some(row) if row.expires_at <= app.now() => return Err(expired.into()),
        Some(row) => row,
        None => return Ok(None),
    };
    let stage = unseal(app, &id, &row)?.and_then(S::of);
    Ok(stage.map(|stage| (row.version, stage)))
}

/// The stage of an enrolment that is this user's; `None` where there is none, or it is over.
pub(super) async fn load_own<S: Stage>(
    app: &App,
    user: UserId,
    journey: &Token,
) -> Result<Option<AtTurn<S>>> {
    let over = codes::ENROLMENT_NOT_STARTED;
    match load::<S>(app, journey, over).await {
        Err(problem) if problem.code() == over => Ok(None),
        loaded => Ok(loaded?.filter(|(_, stage)| stage.user_id() == user)),
    }
}

/// The same for an answer to the step `turn`.
///
/// # Errors
/// `enrolment.not_started` where the journey is over, another's, or at another step.
pub(super) async fn load_own_at<S: Stage>(
    app: &App,
    user: UserId,
    journey: &Token,
    turn: i64,
) -> Result<S> {
    let loaded = load_own(app, user, journey).await?;
    let stage = loaded.filter(|(at, _)| *at == turn).map(|(_, stage)| stage);
    stage.ok_or_else(|| codes::ENROLMENT_NOT_STARTED.into())
}

async fn row_of(app: &App, id: &TokenHash) -> Result<Option<JourneyRow>> {
    let id = id.clone();
    app.store
        .look(move |connection| journeys::get(connection, &id))
        .await
}

fn unseal(app: &App, id: &TokenHash, row: &JourneyRow) -> Result<Option<Unfinished>> {
    let plain = app.master_key.open(place(id.as_str()), &row.stage)?;
    // A stage of an older version of this program that cannot be read is simply over.
    Ok(serde_json::from_slice(&plain).ok())
}

/// Whose sign-in a journey is and where it leads, also when its time is over.
async fn sign_in_of(app: &App, journey: &Token) -> Result<Option<(UserId, NextPath)>> {
    let id = journey.hash();
    let Some(row) = row_of(app, &id).await? else {
        return Ok(None);
    };
    let stage = unseal(app, &id, &row)?;
    Ok(stage.and_then(|stage| {
        let (user, next) = stage.as_sign_in()?;
        Some((user, next.clone()))
    }))
}

/// What an answer to a sign-in meets. One that comes when the time is over is refused, and the
/// trail says so, whatever the answer was.
pub(super) async fn or_too_late<T>(
    app: &App,
    loaded: Result<T>,
    journey: &Token,
    event: EventKind,
    client: &Client,
) -> Result<T> {
    if let Err(problem) = &loaded
        && problem.code() == codes::SIGN_IN_EXPIRED
        && let Some((user, _)) = sign_in_of(app, journey).await?
    {
        let event = Event::new(event).about(user).from(client);
        app.record(event.refused(codes::SIGN_IN_EXPIRED)).await?;
    }
    loaded
}

/// Gives a sign-in up, and says where it was leading.
///
/// # Errors
/// The store's.
pub async fn give_sign_in_up(app: &App, journey: &Token) -> Result<Option<NextPath>> {
    let led = sign_in_of(app, journey).await?;
    abandon(app, journey).await?;
    Ok(led
        .map(|(_, next)| next)
        .filter(|next| *next != NextPath::default()))
}

/// Moves a journey on from the step `turn` to a stage that checks nothing yet.
///
/// # Errors
/// `sign_in.turn_used` where another request moved it.
pub(super) async fn move_on<S: Stage>(
    app: &App,
    journey: &Token,
    turn: i64,
    stage: &S,
) -> Result<()> {
    let id = journey.hash();
    let sealed = seal_stage(app, &id, stage)?;
    app.store
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
pub async fn abandon(app: &App, journey: &Token) -> Result<()> {
    let id = journey.hash();
    app.store
        .write(move |connection| journeys::abandon(connection, &id))
        .await
}
