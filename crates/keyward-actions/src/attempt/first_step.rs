//! The first step of a sign-in, which names a user that there may not be: whatever is shown for
//! it, a password or a pass, it is counted and refused in one way.

use super::{Tried, admit, is_locked, settle, spraying};
use crate::App;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::event::Event;
use keyward_core::domain::session::Client;
use keyward_core::problem::Result;

/// Counts the try; `false` where the scope is locked, which looks like a wrong answer and is
/// recorded as `locked`.
///
/// # Errors
/// `sign_in.too_many` where the address is locked, `sign_in.busy`
pub(crate) async fn admit_first_step(
    app: &App,
    scope: &AttemptScope,
    locked: Event,
    client: &Client,
) -> Result<bool> {
    let (counted, lockout) = (scope.clone(), app.settings.lockout.clone());
    let (now, from) = (app.now(), client.clone());
    let admitted = super::begin_counted(app, move |connection| {
        admit(connection, &counted, &lockout, &from, now)
    })
    .await;
    match admitted {
        Ok(()) => Ok(true),
        Err(problem) if is_locked(&problem) => {
            super::note_locked(app, scope, locked, client).await?;
            Ok(false)
        }
        Err(problem) => Err(problem),
    }
}

/// The answer proved nothing: settles the count, and records why.
pub(crate) async fn refuse_first_step(
    app: &App,
    scope: AttemptScope,
    refused: Event,
    client: &Client,
) -> Result<()> {
    let (context, lockout, client) = (app.context(), app.settings.lockout.clone(), client.clone());
    app.store
        .write(move |connection| {
            settle(
                connection,
                &context,
                &scope,
                Tried::Wrong,
                &lockout,
                &client,
            )?;
            spraying::count(connection, &context, &scope, &lockout, &client)?;
            context.record(connection, &refused)
        })
        .await
}
