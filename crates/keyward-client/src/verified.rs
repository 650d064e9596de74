//! Who is there, and why nobody is.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use time::OffsetDateTime;

/// The class of an authentication, weakest first: `acr`, as Keyward tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Nothing of a person: a program of theirs showed an API token, where the rule of
    /// `/forward-auth` takes one.
    Token,
    /// One factor.
    Aal1,
    /// Two factors, of which none resists phishing.
    Aal2,
    /// Two factors, of which one is a key that answers no other site.
    PhishingResistant,
    /// The same, with a key of which attestation showed that it cannot leave its hardware.
    HardwareProtected,
}

impl Class {
    /// Reads a value of `acr`, which is empty for a token; `None` for one that this crate does not know,
    /// which is no class.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "" => Self::Token,
            "aal1" => Self::Aal1,
            "aal2" => Self::Aal2,
            "phr" => Self::PhishingResistant,
            "phrh" => Self::HardwareProtected,
            _ => return None,
        })
    }
}

/// A user who is signed in, as an extractor of a handler: where nobody is, the answer is 401.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The user name.
    pub user: String,
    /// What they are called.
    pub name: String,
    /// Their e-mail address; empty where they have none.
    pub email: String,
    /// Their groups.
    pub groups: Vec<String>,
    /// The methods, as RFC 8176 names them.
    pub methods: Vec<String>,
    /// How well they proved themselves.
    pub class: Class,
    /// When they last proved themselves; `None` where a trusted browser stood in.
    pub proved_at: Option<OffsetDateTime>,
}

impl Verified {
    /// Whether they belong to a group.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|known| known == group)
    }

    /// Whether they proved themselves within this long before `now`.
    pub fn is_fresh(&self, within: Duration, now: OffsetDateTime) -> bool {
        self.proved_at.is_some_and(|at| now - at < within)
    }
}

/// Why a request does not reach its handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No user is signed in, or what says so does not come from a proxy that is trusted: 401.
    Nobody,
    /// A user is, and has not proved enough, or not freshly: 403.
    NotEnough,
    /// Keyward cannot be asked: 503.
    Unreachable,
    /// The application gives no [`Keyward`](crate::Keyward) as its data: 500.
    NotSetUp,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody is signed in",
            Self::NotEnough => "more proof is asked for than was given",
            Self::Unreachable => "the sign-in server cannot be reached",
            Self::NotSetUp => "the application does not say how it knows who is signed in",
        })
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Nobody => StatusCode::UNAUTHORIZED,
            Self::NotEnough => StatusCode::FORBIDDEN,
            Self::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotSetUp => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        HttpResponse::build(status)
            .content_type("application/problem+json")
            .body(
                serde_json::json!({
                    "type": "about:blank", "title": self.to_string(), "status": status.as_u16(),
                })
                .to_string(),
            )
    }
}
