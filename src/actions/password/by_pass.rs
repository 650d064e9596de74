//! A new password by a temporary pass.

use crate::actions::Keyward;
use crate::domain::event::{Actor, Event, EventKind};
use crate::domain::session::Client;
use crate::domain::user::NewPassword;
use crate::flows::permit::MayChoosePassword;
use crate::problem::{Result, codes};
use crate::store::{journeys, recoveries, sign_ins, trusted_browsers, users};

impl Keyward {
    /// Sets the password of somebody whom a pass let in, and ends their other sessions and the
    /// sign-ins in progress. The session stays what it was: it may enrol.
    ///
    /// # Errors
    /// `user.password_short`, `sign_in.busy`; `session.required` where the session ended meanwhile.
    pub async fn choose_password(
        &self,
        permit: &MayChoosePassword,
        new: NewPassword,
        client: &Client,
    ) -> Result<()> {
        let (user, here) = (permit.user().id, permit.sign_in().id);
        let new = new.for_use(self.password_use(user).await?)?;
        let hash = self.hash_password(new).await?;
        let event = Event::new(EventKind::PasswordSet)
            .by(Actor::User(user))
            .about(user)
            .detailed("temporary pass")
            .from(client);
        let pen = self.pen();
        self.store
            .write(move |connection| {
                users::hold(connection, user)?;
                // Revoked since the permit was given.
                if sign_ins::by_id(connection, here)?.is_none() {
                    return Err(codes::SESSION_REQUIRED.into());
                }
                users::set_password(connection, user, &hash)?;
                sign_ins::end_others_of(connection, user, here)?;
                trusted_browsers::end_all_of(connection, user)?;
                journeys::abandon_all_of(connection, user)?;
                recoveries::forget_all_of(connection, user)?;
                pen.record(connection, &event)
            })
            .await
    }
}
