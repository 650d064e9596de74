//! A client of Keyward's validation server: it signs what it asks, and believes nothing.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use keyward_actions::validation::{self, NewClientKey};
use keyward_core::domain::validation_client::{ValidationClientId, ValidationClientSettings};
use keyward_core::flows::permit::Administrator;
use keyward_core::protocols::yubico::{PublicId, SlotSecret};
use reqwest::Url;
use ring::hmac;
use secrecy::ExposeSecret as _;

use super::server::Server;
use super::soft_yubikey::SoftYubikey;

/// A client with its number and its key.
#[derive(Clone)]
pub struct ValidationClient {
    /// Its number.
    pub id: ValidationClientId,
    /// Its key.
    pub key: Vec<u8>,
    base: String,
    http: reqwest::Client,
}

/// What the server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub code: u16,
    /// The header `content-type`.
    pub kind: String,
    /// The body, as it came.
    pub body: String,
}

impl Server {
    /// Adds a client.
    pub async fn client(&self, settings: ValidationClientSettings) -> ValidationClient {
        let administrator = Administrator::at_command_line();
        let (id, key) = validation::add_client(
            &self.app,
            &administrator,
            None,
            settings,
            NewClientKey::Generate,
        )
        .await
        .expect("a client");
        let key = data_encoding::BASE64.decode(key.expose_secret().as_bytes());
        ValidationClient::new(&self.base, id, key.expect("base64"))
    }

    /// Adds a client of whom nothing is asked.
    pub async fn plain_client(&self) -> ValidationClient {
        self.client(ValidationClientSettings::default()).await
    }

    /// Adds a client that may ask so often a minute.
    pub async fn client_at_rate(&self, rate: u32) -> ValidationClient {
        let rate_limit = NonZeroU32::new(rate);
        let settings = ValidationClientSettings::default();
        self.client(ValidationClientSettings {
            rate_limit,
            ..settings
        })
        .await
    }

    /// Gives the server the secret of a key.
    pub async fn holds(&self, key: &SoftYubikey) {
        let public_id = PublicId::parse(&key.public_id).expect("a public id");
        let secret = SlotSecret::new(key.private_id, key.secret);
        let administrator = Administrator::at_command_line();
        validation::hold_otp_key(&self.app, &administrator, public_id, &secret, None, "")
            .await
            .expect("the key is new");
    }
}

/// A nonce that nobody used.
pub fn nonce() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    format!("nonce{:027}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

impl ValidationClient {
    /// A client of a server at `base`.
    pub fn new(base: &str, id: ValidationClientId, key: Vec<u8>) -> Self {
        let http = reqwest::Client::builder().no_proxy().build();
        Self {
            id,
            key,
            base: base.to_owned(),
            http: http.expect("a client can be built"),
        }
    }

    /// The same client at another server.
    pub fn at(&self, base: &str) -> Self {
        Self::new(base, self.id, self.key.clone())
    }

    /// Asks as a good client does: signed, with a new nonce.
    pub async fn asks(&self, otp: &str) -> Reply {
        self.asks_with(otp, &nonce(), &[]).await
    }

    /// Asks with this nonce and more parameters, signed. The answer must be signed too.
    pub async fn asks_with(&self, otp: &str, nonce: &str, more: &[(&str, &str)]) -> Reply {
        let id = self.id.to_string();
        let mut fields = vec![("id", id.as_str()), ("otp", otp), ("nonce", nonce)];
        fields.extend(more);
        let reply = self
            .gets(&format!("/wsapi/2.0/verify?{}", self.signed(&fields)))
            .await;
        assert_eq!(reply.code, 200);
        assert!(reply.is_signed_by(&self.key), "{reply:?}");
        reply
    }

    /// Asks a server that may be gone: `None` where no whole answer came.
    pub async fn tries(&self, otp: &str) -> Option<Reply> {
        let id = self.id.to_string();
        let fields = self.signed(&[("id", &id), ("otp", otp), ("nonce", &nonce())]);
        let address = format!("{}/wsapi/2.0/verify?{fields}", self.base);
        let response = self.http.get(address).send().await.ok()?;
        let code = response.status().as_u16();
        let body = response.text().await.ok()?;
        let kind = String::new();
        Some(Reply { code, kind, body })
    }

    /// The fields as a query, with their signature.
    pub fn signed(&self, fields: &[(&str, &str)]) -> String {
        let sorted: BTreeMap<_, _> = fields.iter().copied().collect();
        let signature = sign(&self.key, &sorted);
        let mut all = fields.to_vec();
        all.push(("h", &signature));
        query(&all)
    }

    /// Gets an address as it is written.
    pub async fn gets(&self, address: &str) -> Reply {
        let url = Url::parse(&format!("{}{address}", self.base)).expect("an address");
        self.sends(self.http.get(url)).await
    }

    /// Posts a form's body to an address as it is written.
    pub async fn posts(&self, address: &str, body: String) -> Reply {
        let request = self.http.post(format!("{}{address}", self.base));
        let kind = "application/x-www-form-urlencoded";
        self.sends(request.header("content-type", kind).body(body))
            .await
    }

    /// Sends a request with another method.
    pub async fn does(&self, method: &str, address: &str) -> Reply {
        let method = method.parse().expect("a method");
        let request = self.http.request(method, format!("{}{address}", self.base));
        self.sends(request).await
    }

    async fn sends(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.expect("the server answers");
        let kind = response.headers().get("content-type");
        Reply {
            code: response.status().as_u16(),
            kind: kind
                .map_or("", |kind| kind.to_str().expect("text"))
                .to_owned(),
            body: response.text().await.expect("a whole answer"),
        }
    }
}

/// Fields as a query.
pub fn query(fields: &[(&str, &str)]) -> String {
    let mut writer = url::form_urlencoded::Serializer::new(String::new());
    writer.extend_pairs(fields).finish()
}

fn sign(key: &[u8], fields: &BTreeMap<&str, &str>) -> String {
    let text: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    data_encoding::BASE64.encode(hmac::sign(&key, text.join("&").as_bytes()).as_ref())
}

impl Reply {
    /// The fields in the order of the lines, `h` too. Every line ends with CRLF, and one empty line
    /// comes last.
    pub fn fields(&self) -> Vec<(&str, &str)> {
        let body = self
            .body
            .strip_suffix("\r\n\r\n")
            .expect("an empty last line");
        let lines = body.split("\r\n").map(|line| {
            assert!(!line.contains(['\r', '\n']), "{line:?}");
            line.split_once('=').expect("a field")
        });
        lines.collect()
    }

    /// The names of the fields in the order of the lines.
    pub fn names(&self) -> Vec<&str> {
        self.fields().into_iter().map(|(name, _)| name).collect()
    }

    /// A field, which stands there once; empty where it does not.
    pub fn field(&self, name: &str) -> &str {
        let fields = self.fields();
        let found: Vec<&str> = fields
            .iter()
            .filter(|(n, _)| *n == name)
            .map(|(_, v)| *v)
            .collect();
        assert!(found.len() < 2, "{name} twice: {self:?}");
        found.first().copied().unwrap_or_default()
    }

    /// The protocol's word for how it ended.
    pub fn status(&self) -> &str {
        self.field("status")
    }

    /// Whether the signature is this key's.
    pub fn is_signed_by(&self, key: &[u8]) -> bool {
        let mut fields: BTreeMap<_, _> = self.fields().into_iter().collect();
        let signature = fields.remove("h").unwrap_or_default();
        sign(key, &fields) == signature
    }
}
