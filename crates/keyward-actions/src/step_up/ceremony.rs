//! Stepping up by passkey or security key.

use serde_json::Value;

use crate::App;
use crate::journey;
use crate::second_factor::{self, CounterReading};
use crate::sign_in::Opened;
use crate::turn::Proved;
use keyward_core::domain::event::{Event, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::MayStepUp;
use keyward_core::flows::sign_in::SecondFactorVerified;
use keyward_core::flows::{AwaitsSecondFactor as _, Stage as _};
use keyward_core::problem::{Result, codes};
use keyward_core::secret::Token;

/// The options for the browser, in place of any that this journey was given before.
///
/// # Errors
/// `sign_in.turn_used` where no proof is waited for, `sign_in.expired`, `device.unknown` where
/// the user has neither passkey nor security key.
pub async fn options(app: &App, permit: &MayStepUp, journey: &Token) -> Result<Value> {
    let (turn, stage) = super::load(app, permit, journey).await?;
    let (options, ceremony) =
        second_factor::start_ceremony(app, stage.user_id(), stage.level()).await?;
    journey::move_on(app, journey, turn, &stage.with_ceremony(ceremony)).await?;
    Ok(options)
}

/// Verifies the authenticator's answer, raises the session and goes on to `next`. The ceremony
/// is taken out of its row with it, whatever the answer is: none is good for a second look.
///
/// # Errors
/// `ceremony.…`, `sign_in.turn_used`, `sign_in.expired`, `sign_in.too_many`;
/// `session.required` where the session ended meanwhile.
pub async fn with_ceremony(
    app: &App,
    permit: &MayStepUp,
    journey: Option<&Token>,
    answer: &[u8],
    next: NextPath,
    client: &Client,
) -> Result<Opened> {
    let loaded = match journey {
        Some(journey) => {
            let loaded = super::load(app, permit, journey).await;
            loaded.map(|loaded| (journey, loaded))
        }
        None => Err(codes::CEREMONY_NOT_STARTED.into()),
    };
    let user = permit.user().id;
    let unasked = Event::new(EventKind::SteppedUp).about(user).from(client);
    let (journey, loaded) = app.or_unasked(unasked, loaded).await?;
    let (turn, stage, proof) =
        second_factor::check_ceremony(app, journey, loaded, answer, client).await?;
    let presented = CounterReading::of(&proof);
    let proof = SecondFactorVerified::Credential(proof);
    let outcome =
        super::code::raise_with(app, permit, Proved::Now(turn), stage, proof, next, client).await?;
    second_factor::opened_by(app, outcome, &presented, client).await
}
