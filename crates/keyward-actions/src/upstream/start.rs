//! The way to a provider.

use url::Url;

use crate::App;
use keyward_core::domain::upstream::UpstreamName;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::upstream::{Purpose, UpstreamJourney, UpstreamJourneys};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::relying_party::{AuthorizationRequest, Prompt};

/// A browser that is sent to a provider.
#[derive(Debug)]
pub struct Started {
    /// Where to.
    pub address: Url,
    /// What it keeps until it comes back, sealed.
    pub kept: Vec<u8>,
}

/// The providers that have buttons: what they are called in addresses, and by people.
pub fn buttons(app: &App) -> Vec<(UpstreamName, String)> {
    let providers = app.upstreams.iter().map(|upstream| &upstream.provider);
    providers
        .map(|provider| (provider.name.clone(), provider.label.clone()))
        .collect()
}

/// A problem as a stranger is told it: what does not answer, and at which address, is the operator's to
/// know.
pub(super) fn for_strangers(problem: Problem) -> Problem {
    match problem.code() {
        codes::UPSTREAM_UNREACHABLE => codes::UPSTREAM_UNREACHABLE.into(),
        _ => problem,
    }
}

/// Sends a browser to a provider; `kept` is what it kept before. Nothing is written: strangers begin as
/// many as they like.
///
/// # Errors
/// `upstream.unknown`, `upstream.unreachable`
pub async fn start(
    app: &App,
    name: &UpstreamName,
    purpose: Purpose,
    next: Option<NextPath>,
    kept: Option<&[u8]>,
) -> Result<Started> {
    let upstream = app.upstreams.find(name)?;
    let provider = &upstream.provider;
    let now = app.now();
    let metadata = upstream.metadata(now).await.map_err(for_strangers)?;
    let prompt = match purpose {
        Purpose::StepUp { .. } => Prompt::SignIn,
        Purpose::SignIn | Purpose::Link { .. } | Purpose::Invitation { .. } => Prompt::Usual,
    };
    let (state, journey) =
        UpstreamJourney::begin(&*app.entropy, provider.name.clone(), purpose, next, now);
    let text = state.expose();
    let request = AuthorizationRequest {
        client_id: &provider.client_id,
        redirect_uri: &provider.redirect_uri,
        state: text.as_str(),
        nonce: &journey.nonce,
        verifier: &journey.verifier,
        max_age: provider.counts_as_second_factor.then_some(provider.max_age),
        acr_values: provider.acr_values.as_deref(),
        prompt,
    };
    let address = request.address(&metadata);
    let before = kept.map(|kept| UpstreamJourneys::open(&app.master_key, kept));
    let kept = before
        .unwrap_or_default()
        .add(&app.master_key, &*app.entropy, journey, now)?;
    Ok(Started { address, kept })
}
