//! Signing in at a mail server with an access token in place of a password, which large providers
//! ask for: the token comes from their token endpoint by our client's own credentials (RFC 6749
//! §4.4), and is shown by the mechanism XOAUTH2.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::MailRefusal;
use crate::outgoing::{Outgoing, Proxies, Redirects, obstacle};
use keyward_core::problem::Result;
use keyward_settings::OAuthAccount;

/// The longest answer of a token endpoint that is read, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;
/// How much earlier than its end a token is not used any more.
const MARGIN: Duration = Duration::from_secs(120);
/// How long a token holds where the endpoint does not say (RFC 6749 §5.1).
const USUAL_LIFE: u64 = 600;

/// Our account at a provider.
pub(super) struct OAuth {
    account: OAuthAccount,
    http: Outgoing,
    token: Mutex<Option<(SecretString, Instant)>>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    expires_in: Option<u64>,
}

/// RFC 6749 §5.2.
#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

impl OAuth {
    pub(super) fn new(account: OAuthAccount, patience: Duration) -> Result<Self> {
        Ok(Self {
            account,
            http: Outgoing::new(Redirects::Never, Proxies::OfEnvironment, patience)?,
            token: Mutex::default(),
        })
    }

    /// Signs in as `name`.
    pub(super) async fn authenticate(
        &self,
        connection: &mut AsyncSmtpConnection,
        name: &str,
    ) -> Result<(), MailRefusal> {
        let token = self.token().await?;
        let shown = Zeroizing::new(format!(
            "user={name}\u{1}auth=Bearer {}\u{1}\u{1}",
            token.expose_secret()
        ));
        let command = format!("AUTH XOAUTH2 {}\r\n", STANDARD.encode(shown.as_bytes()));
        let why = match connection.command(command).await {
            Ok(answer) if answer.has_code(235) => return Ok(()),
            // The reason comes as a challenge, whose answer is an empty line.
            Ok(answer) => match connection.command("\r\n").await {
                Ok(after) if after.has_code(235) => return Ok(()),
                Ok(_) => answer.message().collect::<Vec<_>>().join(" "),
                Err(error) => error.to_string(),
            },
            Err(error) => error.to_string(),
        };
        // The next try asks for another one.
        *self.token.lock().await = None;
        connection.abort().await;
        Err(MailRefusal::for_now(format!(
            "the mail server does not take the access token for {name}: {why}"
        )))
    }

    async fn token(&self) -> Result<SecretString, MailRefusal> {
        let mut kept = self.token.lock().await;
        if let Some((token, until)) = &*kept
            && *until > Instant::now()
        {
            return Ok(token.clone());
        }
        let asked = Instant::now();
        let granted = self.ask().await?;
        let life = Duration::from_secs(granted.expires_in.unwrap_or(USUAL_LIFE));
        let until = asked + life.saturating_sub(MARGIN);
        *kept = Some((granted.access_token.clone(), until));
        Ok(granted.access_token)
    }

    async fn ask(&self) -> Result<Granted, MailRefusal> {
        let url = &self.account.token_url;
        let refused = |why: String| {
            MailRefusal::for_now(format!(
                "{url} gives no access token for the mail server: {why}"
            ))
        };
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.account.client_id),
            ("client_secret", self.account.client_secret.expose_secret()),
            ("scope", &self.account.scope),
        ];
        let request = self
            .http
            .post(url)
            .map_err(|obstacle| refused(format!("it {}", obstacle.words())))?;
        let stopped = |error: reqwest::Error| refused(format!("it {}", obstacle(&error).words()));
        let mut answer = request.form(&form).send().await.map_err(stopped)?;
        let mut body = Zeroizing::new(Vec::new());
        while let Some(part) = answer.chunk().await.map_err(stopped)? {
            if body.len() + part.len() > LONGEST_ANSWER {
                return Err(refused("its answer is far too long".to_owned()));
            }
            body.extend_from_slice(&part);
        }
        let status = answer.status();
        if status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|_| refused("its answer holds none".to_owned()));
        }
        let why: Refused = serde_json::from_slice(&body).unwrap_or_default();
        Err(refused(format!(
            "it answers {} {} {}",
            status.as_u16(),
            why.error,
            why.error_description
        )))
    }
}
