//! What a client asks a validation service.

use std::time::Duration;

use url::Url;

use super::signature::{ApiKey, Fields};
use super::{Answer, InvalidAnswer, Otp, response};
use crate::clock::Entropy;
use crate::domain::validation_service::SyncLevel;

/// What ties an answer to its request: 32 hexadecimal digits, within the 16 to 40 that the
/// protocol asks for and the 32 that older servers stop at.
#[derive(Clone, Debug)]
pub struct Nonce(String);

impl Nonce {
    /// A new nonce.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(data_encoding::HEXLOWER.encode(&entropy.bytes::<16>()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One question to all servers of one service. They must get the same nonce: servers that tell
/// each other of the OTPs they saw take the same OTP under another nonce for a replay.
pub struct Request<'a> {
    client_id: u64,
    otp: &'a Otp,
    nonce: Nonce,
    key: Option<ApiKey>,
    sync_level: Option<SyncLevel>,
    wait: Option<Duration>,
}

impl<'a> Request<'a> {
    /// Asks, as this client, whether this OTP is good. With a key the request is signed and only
    /// signed answers count.
    pub fn new(client_id: u64, key: Option<ApiKey>, otp: &'a Otp, nonce: Nonce) -> Self {
        Self {
            client_id,
            otp,
            nonce,
            key,
            sync_level: None,
            wait: None,
        }
    }

    /// How many of its peers the server must ask (`sl`); it decides unless told.
    pub fn synchronised(mut self, level: Option<SyncLevel>) -> Self {
        self.sync_level = level;
        self
    }

    /// How long the server may wait for its peers (`timeout`), in whole seconds.
    pub fn waiting(mut self, wait: Duration) -> Self {
        self.wait = (wait.as_secs() > 0).then_some(wait);
        self
    }

    /// The address that asks this server. `timestamp` is never asked for: nothing here needs the
    /// counters, and some servers forget them in their signature.
    pub fn address(&self, server: &Url) -> Url {
        let client_id = self.client_id.to_string();
        let sync_level = self.sync_level.map(|level| level.to_string());
        let wait = self.wait.map(|wait| wait.as_secs().to_string());
        let mut fields = Fields::from([
            ("id", client_id.as_str()),
            ("nonce", self.nonce.as_str()),
            ("otp", self.otp.expose()),
        ]);
        if let Some(level) = &sync_level {
            fields.insert("sl", level);
        }
        if let Some(wait) = &wait {
            fields.insert("timeout", wait);
        }
        let signature = self.key.as_ref().map(|key| key.sign(&fields));
        let mut address = server.clone();
        address
            .query_pairs_mut()
            .extend_pairs(&fields)
            .extend_pairs(signature.as_deref().map(|signature| ("h", signature)));
        address
    }

    /// Judges the body that a server sent back.
    ///
    /// # Errors
    /// The reason why the body is not the service's answer to this request.
    pub fn read(&self, body: &[u8]) -> Result<Answer, InvalidAnswer> {
        response::read(body, self.otp, &self.nonce, self.key.as_ref())
    }
}
