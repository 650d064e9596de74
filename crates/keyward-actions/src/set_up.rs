//! The set-up link makes the first superuser.

use std::sync::Arc;

use super::password::refuse_breached;
use super::sign_in::{Opened, open};
use super::{App, WriteContext};
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::Means;
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{EmailAddress, NewPassword, UserHandle, UserId, UserName};
use keyward_core::factors::password::{PasswordVerified, StoredPassword};
use keyward_core::flows::sign_in::Finished;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::Token;
use keyward_store::users::NewUser;
use keyward_store::{AnyConnection, instance, setup_links, users};

/// Whether a set-up link would still work.
///
/// # Errors
/// The store's.
pub async fn link_is_open(app: &App, link: &Token) -> Result<bool> {
    let (hash, now) = (link.hash(), app.now());
    app.store
        .look(move |connection| {
            Ok(setup_links::is_open(connection, &hash, now)?
                && instance::get(connection, instance::SET_UP)?.is_none()
                && !users::has_superuser(connection, None)?)
        })
        .await
}

/// Refuses a set-up link that does not work.
///
/// # Errors
/// `setup.link_used`
pub async fn need_link(app: &App, link: &Token) -> Result<()> {
    match link_is_open(app, link).await? {
        true => Ok(()),
        false => Err(codes::SETUP_LINK_USED.into()),
    }
}

/// Uses a set-up link: creates the first superuser and signs them in, as far as the enrolment
/// of a second factor. Of two people with one link, one wins.
///
/// # Errors
/// `setup.link_used`, `user.name_taken`, `user.password_weak`
pub async fn create_superuser(
    app: &App,
    link: &Token,
    name: UserName,
    email: Option<EmailAddress>,
    password: NewPassword,
    client: &Client,
) -> Result<Opened> {
    need_link(app, link).await?;
    let (entropy, breached) = (app.entropy.clone(), Arc::clone(&app.passwords.breached));
    let id = UserId::generate(app.now(), &*entropy);
    let (hash, proof) = app
        .passwords
        .with_seat(move |passwords| {
            refuse_breached(&breached, &password)?;
            let hash = passwords.hash(id, &password, &*entropy)?;
            let stored = StoredPassword::first(id, hash);
            let proof = passwords.verify(Some(&stored), password.expose());
            Ok::<_, Problem>((stored.hash, proof))
        })
        .await??;
    let proof = proof.ok_or(codes::INTERNAL)?;
    let user = NewUser {
        id,
        name,
        display_name: None,
        email,
        password_hash: hash,
        handle: UserHandle::generate(&*app.entropy),
        is_superuser: true,
        created_at: app.now(),
    };
    let (context, settings, link) = (app.context(), app.settings.clone(), link.hash());
    let client = client.clone();
    app.store
        .write(move |connection| {
            // Of two links of two servers one makes a superuser. A process that makes a link holds this
            // first, too.
            instance::hold(connection, instance::SETUP_TURN)?;
            if !setup_links::take(connection, &link, context.now)? {
                return Err(codes::SETUP_LINK_USED.into());
            }
            begin(
                connection,
                &context,
                &user,
                proof,
                &settings.session,
                &client,
            )
        })
        .await
}

fn begin(
    connection: &mut AnyConnection,
    context: &WriteContext,
    user: &NewUser,
    proof: PasswordVerified,
    settings: &keyward_settings::Session,
    client: &Client,
) -> Result<Opened> {
    // One may have been added on the command line since the link was made.
    if users::has_superuser(connection, None)?
        || instance::get(connection, instance::SET_UP)?.is_some()
    {
        return Err(codes::SETUP_LINK_USED.into());
    }
    users::insert(connection, user)?;
    instance::remove(connection, instance::SETUP_LINK)?;
    let created = Event::new(EventKind::UserCreated)
        .by(Actor::User(user.id))
        .about(user.id)
        .detailed(EventDetail::By {
            means: Means::SetUpLink,
        })
        .from(client);
    context.record(connection, &created)?;
    open(
        connection,
        context,
        Finished::to_enrolment(proof),
        settings,
        client,
    )
}
