//! A code: of a YubiKey, of an authenticator app, or a backup code.

use std::net::IpAddr;

use super::{Meant, Verification, WhyNot, client_of, meant, shown};
use crate::App;
use crate::attempt::{self, Tried, admit, is_locked, settle};
use crate::second_factor::{
    CodeOutcome, CodeRefused, Typed, admit_and_spend, conclude, verify_code,
};
use crate::turn::Check;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::event::{Event, EventKind, Refusal};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::flows::api_token::MayCall;
use keyward_core::flows::sign_in::SecondFactorVerified;
use keyward_core::problem::{Fault, Problem, Result, codes};
use keyward_core::secret::{KeyPurpose, TokenHash};
use keyward_store::users;

/// What a program asks about.
pub struct AskedCode<'a> {
    /// Whose code, by user name or e-mail address.
    pub user: &'a str,
    /// What they typed.
    pub code: &'a str,
    /// Of what it must be; `None` for whatever its letters say.
    pub kind: Option<DeviceKind>,
    /// From where the user typed it; the program's own address where it does not say.
    pub address: Option<IpAddr>,
}

/// A try, on what it is counted, and what is recorded of it.
struct Try {
    user: Option<UserId>,
    scope: AttemptScope,
    event: Event,
    client: Client,
}

/// Verifies a code of a user. A name that nobody has is counted, locked and answered as a wrong code.
///
/// # Errors
/// `sign_in.locked` where the way into the account is locked, `sign_in.too_many` where the address is;
/// `validation_service.…` where a YubiKey's code cannot be judged; `policy.device_stopped`
pub async fn with_code(app: &App, call: &MayCall, asked: AskedCode<'_>) -> Result<Verification> {
    let Meant { folded, user } = meant(app, asked.user).await?;
    let typed = Typed::read(asked.code, DeviceKind::Totp);
    let kind = asked.kind.unwrap_or_else(|| typed.kind());
    let client = client_of(call.client(), asked.address);
    let mut event = call.causes(EventKind::SecondFactorChecked).from(&client);
    event.subject = user.map(|(id, _)| id);
    let this = Try {
        user: event.subject,
        scope: match user {
            Some((id, _)) => AttemptScope::SecondFactor(id, kind),
            None => unknown_name(app, &folded, kind),
        },
        event,
        client,
    };
    begin(app, &this).await?;
    // For nobody the same work is done over no devices.
    let whose = this.user.unwrap_or(UserId::nil());
    let judged = match kind == typed.kind() {
        true => verify_code(app, whose, &typed, &TokenHash::from_stored("")).await?,
        false => Err(CodeRefused::WRONG),
    };
    match judged {
        Ok(proof) if user.is_some_and(|(_, is_enabled)| is_enabled) => {
            accept(app, call, this, proof).await
        }
        Ok(_) => {
            refuse(app, this, Tried::Wrong, Refusal::Disabled).await?;
            Ok(Verification::Not(WhyNot::Wrong))
        }
        Err(refused) => {
            refuse(app, this, refused.tried, refused.reason).await?;
            match refused.outcome {
                CodeOutcome::Unavailable(code) => Err(code.into()),
                CodeOutcome::Used => Ok(Verification::Not(WhyNot::Used)),
                CodeOutcome::Wrong
                | CodeOutcome::Expired
                | CodeOutcome::OtherKey
                | CodeOutcome::Opened(_) => Ok(Verification::Not(WhyNot::Wrong)),
            }
        }
    }
}

/// The scope of a name that no user has: by kind, as those of users are.
fn unknown_name(app: &App, folded: &str, kind: DeviceKind) -> AttemptScope {
    let parts = ["verify", kind.as_str(), folded];
    let hash = app.master_key.tag::<16>(KeyPurpose::UnknownName, &parts);
    AttemptScope::UnknownName(data_encoding::HEXLOWER.encode(hash.as_slice()))
}

/// Counts the try before anything is known about the code.
async fn begin(app: &App, this: &Try) -> Result<()> {
    attempt::admit_address(app, &this.client).await?;
    let (user, scope, client) = (this.user, this.scope.clone(), this.client.clone());
    let (lockout, now) = (app.settings.lockout.clone(), app.now());
    let begun = attempt::begin_counted(app, move |connection| {
        if let Some(user) = user {
            users::hold(connection, user)?;
        }
        admit(connection, &scope, &lockout, &client, now)
    })
    .await;
    match begun {
        Err(problem) if is_locked(&problem) => {
            let event = this.event.clone().refused(Refusal::Locked);
            attempt::note_locked(app, &this.scope, event, &this.client).await?;
            // One answer for all locks: which of them it is would tell whether there is such a user.
            let longest = std::time::Duration::from_secs(app.settings.lockout.max_seconds);
            let wait = problem.wait().unwrap_or(longest);
            Err(Problem::new(codes::SIGN_IN_LOCKED).retry_after(wait))
        }
        begun => begun,
    }
}

async fn accept(
    app: &App,
    call: &MayCall,
    this: Try,
    proof: SecondFactorVerified,
) -> Result<Verification> {
    let check = Check {
        user: proof.user_id(),
        scope: this.scope.clone(),
        event: EventKind::SecondFactorChecked,
        token: Some(call.token().to_owned()),
    };
    let (context, lockout, client) = (
        app.context(),
        app.settings.lockout.clone(),
        this.client.clone(),
    );
    let accepted = app
        .store
        .write(move |connection| {
            if !users::hold_enabled(connection, check.user)? {
                return Ok(Err((Tried::Wrong, Refusal::Disabled, WhyNot::Wrong)));
            }
            if admit_and_spend(connection, &context, check.user, &proof)?.is_none() {
                return Ok(Err((Tried::NoGuess, Refusal::ReplayedCode, WhyNot::Used)));
            }
            conclude(connection, &context, &check, &proof, &lockout, &client)?;
            shown(connection, &context, &proof).map(Ok)
        })
        .await;
    match accepted {
        Ok(Ok(verified)) => Ok(Verification::Verified(Box::new(verified))),
        Ok(Err((tried, reason, why))) => {
            refuse(app, this, tried, reason).await?;
            Ok(Verification::Not(why))
        }
        Err(problem) => {
            if problem.fault() == Fault::Denied {
                refuse(app, this, Tried::NoGuess, problem.code().into()).await?;
            }
            Err(problem)
        }
    }
}

/// Settles the count, and records why.
async fn refuse(app: &App, this: Try, tried: Tried, reason: Refusal) -> Result<()> {
    let (context, lockout) = (app.context(), app.settings.lockout.clone());
    app.store
        .write(move |connection| {
            let (scope, client) = (&this.scope, &this.client);
            settle(connection, &context, scope, tried, &lockout, client)?;
            context.record(connection, &this.event.refused(reason))
        })
        .await
}
