//! The Rust crate `yubico_ng`.

use yubico_ng::transport::{AsyncTransport, Response};
use yubico_ng::{Verifier, YubicoError, config::Config};

use super::{Asked, ValidationSetup, Words, four_answers};

struct Http;

impl AsyncTransport for Http {
    type Error = YubicoError;

    async fn yubico_get(&self, url: &str) -> Result<Response, YubicoError> {
        let answer = reqwest::get(url).await.expect("the server answers");
        Ok(Response {
            status: answer.status().as_u16(),
            body: answer.text().await.expect("a body"),
        })
    }
}

pub async fn ask(_: &ValidationSetup, asked: &Asked, otp: &str) -> String {
    let config = Config::default()
        .set_api_host(&asked.url)
        .set_client_id(asked.id.to_string())
        .set_key(&asked.api_key)
        .expect("a key");
    let verifier = Verifier::with_client(config, Http).expect("credentials");
    match verifier.verify(otp).await {
        Ok(_) => "answer: OK".to_owned(),
        Err(error) => format!("answer: {error:?}"),
    }
}

four_answers!(
    ask,
    Words {
        good: "answer: OK",
        replay: "answer: ReplayedOtp",
        another_key: "Signature",
        unknown: "answer: NoSuchClient",
    }
);
