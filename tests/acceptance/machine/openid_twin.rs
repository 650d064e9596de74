//! What must be refused is refused by npm's `oidc-provider` too, with the same error; where the two differ, why
//! stands beside it.

use std::collections::BTreeMap;

use keyward_core::domain::openid_client::{ClientAuthentication, GrantType};
use keyward_test_support::client::Client;
use keyward_test_support::oidc_provider::OidcProvider;
use keyward_test_support::on_every_database;
use keyward_test_support::openid::{CHALLENGE, RelyingParty, VERIFIER, query};
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use reqwest::Method;
use serde_json::json;
use url::Url;

use super::openid::with_an_app;

const SECRET: &str = "a-secret-of-256-random-bits-as-another-server-made-it";

/// The same client at both providers, with somebody who is signed in at both.
struct Twins {
    ours: RelyingParty,
    theirs: RelyingParty,
    anna: Person,
}

/// How a provider answered: the error, or that it was none.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// The client is told of this error, or `done`.
    Client(String),
    /// The user is told, and the client is not.
    User,
}

impl Twins {
    /// Asks one of them for a code, by these parameters and no others.
    async fn authorizes(&self, party: &RelyingParty, parameters: &[(&str, &str)]) -> Said {
        let path = match party.base == self.ours.base {
            true => "/oauth2/authorize",
            false => "/auth",
        };
        let mut address = format!("{}{path}?{}", party.base, query(parameters));
        for _ in 0..6 {
            let page = self.anna.browser.get(&address).await;
            let Some(to) = page.location() else {
                return Said::User;
            };
            let here = Url::parse(&address).expect("an address");
            let to = here.join(to).expect("an address");
            if to.as_str().starts_with(&party.redirect_uri) {
                // What a token would have come in carries the refusal of one.
                let fragment = to.fragment().unwrap_or_default().as_bytes();
                let mut said: BTreeMap<_, _> = to.query_pairs().into_owned().collect();
                said.extend(url::form_urlencoded::parse(fragment).into_owned());
                let error = said.get("error").cloned();
                return Said::Client(error.unwrap_or_else(|| "done".to_owned()));
            }
            address = to.into();
        }
        panic!("{address} is on a circle");
    }

    /// Gets a code from one of them.
    async fn code(&self, party: &RelyingParty) -> String {
        let path = match party.base == self.ours.base {
            true => "/oauth2/authorize",
            false => "/auth",
        };
        let mut address = format!("{}{path}?{}", party.base, query(&usual(party)));
        loop {
            let page = self.anna.browser.get(&address).await;
            let to = page
                .location()
                .unwrap_or_else(|| panic!("{address}: {}", page.text()));
            let to = Url::parse(&address)
                .expect("an address")
                .join(to)
                .expect("an address");
            if to.as_str().starts_with(&party.redirect_uri) {
                let mut pairs = to.query_pairs();
                let code =
                    pairs.find_map(|(name, value)| (name == "code").then(|| value.into_owned()));
                return code.unwrap_or_else(|| panic!("{to}"));
            }
            address = to.into();
        }
    }

    /// Asks one of them for tokens: the status and the error.
    async fn asks(
        &self,
        party: &RelyingParty,
        secret: &str,
        fields: &[(&str, &str)],
    ) -> (u16, String) {
        let path = match party.base == self.ours.base {
            true => "/oauth2/token",
            false => "/token",
        };
        let http = Client::new(&party.base);
        let request = http.request(Method::POST, path);
        let page = http
            .send(
                request
                    .basic_auth(&party.client_id, Some(secret))
                    .form(fields),
            )
            .await;
        let error = page.json()["error"].as_str().unwrap_or("done").to_owned();
        (page.status, error)
    }
}

