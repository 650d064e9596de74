//! A relying party: an application that people sign in to by way of Keyward, written after the standards and
//! independent of the server's own code.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keyward_actions::openid_client::{self, NewSecret};
use keyward_core::domain::openid_client::{
    ClientAuthentication, ClientId, ClientSettings, GrantType, RedirectUri, Scope,
};
use keyward_core::flows::permit::Administrator;
use reqwest::Method;
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

use super::client::Client;
use super::page::Page;
use super::person::Person;
use super::server::Server;

/// The example of RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Its challenge.
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An application.
#[derive(Clone)]
pub struct RelyingParty {
    /// What it calls itself.
    pub client_id: String,
    /// What it proves itself by; `None` for a public one.
    pub secret: Option<String>,
    /// Where answers go.
    pub redirect_uri: String,
    /// The server's address.
    pub base: String,
    http: Client,
}

/// What came back to an application.
#[derive(Debug)]
pub struct Callback(pub HashMap<String, String>);

impl Callback {
    /// The code; a test fails where there is none.
    pub fn code(&self) -> &str {
        self.0
            .get("code")
            .unwrap_or_else(|| panic!("no code in {:?}", self.0))
    }

    /// The error; empty where there is none.
    pub fn error(&self) -> &str {
        self.0.get("error").map_or("", String::as_str)
    }
}

impl Server {
    /// Registers a confidential client at `https://NAME.example.org/cb`, with what a test changes of it.
    pub async fn registers(
        &self,
        name: &str,
        change: impl FnOnce(&mut ClientSettings),
    ) -> RelyingParty {
        let redirect_uri = format!("https://{name}.example.org/cb");
        let mut settings = ClientSettings::usual(ClientId::parse(name).expect("a name"), name);
        settings.redirect_uris = vec![RedirectUri::parse(&redirect_uri).expect("an address")];
        settings.scopes = Scope::OF_USERS.map(Scope::from_stored).into();
        settings.contact = "it@example.org".to_owned();
        change(&mut settings);
        let redirect_uri = settings.redirect_uris.first().map(RedirectUri::to_string);
        let administrator = Administrator::at_command_line();
        let added =
            openid_client::add(&self.app, &administrator, settings, NewSecret::Generate).await;
        let (_, secret) = added.expect("a client");
        RelyingParty {
            client_id: name.to_owned(),
            secret: secret.map(|secret| secret.expose().to_owned()),
            redirect_uri: redirect_uri.unwrap_or_default(),
            base: self.base.clone(),
            http: Client::new(&self.base),
        }
    }

    /// Registers a public client, which keeps no secret.
    pub async fn registers_public(&self, name: &str) -> RelyingParty {
        self.registers(name, |settings| {
            settings.authentication = ClientAuthentication::None
        })
        .await
    }

    /// Registers a client that gets no refresh tokens.
    pub async fn registers_without_refresh(&self, name: &str) -> RelyingParty {
        self.registers(name, |settings| {
            settings.grants.remove(&GrantType::RefreshToken);
            settings
                .scopes
                .remove(&Scope::from_stored(Scope::OFFLINE_ACCESS));
        })
        .await
    }
}

/// Pairs as a query.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(pairs);
    query.finish()
}

