//! A user says who they are at a provider, and takes it back.

use super::receive::Received;
use crate::sign_in::{Opened, rekey};
use crate::{App, WriteContext, enrol, grounds};
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::domain::upstream::{
    UpstreamLink, UpstreamLinkId, UpstreamName, UpstreamProvider,
};
use keyward_core::domain::user::UserId;
use keyward_core::factors::upstream::IdentityVerified;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::SteppedUp;
use keyward_core::flows::upstream::Purpose;
use keyward_core::problem::{Result, codes};
use keyward_store::{AnyConnection, passwords, upstream_links, upstream_sessions};

/// A provider as a user sees it on their own page.
#[derive(Clone, Debug)]
pub struct OwnUpstream {
    /// What it is called in addresses.
    pub name: UpstreamName,
    /// What people call it.
    pub label: String,
    /// Who they are there; `None` where they did not say.
    pub link: Option<UpstreamLink>,
}

/// All providers, and who a user is there.
///
/// # Errors
/// The store's.
pub async fn own(app: &App, user: UserId) -> Result<Vec<OwnUpstream>> {
    if app.upstreams.iter().next().is_none() {
        return Ok(Vec::new());
    }
    let links = app
        .store
        .look(move |connection| upstream_links::of_user(connection, user))
        .await?;
    let own = |provider: &UpstreamProvider| {
        let mut links = links.iter();
        OwnUpstream {
            name: provider.name.clone(),
            label: provider.label.clone(),
            link: links
                .find(|link| link.identity.issuer == provider.issuer)
                .cloned(),
        }
    };
    let providers = app.upstreams.iter().map(|upstream| &upstream.provider);
    Ok(providers.map(own).collect())
}

/// Links a user with who they are at a provider, in the session in which they asked for it, and after a
/// proof in it that is still fresh.
///
/// # Errors
/// `upstream.answer` where it was asked for in another session, `upstream.taken`
pub async fn link(
    app: &App,
    permit: &SteppedUp,
    received: Received,
    client: &Client,
) -> Result<Opened> {
    let here = permit.session().id;
    if received.purpose != (Purpose::Link { session: here }) {
        return Err(codes::UPSTREAM_ANSWER.into());
    }
    let user = permit.user().id;
    let upstream = app.upstreams.find(&received.provider)?;
    let event = Event::new(EventKind::UpstreamLinked)
        .by(Actor::User(user))
        .about(user)
        .detailed(named(&upstream.provider))
        .from(client);
    let (context, told) = (app.context(), event.clone());
    let new = new_link(&context, user, &received.proof);
    let linked = grounds::write_for(app, permit.grounds(), move |connection| {
        if !upstream_links::insert(connection, &new)? {
            return Err(codes::UPSTREAM_TAKEN.into());
        }
        context.record(connection, &told)?;
        rekey(connection, &context, here, NextPath::to_providers())
    })
    .await;
    if let Err(problem) = &linked
        && problem.code() == codes::UPSTREAM_TAKEN
    {
        app.record(event.refused(problem.code())).await?;
    }
    linked
}

/// The link of a user with who was proved.
pub(super) fn new_link(
    context: &WriteContext,
    user: UserId,
    proof: &IdentityVerified,
) -> UpstreamLink {
    let names = proof.names();
    let called = names.user_name.as_ref().or(names.email.as_ref());
    let called = called.or(names.display_name.as_ref());
    UpstreamLink {
        id: UpstreamLinkId::generate(context.now, &*context.entropy),
        user_id: user,
        identity: proof.identity().clone(),
        called: called.cloned().unwrap_or_default(),
        created_at: context.now,
        last_used_at: None::<Timestamp>,
    }
}

/// What an event says of a provider.
pub(super) fn named(provider: &UpstreamProvider) -> EventDetail {
    EventDetail::Named {
        name: provider.label.clone(),
    }
}

/// Takes a link back, and ends the other sessions that it opened. This one goes on under a new
/// identifier.
///
/// # Errors
/// `upstream.unknown`, `upstream.not_linked`; `upstream.only_way_in` where there is no password, and
/// nothing else opens a session by itself.
pub async fn unlink(
    app: &App,
    permit: &SteppedUp,
    name: &UpstreamName,
    client: &Client,
) -> Result<Opened> {
    let upstream = app.upstreams.find(name)?;
    let (user, here) = (permit.user().id, permit.session().id);
    let event = Event::new(EventKind::UpstreamUnlinked)
        .by(Actor::User(user))
        .about(user)
        .detailed(named(&upstream.provider))
        .from(client);
    let (context, told) = (app.context(), event.clone());
    let issuer = upstream.provider.issuer.clone();
    let others: Vec<String> = app
        .upstreams
        .issuers()
        .into_iter()
        .filter(|other| *other != issuer)
        .collect();
    let unlinked = grounds::write_for(app, permit.grounds(), move |connection| {
        let links = upstream_links::of_user(connection, user)?;
        let link = links
            .into_iter()
            .find(|link| link.identity.issuer == issuer);
        let link = link.ok_or(codes::UPSTREAM_NOT_LINKED)?;
        keep_a_way_in(connection, user, &others)?;
        // Before it goes: a session does not outlive what it hangs on.
        upstream_sessions::end_opened_by(connection, link.id, Some(here))?;
        if !upstream_links::remove(connection, link.id, user)? {
            return Err(codes::UPSTREAM_NOT_LINKED.into());
        }
        context.record(connection, &told)?;
        rekey(connection, &context, here, NextPath::to_providers())
    })
    .await;
    app.or_refusal(event, unlinked).await
}

/// A user who takes a link back must be left with a way in: `others` are the issuers whose links stay.
///
/// # Errors
/// `upstream.only_way_in`
pub(super) fn keep_a_way_in(
    connection: &mut AnyConnection,
    user: UserId,
    others: &[String],
) -> Result<()> {
    let has_way_in = passwords::has_one(connection, user)?
        || enrol::has_way_in_besides(connection, user, None)?
        || upstream_links::has_any(connection, user, others)?;
    match has_way_in {
        true => Ok(()),
        false => Err(codes::UPSTREAM_ONLY_WAY_IN.into()),
    }
}
