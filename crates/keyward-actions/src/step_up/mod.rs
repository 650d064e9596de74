//! Stepping up: a user proves themselves again in the session that they have, before something
//! dangerous. The session keeps its row and its end, and gets a new identifier: an attacker who
//! copied the old one is out.

mod ceremony;
mod code;
mod password;
pub use ceremony::options;
pub use ceremony::with_ceremony;
pub use code::send_code;
pub use code::with_code;
pub use password::with_password;

pub use password::PasswordAgain;

use super::second_factor::{Awaiting, awaiting, proving};
use super::sign_in::{Opened, level_of};
use super::{App, WriteContext, journey};
use keyward_core::domain::application::Level;
use keyward_core::domain::session::Assurance;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::MayStepUp;
use keyward_core::flows::step_up::{Raised, RaisedBy, SteppingUp};
use keyward_core::problem::{Fault, Problem, Result, codes};
use keyward_core::secret::Token;
use keyward_store::{AnyConnection, sessions};

/// What a session waits for to be raised.
#[derive(Debug)]
pub struct StepUpOffer {
    /// The journey on which it waits.
    pub journey: Token,
    /// The step that the page's answer takes.
    pub turn: i64,
    /// The devices that can answer; `None` for a user who has none, and types the password.
    pub devices: Option<Awaiting>,
}

/// What a user proves themselves with again: on the journey that their browser is on already, or on
/// a new one. With a level, devices that prove as much; without, those of the journey.
///
/// # Errors
/// The store's.
pub async fn offer(
    app: &App,
    permit: &MayStepUp,
    under_way: Option<Token>,
    level: Option<Level>,
) -> Result<StepUpOffer> {
    let (journey, turn, level) = match resume(app, permit, under_way, level).await? {
        Some(resumed) => resumed,
        None => {
            let level = level.unwrap_or_default();
            let stage = SteppingUp::begin(permit, level);
            let lasting = app.settings.session.sign_in_timeout;
            let lasting = lasting.unwrap_or(journey::LONGEST);
            (crate::journey::begin(app, &stage, lasting).await?, 0, level)
        }
    };
    let (user, id, now) = (permit.user().id, journey.hash(), app.now());
    let devices = app
        .store
        .look(move |connection| {
            let mut found = awaiting(connection, user, &id, turn, now)?;
            if let Some(found) = &mut found
                && level > Level::SecondFactor
            {
                let proving = proving(connection, user, level)?;
                found.devices.retain(|device| proving.contains(&device.id));
            }
            Ok(found)
        })
        .await?;
    Ok(StepUpOffer {
        journey,
        turn,
        devices,
    })
}

async fn resume(
    app: &App,
    permit: &MayStepUp,
    under_way: Option<Token>,
    level: Option<Level>,
) -> Result<Option<(Token, i64, Level)>> {
    let Some(journey) = under_way else {
        return Ok(None);
    };
    match load(app, permit, &journey).await {
        Ok((turn, stage)) if level.is_none_or(|level| level == stage.level()) => {
            Ok(Some((journey, turn, stage.level())))
        }
        Ok(_) => {
            crate::journey::abandon(app, &journey).await?;
            Ok(None)
        }
        Err(problem) if problem.fault() == Fault::Stale => {
            crate::journey::abandon(app, &journey).await?;
            Ok(None)
        }
        Err(problem) => Err(problem),
    }
}

/// The stage of a journey that this session is on.
async fn load(app: &App, permit: &MayStepUp, journey: &Token) -> Result<(i64, SteppingUp)> {
    let loaded = crate::journey::load::<SteppingUp>(app, journey, codes::SIGN_IN_EXPIRED).await?;
    loaded
        .filter(|(_, stage)| stage.session() == permit.session().id)
        .ok_or_else(|| codes::SIGN_IN_TURN_USED.into())
}

/// Raises a session, in the caller's transaction.
///
/// # Errors
/// `session.required` where the session ended meanwhile.
pub(super) fn raise(
    connection: &mut AnyConnection,
    context: &WriteContext,
    raised: &Raised,
    next: NextPath,
) -> Result<Opened> {
    let identifier = Token::generate(&*context.entropy);
    let (id, hash) = (raised.session(), identifier.hash());
    let over = || Problem::new(codes::SESSION_REQUIRED).detailed("the session ended meanwhile");
    let before = sessions::by_id(connection, id)?.ok_or_else(over)?;
    let level = match raised.by() {
        RaisedBy::Password => before.level,
        RaisedBy::SecondFactor { device_id, methods } => {
            let (user, device) = (before.user_id, Some(*device_id));
            let reached = level_of(connection, user, Assurance::Verified, methods, device)?;
            reached.max(before.level)
        }
    };
    if !sessions::raise(connection, id, raised.by(), level, &hash, context.now)? {
        return Err(over());
    }
    Ok(Opened { identifier, next })
}
