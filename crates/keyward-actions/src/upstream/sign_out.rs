//! Signing out, there and here.

use url::Url;

use super::start::for_strangers;
use crate::App;
use crate::attempt::{self, settle_address};
use crate::services::Upstream;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::domain::upstream::UpstreamName;
use keyward_core::factors::upstream::{SignOutVerified, needs_other_keys, verify_sign_out};
use keyward_core::flows::upstream::AnswerDigest;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::Token;
use keyward_store::upstream_sessions::Ended;
use keyward_store::{sessions, spent_upstream_answers, upstream_links, upstream_sessions};

/// Ends the sessions here that hang on what ended at a provider (OpenID Connect Back-Channel Logout 1.0
/// §2.7), and counts them. A token that ends none is no mistake: they may have ended before.
///
/// # Errors
/// `upstream.unknown`, `upstream.unreachable`, `upstream.sign_out`, also for one that was sent before;
/// `sign_in.too_many` where the caller's address sent too many that are none.
pub async fn end_sessions(
    app: &App,
    name: &UpstreamName,
    token: &str,
    client: &Client,
) -> Result<usize> {
    let upstream = app.upstreams.find(name)?;
    attempt::admit_address(app, client).await?;
    let verified = verify(app, upstream, token).await;
    let ended = match verified {
        Ok(verified) => end(app, upstream, verified, client).await,
        Err(problem) => Err(problem),
    };
    if let Err(problem) = &ended
        && problem.code() == codes::UPSTREAM_SIGN_OUT
    {
        let refused = Event::new(EventKind::SessionEnded)
            .refused(problem.code())
            .from(client);
        let (context, client) = (app.context(), client.clone());
        let lockout = app.settings.lockout.clone();
        app.store
            .write(move |connection| {
                settle_address(connection, &context, &lockout, &client)?;
                context.record(connection, &refused)
            })
            .await?;
    }
    ended.map_err(for_strangers)
}

async fn verify(app: &App, upstream: &Upstream, token: &str) -> Result<SignOutVerified> {
    let mut keys = upstream.keys(false, app.now()).await?;
    if needs_other_keys(&keys, token) {
        keys = upstream.keys(true, app.now()).await?;
    }
    let (provider, token, now) = (upstream.provider.clone(), token.to_owned(), app.now());
    let verified =
        tokio::task::spawn_blocking(move || verify_sign_out(&provider, &keys, &token, now));
    let verified = verified.await.map_err(Problem::internal)?;
    verified.map_err(|fault| Problem::new(codes::UPSTREAM_SIGN_OUT).detailed(fault.words()))
}

async fn end(
    app: &App,
    upstream: &Upstream,
    verified: SignOutVerified,
    client: &Client,
) -> Result<usize> {
    let issuer = upstream.provider.issuer.clone();
    let (context, client) = (app.context(), client.clone());
    app.store
        .write(move |connection| {
            let digest = AnswerDigest::of_sign_out(&issuer, &verified.id);
            if !spent_upstream_answers::spend(connection, &digest, verified.expires_at)? {
                return Err(Problem::new(codes::UPSTREAM_SIGN_OUT).detailed("it was sent before"));
            }
            let which = match (&verified.sid, &verified.sub) {
                (Some(sid), Some(sub)) => Ended::Both(sid, sub),
                (Some(sid), None) => Ended::Session(sid),
                (None, Some(sub)) => Ended::Subject(sub),
                (None, None) => return Ok(0),
            };
            let gone = upstream_sessions::end(connection, &issuer, which)?;
            for (id, user) in &gone {
                let event = Event::new(EventKind::SessionEnded)
                    .about(*user)
                    .detailed(EventDetail::Session { id: *id })
                    .from(&client);
                context.record(connection, &event)?;
            }
            Ok(gone.len())
        })
        .await
}

/// At which provider the session of this identifier was opened, where signing out here leads to signing
/// out there.
///
/// # Errors
/// The store's.
pub async fn signs_out_at(app: &App, identifier: &Token) -> Result<Option<UpstreamName>> {
    let leads_there = |upstream: &&Upstream| upstream.provider.sign_out_there;
    if !app.upstreams.iter().any(|upstream| leads_there(&upstream)) {
        return Ok(None);
    }
    let hash = identifier.hash();
    let issuer = app
        .store
        .look(move |connection| {
            let Some(session) = sessions::by_identifier(connection, &hash)? else {
                return Ok(None);
            };
            let Some(there) = upstream_sessions::of_session(connection, session.id)? else {
                return Ok(None);
            };
            let links = upstream_links::of_user(connection, session.user_id)?;
            let link = links.into_iter().find(|link| link.id == there.link);
            Ok(link.map(|link| link.identity.issuer))
        })
        .await?;
    let mut there = app.upstreams.iter().filter(leads_there);
    let there = there.find(|upstream| Some(&upstream.provider.issuer) == issuer.as_ref());
    Ok(there.map(|upstream| upstream.provider.name.clone()))
}

/// Where one signs out at a provider, and what people call it (OpenID Connect RP-Initiated Logout 1.0 §2);
/// `None` where signing out here does not lead there, and where it says nothing of such a place.
///
/// # Errors
/// `upstream.unknown`, `upstream.unreachable`
pub async fn sign_out_address(app: &App, name: &UpstreamName) -> Result<Option<(Url, String)>> {
    let upstream = app.upstreams.find(name)?;
    let provider = &upstream.provider;
    if !provider.sign_out_there {
        return Ok(None);
    }
    let Some(mut address) = upstream.metadata(app.now()).await?.end_session_endpoint else {
        return Ok(None);
    };
    address
        .query_pairs_mut()
        .append_pair("client_id", &provider.client_id);
    Ok(Some((address, provider.label.clone())))
}
