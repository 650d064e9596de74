//! How an event that goes out is signed, by the Standard Webhooks scheme (version 1.0): HMAC-SHA256
//! over the message's id, the second at which it was sent and its body, with a point between each
//! two, as base64 behind `v1,`. While a secret is being replaced, the header has a signature under
//! each, with a space between them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::clock::{Entropy, Timestamp};

/// The header with the message's id, which is the same at each try.
pub const ID: &str = "webhook-id";
/// The header with the second at which it was sent.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures.
pub const SIGNATURE: &str = "webhook-signature";

/// What leads a written secret.
const PREFIX: &str = "whsec_";

/// What a receiver and we share.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// How many bytes a secret has that we make.
    const LENGTH: usize = 32;
    /// How many bytes the scheme takes.
    const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

    /// A new secret.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(entropy.bytes::<{ Self::LENGTH }>().to_vec())
    }

    /// Reads a secret as it is handed out, with `whsec_` or without; `None` where it is none of the
    /// scheme's.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix(PREFIX).unwrap_or(text);
        let mut bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
        Self::LENGTHS
            .contains(&bytes.len())
            .then(|| Self(std::mem::take(&mut *bytes)))
    }

    /// The bytes as they are kept, sealed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret of a row; `None` for bytes that are none.
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        Self::LENGTHS
            .contains(&bytes.len())
            .then(|| Self(bytes.to_vec()))
    }

    /// The secret as it is handed out: `whsec_` and base64.
    pub fn expose(&self) -> Zeroizing<String> {
        let text = Zeroizing::new(STANDARD.encode(&self.0));
        Zeroizing::new(format!("{PREFIX}{}", text.as_str()))
    }

    fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut context = hmac::Context::with_key(&key);
        context.update(format!("{id}.{seconds}.").as_bytes());
        context.update(body.as_bytes());
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

/// The value of [`SIGNATURE`] for a message that is sent now: a signature under each secret.
pub fn signatures(secrets: &[WebhookSecret], id: &str, now: Timestamp, body: &str) -> String {
    let signed = secrets
        .iter()
        .map(|secret| secret.sign(id, now.seconds(), body));
    signed.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_has_a_signature_of_its_own_over_id_second_and_body() {
        let secrets = [1, 2].map(|byte| WebhookSecret(vec![byte; 32]));
        let now = Timestamp::from_millis(1_674_087_231_999);
        let both = signatures(&secrets, "msg_1", now, "{}");
        let parts: Vec<&str> = both.split(' ').collect();
        assert_eq!(parts.len(), 2);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[2; 32]);
        let tag = STANDARD.decode(parts[1].strip_prefix("v1,").expect("a version"));
        let tag = tag.expect("base64");
        assert!(hmac::verify(&key, b"msg_1.1674087231.{}", &tag).is_ok());
        assert!(hmac::verify(&key, b"msg_1.1674087232.{}", &tag).is_err());
    }

    #[test]
    fn a_secret_is_written_in_the_schemes_form_and_never_printed() {
        let secret = WebhookSecret(vec![0; 32]);
        let written = secret.expose();
        let text = written.strip_prefix("whsec_").expect("the prefix");
        let bytes = STANDARD.decode(text).expect("base64");
        assert_eq!(
            WebhookSecret::from_stored(&bytes).expect("32").as_bytes(),
            [0; 32]
        );
        assert_eq!(format!("{secret:?}"), "WebhookSecret(..)");
    }

    #[test]
    fn a_secret_is_read_as_it_is_handed_out_and_nothing_shorter_or_longer() {
        let written = |bytes: usize| STANDARD.encode(vec![7; bytes]);
        for bytes in [24, 32, 64] {
            let secret = WebhookSecret::parse(&format!("whsec_{}\n", written(bytes)));
            let secret = secret.expect("a secret");
            assert_eq!(secret.as_bytes(), vec![7; bytes]);
            let bare = WebhookSecret::parse(&written(bytes)).expect("a secret");
            assert_eq!(bare.expose(), secret.expose());
        }
        for text in ["", "whsec_", &written(23), &written(65), "whsec_no base64"] {
            assert!(WebhookSecret::parse(text).is_none(), "{text}");
        }
    }
}