impl RelyingParty {
    /// The path of a request for a code, with other or further parameters; one with no value is left out.
    pub fn path(&self, besides: &[(&str, &str)]) -> String {
        let usual = [
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", "openid profile email groups"),
            ("state", "af0ifjsldkj"),
            ("nonce", "n-0S6_WzA2Mj"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let others = usual
            .iter()
            .filter(|(name, _)| besides.iter().all(|(other, _)| other != name));
        let pairs: Vec<(&str, &str)> = others.chain(besides).copied().collect();
        let pairs: Vec<_> = pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        format!("/oauth2/authorize?{}", query(&pairs))
    }

    /// Sends a person off, and follows them as far as they are led here.
    pub async fn sends(&self, person: &Person, besides: &[(&str, &str)]) -> Page {
        let page = person.browser.get(&self.path(besides)).await;
        self.follows(person, page).await
    }

    /// Follows redirects that stay here.
    pub async fn follows(&self, person: &Person, page: Page) -> Page {
        let mut page = page;
        for _ in 0..10 {
            let next = match page.location() {
                Some(to) if to.starts_with('/') => to.to_owned(),
                Some(to) if to.starts_with(&self.base) => to.to_owned(),
                _ => return page,
            };
            page = person.browser.get(&next).await;
        }
        panic!("{} leads in a circle", page.path);
    }

    /// What a redirect to the application says; a test fails where the page is none.
    pub fn comes_back(&self, page: &Page) -> Callback {
        let to = page.location().unwrap_or_else(|| {
            panic!(
                "{} ({}) leads nowhere: {}",
                page.path,
                page.status,
                page.text()
            )
        });
        assert!(to.starts_with(&self.redirect_uri), "{to}");
        let to = Url::parse(to).expect("an address");
        Callback(to.query_pairs().into_owned().collect())
    }

    /// A person goes there and back.
    pub async fn calls_back(&self, person: &Person, besides: &[(&str, &str)]) -> Callback {
        let page = self.sends(person, besides).await;
        self.comes_back(&page)
    }

    /// A call of an endpoint, with the client's proof.
    pub async fn calls(&self, address: &str, fields: &[(&str, &str)]) -> Page {
        let mut fields = fields.to_vec();
        let mut request = self.http.request(Method::POST, address);
        match &self.secret {
            Some(secret) => {
                let proof = STANDARD.encode(format!("{}:{secret}", self.client_id));
                request = request.header("authorization", format!("Basic {proof}"));
            }
            None => fields.push(("client_id", &self.client_id)),
        }
        self.http.send(request.form(&fields)).await
    }

    /// Takes a code for tokens.
    pub async fn redeems(&self, code: &str) -> Page {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.calls("/oauth2/token", &fields).await
    }

    /// Signs a person in who has a session: the tokens.
    pub async fn signs_in(&self, person: &Person, besides: &[(&str, &str)]) -> Value {
        let back = self.calls_back(person, besides).await;
        let page = self.redeems(back.code()).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page.json()
    }

    /// Takes a refresh token for new tokens.
    pub async fn refreshes(&self, token: &str) -> Page {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.calls("/oauth2/token", &fields).await
    }

    /// Asks who is behind an access token.
    pub async fn asks_who(&self, token: &str) -> Page {
        let request = self.http.request(Method::GET, "/oauth2/userinfo");
        let request = request.header("authorization", format!("Bearer {token}"));
        self.http.send(request).await
    }

    /// Whether a token counts, by introspection.
    pub async fn counts(&self, token: &str) -> bool {
        let told = self.calls("/oauth2/introspect", &[("token", token)]).await;
        told.json()["active"] == true
    }

    /// The same application, which asks another server.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            http: Client::new(base),
            ..self.clone()
        }
    }

    /// Whether a refresh token of a public client counts: it is spent by asking.
    pub async fn counts_by_refreshing(&self, token: &str) -> bool {
        self.refreshes(token).await.status == 200
    }

    /// Waits until the server knows the application: what another one changed is seen within two seconds.
    pub async fn comes_to_be_known(&self) {
        self.comes_to_be("unauthorized_client or a good answer", |status, error| {
            status == 200 || error == "unauthorized_client"
        })
        .await;
    }

    /// Waits until the server knows it no more.
    pub async fn comes_to_be_unknown(&self) {
        self.comes_to_be("invalid_client", |_, error| error == "invalid_client")
            .await;
    }

    async fn comes_to_be(&self, what: &str, holds: impl Fn(u16, &str) -> bool) {
        let start = Instant::now();
        loop {
            let answer = self.calls("/oauth2/introspect", &[("token", "x")]).await;
            let error = answer.json()["error"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            if holds(answer.status, &error) {
                return;
            }
            assert!(
                start.elapsed() < super::process::PATIENCE,
                "{what}: {}",
                answer.body
            );
            // Not so often that the address is locked.
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// Waits until a token counts, or does not: what a command in a process of its own changed is seen
    /// within two seconds.
    pub async fn comes_to_count(&self, token: &str, wanted: bool) {
        let start = Instant::now();
        while self.counts(token).await != wanted {
            assert!(
                start.elapsed() < super::process::PATIENCE,
                "wanted: {wanted}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The claims of a token, of which nothing is verified.
pub fn claims(token: &Value) -> Value {
    let token = token.as_str().expect("a token");
    let claims = token.split('.').nth(1).expect("three parts");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    serde_json::from_slice(&claims).expect("JSON")
}
