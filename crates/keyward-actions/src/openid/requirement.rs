//! What a user still has to do before a client gets a code.

use std::sync::Arc;
use std::time::Duration;

use super::authorize::{Authorizing, Stop, unmet};
use super::return_state::ReturnState;
use crate::App;
use crate::application::{Visiting, VisitingBy, WayToProve, way_to_prove};
use keyward_core::clock::Timestamp;
use keyward_core::domain::application::{Level, Reached, Requirement};
use keyward_core::domain::authentication_context::ContextClass;
use keyward_core::domain::openid_client::RegisteredClient;
use keyward_core::problem::Result;
use keyward_core::protocols::oauth::AuthorizationRequest;

/// The level that proves a class.
fn level_of(class: ContextClass) -> Level {
    match class {
        ContextClass::Aal1 => Level::Session,
        ContextClass::Aal2 => Level::SecondFactor,
        ContextClass::PhishingResistant => Level::PhishingResistant,
        ContextClass::HardwareProtected => Level::Hardware,
    }
}

/// Whether the last proof is too old for what a request asks for. It was asked at `asked_at`; a proof from
/// later is fresh, so that whoever is led to one and comes back is not led there again (OpenID Connect Core
/// 1.0 §3.1.2.1, `prompt` and `max_age`).
fn needs_fresh_proof(
    request: &AuthorizationRequest,
    proved_at: Option<Timestamp>,
    asked_at: Timestamp,
) -> bool {
    if !request.prompts.sign_in && request.max_age.is_none() {
        return false;
    }
    let Some(proved_at) = proved_at else {
        return true;
    };
    if proved_at >= asked_at {
        return false;
    }
    let within = match request.prompts.sign_in {
        true => Duration::ZERO,
        false => request.max_age.unwrap_or_default(),
    };
    asked_at.since(proved_at) >= within
}

/// Whether what an administrator asks of the client's users is met.
fn is_met(requires: Requirement, reached: &Reached, now: Timestamp) -> bool {
    requires.is_met_by(reached, now)
}

/// The class that a level proves.
fn class_of(level: Level) -> ContextClass {
    match level {
        Level::Session => ContextClass::Aal1,
        Level::SecondFactor => ContextClass::Aal2,
        Level::PhishingResistant => ContextClass::PhishingResistant,
        Level::Hardware => ContextClass::HardwareProtected,
    }
}

/// What a session has proved, with the class of its last proof: that is told beside the moment of that proof
/// (`auth_time`). A session in which a key was used once goes on after a code of an app; to say `phr` of that
/// moment would let whoever finds a browser open, and a phone, claim a key.
pub(super) fn as_last_proved(visiting: &mut Visiting) -> Option<Reached> {
    let VisitingBy::Session { reached, .. } = &visiting.by else {
        return None;
    };
    let last = reached.as_ref()?.last;
    if let Some(context) = &mut visiting.context {
        context.class = context.class.min(class_of(last));
    }
    *reached
}

/// What the user has to do first, if anything: what the client's rules ask for, what is asked to be fresh,
/// and the classes.
pub(super) async fn missing(
    app: &App,
    client: &Arc<RegisteredClient>,
    request: &AuthorizationRequest,
    visiting: &Visiting,
    reached: Option<Reached>,
    state: ReturnState,
) -> Result<Option<Authorizing>, Stop> {
    let requires = client.settings.requires;
    let is_fresh = reached
        .is_some_and(|reached| !needs_fresh_proof(request, reached.proved_at, state.asked_at));
    let is_enough =
        reached.is_some_and(|reached| is_met(requires, &reached, app.now())) && is_fresh;
    let user = visiting.user.id;
    if !is_enough {
        let way = way_to_prove(app, user, reached.is_some(), requires.level).await?;
        // A class that is asked for may need more: both in one proof.
        let level = match way {
            WayToProve::StepUp => {
                let wanted =
                    best_provable(app, request, visiting, is_fresh, requires.level).await?;
                wanted.max(requires.level)
            }
            WayToProve::Enrol(_) | WayToProve::Unprovable(_) => requires.level,
        };
        return Ok(Some(leading(client, way, level)));
    }
    missing_class(app, client, request, visiting, state).await
}

