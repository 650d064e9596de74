//! Accounts that a first sign-in at a provider makes: by an invitation, or where a setting says for whom.

use super::enter::{IsNew, UpstreamOutcome, lead_on, refuse};
use super::link::{named, new_link};
use super::receive::Received;
use crate::invitation::{self, TakenLink};
use crate::{App, WriteContext};
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::Means;
use keyward_core::domain::session::Client;
use keyward_core::domain::upstream::{Provisioning, UpstreamLink, UpstreamProvider};
use keyward_core::domain::user::{EmailAddress, UserHandle, UserId, UserName};
use keyward_core::factors::upstream::{IdentityVerified, Names};
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::upstream::Purpose;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::Token;
use keyward_store::users::NewUser;
use keyward_store::{AnyConnection, groups, upstream_links, users};

/// What an account is called of which nothing can be made that is told of its user.
const USUAL_NAME: &str = "user";
/// How many of one name there may be: `anna`, `anna-2` …
const NAMESAKES: u32 = 100;

/// Makes the account that an invitation leads to for who signed in at a provider, and signs them in. What
/// they have there stands for the password.
///
/// # Errors
/// `invitation.link_used`, `upstream.taken`, `user.name_taken`
pub async fn accept_invitation(
    app: &App,
    received: Received,
    client: &Client,
) -> Result<UpstreamOutcome> {
    let Purpose::Invitation { link } = &received.purpose else {
        return Err(codes::UPSTREAM_ANSWER.into());
    };
    let provider = app.upstreams.find(&received.provider)?.provider.clone();
    let Some(link) = Token::parse(link) else {
        return Err(codes::UPSTREAM_ANSWER.into());
    };
    let (own, from) = (app.clone(), client.clone());
    let told = provider.clone();
    let account = move |connection: &mut AnyConnection, taken: TakenLink| {
        let context = own.context();
        let id = insert(connection, &context, &received.proof, Some(taken.email()))?;
        taken.becomes(connection, &context, id, &from)?;
        join(
            &own,
            connection,
            &provider,
            received.proof,
            id,
            NextPath::to_enrolment(),
            &from,
        )
    };
    let made = invitation::accept_by(app, &link, client, account).await;
    match made {
        Err(problem) if problem.code() == codes::UPSTREAM_TAKEN => {
            Err(refuse(app, &told, None, problem, client).await?)
        }
        made => made,
    }
}

/// Whether a first sign-in makes an account for somebody.
pub(super) fn is_for(provisioning: &Provisioning, proof: &IdentityVerified) -> bool {
    let is_of_tenant = proof.tenant().eq_ignore_ascii_case(&provisioning.tenant);
    let members_of = &provisioning.members_of;
    is_of_tenant && (members_of.is_empty() || proof.is_of_any(members_of))
}

/// Makes an account for who signed in at a provider, and signs them in. It has no e-mail address before its
/// user has confirmed one: what a provider tells may be anybody's.
///
/// # Errors
/// `upstream.taken` where another request was a moment faster, `user.name_taken`
pub(super) async fn provision(
    app: &App,
    provider: &UpstreamProvider,
    provisioning: Provisioning,
    received: Received,
    client: &Client,
) -> Result<UpstreamOutcome> {
    let (own, from, provider) = (app.clone(), client.clone(), provider.clone());
    app.store
        .write(move |connection| {
            let context = own.context();
            let id = insert(connection, &context, &received.proof, None)?;
            groups::replace(connection, id, &provisioning.groups)?;
            let created = Event::new(EventKind::UserCreated)
                .by(Actor::User(id))
                .about(id)
                .detailed(EventDetail::By {
                    means: Means::Upstream,
                })
                .from(&from);
            context.record(connection, &created)?;
            let next = received.next.unwrap_or_default();
            join(&own, connection, &provider, received.proof, id, next, &from)
        })
        .await
}

/// Links a new account with who was proved, and signs them in.
fn join(
    app: &App,
    connection: &mut AnyConnection,
    provider: &UpstreamProvider,
    proof: IdentityVerified,
    id: UserId,
    next: NextPath,
    client: &Client,
) -> Result<UpstreamOutcome> {
    let context = app.context();
    let link: UpstreamLink = new_link(&context, id, &proof);
    if !upstream_links::insert(connection, &link)? {
        return Err(codes::UPSTREAM_TAKEN.into());
    }
    let linked = Event::new(EventKind::UpstreamLinked)
        .by(Actor::User(id))
        .about(id)
        .detailed(named(provider))
        .from(client);
    context.record(connection, &linked)?;
    let proof = proof
        .of(&link)
        .ok_or_else(|| Problem::internal("a new link is of who was proved"))?;
    lead_on(app, connection, provider, &proof, next, IsNew(true), client)
}

fn insert(
    connection: &mut AnyConnection,
    context: &WriteContext,
    proof: &IdentityVerified,
    email: Option<&EmailAddress>,
) -> Result<UserId> {
    let id = UserId::generate(context.now, &*context.entropy);
    let names = proof.names();
    let display_name = names.display_name.as_deref();
    let account = NewUser {
        id,
        name: free_name(connection, names, email)?,
        display_name: display_name.and_then(|name| DisplayName::parse(name).ok()),
        email: email.cloned(),
        password_hash: None,
        handle: UserHandle::generate(&*context.entropy),
        is_superuser: false,
        created_at: context.now,
    };
    users::insert(connection, &account)?;
    Ok(id)
}

/// A name that nobody has, after what they are called there. Never more than what stands before an `@`: a
/// name that is somebody's address would be taken for them.
fn free_name(
    connection: &mut AnyConnection,
    names: &Names,
    email: Option<&EmailAddress>,
) -> Result<UserName> {
    let told = [
        names.user_name.as_deref(),
        email.map(EmailAddress::as_str),
        Some(USUAL_NAME),
    ];
    let local = |text: &str| {
        text.split('@')
            .next()
            .and_then(|local| UserName::parse(local).ok())
    };
    let name = told.into_iter().flatten().find_map(local);
    let name = name.ok_or(codes::USER_NAME_INVALID)?;
    if users::by_name(connection, name.as_str())?.is_none() {
        return Ok(name);
    }
    let front: String = name.as_str().chars().take(UserName::LONGEST - 4).collect();
    for number in 2..=NAMESAKES {
        let name = UserName::parse(&format!("{front}-{number}"))?;
        if users::by_name(connection, name.as_str())?.is_none() {
            return Ok(name);
        }
    }
    Err(codes::USER_NAME_TAKEN.into())
}
