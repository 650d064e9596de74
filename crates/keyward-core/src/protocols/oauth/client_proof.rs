//! How a client proves itself at the endpoints that it calls (RFC 6749 §2.3, RFC 7523 §2.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::{OauthError, Parameters, Refusal};
use crate::secret::{ExposeSecret as _, SecretString};

/// What a client shows of itself.
#[derive(Debug)]
pub enum ClientProof {
    /// A name alone: a public client.
    Name {
        /// The client.
        client_id: String,
    },
    /// A secret in the header (`client_secret_basic`).
    Basic {
        /// The client.
        client_id: String,
        /// The secret.
        secret: SecretString,
    },
    /// A secret in the body (`client_secret_post`).
    Post {
        /// The client.
        client_id: String,
        /// The secret.
        secret: SecretString,
    },
    /// A signed assertion (`private_key_jwt`).
    Assertion {
        /// The client, where it is named beside the assertion.
        client_id: Option<String>,
        /// The assertion.
        assertion: String,
    },
}

/// The one kind of assertion (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl ClientProof {
    /// What a request shows. It must not show two things (RFC 6749 §2.3).
    ///
    /// # Errors
    /// `invalid_request`, `invalid_client`
    pub fn read(authorization: Option<&str>, parameters: &Parameters) -> Result<Self, Refusal> {
        let client_id = parameters.get("client_id")?.map(str::to_owned);
        let secret = parameters.get("client_secret")?;
        let assertion = parameters.get("client_assertion")?;
        let kind = parameters.get("client_assertion_type")?;
        let shown = [
            authorization.is_some(),
            secret.is_some(),
            assertion.is_some(),
        ];
        if shown.into_iter().filter(|shown| *shown).count() > 1 {
            return Err(Refusal::request("the client proves itself in two ways"));
        }
        if let Some(header) = authorization {
            let (named, secret) = basic(header).ok_or(Refusal::new(
                OauthError::InvalidClient,
                "the Authorization header is no Basic one",
            ))?;
            if client_id.is_some_and(|client_id| client_id != named) {
                return Err(Refusal::parameter("client_id", "is not that of the header"));
            }
            return Ok(Self::Basic {
                client_id: named,
                secret,
            });
        }
        if let Some(assertion) = assertion {
            if kind != Some(JWT_BEARER) {
                return Err(Refusal::parameter("client_assertion_type", "is not known"));
            }
            return Ok(Self::Assertion {
                client_id,
                assertion: assertion.to_owned(),
            });
        }
        let client_id = client_id.ok_or(Refusal::new(
            OauthError::InvalidClient,
            "no client is named",
        ))?;
        Ok(match secret {
            Some(secret) => Self::Post {
                client_id,
                secret: secret.to_owned().into(),
            },
            None => Self::Name { client_id },
        })
    }
}

/// Name and secret of a Basic header, each encoded as a form's field (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, SecretString)> {
    let (scheme, rest) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(rest.trim()).ok()?;
    let decoded: SecretString = String::from_utf8(decoded).ok()?.into();
    let (name, secret) = decoded.expose_secret().split_once(':')?;
    let field = |text: &str| {
        let text = text.replace('+', " ");
        let field = percent_decode_str(&text).decode_utf8().ok()?;
        Some(field.into_owned())
    };
    Some((field(name)?, field(secret)?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: Option<&str>, body: &str) -> Result<ClientProof, Refusal> {
        ClientProof::read(header, &Parameters::read(body.as_bytes()).expect("few"))
    }

    #[test]
    fn each_way_is_read() {
        let header = format!("Basic {}", STANDARD.encode("wiki%3A1:a%2Bb+c"));
        let Ok(ClientProof::Basic { client_id, secret }) = read(Some(&header), "a=b") else {
            panic!("a Basic header");
        };
        assert_eq!(
            (client_id.as_str(), secret.expose_secret()),
            ("wiki:1", "a+b c")
        );
        let body = "client_id=wiki&client_secret=s";
        assert!(matches!(read(None, body), Ok(ClientProof::Post { .. })));
        assert!(matches!(
            read(None, "client_id=wiki"),
            Ok(ClientProof::Name { .. })
        ));
        let body = "client_assertion=a.b.c&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
        assert!(matches!(
            read(None, body),
            Ok(ClientProof::Assertion { .. })
        ));
    }

    #[test]
    fn two_proofs_or_two_names_are_none() {
        let header = format!("Basic {}", STANDARD.encode("wiki:s"));
        for (header, body) in [
            (Some(header.as_str()), "client_id=wiki&client_secret=s"),
            (Some(header.as_str()), "client_id=other"),
            (Some("Bearer x"), "client_id=wiki"),
            (Some("Basic !"), ""),
            (None, "client_secret=s"),
            (None, "client_id=a&client_id=b"),
            (None, "client_id=a&client_secret=s&client_assertion=x"),
            (None, "client_id=a&client_assertion=x"),
        ] {
            assert!(read(header, body).is_err(), "{header:?} {body}");
        }
    }
}
