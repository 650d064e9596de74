//! Sends one event to one webhook, once. What answers there is a stranger: it may be slow, lead
//! elsewhere, or talk without end, and is believed nothing but its status.

use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use url::Url;

use super::outgoing::{Outgoing, obstacle};
use keyward_core::clock::Timestamp;
use keyward_core::domain::outgoing::{ConnectFailure, Reach};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::standard_webhooks::{
    ID, SIGNATURE, TIMESTAMP, WebhookSecret, signatures,
};
use keyward_settings::Webhooks;

/// The way to webhooks.
pub struct WebhookGateway {
    /// By TLS: to public addresses, and to the networks that the settings allow.
    by_tls: Outgoing,
    /// Without TLS: to those networks alone.
    plainly: Outgoing,
}

/// One message.
#[derive(Debug)]
pub struct WebhookMessage<'a> {
    /// Where it goes.
    pub url: &'a Url,
    /// Its id, the same at each try.
    pub id: &'a str,
    /// When it is sent.
    pub now: Timestamp,
    /// What it says.
    pub body: &'a str,
    /// What it is signed with.
    pub secrets: &'a [WebhookSecret],
}

/// Why a receiver did not take an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookRefusal {
    /// It was not reached, or did not answer.
    Unreached(ConnectFailure),
    /// It answered with another status than success. A redirect is none: it is not followed.
    Status(u16),
}

impl WebhookRefusal {
    /// Why, for operators: the end of a sentence that begins with the receiver.
    pub fn words(&self) -> String {
        match self {
            Self::Unreached(obstacle) => obstacle.words().to_owned(),
            Self::Status(status @ 300..400) => {
                format!("leads elsewhere (HTTP {status}), which is not followed")
            }
            Self::Status(status) => format!("answers HTTP {status}"),
        }
    }
}

impl WebhookGateway {
    /// The way that the settings describe.
    ///
    /// # Errors
    /// `internal` where no HTTP client can be made.
    pub fn new(settings: &Webhooks) -> Result<Self> {
        let within = |reach| Outgoing::within(reach, settings.ca_file.as_ref(), settings.timeout);
        Ok(Self {
            by_tls: within(Reach::PublicAnd(settings.networks.clone()))?,
            plainly: within(Reach::Only(settings.networks.clone()))?,
        })
    }

    /// Whether an address could ever be sent to: that of a number is judged before anything is sent there,
    /// and without TLS there must be a network that is asked so.
    ///
    /// # Errors
    /// `webhook.invalid`
    pub fn can_reach(&self, url: &Url) -> Result<()> {
        self.client(url).could_reach(url).map_err(|obstacle| {
            let host = url.host_str().unwrap_or_default();
            let why = format!("{host} {}", obstacle.words());
            Problem::new(codes::WEBHOOK_INVALID).detailed(why)
        })
    }

    fn client(&self, url: &Url) -> &Outgoing {
        match url.scheme() {
            "https" => &self.by_tls,
            _ => &self.plainly,
        }
    }

    /// Sends a message, and waits for the status of the answer, whose body is not read.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn send(&self, message: &WebhookMessage<'_>) -> Result<(), WebhookRefusal> {
        let client = self.client(message.url);
        let signature = signatures(message.secrets, message.id, message.now, message.body);
        let request = client
            .post(message.url)
            .map_err(WebhookRefusal::Unreached)?;
        let answer = request
            .header(CONTENT_TYPE, "application/json")
            .header(ID, message.id)
            .header(TIMESTAMP, message.now.seconds())
            .header(SIGNATURE, signature)
            .body(message.body.to_owned())
            .send()
            .await;
        match answer.as_ref().map(reqwest::Response::status) {
            Ok(status) if status.is_success() => Ok(()),
            Ok(status) => Err(WebhookRefusal::Status(status.as_u16())),
            Err(error) => Err(WebhookRefusal::Unreached(obstacle(error))),
        }
    }
}

/// Whether a receiver says that it is gone for good.
pub fn is_gone(refusal: WebhookRefusal) -> bool {
    refusal == WebhookRefusal::Status(StatusCode::GONE.as_u16())
}
