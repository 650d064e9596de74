//! Tells one client of one end, once. What answers there is believed nothing but its status.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use url::Url;

use super::outgoing::{Outgoing, Proxies, Redirects, obstacle};
use keyward_core::problem::Result;

/// How long a client may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way to the back channels of OpenID clients: to wherever an administrator said, which is inside their
/// network more often than not, but for this machine's surroundings.
pub struct BackChannelGateway(Outgoing);

impl BackChannelGateway {
    /// The way.
    ///
    /// # Errors
    /// `internal` where no HTTP client can be made.
    pub fn new() -> Result<Self> {
        Ok(Self(Outgoing::new(
            Redirects::Never,
            Proxies::None,
            PATIENCE,
        )?))
    }

    /// Posts a logout token (OpenID Connect Back-Channel Logout 1.0 §2.5).
    ///
    /// # Errors
    /// Why it was not taken, for operators: the end of a sentence that begins with the client.
    pub async fn send(&self, address: &Url, token: &str) -> Result<(), String> {
        // No letter of a token means anything in a form.
        let body = format!("logout_token={token}");
        let request = self.0.post(address);
        let request = request.map_err(|obstacle| obstacle.words().to_owned())?;
        let answer = request
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await;
        match answer.as_ref().map(reqwest::Response::status) {
            Ok(status) if status.is_success() => Ok(()),
            Ok(status) => Err(format!("answers HTTP {}", status.as_u16())),
            Err(error) => Err(obstacle(error).words().to_owned()),
        }
    }
}
