//! What the browser's session holds: the identifier of a session, and journeys under way.

use std::future::{Ready, ready};

use actix_session::{Session, SessionExt};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use keyward_actions::browser_session::IDENTIFIER;
use keyward_actions::sign_in::Opened;
use keyward_core::problem::{Problem, Result};
use keyward_core::secret::Token;

/// A journey that a browser can be on, at most one of each at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journey {
    /// Signing in.
    SignIn,
    /// Enrolling an authenticator app.
    EnrolTotp,
    /// Enrolling a phone for codes.
    EnrolPhone,
    /// Enrolling a mailbox for codes.
    EnrolEmail,
    /// Enrolling a passkey or a security key.
    EnrolCredential,
    /// Registering something for somebody at the desk.
    EnrolAtDesk,
    /// Activating what was registered for oneself.
    Activate,
    /// Giving oneself another e-mail address.
    ChangeEmail,
    /// Proving oneself again.
    StepUp,
}

impl Journey {
    fn key(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::EnrolTotp => "enrol_totp",
            Self::EnrolPhone => "enrol_phone",
            Self::EnrolEmail => "enrol_email",
            Self::EnrolCredential => "enrol_credential",
            Self::EnrolAtDesk => "enrol_at_desk",
            Self::Activate => "activate",
            Self::ChangeEmail => "change_email",
            Self::StepUp => "step_up",
        }
    }
}

/// The browser's session.
pub struct Browser(Session);

impl FromRequest for Browser {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.get_session())))
    }
}

impl Browser {
    /// The identifier of the session; `None` where no user is signed in.
    pub fn identifier(&self) -> Option<Token> {
        self.token(IDENTIFIER)
    }

    /// The journey of this kind, if the browser is on one.
    pub fn journey(&self, journey: Journey) -> Option<Token> {
        self.token(journey.key())
    }

    /// Puts the browser on a journey within its session.
    ///
    /// # Errors
    /// `internal` where the session cannot hold it.
    pub fn set_journey(&self, journey: Journey, token: &Token) -> Result<()> {
        self.put(journey.key(), token)
    }

    /// A password was right: the session starts over on this journey, under a new key, so that no
    /// attacker who knew the old one is on it too (session fixation).
    ///
    /// # Errors
    /// `internal` where the session cannot hold it.
    pub fn begin_sign_in(&self, token: &Token) -> Result<()> {
        self.0.clear();
        self.0.renew();
        self.put(Journey::SignIn.key(), token)
    }

    /// A session was opened or raised: it starts over under a new key, with its identifier.
    ///
    /// # Errors
    /// `internal` where the session cannot hold it.
    pub fn open(&self, opened: &Opened) -> Result<()> {
        self.0.clear();
        self.0.renew();
        self.put(IDENTIFIER, &opened.identifier)
    }

    /// The session was raised: it goes on under a new key with a new identifier, and keeps the
    /// journeys that led here.
    ///
    /// # Errors
    /// `internal` where the session cannot hold it.
    pub fn raise(&self, opened: &Opened) -> Result<()> {
        self.forget(Journey::StepUp);
        self.0.renew();
        self.put(IDENTIFIER, &opened.identifier)
    }

    /// Takes the browser off a journey.
    pub fn forget(&self, journey: Journey) {
        self.0.remove(journey.key());
    }

    /// Forgets everything, and the cookie with it.
    pub fn end(&self) {
        self.0.purge();
    }

    fn token(&self, key: &str) -> Option<Token> {
        let text: String = self.0.get(key).ok().flatten()?;
        Token::parse(&text)
    }

    fn put(&self, key: &str, token: &Token) -> Result<()> {
        self.0
            .insert(key, token.expose().as_str())
            .map_err(|error| Problem::internal(error.to_string()))
    }
}
