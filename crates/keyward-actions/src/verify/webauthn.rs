//! A passkey or security key, on a page of the program's own under a related origin.

use std::net::IpAddr;

use serde_json::Value;

use super::{Verification, WhyNot, client_of, meant, shown};
use crate::policy::for_everybody;
use crate::second_factor::{self, accept, start_ceremony};
use crate::sign_in::challenges_last;
use crate::turn::{self, Proved};
use crate::{App, journey};
use keyward_core::domain::application::Level;
use keyward_core::domain::user::UserId;
use keyward_core::factors::webauthn::decoy;
use keyward_core::flows::AwaitsSecondFactor as _;
use keyward_core::flows::api_token::MayCall;
use keyward_core::flows::sign_in::SecondFactorVerified;
use keyward_core::flows::verify::Verifying;
use keyward_core::problem::{Fault, Result, codes};
use keyward_core::secret::Token;
use keyward_store::users;

/// What a program gives to its page, and what it brings back with the answer.
#[derive(Debug)]
pub struct WebauthnOffer {
    /// The verification that was begun.
    pub verification: Token,
    /// The options for the browser.
    pub options: Value,
}

/// Begins to verify a user by a passkey or security key. A name that no user has, and a user without
/// either, get options that look alike, and no answer to them is right.
///
/// # Errors
/// The store's.
pub async fn options(app: &App, call: &MayCall, name: &str) -> Result<WebauthnOffer> {
    let meant = meant(app, name).await?;
    let enabled = meant.user.filter(|(_, is_enabled)| *is_enabled);
    if let Some((user, _)) = enabled {
        match start_ceremony(app, user, Level::default()).await {
            Ok((options, ceremony)) => {
                let stage = Verifying::begin(user, call.grounds().token, call.token());
                let stage = stage.with_ceremony(ceremony);
                let verification = journey::begin(app, &stage, challenges_last(app)).await?;
                return Ok(WebauthnOffer {
                    verification,
                    options,
                });
            }
            Err(problem) if problem.code() == codes::DEVICE_UNKNOWN => {}
            Err(problem) => return Err(problem),
        }
    }
    let decoys = decoy::of_name(&app.master_key, &meant.folded);
    let policy = app.store.look(for_everybody).await?;
    let relying_party = app.ceremonies.relying_party.under(policy.rules());
    let (options, _) = relying_party.start_authentication(UserId::nil(), &decoys)?;
    Ok(WebauthnOffer {
        verification: Token::generate(&*app.entropy),
        options,
    })
}

/// Verifies the authenticator's answer. It is looked at once, whatever it is.
///
/// # Errors
/// `policy.device_stopped`
pub async fn with_ceremony(
    app: &App,
    call: &MayCall,
    verification: &Token,
    answer: &[u8],
    address: Option<IpAddr>,
) -> Result<Verification> {
    let client = client_of(call.client(), address);
    let loaded = journey::load::<Verifying>(app, verification, codes::SIGN_IN_EXPIRED).await;
    let loaded = match loaded {
        Err(problem) if problem.fault() == Fault::Stale => None,
        loaded => loaded?,
    };
    let Some((turn, stage)) = loaded.filter(|(_, stage)| stage.is_of(call.grounds().token)) else {
        return Ok(Verification::Not(WhyNot::Wrong));
    };
    let checked = second_factor::check_ceremony(app, verification, (turn, stage), answer, &client);
    let (open, _, proof) = match checked.await {
        // Forged, malformed, another's, or answered a moment ago: one answer for all of them.
        Err(problem) if is_of_answer(problem.fault()) => {
            return Ok(Verification::Not(WhyNot::Wrong));
        }
        checked => checked?,
    };
    let proof = SecondFactorVerified::Credential(proof);
    let (proved, context) = (Proved::Now(open.clone()), app.context());
    let refused = proved.check().refusal(codes::CEREMONY_COUNTER, &client);
    let (lockout, from) = (app.settings.lockout.clone(), client.clone());
    let accepted = app
        .store
        .write(move |connection| {
            if !users::hold_enabled(connection, proof.user_id())? {
                return Err(codes::USER_DISABLED.into());
            }
            let turn = proved.taken(connection, context.now)?;
            match accept(connection, &context, &turn, &proof, &lockout, &from)? {
                None => Ok(None),
                Some(_) => shown(connection, &context, &proof).map(Some),
            }
        })
        .await;
    match accepted {
        Ok(Some(verified)) => Ok(Verification::Verified(Box::new(verified))),
        Ok(None) => {
            // Its counter was overtaken by another answer of the same device.
            app.record(refused).await?;
            Ok(Verification::Not(WhyNot::Used))
        }
        Err(problem) => {
            turn::close(app, Some(open), &problem, &client).await?;
            match problem.fault() {
                Fault::Stale => Ok(Verification::Not(WhyNot::Used)),
                Fault::Denied => {
                    app.record(refused.refused(problem.code())).await?;
                    match problem.code() {
                        codes::USER_DISABLED => Ok(Verification::Not(WhyNot::Wrong)),
                        _ => Err(problem),
                    }
                }
                _ => Err(problem),
            }
        }
    }
}

fn is_of_answer(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::Malformed | Fault::Forged | Fault::Stale | Fault::Missing
    )
}
