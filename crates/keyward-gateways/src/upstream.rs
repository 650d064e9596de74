//! Asks another OpenID provider: what it says of itself, its keys, and who a code is about. What
//! answers there may be slow, lie, or talk without end; what it says is believed by its signature.

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::ExposeSecret;
use url::Url;

use super::outgoing::{Asking, Outgoing, obstacle};
use keyward_core::domain::outgoing::{ConnectFailure, Reach};
use keyward_core::domain::upstream::UpstreamProvider;
use keyward_core::problem::Result;
use keyward_core::protocols::jose::JwkSet;
use keyward_core::protocols::relying_party::{ProviderMetadata, TokenAnswer, TokenRequest};

/// The way to one provider.
pub struct UpstreamGateway {
    issuer: String,
    /// By TLS: to public addresses, and to the networks that the settings allow.
    by_tls: Outgoing,
    /// Without TLS: to those networks alone.
    plainly: Outgoing,
}

/// Why a provider gave nothing that can be used: the end of a sentence that begins with its address, for
/// operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamFailure {
    /// It was not reached, or what it answered cannot be used.
    Unusable(String),
    /// It does not take the code: it was used, is none of its own, or was another's.
    Code(String),
}

impl UpstreamGateway {
    /// The way that the settings describe.
    ///
    /// # Errors
    /// `internal` where no HTTP client can be made.
    pub fn new(provider: &UpstreamProvider) -> Result<Self> {
        let within =
            |reach| Outgoing::within(reach, provider.authorities.as_ref(), provider.timeout);
        Ok(Self {
            issuer: provider.issuer.clone(),
            by_tls: within(Reach::PublicAnd(provider.networks.clone()))?,
            plainly: within(Reach::Only(provider.networks.clone()))?,
        })
    }

    /// What the provider says of itself.
    ///
    /// # Errors
    /// [`UpstreamFailure::Unusable`]
    pub async fn metadata(&self) -> Result<ProviderMetadata, UpstreamFailure> {
        let address = ProviderMetadata::address(&self.issuer)
            .ok_or_else(|| unusable(&self.issuer, "is no address"))?;
        let asking = self.client(&address).get(&address);
        let (status, json) = read(&address, asking, ProviderMetadata::LARGEST).await?;
        require_success(&address, status)?;
        ProviderMetadata::read(&json, &self.issuer).map_err(|why| unusable(&self.issuer, &why))
    }

    /// The provider's keys.
    ///
    /// # Errors
    /// [`UpstreamFailure::Unusable`]
    pub async fn keys(&self, metadata: &ProviderMetadata) -> Result<JwkSet, UpstreamFailure> {
        let address = &metadata.jwks_uri;
        let asking = self.client(address).get(address);
        let (status, json) = read(address, asking, JwkSet::LARGEST).await?;
        require_success(address, status)?;
        JwkSet::published(&json).map_err(|why| unusable(address.as_str(), why))
    }

    /// Exchanges a code for tokens, once: it is never asked twice, for a code works once.
    ///
    /// # Errors
    /// [`UpstreamFailure::Code`] where it does not take it.
    pub async fn exchange(
        &self,
        metadata: &ProviderMetadata,
        request: &TokenRequest<'_>,
    ) -> Result<TokenAnswer, UpstreamFailure> {
        let address = &metadata.token_endpoint;
        let asking = self.client(address).post(address).map(|asking| {
            let asking = asking
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(request.body().expose_secret().to_owned());
            let header = request.authorization();
            let header = header.and_then(|it| HeaderValue::from_str(it.expose_secret()).ok());
            match header {
                Some(mut header) => {
                    header.set_sensitive(true);
                    asking.header(AUTHORIZATION, header)
                }
                None => asking,
            }
        });
        let (status, json) = read(address, asking, TokenAnswer::LARGEST).await?;
        if status.is_client_error() {
            return Err(match TokenAnswer::error_word(&json).as_deref() {
                Some("invalid_grant") => {
                    UpstreamFailure::Code(format!("{address} does not take the code"))
                }
                Some(word) => unusable(address.as_str(), &format!("refuses us: {word}")),
                None => unusable(
                    address.as_str(),
                    &format!("answers HTTP {}", status.as_u16()),
                ),
            });
        }
        require_success(address, status)?;
        TokenAnswer::read(&json).map_err(|why| unusable(address.as_str(), why))
    }

    fn client(&self, url: &Url) -> &Outgoing {
        match url.scheme() {
            "https" => &self.by_tls,
            _ => &self.plainly,
        }
    }
}

async fn read(
    address: &Url,
    asking: Asking,
    largest: usize,
) -> Result<(StatusCode, Vec<u8>), UpstreamFailure> {
    let stopped = |failure: ConnectFailure| unusable(address.as_str(), words(failure));
    let broken = |error: reqwest::Error| stopped(obstacle(&error));
    let request = asking.map_err(stopped)?.header(ACCEPT, "application/json");
    let mut answer = request.send().await.map_err(broken)?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(broken)? {
        if body.len() + part.len() > largest {
            let why = format!("sends more than {largest} bytes");
            return Err(unusable(address.as_str(), &why));
        }
        body.extend_from_slice(&part);
    }
    Ok((status, body))
}

fn require_success(address: &Url, status: StatusCode) -> Result<(), UpstreamFailure> {
    let why = match status {
        StatusCode::OK => return Ok(()),
        status if status.is_redirection() => "leads elsewhere, which is not followed".to_owned(),
        status => format!("answers HTTP {}", status.as_u16()),
    };
    Err(unusable(address.as_str(), &why))
}

fn unusable(address: &str, why: &str) -> UpstreamFailure {
    UpstreamFailure::Unusable(format!("{address} {why}"))
}

fn words(failure: ConnectFailure) -> &'static str {
    match failure {
        ConnectFailure::InnerAddress => {
            "has an address that is not public; `networks` of the provider may allow its network"
        }
        ConnectFailure::PlainText => {
            "is asked by plain http, which is for the `networks` of the provider alone"
        }
        ConnectFailure::UnknownAuthority => {
            "has a certificate of an authority that is not trusted: give that authority's certificate \
             (`ca_file` of the provider)"
        }
        other => other.words(),
    }
}
