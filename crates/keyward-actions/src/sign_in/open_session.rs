//! The last step: a finished sign-in becomes a session.

use crate::grounds::open_at;
use crate::policy::{Admitted, admit_use};
use crate::{WriteContext, password};
use keyward_core::domain::assurance_level::AssuranceLevel;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::session::{Assurance, Client, Methods, ProvedBy, Session, SessionId};
use keyward_core::domain::user::UserId;
use keyward_core::flows::enrolment::Enrolled;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::MayEnrol;
use keyward_core::flows::sign_in::Finished;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::Token;
use keyward_store::{
    AnyConnection, events, judgements, passes, passwords, session_limits, sessions, upstream_links,
    upstream_sessions, users,
};

/// A session was opened or raised. The browser gets a new session key with it, and the identifier
/// inside: fresh for each sign-in, so that nothing that was known before opens it.
#[must_use = "the browser must be told"]
#[derive(Debug)]
pub struct Opened {
    /// What the browser's session holds from now on.
    pub identifier: Token,
    /// Where the person goes.
    pub next: NextPath,
}

/// How many sign-ins are looked at to know from where a user comes.
const REMEMBERED: i64 = 20;

/// Opens a session, in the caller's transaction.
///
/// # Errors
/// `session.required` where the user was disabled meanwhile, `sign_in.turn_used` where the password
/// that was right was replaced meanwhile, `policy.device_stopped` where policy does not let the
/// device prove its user any more.
pub(crate) fn open(
    connection: &mut AnyConnection,
    context: &WriteContext,
    finished: Finished,
    settings: &keyward_settings::Session,
    client: &Client,
) -> Result<Opened> {
    if let Some(device) = finished.device_id() {
        let admitted = admit_use(connection, finished.user_id(), device, None, context.now)?;
        return open_admitted(connection, context, &admitted, finished, settings, client);
    }
    open_at_last(connection, context, finished, settings, client)
}

/// Opens a session by a device that policy was asked about, in the caller's transaction.
///
/// # Errors
/// `session.required` where the user was disabled meanwhile, `sign_in.turn_used` where the password
/// that was right was replaced meanwhile, `policy.device_stopped` where policy was asked about
/// another device.
pub(crate) fn open_admitted(
    connection: &mut AnyConnection,
    context: &WriteContext,
    admitted: &Admitted,
    finished: Finished,
    settings: &keyward_settings::Session,
    client: &Client,
) -> Result<Opened> {
    if !admitted.is_for(finished.user_id(), finished.device_id()) {
        return Err(codes::POLICY_DEVICE_STOPPED.into());
    }
    open_at_last(connection, context, finished, settings, client)
}

fn open_at_last(
    connection: &mut AnyConnection,
    context: &WriteContext,
    finished: Finished,
    settings: &keyward_settings::Session,
    client: &Client,
) -> Result<Opened> {
    let user_id = finished.user_id();
    // Found right before this transaction, which had to wait.
    if let Some(version) = finished.password_version()
        && !passwords::hold(connection, user_id, version)?
    {
        return Err(
            Problem::new(codes::SIGN_IN_TURN_USED).detailed("the password was replaced meanwhile")
        );
    }
    if let Some(upstream) = finished.upstream()
        && !upstream_links::hold(connection, upstream.link, user_id)?
    {
        return Err(
            Problem::new(codes::SIGN_IN_TURN_USED).detailed("the link was removed meanwhile")
        );
    }
    if !users::note_sign_in(connection, user_id, context.now)? {
        return Err(Problem::new(codes::SESSION_REQUIRED).detailed("the user is disabled"));
    }
    if let Some(hash) = finished.new_password() {
        password::replace(connection, context, user_id, hash, client)?;
    }
    let identifier = Token::generate(&*context.entropy);
    let (assurance, methods) = (finished.assurance(), finished.methods().clone());
    let level = level_of(
        connection,
        user_id,
        assurance,
        &methods,
        finished.device_id(),
    )?;
    let session = Session {
        id: SessionId::generate(context.now, &*context.entropy),
        identifier: identifier.hash(),
        level,
        user_id,
        assurance,
        methods,
        device_id: finished.device_id(),
        opened_at: context.now,
        last_seen_at: context.now,
        expires_at: context.now + settings.absolute,
        client: client.clone(),
        proved_at: finished.proved_at(context.now),
        trusted_browser_id: finished.browser_id(),
    };
    sessions::insert(connection, &session)?;
    if let Some(upstream) = finished.upstream() {
        upstream_sessions::insert(connection, session.id, upstream)?;
    }
    let open = open_at(settings, context.now);
    let most = i64::from(settings.max_per_user);
    let ended = session_limits::end_oldest_of(connection, user_id, open, most)?;
    if ended > 0 {
        let ended = Event::new(EventKind::SessionEnded)
            .by(Actor::User(user_id))
            .about(user_id)
            .detailed(EventDetail::SessionsBeyond {
                most,
                sessions: ended,
            })
            .from(client);
        context.record(connection, &ended)?;
    }
    let mut event = signed_in(user_id, session.assurance, &session.methods).from(client);
    event.device = session.device_id;
    let known = events::latest_addresses(connection, user_id, EventKind::SignedIn, REMEMBERED)?;
    context.record(connection, &event)?;
    if client.is_elsewhere(&known) {
        event.kind = EventKind::UnusualPlace;
        event.detail = None;
        context.record(connection, &event)?;
    }
    Ok(Opened {
        identifier,
        next: finished.next().clone(),
    })
}

