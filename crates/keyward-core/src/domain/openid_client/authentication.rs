//! How a client proves that it is the one.

use url::Url;

use super::certificate_subject::CertificateSubject;
use super::invalid;
use super::settings::address;
use crate::domain::json_web_key::JwkSet;
use crate::problem::Result;

/// How a client authenticates itself at the token endpoint. It does so in this way alone: a secret that
/// may come in several ways leaks in several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// Not at all: a program in people's hands, which keeps no secret (RFC 6749 §2.1).
    None,
    /// By a secret in the header (RFC 6749 §2.3.1).
    SecretBasic,
    /// By a secret in the body.
    SecretPost,
    /// By a token that its key signed (RFC 7523 §2.2; OpenID Connect Core 1.0 §9).
    PrivateKeyJwt(ClientKeys),
    /// By the certificate of its connection, where TLS ends here (RFC 8705 §2.1).
    Tls(CertificateSubject),
}

/// Where a client's public keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientKeys {
    /// Here.
    Set(JwkSet),
    /// At an address of the client's, which may change them.
    At(Url),
}

impl ClientKeys {
    /// Reads a set of public keys in JSON, or the address of one.
    ///
    /// # Errors
    /// `openid_client.invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.starts_with("https:") || text.starts_with("http:") {
            return address("the address of the client's keys", text).map(Self::At);
        }
        let set = JwkSet::parse(text.as_bytes())
            .map_err(|why| invalid(format!("the client's keys cannot be taken: {why}")))?;
        Ok(Self::Set(set))
    }

    /// As it is read: the set in JSON, or the address.
    pub fn to_text(&self) -> String {
        match self {
            Self::Set(set) => set.to_json().to_string(),
            Self::At(address) => address.to_string(),
        }
    }
}

impl ClientAuthentication {
    /// The registered names, as `token_endpoint_auth_method` has them (RFC 7591 §2).
    pub const NAMES: [&str; 5] = [
        "none",
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        Self::TLS,
    ];
    /// The name of what is there where TLS ends here.
    pub const TLS: &str = "tls_client_auth";

    /// The registered name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SecretBasic => "client_secret_basic",
            Self::SecretPost => "client_secret_post",
            Self::PrivateKeyJwt(_) => "private_key_jwt",
            Self::Tls(_) => Self::TLS,
        }
    }

    /// Reads a registered name, with the keys or the certificate that it may need.
    ///
    /// # Errors
    /// `openid_client.invalid` where no way is called so, it needs one of them and has none, or the other way
    /// round.
    pub fn parse(
        name: &str,
        keys: Option<ClientKeys>,
        certificate: Option<CertificateSubject>,
    ) -> Result<Self> {
        match (name, certificate) {
            (Self::TLS, Some(_)) if keys.is_some() => {
                return Err(invalid("a client has keys with private_key_jwt alone"));
            }
            (Self::TLS, Some(subject)) => return Ok(Self::Tls(subject)),
            (Self::TLS, None) => {
                return Err(invalid(
                    "tls_client_auth needs of whom the client's certificate is",
                ));
            }
            (_, Some(_)) => {
                return Err(invalid(
                    "a client has a certificate with tls_client_auth alone",
                ));
            }
            (_, None) => {}
        }
        match (name, keys) {
            ("none", None) => Ok(Self::None),
            ("client_secret_basic", None) => Ok(Self::SecretBasic),
            ("client_secret_post", None) => Ok(Self::SecretPost),
            ("private_key_jwt", Some(keys)) => Ok(Self::PrivateKeyJwt(keys)),
            ("private_key_jwt", None) => Err(invalid(
                "private_key_jwt needs the client's public keys, or their address",
            )),
            (known, Some(_)) if Self::NAMES.contains(&known) => {
                Err(invalid("a client has keys with private_key_jwt alone"))
            }
            _ => Err(invalid(format!(
                "a client authenticates itself by one of {}",
                Self::NAMES.join(", ")
            ))),
        }
    }

    /// Whether whoever has the program has all that it proves itself by (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        *self == Self::None
    }

    /// Whether it is by a secret that we share with it.
    pub fn is_by_secret(&self) -> bool {
        matches!(self, Self::SecretBasic | Self::SecretPost)
    }

    /// Its public keys.
    pub fn keys(&self) -> Option<&ClientKeys> {
        match self {
            Self::PrivateKeyJwt(keys) => Some(keys),
            Self::None | Self::SecretBasic | Self::SecretPost | Self::Tls(_) => None,
        }
    }

    /// Of whom its certificate is.
    pub fn certificate(&self) -> Option<&CertificateSubject> {
        match self {
            Self::Tls(subject) => Some(subject),
            Self::None | Self::SecretBasic | Self::SecretPost | Self::PrivateKeyJwt(_) => None,
        }
    }
}
