//! Letting a user in, or not.

use super::edit::may_give;
use crate::App;
use crate::grounds;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Result, codes};
use keyward_store::{journeys, sessions, trusted_browsers, users};

/// Lets a user sign in again.
///
/// # Errors
/// `user.unknown`, `api_token.scope`
pub async fn enable(app: &App, administrator: &Administrator, id: UserId) -> Result<User> {
    let event = administrator.does(EventKind::UserEnabled).about(id);
    let context = app.context();
    let by = administrator.grounds();
    grounds::write_for(app, by.clone(), move |connection| {
        users::hold(connection, id)?;
        let user = users::expect(connection, id)?;
        grounds::may_change(connection, &by, user.id)?;
        if !user.is_enabled {
            if let Some(email) = &user.email {
                may_give(connection, &by, email)?;
            }
            users::set_enabled(connection, id, true)?;
            context.record(connection, &event)?;
        }
        Ok(user)
    })
    .await
}

/// Keeps a user from signing in, and ends their sessions and the sign-ins in progress.
///
/// # Errors
/// `user.unknown`, `user.self`, `user.last_superuser`, `api_token.scope`
pub async fn disable(app: &App, administrator: &Administrator, id: UserId) -> Result<User> {
    let is_self = administrator.is(id);
    let event = administrator.does(EventKind::UserDisabled).about(id);
    let (context, told) = (app.context(), event.clone());
    let by = administrator.grounds();
    let disabled = grounds::write_for(app, by.clone(), move |connection| {
        if is_self {
            return Err(codes::USER_SELF.into());
        }
        users::hold_superusers(connection)?;
        users::hold(connection, id)?;
        let user = users::expect(connection, id)?;
        grounds::may_change(connection, &by, user.id)?;
        if user.is_superuser && !users::has_superuser(connection, Some(id))? {
            return Err(codes::USER_LAST_SUPERUSER.into());
        }
        if user.is_enabled {
            users::set_enabled(connection, id, false)?;
            sessions::end_all_of(connection, id)?;
            trusted_browsers::end_all_of(connection, id)?;
            journeys::abandon_all_of(connection, id)?;
            context.record(connection, &told)?;
        }
        Ok(user)
    })
    .await;
    app.or_refusal(event, disabled).await
}
