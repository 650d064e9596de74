//! An OpenID provider of the tests' own, shaped like Entra where it is told a tenant. It signs with
//! keys of its own, says what it is told to, and shares no code with Keyward.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keyward_core::clock::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

/// Who Keyward is there.
pub const CLIENT_ID: &str = "keyward";
/// What it proves that by; both are written differently in a header.
pub const CLIENT_SECRET: &str = "se cret&:";

/// How an ID token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// As it should.
    Honest,
    /// `alg: none`, without a signature.
    Unsigned,
    /// HS256, with the public key as the secret.
    HmacOfPublicKey,
    /// By a key that is not published, under the name of one that is.
    SwappedKey,
}

/// What the provider does when it is asked.
#[derive(Clone, Debug)]
pub enum Manner {
    /// It answers.
    Honest,
    /// It never answers.
    Silence,
    /// It answers this status.
    Status(u16),
    /// It leads elsewhere.
    Redirect(String),
    /// It talks without end.
    Endless,
    /// Its discovery document is of another issuer.
    OtherIssuer,
}

struct Key {
    kid: String,
    pair: EcdsaKeyPair,
}

impl Key {
    fn new(kid: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key");
        let kid = kid.to_owned();
        Self { kid, pair }
    }

    fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let part = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
            "x": part(1..33), "y": part(33..65),
        })
    }
}

struct Grant {
    challenge: String,
    redirect_uri: String,
    token: String,
}

struct State {
    keys: Vec<Key>,
    grants: HashMap<String, Grant>,
    manner: Manner,
    asked: BTreeMap<String, usize>,
    names_itself: bool,
    next_code: usize,
}

/// A running provider; it ends when this is dropped.
pub struct OpenidProvider {
    port: u16,
    tenant: Option<String>,
    state: Arc<Mutex<State>>,
    over: Arc<AtomicBool>,
}

impl OpenidProvider {
    /// Starts one.
    pub fn start() -> Self {
        Self::of(None)
    }

    /// Starts one that is shaped like Entra, with this tenant.
    pub fn entra(tenant: &str) -> Self {
        Self::of(Some(tenant.to_owned()))
    }

