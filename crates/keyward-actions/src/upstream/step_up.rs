//! A user who has no device proves themselves again at the provider that they are linked with.

use super::enter::{checked, refuse};
use super::link::named;
use super::receive::Received;
use crate::sign_in::Opened;
use crate::step_up::raise;
use crate::{App, grounds};
use keyward_core::domain::event::{Actor, Event, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::flows::permit::MayStepUp;
use keyward_core::flows::step_up::Raised;
use keyward_core::flows::upstream::Purpose;
use keyward_core::problem::{Result, codes};
use keyward_store::{devices, upstream_links};

/// Raises a session by a sign-in at a provider that came after it was asked for. Who has a device proves
/// that.
///
/// # Errors
/// `upstream.answer` where it was asked for in another session, `upstream.not_linked`,
/// `upstream.not_anew`, `session.step_up` for a user who has a device.
pub async fn step_up(
    app: &App,
    permit: &MayStepUp,
    received: Received,
    client: &Client,
) -> Result<Opened> {
    let here = permit.session().id;
    if received.purpose != (Purpose::StepUp { session: here }) {
        return Err(codes::UPSTREAM_ANSWER.into());
    }
    let provider = app.upstreams.find(&received.provider)?.provider.clone();
    let user = permit.user().id;
    let identity = received.proof.identity().clone();
    let (link, has_device) = app
        .store
        .look(move |connection| {
            let link = upstream_links::by_identity(connection, &identity)?;
            Ok((link, devices::has_any(connection, user)?))
        })
        .await?;
    if has_device {
        return Err(codes::SESSION_STEP_UP.into());
    }
    let next = received.next.unwrap_or_default();
    let link = link.filter(|link| link.user_id == user);
    let proof = link.and_then(|link| received.proof.of(&link));
    let Some(proof) = proof else {
        let problem = codes::UPSTREAM_NOT_LINKED.into();
        return Err(refuse(app, &provider, Some(user), problem, client).await?);
    };
    if !proof.is_since(received.begun_at) {
        let problem = codes::UPSTREAM_NOT_ANEW.into();
        return Err(refuse(app, &provider, Some(user), problem, client).await?);
    }
    let raised = Raised::by_upstream(permit, &proof)?;
    let events = [
        checked(&provider),
        Event::new(EventKind::SteppedUp).detailed(named(&provider)),
    ];
    let events = events.map(|event| event.by(Actor::User(user)).about(user).from(client));
    let context = app.context();
    grounds::write_for(app, permit.grounds(), move |connection| {
        if devices::has_any(connection, user)? {
            return Err(codes::SESSION_STEP_UP.into());
        }
        if !upstream_links::note_use(connection, proof.session().link, user, context.now)? {
            return Err(codes::UPSTREAM_NOT_LINKED.into());
        }
        for event in &events {
            context.record(connection, event)?;
        }
        raise(connection, &context, &raised, next)
    })
    .await
}
