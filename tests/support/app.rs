//! An authenticator app, written after RFC 6238 and independent of the server's.

use keyward_core::clock::Timestamp;
use ring::hmac;
use url::Url;

/// What an app keeps after it has scanned a code.
#[derive(Clone)]
pub struct App {
    secret: Vec<u8>,
    digits: u32,
    step: i64,
}

impl App {
    /// Scans an `otpauth://totp/…` address.
    pub fn scan(address: &str) -> Self {
        let address = Url::parse(address).expect("an address");
        assert_eq!(
            (address.scheme(), address.host_str()),
            ("otpauth", Some("totp"))
        );
        let parameter = |wanted: &str| {
            let mut pairs = address.query_pairs();
            pairs.find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
        };
        let number = |name, usual| parameter(name).map_or(usual, |text| text.parse().expect(name));
        let algorithm = parameter("algorithm");
        assert!(
            algorithm.is_none_or(|name| name == "SHA1"),
            "apps know SHA-1"
        );
        let secret = parameter("secret").expect("a secret");
        Self {
            secret: data_encoding::BASE32_NOPAD
                .decode(secret.as_bytes())
                .expect("base32"),
            digits: number("digits", 6),
            step: i64::from(number("period", 30)),
        }
    }

    /// The seed, which nobody but the app and the server knows.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// The code that the app shows at a moment (RFC 6238 §4.2, RFC 4226 §5.3).
    pub fn code(&self, now: Timestamp) -> String {
        let counter = now.seconds().div_euclid(self.step);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret);
        let tag = hmac::sign(&key, &counter.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[tag.len() - 1] & 0x0f);
        let word: [u8; 4] = tag[offset..offset + 4].try_into().expect("four bytes");
        let number = (u32::from_be_bytes(word) & 0x7fff_ffff) % 10_u32.pow(self.digits);
        format!("{number:0width$}", width = self.digits as usize)
    }
}
