//! A code in exchange for tokens (OpenID Connect Core 1.0 §3.1.3).

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::discovery::ClientAuthentication;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What the token endpoint is asked.
#[derive(Clone, Copy, Debug)]
pub struct TokenRequest<'a> {
    /// The code.
    pub code: &'a str,
    /// Where it went.
    pub redirect_uri: &'a Url,
    /// What its challenge was made of (RFC 7636 §4.5).
    pub verifier: &'a str,
    /// Who asks.
    pub client_id: &'a str,
    /// What proves that.
    pub client_secret: Option<&'a SecretString>,
    /// Where that stands.
    pub authentication: ClientAuthentication,
}

impl TokenRequest<'_> {
    /// The body, `application/x-www-form-urlencoded`.
    pub fn body(&self) -> SecretString {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", self.code)
            .append_pair("redirect_uri", self.redirect_uri.as_str())
            .append_pair("code_verifier", self.verifier);
        match (self.client_secret, self.authentication) {
            (Some(_), ClientAuthentication::SecretBasic) => {}
            (Some(secret), ClientAuthentication::SecretPost) => {
                form.append_pair("client_id", self.client_id)
                    .append_pair("client_secret", secret.expose_secret());
            }
            (None, _) => {
                form.append_pair("client_id", self.client_id);
            }
        }
        SecretString::from(form.finish())
    }

    /// The value of the header `Authorization`, where the secret stands there. Both parts are encoded as in
    /// a form before they are joined (RFC 6749 §2.3.1).
    pub fn authorization(&self) -> Option<SecretString> {
        let secret = self
            .client_secret
            .filter(|_| self.authentication == ClientAuthentication::SecretBasic)?;
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!(
            "{}:{}",
            encoded(self.client_id),
            encoded(secret.expose_secret())
        );
        Some(SecretString::from(format!(
            "Basic {}",
            STANDARD.encode(pair)
        )))
    }
}

/// What the token endpoint answered.
#[derive(Deserialize)]
pub struct TokenAnswer {
    /// Who signed in, signed.
    pub id_token: SecretString,
    /// What opens the provider's own interfaces: it is compared with the ID token, and dropped.
    pub access_token: Option<SecretString>,
}

impl TokenAnswer {
    /// The most bytes that an answer may have.
    pub const LARGEST: usize = 64 * 1024;

    /// Reads an answer.
    ///
    /// # Errors
    /// What is wrong with it, for operators, without any token.
    pub fn read(json: &[u8]) -> Result<Self, &'static str> {
        serde_json::from_slice(json).map_err(|_| "answers a code with no ID token")
    }

    /// The word of a refusal (RFC 6749 §5.2), where it is one.
    pub fn error_word(json: &[u8]) -> Option<String> {
        #[derive(Deserialize)]
        struct Refused {
            error: String,
        }
        let refused: Refused = serde_json::from_slice(json).ok()?;
        let sound = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let is_word = refused.error.len() <= 64 && refused.error.bytes().all(sound);
        is_word.then_some(refused.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'a>(
        redirect_uri: &'a Url,
        client_secret: Option<&'a SecretString>,
        authentication: ClientAuthentication,
    ) -> TokenRequest<'a> {
        TokenRequest {
            code: "c&d",
            redirect_uri,
            verifier: "v",
            client_id: "a b",
            client_secret,
            authentication,
        }
    }

    #[test]
    fn a_secret_stands_in_one_place_alone() {
        let uri = Url::parse("https://keys.example.org/cb").expect("an address");
        let secret = SecretString::from("p:q");
        let basic = request(&uri, Some(&secret), ClientAuthentication::SecretBasic);
        let header = basic.authorization().expect("a header");
        let expected = format!("Basic {}", STANDARD.encode("a+b:p%3Aq"));
        assert_eq!(header.expose_secret(), expected);
        assert!(!basic.body().expose_secret().contains("client"));
        let post = request(&uri, Some(&secret), ClientAuthentication::SecretPost);
        assert!(post.authorization().is_none());
        assert!(
            post.body()
                .expose_secret()
                .ends_with("&client_id=a+b&client_secret=p%3Aq")
        );
        let public = request(&uri, None, ClientAuthentication::SecretBasic);
        assert!(public.authorization().is_none());
        assert!(
            public
                .body()
                .expose_secret()
                .ends_with("&code_verifier=v&client_id=a+b")
        );
    }
}
