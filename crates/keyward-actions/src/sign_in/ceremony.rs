//! The second step by passkey or security key.

use serde_json::Value;

use super::open_session::Opened;
use crate::App;
use crate::journey;
use crate::second_factor::{self, CounterReading};
use crate::turn::Proved;
use keyward_core::domain::application::Level;
use keyward_core::domain::session::Client;
use keyward_core::flows::sign_in::SecondFactorVerified;
use keyward_core::flows::{AwaitsSecondFactor as _, Stage as _};
use keyward_core::problem::{Result, codes};
use keyward_core::secret::Token;

/// Where an authenticator's answer led.
#[must_use]
#[derive(Debug)]
pub struct CeremonyOutcome {
    /// The session.
    pub opened: Opened,
}

/// The options for the browser, in place of any that this sign-in was given before.
///
/// # Errors
/// `ceremony.not_started` where no sign-in waits for a second factor, `sign_in.expired`,
/// `device.unknown` where the user has neither passkey nor security key.
pub async fn authentication_options(app: &App, journey: &Token) -> Result<Value> {
    let (turn, stage) = super::second_factor::load(app, journey)
        .await?
        .ok_or(codes::CEREMONY_NOT_STARTED)?;
    let (options, ceremony) =
        second_factor::start_ceremony(app, stage.user_id(), Level::default()).await?;
    journey::move_on(app, journey, turn, &stage.with_ceremony(ceremony)).await?;
    Ok(options)
}

/// Verifies the authenticator's answer and opens the session. The ceremony is taken out of its
/// row with it, whatever the answer is: none is good for a second look. `None` where nothing of
/// the kind is waited for.
///
/// # Errors
/// `ceremony.…`, `sign_in.turn_used`, `sign_in.expired`, `sign_in.too_many`
pub async fn with_ceremony(
    app: &App,
    journey: &Token,
    answer: &[u8],
    client: &Client,
) -> Result<Option<CeremonyOutcome>> {
    let Some(loaded) = super::second_factor::load_to_answer(app, journey, client).await? else {
        return Ok(None);
    };
    let (turn, stage, proof) =
        second_factor::check_ceremony(app, journey, loaded, answer, client).await?;
    let presented = CounterReading::of(&proof);
    let proof = SecondFactorVerified::Credential(proof);
    let outcome =
        super::second_factor::finish_with(app, Proved::Now(turn), stage, proof, client).await?;
    let opened = second_factor::opened_by(app, outcome, &presented, client).await?;
    Ok(Some(CeremonyOutcome { opened }))
}
