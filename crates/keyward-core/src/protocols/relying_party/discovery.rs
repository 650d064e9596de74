//! What a provider says of itself (OpenID Connect Discovery 1.0 §3).

use serde::Deserialize;
use url::Url;

/// How a client proves itself at the token endpoint (OpenID Connect Core 1.0 §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// In the header, as a user and a password.
    SecretBasic,
    /// In the body.
    SecretPost,
}

/// A provider's metadata, as far as it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderMetadata {
    /// Where people are sent.
    pub authorization_endpoint: Url,
    /// Where a code is exchanged.
    pub token_endpoint: Url,
    /// Where its keys are.
    pub jwks_uri: Url,
    /// Where people sign out, if anywhere.
    pub end_session_endpoint: Option<Url>,
    /// Whether its answers name it (RFC 9207 §3).
    pub names_itself: bool,
    /// How a secret is shown.
    pub authentication: ClientAuthentication,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    end_session_endpoint: Option<Url>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl ProviderMetadata {
    /// The most bytes that a document may have.
    pub const LARGEST: usize = 256 * 1024;

    /// Where the document of an issuer is (§4.1); `None` where the issuer is no address.
    pub fn address(issuer: &str) -> Option<Url> {
        let bare = issuer.strip_suffix('/').unwrap_or(issuer);
        Url::parse(&format!("{bare}/.well-known/openid-configuration")).ok()
    }

    /// Reads the document of an issuer.
    ///
    /// # Errors
    /// What is wrong with it, for operators. It must be of this issuer, letter by letter (§4.3): another
    /// one's would send codes to another one.
    pub fn read(json: &[u8], issuer: &str) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(json)
            .map_err(|error| format!("has no sound discovery document: {error}"))?;
        if document.issuer != issuer {
            return Err(format!(
                "has the discovery document of another issuer, {:?}",
                document.issuer
            ));
        }
        let is_plain = issuer.starts_with("http://");
        let endpoints = [
            Some(&document.authorization_endpoint),
            Some(&document.token_endpoint),
            Some(&document.jwks_uri),
            document.end_session_endpoint.as_ref(),
        ];
        for endpoint in endpoints.into_iter().flatten() {
            let is_sound = endpoint.scheme() == "https" || is_plain && endpoint.scheme() == "http";
            if !is_sound || !endpoint.has_host() || endpoint.fragment().is_some() {
                return Err(format!("has an endpoint that is not used: {endpoint}"));
            }
        }
        // What is not said is `client_secret_basic` (§3).
        let methods = document.token_endpoint_auth_methods_supported;
        let is_basic = methods.is_none_or(|methods| {
            let has = |name: &str| methods.iter().any(|method| method == name);
            has("client_secret_basic") || !has("client_secret_post")
        });
        Ok(Self {
            authorization_endpoint: document.authorization_endpoint,
            token_endpoint: document.token_endpoint,
            jwks_uri: document.jwks_uri,
            end_session_endpoint: document.end_session_endpoint,
            names_itself: document.authorization_response_iss_parameter_supported,
            authentication: match is_basic {
                true => ClientAuthentication::SecretBasic,
                false => ClientAuthentication::SecretPost,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://login.example.org/tenant/v2.0";

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.example.org/authorize",
            "token_endpoint": "https://login.example.org/token",
            "jwks_uri": "https://login.example.org/keys",
        })
    }

    fn read(document: &Value) -> Result<ProviderMetadata, String> {
        ProviderMetadata::read(document.to_string().as_bytes(), ISSUER)
    }

    #[test]
    fn a_document_is_found_below_its_issuer() {
        for issuer in ["https://a.example/b", "https://a.example/b/"] {
            let address = ProviderMetadata::address(issuer).expect("an address");
            let expected = "https://a.example/b/.well-known/openid-configuration";
            assert_eq!(address.as_str(), expected);
        }
    }

    #[test]
    fn a_document_of_another_issuer_or_with_a_plain_endpoint_is_refused() {
        assert!(read(&document()).is_ok());
        for (key, value) in [
            ("issuer", "https://login.example.org/other/v2.0"),
            ("issuer", "https://login.example.org/tenant/v2.0/"),
            ("token_endpoint", "http://login.example.org/token"),
            ("jwks_uri", "file:///etc/passwd"),
            ("authorization_endpoint", "javascript:alert(1)"),
            ("end_session_endpoint", "https://login.example.org/out#x"),
        ] {
            let mut document = document();
            document[key] = json!(value);
            assert!(read(&document).is_err(), "{key} {value}");
        }
    }

    #[test]
    fn a_secret_stands_in_the_body_only_where_that_alone_is_taken() {
        for (methods, expected) in [
            (
                json!(["client_secret_post"]),
                ClientAuthentication::SecretPost,
            ),
            (
                json!(["client_secret_post", "client_secret_basic"]),
                ClientAuthentication::SecretBasic,
            ),
            (
                json!(["private_key_jwt"]),
                ClientAuthentication::SecretBasic,
            ),
        ] {
            let mut document = document();
            document["token_endpoint_auth_methods_supported"] = methods;
            assert_eq!(read(&document).expect("sound").authentication, expected);
        }
        let unsaid = read(&document()).expect("sound");
        assert_eq!(unsaid.authentication, ClientAuthentication::SecretBasic);
    }
}
