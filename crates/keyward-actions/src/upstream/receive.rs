//! What a browser brings back from a provider.

use super::start::for_strangers;
use crate::App;
use crate::attempt::{self, settle_address};
use crate::services::Upstream;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::domain::upstream::UpstreamName;
use keyward_core::factors::upstream::{IdentityVerified, needs_other_keys, verify};
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::upstream::{
    AnswerDigest, LASTS, Purpose, UpstreamJourney, UpstreamJourneys,
};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::relying_party::{AuthorizationAnswer, TokenAnswer, TokenRequest};
use keyward_core::secret::{ExposeSecret as _, Token};
use keyward_gateways::upstream::UpstreamFailure;
use keyward_store::spent_upstream_answers;

/// Somebody is who they are at a provider, and wanted something by that.
#[must_use = "what was proved is wanted for something"]
#[derive(Debug)]
pub struct Received {
    pub(super) provider: UpstreamName,
    /// What they wanted.
    pub purpose: Purpose,
    /// Where it leads.
    pub next: Option<NextPath>,
    pub(super) begun_at: keyward_core::clock::Timestamp,
    pub(super) proof: IdentityVerified,
}

/// Looks at what a browser brings back from a provider; `kept` is what it kept meanwhile. An answer
/// counts once, in the browser that asked.
///
/// # Errors
/// `upstream.unknown`, `upstream.answer`, `upstream.mix_up`, `upstream.refused`,
/// `upstream.unreachable`, `upstream.token`, `upstream.tenant`, `upstream.guest`,
/// `sign_in.too_many` where the caller's address brought too many that belong to nothing.
pub async fn receive(
    app: &App,
    name: &UpstreamName,
    kept: Option<&[u8]>,
    answer: &AuthorizationAnswer,
    client: &Client,
) -> Result<Received> {
    let upstream = app.upstreams.find(name)?;
    attempt::admit_address(app, client).await?;
    let received = look_at(app, upstream, kept, answer).await;
    match received {
        Ok(received) => Ok(received),
        Err(problem) => {
            let problem = refuse(app, upstream, problem, client).await?;
            Err(for_strangers(problem))
        }
    }
}

async fn look_at(
    app: &App,
    upstream: &Upstream,
    kept: Option<&[u8]>,
    answer: &AuthorizationAnswer,
) -> Result<Received> {
    let provider = &upstream.provider;
    let over = |why: &str| Problem::new(codes::UPSTREAM_ANSWER).detailed(why);
    let kept = kept.map(|kept| UpstreamJourneys::open(&app.master_key, kept));
    let kept = kept.unwrap_or_default();
    let state = answer.state.as_deref().and_then(Token::parse);
    let state = state.ok_or_else(|| over("it has no state of ours"))?;
    let journey = kept.of_state(&state);
    let journey = journey.ok_or_else(|| over("this browser did not ask for it"))?;
    if journey.is_over(app.now()) {
        return Err(over("too much time passed"));
    }
    // Each provider has a callback of its own (RFC 9700 §4.4.2.2).
    if journey.provider != provider.name {
        return Err(codes::UPSTREAM_MIX_UP.into());
    }
    let metadata = upstream.metadata(app.now()).await?;
    if answer.is_of_another(&provider.issuer, &metadata) {
        return Err(codes::UPSTREAM_MIX_UP.into());
    }
    // Nothing comes of such an answer, whoever sent it, so that it may come as often as it likes.
    if answer.error.is_some() {
        let said = answer.error_word();
        return Err(Problem::new(codes::UPSTREAM_REFUSED).detailed(said));
    }
    let sound = |code: &&str| (1..=AuthorizationAnswer::LONGEST_CODE).contains(&code.len());
    let code = answer.code.as_deref().filter(sound);
    let code = code.ok_or_else(|| over("it has neither a code nor an error"))?;
    // Before anything is asked with it: what is spent cannot be tried twice.
    let digest = AnswerDigest::of_state(&state.hash());
    let until = journey.begun_at + LASTS;
    let spent = move |connection: &mut _| spent_upstream_answers::spend(connection, &digest, until);
    if !app.store.write(spent).await? {
        return Err(over("it was given before"));
    }
    let request = TokenRequest {
        code,
        redirect_uri: &provider.redirect_uri,
        verifier: &journey.verifier,
        client_id: &provider.client_id,
        client_secret: provider.client_secret.as_ref(),
        authentication: metadata.authentication,
    };
    let tokens = match upstream.gateway.exchange(&metadata, &request).await {
        Ok(tokens) => tokens,
        Err(UpstreamFailure::Code(why)) => {
            return Err(Problem::new(codes::UPSTREAM_REFUSED).detailed(why));
        }
        Err(UpstreamFailure::Unusable(why)) => {
            tracing::warn!(provider = %provider.name, "{why}");
            return Err(Problem::new(codes::UPSTREAM_UNREACHABLE).detailed(why));
        }
    };
    let proof = prove(app, upstream, journey, tokens).await?;
    Ok(Received {
        provider: provider.name.clone(),
        purpose: journey.purpose.clone(),
        next: journey.next.clone(),
        begun_at: journey.begun_at,
        proof,
    })
}

/// Verifies the ID token off the async threads, by keys that are fetched again once where it names another
/// one.
async fn prove(
    app: &App,
    upstream: &Upstream,
    journey: &UpstreamJourney,
    tokens: TokenAnswer,
) -> Result<IdentityVerified> {
    let mut keys = upstream.keys(false, app.now()).await?;
    if needs_other_keys(&keys, tokens.id_token.expose_secret()) {
        keys = upstream.keys(true, app.now()).await?;
    }
    let (provider, nonce, now) = (upstream.provider.clone(), journey.nonce.clone(), app.now());
    let verified =
        tokio::task::spawn_blocking(move || verify(&provider, &keys, &tokens, &nonce, now));
    Ok(verified.await.map_err(Problem::internal)??)
}

/// Records why an answer led nowhere. Who brings answers that belong to nothing is slowed down, which
/// also bounds what a stranger can write into the trail; who changed their mind there guesses nothing.
async fn refuse(
    app: &App,
    upstream: &Upstream,
    problem: Problem,
    client: &Client,
) -> Result<Problem> {
    if problem.fault().is_ours() {
        return Ok(problem);
    }
    let event = Event::new(EventKind::UpstreamChecked)
        .refused(problem.code())
        .detailed(EventDetail::Named {
            name: upstream.provider.label.clone(),
        })
        .from(client);
    let is_guess = matches!(
        problem.code(),
        codes::UPSTREAM_ANSWER | codes::UPSTREAM_MIX_UP | codes::UPSTREAM_TOKEN
    );
    let (context, lockout, client) = (app.context(), app.settings.lockout.clone(), client.clone());
    app.store
        .write(move |connection| {
            if is_guess {
                settle_address(connection, &context, &lockout, &client)?;
            }
            context.record(connection, &event)
        })
        .await?;
    Ok(problem)
}
