//! The protocol's signature: HMAC-SHA1 over the fields in alphabetical order.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use zeroize::Zeroizing;

/// The fields of a message by name, without the signature.
pub(super) type Fields<'a> = BTreeMap<&'a str, &'a str>;

/// The key that a client and its validation service share.
#[derive(Clone)]
pub struct ApiKey(hmac::Key);

impl ApiKey {
    /// Reads a key as services hand it out, in base64; `None` for other text and for no key at
    /// all, with which an attacker could sign.
    pub fn parse(base64: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(base64).ok()?);
        (!bytes.is_empty())
            .then(|| Self(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes)))
    }

    /// A key of these bytes; none at all make the key that any client can sign with, which marks
    /// answers to an unknown client.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, bytes))
    }

    /// The signature of these fields in base64.
    pub(super) fn sign(&self, fields: &Fields<'_>) -> String {
        STANDARD.encode(hmac::sign(&self.0, signed_text(fields).as_bytes()))
    }

    /// Whether this is the signature of these fields, told in constant time.
    pub(super) fn verifies(&self, fields: &Fields<'_>, signature: &str) -> bool {
        self.verifies_text(&signed_text(fields), signature)
    }

    /// The same for fields that were written into one text already.
    pub(super) fn verifies_text(&self, text: &str, signature: &str) -> bool {
        STANDARD
            .decode(signature)
            .is_ok_and(|tag| hmac::verify(&self.0, text.as_bytes(), &tag).is_ok())
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// What a signature covers: the fields in the order of their names.
pub(super) fn signed_text(fields: &Fields<'_>) -> Zeroizing<String> {
    let pairs: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={v}")).collect();
    Zeroizing::new(pairs.join("&"))
}