/// Raises a session to what an enrolled device proves, in the caller's transaction: the old
/// session ends and a new one begins, and every other session that skipped the device ends. One that
/// a device had proved already goes on under a new identifier.
pub(crate) fn rise(
    connection: &mut AnyConnection,
    context: &WriteContext,
    permit: &MayEnrol,
    enrolled: &Enrolled,
    client: &Client,
) -> Result<Opened> {
    let before = permit.session();
    let upstream = upstream_sessions::of_session(connection, before.id)?;
    sessions::end_unverified_of(connection, enrolled.user_id())?;
    if before.assurance == Assurance::Pass {
        // It has done what it was for.
        passes::remove(connection, enrolled.user_id())?;
    }
    if before.assurance == Assurance::Verified {
        return rekey(connection, context, before.id, NextPath::to_devices());
    }
    let (assurance, methods) = enrolled.rise(&before.methods);
    let (user, device) = (enrolled.user_id(), Some(enrolled.device_id()));
    let level = level_of(connection, user, assurance, &methods, device)?;
    let identifier = Token::generate(&*context.entropy);
    let session = Session {
        id: SessionId::generate(context.now, &*context.entropy),
        identifier: identifier.hash(),
        level,
        assurance,
        methods,
        device_id: Some(enrolled.device_id()),
        last_seen_at: context.now,
        client: client.clone(),
        proved_at: Some(context.now),
        ..before.clone()
    };
    sessions::insert(connection, &session)?;
    // What ends the session there ends this one still.
    if let Some(upstream) = &upstream {
        upstream_sessions::insert(connection, session.id, upstream)?;
    }
    let event = signed_in(session.user_id, assurance, &session.methods)
        .on(enrolled.device_id())
        .from(client);
    context.record(connection, &event)?;
    Ok(Opened {
        identifier,
        next: NextPath::to_devices(),
    })
}

/// The level of a session that these methods opened, the last of them by this device of the user.
pub(crate) fn level_of(
    connection: &mut AnyConnection,
    user: UserId,
    assurance: Assurance,
    methods: &Methods,
    device: Option<DeviceId>,
) -> Result<AssuranceLevel> {
    let device = match device.filter(|_| assurance == Assurance::Verified) {
        None => None,
        Some(id) => judgements::facts_of(connection, user, id)?,
    };
    Ok(AssuranceLevel::reached(assurance, methods, device))
}

/// Puts a session under a new identifier, in the caller's transaction, after a change of what proves
/// its user: a copy of its cookie must not outlive what it was copied under.
pub(crate) fn rekey(
    connection: &mut AnyConnection,
    context: &WriteContext,
    id: SessionId,
    next: NextPath,
) -> Result<Opened> {
    let identifier = Token::generate(&*context.entropy);
    sessions::rekey(connection, id, &identifier.hash())?;
    Ok(Opened { identifier, next })
}

fn signed_in(user: UserId, assurance: Assurance, methods: &Methods) -> Event {
    Event::new(EventKind::SignedIn)
        .by(Actor::User(user))
        .about(user)
        .detailed(EventDetail::Proved(ProvedBy {
            assurance,
            methods: methods.clone(),
        }))
}