fn leading(client: &Arc<RegisteredClient>, way: WayToProve, level: Level) -> Authorizing {
    let client = Arc::clone(client);
    match way {
        WayToProve::StepUp => Authorizing::StepUp(level),
        WayToProve::Enrol(kind) => Authorizing::Enrol {
            client,
            level,
            kind,
        },
        WayToProve::Unprovable(obstacle) => Authorizing::Unprovable { client, obstacle },
    }
}

/// The level of the first class that the user can prove and has not: one that is to be proved afresh counts
/// as not proved, or a user would prove themselves once for the moment and once more for the class.
async fn best_provable(
    app: &App,
    request: &AuthorizationRequest,
    visiting: &Visiting,
    is_fresh: bool,
    least: Level,
) -> Result<Level, Stop> {
    let context = visiting.context.as_ref().filter(|_| is_fresh);
    let class = context.map(|context| context.class);
    for wanted in &request.acr.classes {
        if class >= Some(*wanted) {
            break;
        }
        let level = level_of(*wanted);
        if way_to_prove(app, visiting.user.id, true, level).await? == WayToProve::StepUp {
            return Ok(level);
        }
    }
    Ok(least)
}

/// What the user has to do for the classes that are asked for, the preferred one first. One that is asked
/// for and not demanded is tried by what they have; a user is not made to get a device for it.
async fn missing_class(
    app: &App,
    client: &Arc<RegisteredClient>,
    request: &AuthorizationRequest,
    visiting: &Visiting,
    state: ReturnState,
) -> Result<Option<Authorizing>, Stop> {
    let acr = &request.acr;
    let class: Option<ContextClass> = visiting.context.as_ref().map(|context| context.class);
    let mut first_way = None;
    for wanted in &acr.classes {
        if class >= Some(*wanted) {
            return Ok(None);
        }
        let level = level_of(*wanted);
        // They were led to that, and it did not come to this class: a code by mail is level 1.
        if state.led_to.is_some_and(|led_to| led_to >= level) {
            continue;
        }
        match way_to_prove(app, visiting.user.id, true, level).await? {
            WayToProve::StepUp => return Ok(Some(Authorizing::StepUp(level))),
            way => {
                first_way.get_or_insert((way, level));
            }
        }
    }
    if !acr.is_essential {
        return Ok(None);
    }
    match first_way {
        Some((way @ WayToProve::Enrol(_), level)) => Ok(Some(leading(client, way, level))),
        // `phrh` is never said of anything else, and a client that demands it is told so.
        Some(_) | None => Err(unmet()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyward_core::protocols::oauth::Parameters;

    fn asks(text: &str) -> AuthorizationRequest {
        let text = format!("response_type=code&{text}");
        let parameters = Parameters::read(text.as_bytes()).expect("few");
        AuthorizationRequest::read(&parameters).expect("sound")
    }

    #[test]
    fn a_proof_from_after_the_request_is_fresh_whatever_is_asked() {
        let asked_at = Timestamp::from_seconds(1000);
        let at = |seconds| Some(Timestamp::from_seconds(seconds));
        for (text, proved_at, expected) in [
            ("", None, false),
            ("prompt=login", at(999), true),
            ("prompt=login", at(1000), false),
            ("prompt=login", None, true),
            ("max_age=60", at(941), false),
            ("max_age=60", at(940), true),
            ("max_age=0", at(999), true),
            ("max_age=0", at(1001), false),
            ("max_age=60", None, true),
            ("max_age=60&prompt=login", at(999), true),
        ] {
            let needs = needs_fresh_proof(&asks(text), proved_at, asked_at);
            assert_eq!(needs, expected, "{text} {proved_at:?}");
        }
    }
}
