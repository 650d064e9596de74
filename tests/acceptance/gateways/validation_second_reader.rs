//! Another client of the protocol reads the same lies: whatever it refuses, we refuse; and what it
//! believes of them is the reason why it does not judge for us.

use std::collections::BTreeMap;

use keyward_core::clock::SystemEntropy;
use keyward_core::protocols::yubico::{Answer, ApiKey, Nonce, Otp, Request};
use url::Url;
use yubico_ng::transport::{AsyncTransport, Response};
use yubico_ng::{Verifier, YubicoError, config::Config};

use crate::gateways::validation_lies::lies;
use keyward_test_support::hostile_validation::{HostileServer, Lie, body, is_signed};
use keyward_test_support::soft_yubikey::SoftYubikey;

const SERVER: &str = "http://validation.example/wsapi/2.0/verify";

struct Liar(Lie);

impl AsyncTransport for Liar {
    type Error = YubicoError;

    async fn yubico_get(&self, url: &str) -> Result<Response, YubicoError> {
        let question = fields(&Url::parse(url).expect("a URL"));
        assert!(is_signed(&question), "both clients sign alike");
        let body = String::from_utf8_lossy(&body(&self.0, &question)).into_owned();
        Ok(Response { status: 200, body })
    }
}

fn fields(url: &Url) -> BTreeMap<String, String> {
    url.query_pairs().into_owned().collect()
}

async fn it_believes(lie: &Lie, otp: &Otp) -> bool {
    let config = Config::default()
        .set_api_host(SERVER)
        .set_client_id("7")
        .set_key(HostileServer::api_key_base64())
        .expect("a key of 20 bytes");
    let verifier = Verifier::with_client(config, Liar(lie.clone())).expect("credentials");
    verifier.verify(otp.expose()).await.is_ok()
}

fn we_believe(lie: &Lie, otp: &Otp) -> bool {
    let key = ApiKey::parse(&HostileServer::api_key_base64());
    let request = Request::new(7, key, otp, Nonce::generate(&SystemEntropy));
    let question = fields(&request.address(&SERVER.parse().expect("a URL")));
    let answer = request.read(&body(lie, &question));
    matches!(answer, Ok(Answer::Confirmed(_)))
}

#[tokio::test]
async fn we_believe_less_than_another_client() {
    let otp = Otp::parse(&SoftYubikey::numbered(1).touch()).expect("an OTP");
    assert!(it_believes(&Lie::Truth, &otp).await && we_believe(&Lie::Truth, &otp));
    let mut it_alone = Vec::new();
    for (lie, _) in lies() {
        // What lies in the HTTP around an honest body is not the reader's.
        if body(&lie, &BTreeMap::new()) == body(&Lie::Truth, &BTreeMap::new()) {
            continue;
        }
        assert!(!we_believe(&lie, &otp), "{lie:?}");
        if it_believes(&lie, &otp).await {
            it_alone.push(format!("{lie:?}"));
        }
    }
    assert_eq!(
        it_alone,
        [
            "SignedExtraLine",
            "RefusedThenOk",
            "TwoSignatures",
            "Chatter",
            "Gap"
        ]
    );
}
