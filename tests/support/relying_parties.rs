//! Relying parties that others wrote: libraries of npm and PyPI, each with a program around it that does nothing
//! of its own.

use serde_json::{Value, json};

use super::lines::Lines;
use super::openid::RelyingParty;

/// The libraries.
pub const LIBRARIES: [&str; 3] = ["openid-client", "oauth4webapi", "Authlib"];

/// A library, for one client after another.
pub struct Library {
    /// What it is called.
    pub name: &'static str,
    lines: Lines,
}

impl std::ops::Deref for Library {
    type Target = Lines;

    fn deref(&self) -> &Lines {
        &self.lines
    }
}

impl Library {
    /// Starts it.
    pub fn start(name: &'static str) -> Self {
        let script = match name {
            "openid-client" => "openid_client.mjs",
            "oauth4webapi" => "oauth4webapi.mjs",
            "Authlib" => "authlib_party.py",
            other => panic!("no library is called {other}"),
        };
        let lines = Lines::start(script);
        Self { name, lines }
    }

    /// Tells it which client it is, and has it find out the rest: the provider's metadata. `authentication` and
    /// `signed` are the registered names of how it proves itself and how its ID tokens are signed.
    pub fn is(&self, party: &RelyingParty, authentication: &str, signed: &str) -> Value {
        let question = json!({
            "issuer": party.base, "client_id": party.client_id, "secret": party.secret,
            "authentication": authentication, "signed": signed, "redirect_uri": party.redirect_uri,
        });
        self.says("discover", question)
    }
}
