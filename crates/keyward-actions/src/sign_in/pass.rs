//! A temporary pass in place of everything that was lost.

use secrecy::{ExposeSecret, SecretString};

use super::open_session::{Opened, open};
use crate::App;
use crate::attempt::{self, Tried, settle, spraying};
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::event::{Actor, Event, EventKind, Refusal};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{UserId, UserName, fold};
use keyward_core::factors::pass::{PassCode, PassRefusal, PassVerified, verify};
use keyward_core::flows::sign_in::Finished;
use keyward_core::problem::Result;
use keyward_core::secret::KeyPurpose;
use keyward_store::{passes, passwords, users};

/// Where a pass led.
#[must_use]
#[derive(Debug)]
pub enum PassOutcome {
    /// Nowhere. Whether the name, the pass or a lock was the reason is in the audit trail alone.
    Wrong,
    /// To a session for the enrolment of a device.
    Opened(Opened),
}

/// Checks a user name and a temporary pass. Names that no user has, people who have no pass, and
/// passes that are wrong, over or used get one answer, and are counted alike.
///
/// # Errors
/// `sign_in.too_many` for a locked address.
pub async fn with_pass(
    app: &App,
    name: &str,
    typed: SecretString,
    client: &Client,
) -> Result<PassOutcome> {
    let folded: String = fold(name).chars().take(UserName::LONGEST_TYPED).collect();
    attempt::admit_address(app, client).await?;
    let named = {
        let folded = folded.clone();
        app.store
            .look(move |connection| passwords::by_sign_in(connection, &folded))
            .await?
    };
    let known = named.user;
    let user = known.as_ref().map(|(stored, _)| stored.user_id);
    let scope = match user {
        Some(id) => AttemptScope::Pass(id),
        // Apart from the same name at the password, as those of real ones are.
        None => unknown_name_at_pass(app, &folded),
    };
    let locked = refusal(user, Refusal::Locked, client);
    if !attempt::admit_first_step(app, &scope, locked, client).await? {
        return Ok(PassOutcome::Wrong);
    }
    // Looked up for a name that no user has, too.
    let whose = user.unwrap_or(UserId::nil());
    let stored = app
        .store
        .look(move |connection| passes::of_user(connection, whose))
        .await?;
    let code = PassCode::parse(typed.expose_secret());
    let judged = verify(stored.as_ref(), code.as_ref(), &app.master_key, app.now());
    let reason = match (
        user,
        known.is_some_and(|(_, is_enabled)| is_enabled),
        judged,
    ) {
        (Some(_), true, Ok(proof)) => match enter_by_pass(app, proof, &scope, client).await? {
            Some(opened) => return Ok(PassOutcome::Opened(opened)),
            None => PassRefusal::Used.reason(),
        },
        (None, ..) if named.is_of_several => Refusal::AddressOfSeveral,
        (None, ..) => Refusal::UnknownUser,
        (Some(_), false, Ok(_)) => Refusal::Disabled,
        (Some(user), _, Err(refusal)) => {
            if refusal == PassRefusal::Expired {
                let now = app.now();
                let end = move |connection: &mut _| passes::end_if_over(connection, user, now);
                app.store.write(end).await?;
            }
            refusal.reason()
        }
    };
    let refused = refusal(user, reason, client);
    attempt::refuse_first_step(app, scope, refused, client).await?;
    Ok(PassOutcome::Wrong)
}

fn unknown_name_at_pass(app: &App, folded: &str) -> AttemptScope {
    let hash = app
        .master_key
        .tag::<16>(KeyPurpose::UnknownName, &["pass", folded]);
    AttemptScope::UnknownName(data_encoding::HEXLOWER.encode(hash.as_slice()))
}

/// Spends the pass and opens the session; `None` where another request was a moment faster.
async fn enter_by_pass(
    app: &App,
    proof: PassVerified,
    scope: &AttemptScope,
    client: &Client,
) -> Result<Option<Opened>> {
    let user = proof.user_id();
    let used = Event::new(EventKind::PassUsed)
        .by(Actor::User(user))
        .about(user)
        .from(client);
    let (context, settings) = (app.context(), app.settings.clone());
    let (scope, client) = (scope.clone(), client.clone());
    app.store
        .write(move |connection| {
            users::hold(connection, user)?;
            if !passes::spend(connection, user, proof.hash(), context.now)? {
                return Ok(None);
            }
            let lockout = &settings.lockout;
            settle(connection, &context, &scope, Tried::Right, lockout, &client)?;
            spraying::forget(connection, &scope, &client)?;
            context.record(connection, &used)?;
            let finished = Finished::by_pass(&proof);
            open(connection, &context, finished, &settings.session, &client).map(Some)
        })
        .await
}

fn refusal(user: Option<UserId>, reason: Refusal, client: &Client) -> Event {
    let mut event = Event::new(EventKind::PassUsed).refused(reason).from(client);
    event.subject = user;
    event
}
