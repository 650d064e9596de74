//! Issuing and revoking.

use zeroize::Zeroizing;

use crate::App;
use crate::grounds;
use crate::write_context::WriteContext;
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::pass::{Pass, PassPlan};
use keyward_core::domain::user::{User, UserId};
use keyward_core::factors::pass::{PassCode, StoredPass};
use keyward_core::flows::permit::{Grounds, MayHelp};
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{AnyConnection, attempts, passes, sessions, users};

/// A new pass, with its code for this once.
#[derive(Debug)]
pub struct IssuedPass {
    /// What its owner types.
    pub code: PassCode,
    /// The pass.
    pub pass: Pass,
    /// Whose it is.
    pub user: User,
}

/// A pass that was planned and is not given yet.
#[derive(Debug)]
pub(crate) struct NewPass {
    code: PassCode,
    stored: StoredPass,
    event: Event,
    is_own: bool,
}

impl NewPass {
    /// Plans a pass for a user, from now on.
    ///
    /// # Errors
    /// `pass.too_long`
    pub(crate) fn planned(app: &App, helper: &MayHelp, id: UserId, plan: PassPlan) -> Result<Self> {
        let limits = &app.settings.pass;
        let lasting = plan.lasting.unwrap_or(limits.lasting);
        if lasting.is_zero() || lasting > limits.longest {
            let most = limits.longest.as_secs() / 60;
            return Err(
                Problem::new(codes::PASS_TOO_LONG).detailed(format!("from 1 to {most} minutes"))
            );
        }
        let now = app.now();
        let code = PassCode::generate(&*app.entropy);
        let pass = Pass {
            user_id: id,
            issued_at: now,
            expires_at: now + lasting,
            is_once: plan.is_once,
            used_at: None,
        };
        let hash = code.hash(&app.master_key, id);
        Ok(Self {
            code,
            stored: StoredPass { hash, pass },
            event: helper.does(EventKind::PassIssued).about(id),
            is_own: helper.is(id),
        })
    }

    /// Gives it, in the caller's transaction.
    ///
    /// # Errors
    /// `user.unknown`, `user.disabled`; `user.self` for one's own account; `api_token.scope`.
    pub(crate) fn give(
        self,
        connection: &mut AnyConnection,
        context: &WriteContext,
        by_whom: &Grounds,
    ) -> Result<IssuedPass> {
        let pass = self.stored.pass.clone();
        users::hold(connection, pass.user_id)?;
        let user = users::expect(connection, pass.user_id)?;
        if self.is_own {
            return Err(codes::USER_SELF.into());
        }
        grounds::may_change(connection, by_whom, user.id)?;
        if !user.is_enabled {
            return Err(codes::USER_DISABLED.into());
        }
        let by = match self.event.actor {
            Actor::User(id) => Some(id),
            Actor::Anonymous | Actor::CommandLine => None,
        };
        passes::replace(connection, &self.stored, by)?;
        sessions::end_by_pass(connection, user.id)?;
        attempts::clear(connection, &AttemptScope::Pass(user.id))?;
        let told = EventDetail::Pass {
            until: pass.expires_at,
            is_once: pass.is_once,
        };
        context.record(connection, &self.event.detailed(told))?;
        let code = self.code;
        Ok(IssuedPass { code, pass, user })
    }
}

/// Gives a user a pass, which is shown this once. The one before ends with what it opened, and
/// so do failed tries with it.
///
/// # Errors
/// `pass.too_long`, `user.unknown`, `user.disabled`; `user.self` for one's own account; `api_token.scope`.
pub async fn issue(app: &App, helper: &MayHelp, id: UserId, plan: PassPlan) -> Result<IssuedPass> {
    let context = app.context();
    let planned = NewPass::planned(app, helper, id, plan)?;
    let refusal = planned.event.clone();
    let created = |issued: &IssuedPass| Created {
        id: issued.user.id.to_string(),
        secret: Some(Zeroizing::new(issued.code.expose())),
    };
    let by_whom = helper.grounds();
    let issued = grounds::create_for(app, helper, created, move |connection| {
        planned.give(connection, &context, &by_whom)
    })
    .await;
    app.or_refusal(refusal, issued).await
}

/// Takes a user's pass back, and ends the sessions that it opened.
///
/// # Errors
/// `user.unknown`; `pass.none` where there is none that works.
pub async fn revoke(app: &App, helper: &MayHelp, id: UserId) -> Result<User> {
    let event = helper.does(EventKind::PassRevoked).about(id);
    let context = app.context();
    let by = helper.grounds();
    grounds::write_for(app, by.clone(), move |connection| {
        users::hold(connection, id)?;
        let user = users::expect(connection, id)?;
        grounds::may_help(connection, &by, id)?;
        let ended = sessions::end_by_pass(connection, id)?;
        let pass = passes::of_user(connection, id)?;
        let worked = pass.is_some_and(|stored| stored.pass.works(context.now));
        if !passes::remove(connection, id)? || (!worked && ended == 0) {
            return Err(codes::PASS_NONE.into());
        }
        context.record(connection, &event)?;
        Ok(user)
    })
    .await
}
