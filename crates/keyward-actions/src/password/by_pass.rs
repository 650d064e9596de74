//! A new password without the old one: by a temporary pass, or after a short one was typed.

use super::still_fits;
use crate::App;
use crate::grounds;
use crate::session::end_every_way_in;
use crate::sign_in::{Opened, rekey};
use crate::user;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::Means;
use keyward_core::domain::session::{Assurance, Client};
use keyward_core::domain::user::NewPassword;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::MayChoosePassword;
use keyward_core::problem::Result;
use keyward_store::{passwords, sessions};

/// Sets the password of a user whom a pass or a short password let in, and ends their other
/// sessions and the sign-ins in progress. The session of a pass stays what it was: it may enrol.
/// That of a short password opens what a long one does. Both go on under a new identifier.
///
/// # Errors
/// `user.password_short`, `sign_in.busy`; `session.required` where the session ended meanwhile.
pub async fn choose(
    app: &App,
    permit: &MayChoosePassword,
    new: NewPassword,
    client: &Client,
) -> Result<Opened> {
    let (user, here) = (permit.user().id, permit.session().id);
    let usage = super::password_use(app, user).await?;
    let new = new.for_use(usage)?;
    let hash = user::hash_password(app, user, new).await?;
    let mut event = Event::new(EventKind::PasswordSet)
        .by(Actor::User(user))
        .about(user)
        .from(client);
    if permit.session().assurance == Assurance::Pass {
        event = event.detailed(EventDetail::By {
            means: Means::TemporaryPass,
        });
    }
    let next = match permit.session().assurance {
        Assurance::Pass => NextPath::to_enrolment(),
        _ => NextPath::default(),
    };
    let context = app.context();
    grounds::write_for(app, permit.grounds(), move |connection| {
        still_fits(
            connection,
            &context.settings.policy,
            user,
            usage,
            context.now,
        )?;
        passwords::set(connection, user, &hash)?;
        end_every_way_in(connection, user, Some(here), context.now)?;
        context.record(connection, &event)?;
        // Nothing, where the session is that of a pass.
        sessions::lengthen(connection, here, context.now)?;
        rekey(connection, &context, here, next)
    })
    .await
}
