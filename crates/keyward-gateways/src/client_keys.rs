//! Fetches the public keys of one OpenID client from where its administrator said. What answers there may be
//! slow, lie, or talk without end.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::ACCEPT;
use url::Url;

use super::outgoing::{Outgoing, obstacle};
use keyward_core::domain::json_web_key::JwkSet;
use keyward_core::domain::outgoing::{ConnectFailure, Reach};
use keyward_core::problem::{Problem, Result, codes};
use keyward_settings::Openid;

/// How long a client may take. Whoever asks for a token waits meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way to keys of clients.
pub struct ClientKeysGateway {
    /// By TLS: to public addresses, and to the networks that the settings allow.
    by_tls: Outgoing,
    /// Without TLS: to those networks alone.
    plainly: Outgoing,
}

impl ClientKeysGateway {
    /// The way that the settings describe.
    ///
    /// # Errors
    /// `internal` where no HTTP client can be made.
    pub fn new(settings: &Openid) -> Result<Self> {
        let within = |reach| Outgoing::within(reach, None, PATIENCE);
        Ok(Self {
            by_tls: within(Reach::PublicAnd(settings.networks.clone()))?,
            plainly: within(Reach::Only(settings.networks.clone()))?,
        })
    }

    /// Whether an address could ever be asked: that of a number is judged before anything is sent there, and
    /// without TLS there must be a network that is asked so.
    ///
    /// # Errors
    /// `openid_client.invalid`
    pub fn can_reach(&self, url: &Url) -> Result<()> {
        self.client(url).could_reach(url).map_err(|failure| {
            let host = url.host_str().unwrap_or_default();
            let why = format!("{host} {}", words(failure));
            Problem::new(codes::OPENID_CLIENT_INVALID).detailed(why)
        })
    }

    /// The keys that are published there: at most [`JwkSet::LARGEST`] bytes, of an answer that leads nowhere
    /// else.
    ///
    /// # Errors
    /// Why there are none, for operators: the end of a sentence that begins with the address.
    pub async fn fetch(&self, address: &Url) -> Result<JwkSet, String> {
        let stopped = |failure: ConnectFailure| words(failure).to_owned();
        let broken = |error: reqwest::Error| stopped(obstacle(&error));
        let request = self.client(address).get(address).map_err(stopped)?;
        let request = request.header(ACCEPT, "application/jwk-set+json, application/json");
        let mut answer = request.send().await.map_err(broken)?;
        match answer.status() {
            StatusCode::OK => {}
            status if status.is_redirection() => {
                return Err("leads elsewhere, which is not followed".to_owned());
            }
            status => return Err(format!("answers HTTP {}", status.as_u16())),
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(broken)? {
            if body.len() + part.len() > JwkSet::LARGEST {
                return Err(format!("sends more than {} bytes", JwkSet::LARGEST));
            }
            body.extend_from_slice(&part);
        }
        JwkSet::published(&body).map_err(str::to_owned)
    }

    fn client(&self, url: &Url) -> &Outgoing {
        match url.scheme() {
            "https" => &self.by_tls,
            _ => &self.plainly,
        }
    }
}

fn words(failure: ConnectFailure) -> &'static str {
    match failure {
        ConnectFailure::InnerAddress => {
            "has an address that is not public; `openid.networks` may allow its network"
        }
        ConnectFailure::PlainText => {
            "is asked by plain http, which is for the networks of `openid.networks` alone"
        }
        other => other.words(),
    }
}
