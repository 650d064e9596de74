//! Setting a user's password.

use crate::App;
use crate::grounds;
use crate::password::{self, still_fits};
use crate::session::end_every_way_in;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::user::{NewPassword, UserId};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;
use keyward_store::{passwords, users};

/// Replaces a user's password, and ends their sessions, the trust in their browsers and the
/// sign-ins in progress: an attacker who knew the old one is out.
///
/// # Errors
/// `user.unknown`, `user.password_short`, `sign_in.busy`
pub async fn set_password(
    app: &App,
    administrator: &Administrator,
    id: UserId,
    password: NewPassword,
) -> Result<()> {
    let usage = password::password_use(app, id).await?;
    let password = password.for_use(usage)?;
    let hash = super::create::hash_password(app, id, password).await?;
    let event = administrator.does(EventKind::PasswordSet).about(id);
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        users::expect(connection, id)?;
        users::hold(connection, id)?;
        still_fits(connection, &context.settings.policy, id, usage, context.now)?;
        passwords::set(connection, id, &hash)?;
        end_every_way_in(connection, id, None, context.now)?;
        context.record(connection, &event)
    })
    .await
}
