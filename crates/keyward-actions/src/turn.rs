//! A step of a journey that checks something: it is taken once, and counted before it is known.

use super::App;
use super::attempt::{Tried, admit, is_locked, refuse_locked, settle};
use crate::attempt;
use crate::journey;
use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::event::{Event, EventDetail, EventKind, Refusal};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::flows::Stage;
use keyward_core::problem::{Fault, Problem, Result, codes};
use keyward_core::secret::{Token, TokenHash};
use keyward_store::{AnyConnection, journeys, users};

/// What a check is counted on, and how the trail calls it.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// Whose proof is waited for.
    pub user: UserId,
    /// What the try is counted on.
    pub scope: AttemptScope,
    /// What the trail calls a refusal.
    pub event: EventKind,
    /// The name of the API token of the program that asks.
    pub token: Option<String>,
}

/// A turn that was taken: the journey's next step is ours, once.
#[derive(Clone)]
pub(super) struct Turn {
    /// The journey.
    pub id: TokenHash,
    /// Its next step.
    pub turn: i64,
    /// What is checked.
    pub check: Check,
}

/// A turn that is still to be taken, for answers that cannot be guessed: an authenticator's
/// signature may be looked at first, and a right one then takes the turn in the transaction that it
/// leads to.
#[derive(Clone)]
pub(super) struct OpenTurn {
    turn: Turn,
    /// Where the journey stands from then on, sealed.
    stage: Vec<u8>,
}

/// The turn in which a proof was made.
pub(super) enum Proved {
    /// It was taken before the answer was looked at.
    Before(Turn),
    /// It is taken with the answer.
    Now(OpenTurn),
}

impl Proved {
    /// What was checked.
    pub(super) fn check(&self) -> &Check {
        match self {
            Self::Before(turn) | Self::Now(OpenTurn { turn, .. }) => &turn.check,
        }
    }

    /// The turn, where it is still to be taken.
    pub(super) fn open(&self) -> Option<OpenTurn> {
        match self {
            Self::Before(_) => None,
            Self::Now(open) => Some(open.clone()),
        }
    }

    /// The turn, taken in the caller's transaction where it was not before.
    ///
    /// # Errors
    /// `sign_in.turn_used` where another request took it, `sign_in.too_many` where what is counted
    /// on is locked.
    pub(super) fn taken(self, connection: &mut AnyConnection, now: Timestamp) -> Result<Turn> {
        match self {
            Self::Before(turn) => Ok(turn),
            Self::Now(open) => {
                open.take(connection)?;
                refuse_locked(connection, &open.turn.check.scope, now)?;
                Ok(open.turn)
            }
        }
    }
}

impl OpenTurn {
    fn take(&self, connection: &mut AnyConnection) -> Result<()> {
        let Turn { id, turn, .. } = &self.turn;
        match journeys::take_turn(connection, id, turn - 1, &self.stage)? {
            true => Ok(()),
            false => Err(codes::SIGN_IN_TURN_USED.into()),
        }
    }
}

/// A turn that is taken later. The journey stands at `stage` from then on.
///
/// # Errors
/// `sign_in.too_many` where the address is locked, and what is checked can be guessed.
pub(super) async fn open<S: Stage>(
    app: &App,
    journey: &Token,
    turn: i64,
    stage: &S,
    check: Check,
    client: &Client,
) -> Result<OpenTurn> {
    if !check.scope.is_hopeless() {
        attempt::admit_address(app, client).await?;
    }
    let id = journey.hash();
    Ok(OpenTurn {
        stage: journey::seal_stage(app, &id, stage)?,
        turn: Turn {
            id,
            turn: turn + 1,
            check,
        },
    })
}

/// Takes the turn and counts the try, before anything is known about the answer. The journey
/// stands at `stage` from then on.
///
/// # Errors
/// `sign_in.turn_used` where another request took it, `sign_in.too_many` where the address or what
/// is counted on is locked.
pub(super) async fn take<S: Stage>(
    app: &App,
    journey: &Token,
    turn: i64,
    stage: &S,
    check: Check,
    client: &Client,
) -> Result<Turn> {
    let open = open(app, journey, turn, stage, check, client).await?;
    count(app, open, client).await
}

