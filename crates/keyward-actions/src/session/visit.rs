//! Looking at who is there, on every request.

use std::time::Duration;

use crate::App;
use crate::policy::{SecondFactorDuty, note_duty, second_factor_duty};
use keyward_core::clock::Timestamp;
use keyward_core::domain::session::{Assurance, Session, SessionId};
use keyward_core::domain::user::User;
use keyward_core::flows::permit::{Access, SessionFacts, is_over, judge};
use keyward_core::problem::Result;
use keyward_core::secret::{Token, TokenHash};
use keyward_settings::Policy;
use keyward_store::{AnyConnection, devices, roles, sessions};

/// How old the note of when a session was last seen may be before it is written again.
const NOTE_EVERY: Duration = Duration::from_mins(1);

/// What the session of this identifier opens at this moment.
///
/// # Errors
/// The store's.
pub async fn visit(app: &App, identifier: &Token) -> Result<Access> {
    visit_by(app, identifier.hash()).await
}

/// The same by the hash of the identifier.
pub(crate) async fn visit_by(app: &App, hash: TokenHash) -> Result<Access> {
    let (settings, now) = (app.settings.clone(), app.now());
    let found = app
        .store
        .cached_read("visit", hash.clone().as_str(), move |connection| {
            found(connection, &hash, &settings.policy, now)
        })
        .await?;
    let Some((mut facts, duty)) = found else {
        return Ok(Access::Nothing);
    };
    // Not kept with the answer: a grace ends by itself.
    facts.needs_second_factor = duty.as_ref().is_some_and(|duty| duty.is_due(now));
    if let Some(duty) = duty.filter(|duty| !duty.is_noted && !facts.has_device) {
        let user = facts.user.id;
        app.store
            .write(move |connection| note_duty(connection, user, &duty, now))
            .await?;
    }
    let (id, last_seen) = (facts.session.id, facts.session.last_seen_at);
    if is_over(&facts.session, now, app.settings.session.idle) {
        end_for_good(app, id).await?;
        return Ok(Access::Nothing);
    }
    let access = judge(facts, now, app.settings.session.idle);
    if !matches!(access, Access::Nothing) && now.since(last_seen) >= NOTE_EVERY {
        note_seen(app, id).await?;
    }
    Ok(access)
}

/// What was over once is over for good: it does not come back when the clock is set back.
async fn end_for_good(app: &App, id: SessionId) -> Result<()> {
    app.store
        .write_unsynced(move |connection| sessions::end(connection, id).map(drop))
        .await
}

async fn note_seen(app: &App, id: SessionId) -> Result<()> {
    let now = app.now();
    app.store
        .write_unsynced(move |connection| sessions::note_seen(connection, id, now))
        .await
}

/// The facts about a session, but for whether a second factor is due, and the duty to have one.
fn found(
    connection: &mut AnyConnection,
    identifier: &TokenHash,
    policy: &Policy,
    now: Timestamp,
) -> Result<Option<(SessionFacts, Option<SecondFactorDuty>)>> {
    match sessions::with_user(connection, identifier)? {
        Some((session, user)) => facts_of(connection, session, user, policy, now).map(Some),
        None => Ok(None),
    }
}

/// The same about a session that is known.
pub(crate) fn facts_of(
    connection: &mut AnyConnection,
    session: Session,
    user: User,
    policy: &Policy,
    now: Timestamp,
) -> Result<(SessionFacts, Option<SecondFactorDuty>)> {
    let mut facts = SessionFacts {
        roles: roles::of_user(connection, user.id)?,
        session,
        user,
        needs_second_factor: false,
        has_device: false,
    };
    // A second factor was proved: what policy asks for is there.
    if facts.session.assurance == Assurance::Verified {
        return Ok((facts, None));
    }
    facts.has_device = devices::has_any(connection, facts.user.id)?;
    let duty = second_factor_duty(connection, policy, &facts.user, now)?;
    Ok((facts, duty))
}
