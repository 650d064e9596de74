//! What an authorization request carries while its user is led elsewhere and back: when it was asked first,
//! and how good a proof they were led to. Without it `prompt=login` would ask for ever.

use std::time::Duration;

use crate::App;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyward_core::clock::Timestamp;
use keyward_core::domain::application::Level;
use keyward_core::domain::session::SessionId;
use keyward_core::protocols::oauth::Parameters;
use keyward_core::secret::{KeyPurpose, same};

/// The parameter in which it travels.
pub const RETURN: &str = "keyward";

/// How long a user may be on the way. After that the request counts as asked anew.
const LASTS: Duration = Duration::from_hours(1);

/// What is known of a request that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReturnState {
    /// When it was asked first.
    pub asked_at: Timestamp,
    /// To how good a proof its user was led.
    pub led_to: Option<Level>,
    /// Whether the user of this session was asked since, and agreed.
    pub has_agreed: bool,
}

impl ReturnState {
    /// What a request brings; a new one where it brings nothing that was made for it here.
    pub fn of(app: &App, parameters: &Parameters, session: Option<SessionId>) -> Self {
        let now = app.now();
        let brought = parameters.get(RETURN).ok().flatten();
        let read = brought.and_then(|text| Self::read(app, parameters, session, text));
        read.filter(|state| now.since(state.asked_at) < LASTS && state.asked_at <= now)
            .unwrap_or(Self {
                asked_at: now,
                led_to: None,
                has_agreed: false,
            })
    }

    fn read(
        app: &App,
        parameters: &Parameters,
        session: Option<SessionId>,
        text: &str,
    ) -> Option<Self> {
        let (said, tag) = text.rsplit_once('.')?;
        let has_agreed = said.ends_with(".agreed");
        // Of another session it is nobody's word: an attacker agrees for themselves, and sends the address
        // on.
        let agreed = session.filter(|_| has_agreed);
        if !same(
            tag.as_bytes(),
            tag_of(app, parameters, said, agreed).as_bytes(),
        ) {
            return None;
        }
        let mut parts = said.split('.');
        let asked_at = parts.next()?.parse().ok()?;
        Some(Self {
            asked_at: Timestamp::from_millis(asked_at),
            led_to: Level::parse(parts.next()?),
            has_agreed,
        })
    }

    /// The value of the parameter.
    fn written(self, app: &App, parameters: &Parameters, session: Option<SessionId>) -> String {
        let session = session.filter(|_| self.has_agreed);
        let said = format!(
            "{}.{}.{}",
            self.asked_at.millis(),
            self.led_to.map_or("none", Level::as_str),
            if session.is_some() { "agreed" } else { "open" },
        );
        let tag = tag_of(app, parameters, &said, session);
        format!("{said}.{tag}")
    }
}

fn tag_of(app: &App, parameters: &Parameters, said: &str, session: Option<SessionId>) -> String {
    let request = parameters.clone().without(RETURN).to_text();
    let session = session.map(|id| id.to_string()).unwrap_or_default();
    let tag = app
        .master_key
        .tag::<16>(KeyPurpose::OpenidRequest, &[&request, said, &session]);
    URL_SAFE_NO_PAD.encode(*tag)
}

/// The query of a request that its user comes back to, from a proof of this level where they are led to one.
pub fn led_on(
    app: &App,
    parameters: &Parameters,
    session: Option<SessionId>,
    level: Option<Level>,
) -> String {
    let state = ReturnState::of(app, parameters, session);
    let state = ReturnState {
        led_to: level.or(state.led_to),
        ..state
    };
    with(app, parameters, session, state)
}

/// The query of a request to which the user of a session agreed.
pub(super) fn agreed(app: &App, parameters: &Parameters, session: SessionId) -> String {
    let session = Some(session);
    let state = ReturnState {
        has_agreed: true,
        ..ReturnState::of(app, parameters, session)
    };
    with(app, parameters, session, state)
}

fn with(
    app: &App,
    parameters: &Parameters,
    session: Option<SessionId>,
    state: ReturnState,
) -> String {
    let value = state.written(app, parameters, session);
    parameters.clone().with(RETURN, &value).to_text()
}