/// Takes the step `turn` of an enrolment that is this user's, and gives its stage with it.
///
/// # Errors
/// `enrolment.not_started` where the journey is over, another's, or was answered elsewhere;
/// `sign_in.too_many` where the address or what is counted on is locked.
pub(super) async fn take_own<S: Stage>(
    app: &App,
    owner: UserId,
    journey: &Token,
    turn: i64,
    check: impl FnOnce(&S) -> Check,
    client: &Client,
) -> Result<(S, Turn)> {
    let stage: S = journey::load_own_at(app, owner, journey, turn).await?;
    let check = check(&stage);
    match take(app, journey, turn, &stage, check, client).await {
        Err(problem) if problem.fault() == Fault::Stale => Err(codes::ENROLMENT_NOT_STARTED.into()),
        turn => Ok((stage, turn?)),
    }
}

/// Takes a turn and counts the try on it.
///
/// # Errors
/// `sign_in.turn_used` where another request took it, `sign_in.too_many` where what is counted on
/// is locked.
pub(super) async fn count(app: &App, open: OpenTurn, client: &Client) -> Result<Turn> {
    let check = open.turn.check.clone();
    let (now, lockout, from) = (app.now(), app.settings.lockout.clone(), client.clone());
    let taken = attempt::begin_counted(app, move |connection| {
        users::hold(connection, open.turn.check.user)?;
        open.take(connection)?;
        admit(connection, &open.turn.check.scope, &lockout, &from, now)?;
        Ok(open.turn)
    })
    .await;
    if taken.as_ref().is_err_and(is_locked) {
        let event = check.refusal(Refusal::Locked, client);
        attempt::note_locked(app, &check.scope, event, client).await?;
    }
    taken
}

/// A right answer led nowhere, and its turn was given back with it. It is taken all the same:
/// an answer is looked at once, whatever it is.
pub(super) async fn close(
    app: &App,
    open: Option<OpenTurn>,
    problem: &Problem,
    client: &Client,
) -> Result<()> {
    let Some(open) = open else { return Ok(()) };
    match problem.fault() {
        Fault::Stale
        | Fault::Overtaken
        | Fault::Partner
        | Fault::Ours
        | Fault::Unavailable
        | Fault::TooMany => Ok(()),
        Fault::Malformed
        | Fault::TooLarge
        | Fault::TooLong
        | Fault::HeadTooLarge
        | Fault::Late
        | Fault::MediaType
        | Fault::Forged
        | Fault::Unauthenticated
        | Fault::Denied
        | Fault::Unconditional
        | Fault::Contradictory
        | Fault::Method
        | Fault::Missing => count(app, open, client).await.map(drop),
    }
}

/// The answer proved nothing: settles the count and records why.
pub(super) async fn refuse(
    app: &App,
    turn: Turn,
    tried: Tried,
    reason: Refusal,
    client: &Client,
) -> Result<()> {
    let event = turn.check.refusal(reason, client);
    settle_and_record(app, turn, tried, event, client).await
}

/// The same, with the particulars of what was wrong.
pub(super) async fn refuse_as(
    app: &App,
    turn: Turn,
    tried: Tried,
    problem: &Problem,
    client: &Client,
) -> Result<()> {
    let mut event = turn.check.refusal(problem.code(), client);
    event.detail = EventDetail::refused(None, problem);
    settle_and_record(app, turn, tried, event, client).await
}

async fn settle_and_record(
    app: &App,
    turn: Turn,
    tried: Tried,
    event: Event,
    client: &Client,
) -> Result<()> {
    let event = event.within(&turn.id);
    let (context, lockout, client) = (app.context(), app.settings.lockout.clone(), client.clone());
    app.store
        .write(move |connection| {
            let scope = &turn.check.scope;
            settle(connection, &context, scope, tried, &lockout, &client)?;
            context.record(connection, &event)
        })
        .await
}

impl Check {
    /// The event of a refusal.
    pub(super) fn refusal(&self, reason: impl Into<Refusal>, client: &Client) -> Event {
        let mut event = Event::new(self.event)
            .refused(reason)
            .about(self.user)
            .from(client);
        event.token.clone_from(&self.token);
        event
    }
}
