//! Other OpenID providers, and what is known of them: fetched when it is needed, kept for a while, and
//! asked for by one request at a time.

use std::time::Duration;

use tokio::sync::Mutex;

use keyward_core::clock::Timestamp;
use keyward_core::domain::upstream::{UpstreamName, UpstreamProvider};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::jose::JwkSet;
use keyward_core::protocols::relying_party::ProviderMetadata;
use keyward_gateways::upstream::{UpstreamFailure, UpstreamGateway};
use keyward_settings::Settings;

/// How long what a provider says of itself, and its keys, are kept.
const KEPT: Duration = Duration::from_hours(1);
/// How long the keys stand at least before they are asked for again because a token names another one: a
/// stranger can send such tokens as often as they like.
const REST: Duration = Duration::from_mins(1);
/// How long a provider is let alone that did not answer: whoever comes meanwhile does not wait for it.
const PAUSE: Duration = Duration::from_secs(5);

/// All providers.
#[derive(Default)]
pub(crate) struct Upstreams(Vec<Upstream>);

/// One provider.
pub(crate) struct Upstream {
    pub(crate) provider: UpstreamProvider,
    pub(crate) gateway: UpstreamGateway,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    metadata: Option<(Timestamp, ProviderMetadata)>,
    keys: Option<(Timestamp, JwkSet)>,
    failed: Option<(Timestamp, String)>,
}

impl Upstreams {
    /// # Errors
    /// `internal` where no HTTP client can be made.
    pub(crate) fn new(settings: &Settings) -> Result<Self> {
        let upstreams = settings.upstream.iter().map(|provider| {
            Ok(Upstream {
                provider: provider.clone(),
                gateway: UpstreamGateway::new(provider)?,
                known: Mutex::default(),
            })
        });
        upstreams.collect::<Result<_>>().map(Self)
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Upstream> {
        self.0.iter()
    }

    /// The provider of this name.
    ///
    /// # Errors
    /// `upstream.unknown`
    pub(crate) fn find(&self, name: &UpstreamName) -> Result<&Upstream> {
        let found = self.iter().find(|upstream| upstream.provider.name == *name);
        found.ok_or_else(|| codes::UPSTREAM_UNKNOWN.into())
    }

    /// The issuers at which users can sign in now.
    pub(crate) fn issuers(&self) -> Vec<String> {
        let issuers = self.iter().map(|upstream| &upstream.provider.issuer);
        issuers.cloned().collect()
    }
}

impl Upstream {
    /// What the provider says of itself.
    ///
    /// # Errors
    /// `upstream.unreachable`
    pub(crate) async fn metadata(&self, now: Timestamp) -> Result<ProviderMetadata> {
        let mut known = self.known.lock().await;
        self.current(&mut known, now).await
    }

    /// The provider's keys; with `anew`, those of a moment ago, where they have not been asked for just
    /// now.
    ///
    /// # Errors
    /// `upstream.unreachable`
    pub(crate) async fn keys(&self, anew: bool, now: Timestamp) -> Result<JwkSet> {
        let mut known = self.known.lock().await;
        if let Some((at, keys)) = &known.keys {
            let lasting = if anew { REST } else { KEPT };
            if is_within(*at, now, lasting) {
                return Ok(keys.clone());
            }
        }
        let_alone(&known, now)?;
        let metadata = self.current(&mut known, now).await?;
        let fetched = self.gateway.keys(&metadata).await;
        let keys = self.note(&mut known, fetched, now)?;
        known.keys = Some((now, keys.clone()));
        Ok(keys)
    }

    async fn current(&self, known: &mut Known, now: Timestamp) -> Result<ProviderMetadata> {
        if let Some((at, metadata)) = &known.metadata
            && is_within(*at, now, KEPT)
        {
            return Ok(metadata.clone());
        }
        let_alone(known, now)?;
        let fetched = self.gateway.metadata().await;
        let metadata = self.note(known, fetched, now)?;
        known.metadata = Some((now, metadata.clone()));
        Ok(metadata)
    }

    fn note<T>(
        &self,
        known: &mut Known,
        fetched: Result<T, UpstreamFailure>,
        now: Timestamp,
    ) -> Result<T> {
        match fetched {
            Ok(fetched) => {
                known.failed = None;
                Ok(fetched)
            }
            Err(UpstreamFailure::Unusable(why) | UpstreamFailure::Code(why)) => {
                tracing::warn!(provider = %self.provider.name, "{why}");
                known.failed = Some((now, why.clone()));
                Err(Problem::new(codes::UPSTREAM_UNREACHABLE).detailed(why))
            }
        }
    }
}

fn let_alone(known: &Known, now: Timestamp) -> Result<()> {
    match &known.failed {
        Some((at, why)) if is_within(*at, now, PAUSE) => {
            Err(Problem::new(codes::UPSTREAM_UNREACHABLE).detailed(why.clone()))
        }
        _ => Ok(()),
    }
}

/// Whether something of that moment is younger than this; nothing is that is of a later one, whatever
/// the clock was set to.
fn is_within(at: Timestamp, now: Timestamp, lasting: Duration) -> bool {
    at <= now && now.since(at) < lasting
}
