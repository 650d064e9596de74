//! What a user still has to do before a client gets a code.

use std::time::Duration;

use keyward_core::clock::Timestamp;
use keyward_core::domain::application::{Level, Reached, Requirement};
use keyward_core::domain::authentication_context::ContextClass;
use keyward_core::protocols::oauth::AuthorizationRequest;

/// The level that proves a class.
pub(super) fn level_of(class: ContextClass) -> Level {
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
pub(super) fn needs_fresh_proof(
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
pub(super) fn is_met(requires: Requirement, reached: &Reached, now: Timestamp) -> bool {
    requires.is_met_by(reached, now)
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