fn usual(party: &RelyingParty) -> Vec<(&str, &str)> {
    vec![
        ("response_type", "code"),
        ("client_id", &party.client_id),
        ("redirect_uri", &party.redirect_uri),
        ("scope", "openid"),
        ("state", "af0ifjsldkj"),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

async fn twins(server: &Server, provider: &OidcProvider) -> Twins {
    let mut ours = server
        .registers("twin", |settings| {
            settings.authentication = ClientAuthentication::SecretBasic;
            settings.grants = [GrantType::AuthorizationCode, GrantType::RefreshToken].into();
        })
        .await;
    let mut theirs = ours.clone();
    theirs.base = provider.issuer.clone();
    theirs.secret = Some(SECRET.to_owned());
    provider.serves(&json!([{
        "client_id": "twin", "client_secret": SECRET, "redirect_uris": [ours.redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
    }]));
    provider.person("anna", &["pwd"], &json!({}));
    let anna = with_an_app(server, "anna").await;
    ours.base = server.base.clone();
    Twins { ours, theirs, anna }
}

on_every_database! {
    async fn requests_for_a_code_that_are_wrong_are_refused_by_both_alike(at: At) {
        let server = Server::start(at).await;
        let provider = OidcProvider::at("");
        let twins = twins(&server, &provider).await;
        let client = |error: &str| Said::Client(error.to_owned());
        for party in [&twins.ours, &twins.theirs] {
            assert_eq!(twins.authorizes(party, &usual(party)).await, client("done"), "{}", provider.log());
        }
        type Pairs = &'static [(&'static str, &'static str)];
        // What is changed of a good request, where an empty value leaves a parameter out, with both answers. Where the
        // second is another, why: a comment.
        let cases: &[(Pairs, Said, Said)] = &[
            (&[("client_id", "nobody")], Said::User, Said::User),
            (&[("client_id", "")], Said::User, Said::User),
            (&[("redirect_uri", "https://evil.example/cb")], Said::User, Said::User),
            (&[("redirect_uri", "https://twin.example.org/cb/")], Said::User, Said::User),
            (&[("redirect_uri", "https://twin.example.org/cb?x=1")], Said::User, Said::User),
            (&[("redirect_uri", "https://twin.example.org/CB")], Said::User, Said::User),
            // It takes the one that is registered, as RFC 6749 §3.1.2.3 has it; OpenID Connect Core 1.0 §3.1.2.1
            // requires it.
            (&[("redirect_uri", "")], Said::User, client("done")),
            (&[("response_type", "")], client("invalid_request"), client("invalid_request")),
            (&[("response_type", "token")], client("unsupported_response_type"), client("unsupported_response_type")),
            // It looks at other things first.
            (&[("response_type", "code id_token")], client("unsupported_response_type"), client("invalid_request")),
            // A code of its own; no standard names one.
            (&[("response_mode", "smoke")], client("invalid_request"), client("unsupported_response_mode")),
            (&[("code_challenge", "")], client("invalid_request"), client("invalid_request")),
            (&[("code_challenge_method", "plain")], client("invalid_request"), client("invalid_request")),
            (&[("code_challenge", "short")], client("invalid_request"), client("invalid_request")),
            (&[("prompt", "none login")], client("invalid_request"), client("invalid_request")),
            (&[("prompt", "dance")], client("invalid_request"), client("invalid_request")),
            (&[("max_age", "-1")], client("invalid_request"), client("invalid_request")),
            (&[("max_age", "soon")], client("invalid_request"), client("invalid_request")),
            (&[("claims", "{")], client("invalid_request"), client("invalid_request")),
            (&[("claims", "[]")], client("invalid_request"), client("invalid_request")),
            (&[("request", "eyJhbGciOiJub25lIn0.e30.")], client("request_not_supported"), client("request_not_supported")),
            (&[("request_uri", "https://evil.example/r")], client("request_uri_not_supported"), client("request_uri_not_supported")),
            (&[("registration", "{}")], client("registration_not_supported"), client("registration_not_supported")),
            (&[("id_token_hint", "nonsense"), ("prompt", "none")], client("invalid_request"), client("invalid_request")),
            // RFC 6749 §3.3 has this code where no default stands in.
            (&[("scope", "")], client("invalid_scope"), client("invalid_request")),
        ];
        let mut wrong = Vec::new();
        for (change, ours, theirs) in cases {
            for (party, expected) in [(&twins.ours, ours), (&twins.theirs, theirs)] {
                let mut parameters = usual(party);
                parameters.retain(|(name, _)| change.iter().all(|(other, _)| name != other));
                parameters.extend(change.iter().filter(|(_, value)| !value.is_empty()));
                let said = twins.authorizes(party, &parameters).await;
                if said != *expected {
                    let whose = if party.base == server.base { "ours" } else { "theirs" };
                    wrong.push(format!("{change:?} {whose}: {said:?}, not {expected:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    async fn requests_for_tokens_that_are_wrong_are_refused_by_both_alike(at: At) {
        let server = Server::start(at).await;
        let provider = OidcProvider::at("");
        let twins = twins(&server, &provider).await;
        let mut wrong = Vec::new();
        for party in [&twins.ours, &twins.theirs] {
            let secret = party.secret.as_deref().expect("a secret");
            let redirect = party.redirect_uri.as_str();
            let good = |code: &str| {
                [
                    ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect),
                    ("code_verifier", VERIFIER),
                ].map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
            };
            let used = twins.code(party).await;
            let fields = good(&used);
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(twins.asks(party, secret, &fields).await, (200, "done".to_owned()));
            // Of a grant type that is not this client's: RFC 6749 §5.2 names the first for that.
            let not_for_it = match party.base == server.base {
                true => "unauthorized_client",
                false => "invalid_request",
            };
            type Pairs<'a> = &'a [(&'a str, &'a str)];
            let cases: &[(Pairs<'_>, u16, &str)] = &[
                (&[("grant_type", "")], 400, "invalid_request"),
                (&[("grant_type", "password"), ("username", "anna"), ("password", "x")], 400, "unsupported_grant_type"),
                (&[("grant_type", "urn:example:none")], 400, "unsupported_grant_type"),
                (&[("grant_type", "client_credentials")], 400, not_for_it),
                (&[("code", "")], 400, "invalid_request"),
                (&[("code", "nonsense")], 400, "invalid_grant"),
                (&[("code", &used)], 400, "invalid_grant"),
                (&[("redirect_uri", "https://twin.example.org/other")], 400, "invalid_grant"),
                (&[("code_verifier", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN")], 400, "invalid_grant"),
                (&[("code_verifier", "")], 400, "invalid_grant"),
                (&[("grant_type", "refresh_token"), ("refresh_token", "nonsense")], 400, "invalid_grant"),
                (&[("grant_type", "refresh_token")], 400, "invalid_request"),
            ];
            let whose = if party.base == server.base { "ours" } else { "theirs" };
            for (change, status, error) in cases {
                let code = twins.code(party).await;
                let fields = good(&code);
                let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                fields.retain(|(name, _)| change.iter().all(|(other, _)| name != other));
                fields.extend(change.iter().filter(|(_, value)| !value.is_empty()));
                let said = twins.asks(party, secret, &fields).await;
                if said != (*status, (*error).to_owned()) {
                    wrong.push(format!("{change:?} {whose}: {said:?}, not {error}"));
                }
            }
            let code = twins.code(party).await;
            let fields = good(&code);
            let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let said = twins.asks(party, "another", &fields).await;
            if said != (401, "invalid_client".to_owned()) {
                wrong.push(format!("a wrong secret, {whose}: {said:?}"));
            }
            fields.push(("code", "again"));
            let said = twins.asks(party, secret, &fields).await;
            if said != (400, "invalid_request".to_owned()) {
                wrong.push(format!("a parameter twice, {whose}: {said:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
