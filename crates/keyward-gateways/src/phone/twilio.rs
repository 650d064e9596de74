//! Twilio's REST interface, version 2010-04-01.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use secrecy::ExposeSecret;
use serde::Deserialize;
use url::Url;

use super::PhoneRefusal;
use crate::outgoing::{Asking, Outgoing, Proxies, Redirects, obstacle};
use keyward_core::domain::outgoing::ConnectFailure;
use keyward_core::domain::phone_number::PhoneNumber;
use keyward_core::problem::Result;
use keyward_settings::TwilioAccount;

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Codes that speak about the number: it is none, takes no messages, is in a country that the
/// account does not send to, or has asked not to get any.
const ABOUT_THE_NUMBER: &[u32] = &[
    13223, 13224, 13225, 13226, 13227, 21211, 21214, 21215, 21216, 21217, 21401, 21407, 21408,
    21421, 21601, 21604, 21610, 21612, 21614, 21635, 60200, 60205,
];
/// Codes for too many at once.
const TOO_MANY: &[u32] = &[14107, 20429, 21611, 30001, 60203];

/// An account at Twilio.
pub(super) struct Twilio {
    account: TwilioAccount,
    client: Outgoing,
}

/// What an error answer says. The message may repeat the number, and is not read.
#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    code: Option<u32>,
}

impl Twilio {
    pub(super) fn new(account: TwilioAccount, patience: Duration) -> Result<Self> {
        let client = Outgoing::new(Redirects::Never, Proxies::OfEnvironment, patience)?;
        Ok(Self { account, client })
    }

    pub(super) async fn text(&self, to: &PhoneNumber, message: &str) -> Result<(), PhoneRefusal> {
        let form = [
            ("To", to.as_str()),
            ("From", &self.account.caller_id),
            ("Body", message),
        ];
        let request = self.client.post(&self.address("/Messages.json"));
        self.ask(request.map(|request| request.form(&form))).await
    }

    pub(super) async fn call(&self, to: &PhoneNumber, at: &Url) -> Result<(), PhoneRefusal> {
        let form = [
            ("To", to.as_str()),
            ("From", &self.account.caller_id),
            ("Url", at.as_str()),
            ("Method", "POST"),
        ];
        let request = self.client.post(&self.address("/Calls.json"));
        self.ask(request.map(|request| request.form(&form))).await
    }

    /// Reads the account's own record.
    pub(super) async fn probe(&self) -> Result<(), PhoneRefusal> {
        self.ask(self.client.get(&self.address(".json"))).await
    }

    fn address(&self, end: &str) -> Url {
        let mut url = self.account.api_url.clone();
        url.set_path(&format!("/2010-04-01/Accounts/{}{end}", self.account.sid));
        url
    }

    async fn ask(&self, request: Asking) -> Result<(), PhoneRefusal> {
        let unreached = |obstacle: ConnectFailure| {
            PhoneRefusal::Refused(format!("twilio cannot be reached: it {}", obstacle.words()))
        };
        let token = self.account.token.expose_secret();
        let sent = request
            .map_err(unreached)?
            .basic_auth(&self.account.sid, Some(token))
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(refusal(answer).await),
            Err(error) if error.is_connect() => Err(unreached(obstacle(&error))),
            Err(_) => Err(PhoneRefusal::Unknown("twilio did not answer".to_owned())),
        }
    }
}

async fn refusal(answer: Response) -> PhoneRefusal {
    let status = answer.status();
    let trouble = read(answer).await;
    let why = match trouble.code {
        Some(code) => format!("twilio answers {} with code {code}", status.as_u16()),
        None => format!("twilio answers {}", status.as_u16()),
    };
    match trouble.code {
        Some(code) if ABOUT_THE_NUMBER.contains(&code) => PhoneRefusal::Number(why),
        Some(code) if TOO_MANY.contains(&code) => PhoneRefusal::Busy(why),
        _ if status == StatusCode::TOO_MANY_REQUESTS => PhoneRefusal::Busy(why),
        _ if status.is_server_error() => PhoneRefusal::Unknown(why),
        _ => PhoneRefusal::Refused(why),
    }
}

async fn read(mut answer: Response) -> ErrorBody {
    let mut body = Vec::new();
    while let Ok(Some(part)) = answer.chunk().await {
        if body.len() + part.len() > LONGEST_ANSWER {
            return ErrorBody::default();
        }
        body.extend_from_slice(&part);
    }
    serde_json::from_slice(&body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_service_that_takes_the_request_and_never_answers_costs_no_more_than_our_patience() {
        let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = silent.local_addr().expect("an address");
        let account = TwilioAccount {
            sid: "AC0123456789abcdef0123456789abcdef".to_owned(),
            token: "hush".into(),
            caller_id: "+15005550006".to_owned(),
            api_url: format!("http://{address}").parse().expect("an address"),
        };
        let patience = Duration::from_millis(300);
        let twilio = Twilio::new(account, patience).expect("a client");
        let number = PhoneNumber::parse("+31612345658", None).expect("a number");
        // That it ends at all is because we gave up.
        let sent = twilio.text(&number, "a code").await;
        // It may have been sent: the code stays good, and nothing is tried again.
        assert!(matches!(sent, Err(PhoneRefusal::Unknown(_))));
    }
}
