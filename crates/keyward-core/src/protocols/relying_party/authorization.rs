//! Where a browser is sent, and what it brings back (OpenID Connect Core 1.0 §3.1.2).

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::discovery::ProviderMetadata;
use crate::protocols::oauth::code_challenge;

/// Whether a provider may answer without asking anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// As it likes.
    Usual,
    /// Its user signs in anew (`prompt=login`), and the answer tells when.
    SignIn,
}

/// What a provider is asked.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'a> {
    /// Who asks.
    pub client_id: &'a str,
    /// Where the answer goes.
    pub redirect_uri: &'a Url,
    /// What the answer brings back.
    pub state: &'a str,
    /// What the ID token holds.
    pub nonce: &'a str,
    /// What the code is exchanged by, for [`code_challenge`].
    pub verifier: &'a str,
    /// How long ago a user may have signed in there, where a second factor is hoped for.
    pub max_age: Option<Duration>,
    /// The classes that are asked for.
    pub acr_values: Option<&'a str>,
    /// Whether its user is asked anew.
    pub prompt: Prompt,
}

impl AuthorizationRequest<'_> {
    /// Where a browser is sent with it.
    pub fn address(&self, metadata: &ProviderMetadata) -> Url {
        let mut address = metadata.authorization_endpoint.clone();
        // When was it, and by what: both are essential, or a second factor is never believed (§5.5.1.1).
        let essential = json!({ "essential": true });
        let claims = json!({
            "id_token": match self.max_age {
                Some(_) => json!({ "auth_time": essential, "amr": essential }),
                None => json!({ "auth_time": essential }),
            }
        });
        let mut query = address.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("scope", "openid profile email")
            .append_pair("client_id", self.client_id)
            .append_pair("redirect_uri", self.redirect_uri.as_str())
            .append_pair("state", self.state)
            .append_pair("nonce", self.nonce)
            .append_pair("code_challenge", &code_challenge(self.verifier))
            .append_pair("code_challenge_method", "S256")
            .append_pair("claims", &claims.to_string());
        match (self.prompt, self.max_age) {
            (Prompt::SignIn, _) => {
                query
                    .append_pair("prompt", "login")
                    .append_pair("max_age", "0");
            }
            (Prompt::Usual, Some(age)) => {
                query.append_pair("max_age", &age.as_secs().to_string());
            }
            (Prompt::Usual, None) => {}
        }
        if let Some(values) = self.acr_values {
            query.append_pair("acr_values", values);
        }
        drop(query);
        address
    }
}

/// What a browser brings back in the query of the callback. Nothing of it is believed.
#[derive(Deserialize)]
pub struct AuthorizationAnswer {
    /// The state.
    pub state: Option<String>,
    /// The code.
    pub code: Option<String>,
    /// Why there is none (§3.1.2.6).
    pub error: Option<String>,
    /// Who answers (RFC 9207 §2).
    pub iss: Option<String>,
}

impl AuthorizationAnswer {
    /// The longest code that is taken, in bytes.
    pub const LONGEST_CODE: usize = 4096;

    /// Whether another provider answers than the one that was asked (RFC 9700 §4.4.2.1). One that names
    /// itself in its answers must do so.
    pub fn is_of_another(&self, issuer: &str, metadata: &ProviderMetadata) -> bool {
        match &self.iss {
            Some(named) => named != issuer,
            None => metadata.names_itself,
        }
    }

    /// The error, where it is a word as RFC 6749 §4.1.2.1 has it.
    pub fn error_word(&self) -> &str {
        let word = self.error.as_deref().unwrap_or_default();
        let sound = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        match !word.is_empty() && word.len() <= 64 && word.bytes().all(sound) {
            true => word,
            false => "unreadable",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::discovery::ClientAuthentication;
    use super::*;

    fn metadata(names_itself: bool) -> ProviderMetadata {
        let url = |path: &str| Url::parse(&format!("https://login.example.org/{path}"));
        ProviderMetadata {
            authorization_endpoint: url("authorize?p=1").expect("an address"),
            token_endpoint: url("token").expect("an address"),
            jwks_uri: url("keys").expect("an address"),
            end_session_endpoint: None,
            names_itself,
            authentication: ClientAuthentication::SecretBasic,
        }
    }

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let challenge = code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_second_factor_is_asked_for_by_its_age_and_by_its_claims() {
        let redirect_uri = Url::parse("https://keys.example.org/upstream/a/callback");
        let asked = AuthorizationRequest {
            client_id: "keyward",
            redirect_uri: &redirect_uri.expect("an address"),
            state: "s",
            nonce: "n",
            verifier: "v",
            max_age: Some(Duration::from_mins(5)),
            acr_values: Some("mfa"),
            prompt: Prompt::Usual,
        };
        let address = asked.address(&metadata(false));
        let query: HashMap<_, _> = address.query_pairs().into_owned().collect();
        let says = |name: &str| query.get(name).map_or("", String::as_str);
        assert_eq!(
            (says("p"), says("max_age"), says("acr_values")),
            ("1", "300", "mfa")
        );
        assert_eq!(says("code_challenge_method"), "S256");
        assert!(says("claims").contains("\"amr\":{\"essential\":true}"));
        let anew = AuthorizationRequest {
            prompt: Prompt::SignIn,
            ..asked
        };
        let address = anew.address(&metadata(false));
        let query: HashMap<_, _> = address.query_pairs().into_owned().collect();
        assert_eq!(query.get("max_age").map(String::as_str), Some("0"));
        assert_eq!(query.get("prompt").map(String::as_str), Some("login"));
    }

    #[test]
    fn an_answer_of_another_provider_is_told_by_its_name() {
        let answer = |iss: Option<&str>| AuthorizationAnswer {
            state: None,
            code: None,
            error: None,
            iss: iss.map(str::to_owned),
        };
        for (iss, names_itself, is_of_another) in [
            (Some("https://a.example"), false, false),
            (Some("https://a.example"), true, false),
            (Some("https://b.example"), false, true),
            (None, false, false),
            (None, true, true),
        ] {
            let answer = answer(iss);
            let told = answer.is_of_another("https://a.example", &metadata(names_itself));
            assert_eq!(told, is_of_another, "{iss:?} {names_itself}");
        }
    }
}