    fn of(tenant: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let provider = Self {
            port,
            tenant,
            state: Arc::new(Mutex::new(State {
                keys: vec![Key::new("first")],
                grants: HashMap::new(),
                manner: Manner::Honest,
                asked: BTreeMap::new(),
                names_itself: false,
                next_code: 0,
            })),
            over: Arc::default(),
        };
        let (state, over) = (provider.state.clone(), provider.over.clone());
        let issuer = provider.issuer();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (state, over, issuer) = (state.clone(), over.clone(), issuer.clone());
                thread::spawn(move || drop(answer(stream, &issuer, &state, &over)));
            }
        });
        provider
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        let base = format!("http://127.0.0.1:{}", self.port);
        match &self.tenant {
            Some(tenant) => format!("{base}/{tenant}/v2.0"),
            None => base,
        }
    }

    /// The settings that describe it, with these besides, as TOML writes a table within a line.
    pub fn settings(&self, more: &str) -> String {
        let tenant = self.tenant.as_ref();
        let tenant = tenant.map_or_else(String::new, |id| format!("tenant_id = \"{id}\", "));
        format!(
            "[{{ {tenant}issuer = \"{}\", client_id = \"{CLIENT_ID}\", client_secret = \
             \"{CLIENT_SECRET}\", networks = [\"127.0.0.0/8\"]{}{more} }}]",
            self.issuer(),
            if more.is_empty() { "" } else { ", " }
        )
    }

    /// Behaves otherwise from now on.
    pub fn becomes(&self, manner: Manner) {
        self.state().manner = manner;
    }

    /// Names itself in its answers from now on (RFC 9207), and says that it does.
    pub fn names_itself(&self) {
        self.state().names_itself = true;
    }

    /// Signs with a new key from now on; the one before is published no more.
    pub fn rotates_its_key(&self) {
        let mut state = self.state();
        let kid = format!("key-{}", state.next_code);
        state.keys = vec![Key::new(&kid)];
    }

    /// How often this path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.state().asked.get(path).copied().unwrap_or_default()
    }

    /// Somebody who was sent to `address` signs in. Gives the path that their browser is sent back to.
    pub fn signs_in(&self, address: &str, now: Timestamp, claims: &Value) -> String {
        self.signs_in_as(address, now, claims, Signing::Honest)
    }

    /// The same with a token that is signed so. A claim that is `null` is left out.
    pub fn signs_in_as(
        &self,
        address: &str,
        now: Timestamp,
        claims: &Value,
        signing: Signing,
    ) -> String {
        let asked = Asked::read(address);
        assert!(address.starts_with(&format!("http://127.0.0.1:{}/authorize?", self.port)));
        assert_eq!(asked.says("client_id"), CLIENT_ID);
        assert_eq!(asked.says("response_type"), "code");
        assert_eq!(asked.says("code_challenge_method"), "S256");
        assert!(
            asked
                .says("scope")
                .split(' ')
                .any(|scope| scope == "openid")
        );
        let mut all = json!({
            "iss": self.issuer(), "aud": CLIENT_ID, "sub": "subject-of-anna",
            "nonce": asked.says("nonce"), "iat": now.seconds(), "exp": now.seconds() + 300,
        });
        if let Some(tenant) = &self.tenant {
            all["tid"] = json!(tenant);
            all["oid"] = json!("11111111-aaaa-4aaa-8aaa-111111111111");
            all["ver"] = json!("2.0");
            all["preferred_username"] = json!("anna@example.org");
        }
        for (name, value) in claims.as_object().expect("claims") {
            match value {
                Value::Null => drop(all.as_object_mut().expect("claims").remove(name)),
                value => all[name] = value.clone(),
            }
        }
        let mut state = self.state();
        state.next_code += 1;
        let code = format!("code-{}", state.next_code);
        let token = sign(&state.keys[0], &all, signing);
        let grant = Grant {
            challenge: asked.says("code_challenge").to_owned(),
            redirect_uri: asked.says("redirect_uri").to_owned(),
            token,
        };
        state.grants.insert(code.clone(), grant);
        let iss = state.names_itself.then(|| self.issuer());
        drop(state);
        asked.back(&[("code", Some(&code)), ("iss", iss.as_deref())])
    }

    /// Somebody who was sent to `address` is refused. Gives the path that their browser is sent back to.
    pub fn refuses(&self, address: &str, error: &str) -> String {
        Asked::read(address).back(&[("error", Some(error))])
    }

    /// A token that ends sessions, with these claims besides or in place of the usual ones.
    pub fn logout_token(&self, now: Timestamp, claims: &Value) -> String {
        let mut all = json!({
            "iss": self.issuer(), "aud": CLIENT_ID, "iat": now.seconds(),
            "exp": now.seconds() + 120, "jti": "logout-1",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        for (name, value) in claims.as_object().expect("claims") {
            match value {
                Value::Null => drop(all.as_object_mut().expect("claims").remove(name)),
                value => all[name] = value.clone(),
            }
        }
        sign(&self.state().keys[0], &all, Signing::Honest)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenidProvider {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

/// What a browser was sent with.
pub struct Asked(HashMap<String, String>);

impl Asked {
    /// Reads the address.
    pub fn read(address: &str) -> Self {
        let address = Url::parse(address).expect("an address");
        Self(address.query_pairs().into_owned().collect())
    }

    /// A parameter, or nothing.
    pub fn says(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The path that a browser is sent back to with this and the state.
    pub fn back(&self, parameters: &[(&str, Option<&str>)]) -> String {
        let mut address = Url::parse(self.says("redirect_uri")).expect("an address");
        for (name, value) in parameters {
            if let Some(value) = value {
                address.query_pairs_mut().append_pair(name, value);
            }
        }
        address
            .query_pairs_mut()
            .append_pair("state", self.says("state"));
        address[url::Position::BeforePath..].to_owned()
    }
}

fn sign(key: &Key, claims: &Value, signing: Signing) -> String {
    let algorithm = match signing {
        Signing::Honest | Signing::SwappedKey => "ES256",
        Signing::Unsigned => "none",
        Signing::HmacOfPublicKey => "HS256",
    };
    let header = json!({ "alg": algorithm, "typ": "JWT", "kid": key.kid });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(claims));
    let by = |pair: &EcdsaKeyPair| {
        let signature = pair.sign(&SystemRandom::new(), message.as_bytes());
        signature.expect("a signature").as_ref().to_vec()
    };
    let signature = match signing {
        Signing::Honest => by(&key.pair),
        Signing::SwappedKey => by(&Key::new(&key.kid).pair),
        Signing::Unsigned => Vec::new(),
        Signing::HmacOfPublicKey => {
            let secret = key.pair.public_key().as_ref();
            let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
            ring::hmac::sign(&secret, message.as_bytes())
                .as_ref()
                .to_vec()
        }
    };
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn answer(
    stream: TcpStream,
    issuer: &str,
    state: &Mutex<State>,
    over: &AtomicBool,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let Some((path, authorization, body)) = read(&mut reader)? else {
        return Ok(());
    };
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    let manner = {
        let mut state = lock();
        *state.asked.entry(path.clone()).or_default() += 1;
        state.manner.clone()
    };
    let (status, body) = match manner {
        Manner::Silence => {
            while !over.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(20));
            }
            return Ok(());
        }
        Manner::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
            while !over.load(Ordering::SeqCst) {
                stream.write_all(b"400\r\n")?;
                stream.write_all(&[b' '; 1024])?;
                stream.write_all(b"\r\n")?;
            }
            return Ok(());
        }
        Manner::Redirect(to) => {
            let head = format!("HTTP/1.1 302 X\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
            return stream.write_all(head.as_bytes());
        }
        Manner::Status(status) => (status, json!({})),
        Manner::OtherIssuer => (200, document("http://127.0.0.1:1", false)),
        Manner::Honest if path.ends_with("/.well-known/openid-configuration") => {
            (200, document(issuer, lock().names_itself))
        }
        Manner::Honest if path == "/keys" => {
            let keys: Vec<Value> = lock().keys.iter().map(Key::jwk).collect();
            (200, json!({ "keys": keys }))
        }
        Manner::Honest if path == "/token" => exchange(&mut lock(), &authorization, &body),
        Manner::Honest => (404, json!({})),
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes())
}

fn document(issuer: &str, names_itself: bool) -> Value {
    let base = Url::parse(issuer).expect("an address");
    let base = base.origin().ascii_serialization();
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/keys"),
        "end_session_endpoint": format!("{base}/out"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": names_itself,
    })
}

/// A code is taken once, by the client that it was given to, with what its challenge was made of.
fn exchange(state: &mut State, authorization: &str, body: &str) -> (u16, Value) {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let says = |name: &str| form.get(name).map_or("", String::as_str);
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let pair: [String; 2] = [CLIENT_ID, CLIENT_SECRET].map(encoded);
    let expected = format!("Basic {}", STANDARD.encode(pair.join(":")));
    if authorization != expected {
        return (401, json!({ "error": "invalid_client" }));
    }
    let refused = (400, json!({ "error": "invalid_grant" }));
    let Some(grant) = state.grants.remove(says("code")) else {
        return refused;
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(says("code_verifier")));
    if challenge != grant.challenge || says("redirect_uri") != grant.redirect_uri {
        return refused;
    }
    assert_eq!(says("grant_type"), "authorization_code");
    let answer = json!({
        "token_type": "Bearer", "access_token": "of-no-use-here", "expires_in": 300,
        "id_token": grant.token,
    });
    (200, answer)
}

/// The path, the header `authorization` and the body of a request.
fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<(String, String, String)>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length");
    let length = length.and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body).map_err(std::io::Error::other)?;
    let authorization = headers.remove("authorization").unwrap_or_default();
    Ok(Some((path, authorization, body)))
}
