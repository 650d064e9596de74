//! npm's `oidc-provider`, another OpenID provider: shaped like Entra for those who sign in by it, and a twin whose
//! refusals are compared with ours.

use serde_json::{Value, json};

use super::lines::Lines;
use super::openid_provider::{CLIENT_ID, CLIENT_SECRET};
use super::process;

/// A provider; it ends when this is dropped.
pub struct OidcProvider {
    /// What it calls itself.
    pub issuer: String,
    path: String,
    port: u16,
    lines: Lines,
}

impl OidcProvider {
    /// One that will call itself by a path at a free port. It listens when it knows its clients.
    pub fn at(path: &str) -> Self {
        let lines = Lines::start("oidc_provider.mjs");
        let port = process::free_port();
        Self {
            issuer: format!("http://127.0.0.1:{port}{path}"),
            path: path.to_owned(),
            port,
            lines,
        }
    }

    /// Listens, for these clients as its manual writes them.
    pub fn serves(&self, clients: &Value) {
        let question = json!({ "port": self.port, "path": self.path, "clients": clients });
        self.lines.says("start", question);
    }

    /// Listens, for Keyward at this address alone.
    pub fn serves_keyward(&self, base: &str) {
        self.serves(&json!([{
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uris": [format!("{base}/upstream/entra/callback")],
            "post_logout_redirect_uris": [format!("{base}/sign-in")],
            "backchannel_logout_uri": format!("{base}/upstream/entra/backchannel-logout"),
            "backchannel_logout_session_required": true,
        }]));
    }

    /// The settings of a server whose people sign in there, of this tenant, with these besides.
    pub fn settings(&self, tenant: &str, more: &str) -> String {
        format!(
            "[{{ tenant_id = \"{tenant}\", issuer = \"{}\", client_id = \"{CLIENT_ID}\", client_secret = \
             \"{CLIENT_SECRET}\", networks = [\"127.0.0.0/8\"]{more} }}]",
            self.issuer
        )
    }

    /// Who signs in from now on, by what methods and with what claims.
    pub fn person(&self, subject: &str, amr: &[&str], claims: &Value) {
        let question = json!({ "subject": subject, "amr": amr, "claims": claims });
        self.lines.says("person", question);
    }

    /// What it has printed.
    pub fn log(&self) -> String {
        self.lines.log()
    }
}
