//! Whether what a user let a client have still stands: their session is open by the judgement that any
//! request of theirs meets, policy still accepts the device that had proved it, and the client's rules still
//! let them in.

use crate::App;
use crate::policy::policy_states;
use crate::session::facts_of;
use keyward_core::clock::Timestamp;
use keyward_core::domain::application::{Level, Reached, Who};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::openid_client::{OpenidClient, RegisteredClient, Scope};
use keyward_core::domain::openid_grant::{Grant, GrantId, GrantProof, Scopes};
use keyward_core::domain::session::Session;
use keyward_core::domain::user::User;
use keyward_core::flows::permit::{Access, judge};
use keyward_core::problem::Result;
use keyward_settings::Settings;
use keyward_store::{AnyConnection, groups, judgements, openid_grants, sessions, users};

/// A grant that stands.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub grant: Grant,
    /// Who gave it, and in which session; `None` where the client acts for itself.
    pub person: Option<Person>,
}

/// Who gave a grant.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub user: User,
    pub groups: Vec<GroupName>,
    pub session: Session,
    pub proof: GrantProof,
}

/// Looks whether a grant to this client stands at this moment; `None` where it does not.
pub(super) fn standing(
    connection: &mut AnyConnection,
    settings: &Settings,
    client: &OpenidClient,
    grant: GrantId,
    now: Timestamp,
) -> Result<Option<Standing>> {
    match openid_grants::by_id(connection, grant)? {
        Some(grant) => standing_of(connection, settings, client, grant, now),
        None => Ok(None),
    }
}

/// The same of a grant that was just read.
pub(super) fn standing_of(
    connection: &mut AnyConnection,
    settings: &Settings,
    client: &OpenidClient,
    grant: Grant,
    now: Timestamp,
) -> Result<Option<Standing>> {
    if grant.ended_at.is_some() || grant.client != client.id {
        return Ok(None);
    }
    // What its administrator took from a client is not told to it by older grants.
    let may: Vec<&str> = client.settings.scopes.iter().map(Scope::as_str).collect();
    let grant = Grant {
        scopes: Scopes::among(grant.scopes.iter(), &may),
        ..grant
    };
    let Some(proof) = grant.proof.clone() else {
        return Ok(Some(Standing {
            grant,
            person: None,
        }));
    };
    let person = person(connection, settings, client, &grant, proof, now)?;
    Ok(person.map(|person| Standing {
        grant,
        person: Some(person),
    }))
}

fn person(
    connection: &mut AnyConnection,
    settings: &Settings,
    client: &OpenidClient,
    grant: &Grant,
    proof: GrantProof,
    now: Timestamp,
) -> Result<Option<Person>> {
    let (Some(user), Some(session)) = (grant.user, grant.session) else {
        return Ok(None);
    };
    // The device that had proved it is gone, although another one has raised the session since.
    if proof.is_by_device && proof.device.is_none() {
        return Ok(None);
    }
    let Some(session) = sessions::by_id(connection, session)? else {
        return Ok(None);
    };
    let Some(user) = users::by_id(connection, user)? else {
        return Ok(None);
    };
    let (mut facts, duty) = facts_of(connection, session, user, &settings.policy, now)?;
    facts.needs_second_factor = duty.is_some_and(|duty| duty.is_due(now));
    let Access::Full(permit) = judge(facts, now, settings.session.idle) else {
        return Ok(None);
    };
    let (session, user) = permit.into_parts();
    if let Some(device) = proof.device
        && policy_states(connection, user.id, now)?.has_stopped(device)
    {
        return Ok(None);
    }
    let groups = groups::of_user(connection, user.id)?;
    if !lets_in(client, &user, &groups) || !is_met(connection, client, &session)? {
        return Ok(None);
    }
    Ok(Some(Person {
        user,
        groups,
        session,
        proof,
    }))
}

/// Whether a session has proved what the client's rules ask for by now. How fresh that has to be is asked
/// when a grant is given, and not of its tokens.
fn is_met(
    connection: &mut AnyConnection,
    client: &OpenidClient,
    session: &Session,
) -> Result<bool> {
    let level = client.settings.requires.level;
    if level == Level::Session {
        return Ok(true);
    }
    let device = match session.proving_device() {
        Some(device) => judgements::facts_of(connection, session.user_id, device)?,
        None => None,
    };
    Ok(Reached::of(session, device).best >= level)
}

/// Whether the rules of a client let a user in.
pub(super) fn lets_in(client: &OpenidClient, user: &User, groups: &[GroupName]) -> bool {
    match &client.settings.who {
        Who::Bypass | Who::Deny => false,
        who @ (Who::Anyone | Who::Members { .. }) => who.includes(user.id, groups),
    }
}

/// The same outside a transaction.
pub(super) async fn look(
    app: &App,
    client: &std::sync::Arc<RegisteredClient>,
    grant: GrantId,
) -> Result<Option<Standing>> {
    let (settings, client, now) = (app.settings.clone(), client.clone(), app.now());
    app.store
        .look(move |connection| standing(connection, &settings, &client, grant, now))
        .await
}
