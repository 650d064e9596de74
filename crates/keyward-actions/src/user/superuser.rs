//! Who may open the console.

use crate::App;
use crate::grounds;
use crate::policy::judge_users;
use crate::session::forget_issued;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Result, codes};
use keyward_store::users;

/// Makes a user a superuser.
///
/// # Errors
/// `user.unknown`
pub async fn grant_superuser(app: &App, administrator: &Administrator, id: UserId) -> Result<User> {
    let event = administrator.does(EventKind::SuperuserGranted).about(id);
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        users::hold(connection, id)?;
        let user = users::expect(connection, id)?;
        if !user.is_superuser {
            users::set_superuser(connection, id, true)?;
            context.record(connection, &event)?;
            forget_issued(connection, &context, id, &event)?;
            judge_users(connection, &context, &[id])?;
        }
        Ok(user)
    })
    .await
}

/// Takes the console from a user. What their sessions open is judged anew on each request.
///
/// # Errors
/// `user.unknown`, `user.self`, `user.last_superuser`
pub async fn withdraw_superuser(
    app: &App,
    administrator: &Administrator,
    id: UserId,
) -> Result<User> {
    let is_self = administrator.is(id);
    let event = administrator.does(EventKind::SuperuserWithdrawn).about(id);
    let (context, told) = (app.context(), event.clone());
    let withdrawn = grounds::write_for(app, administrator.grounds(), move |connection| {
        if is_self {
            return Err(codes::USER_SELF.into());
        }
        users::hold_superusers(connection)?;
        let user = users::expect(connection, id)?;
        if user.is_superuser {
            if !users::has_superuser(connection, Some(id))? {
                return Err(codes::USER_LAST_SUPERUSER.into());
            }
            users::set_superuser(connection, id, false)?;
            context.record(connection, &told)?;
        }
        Ok(user)
    })
    .await;
    app.or_refusal(event, withdrawn).await
}
