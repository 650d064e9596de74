//! The OpenID provider's clients and keys, kept between requests.

use std::collections::HashMap;
use std::sync::Arc;

use super::client_keys::ClientKeysCache;
use super::registry::Registry;
use keyward_core::clock::Timestamp;
use keyward_core::domain::json_web_key::{JwkSet, SigningAlgorithm};
use keyward_core::domain::openid_client::OpenidClients;
use keyward_core::domain::openid_key::OpenidKey;
use keyward_core::protocols::jose::SigningKey;

/// What is kept of clients and keys.
#[derive(Default)]
pub(crate) struct Openid {
    /// All clients.
    pub(crate) clients: Registry<OpenidClients>,
    /// Keys of clients that are at an address of theirs.
    pub(crate) client_keys: ClientKeysCache,
    /// All keys.
    pub(crate) keys: Registry<KeyRing>,
    /// Held by the one who makes a key: with RSA that takes a good part of a second.
    pub(crate) making: tokio::sync::Mutex<()>,
}

/// All keys, of which those that sign are open.
#[derive(Debug, Default)]
pub(crate) struct KeyRing {
    pub(crate) keys: Vec<OpenidKey>,
    pub(crate) signing: HashMap<SigningAlgorithm, Arc<SigningKey>>,
}

impl KeyRing {
    /// The public halves of those whose tokens are verified.
    pub(crate) fn published(&self, now: Timestamp) -> JwkSet {
        let verifying = self.keys.iter().filter(|key| key.verifies(now));
        JwkSet::new(verifying.map(|key| key.jwk.clone()).collect())
    }
}
