//! Setting somebody's password.

use crate::actions::Keyward;
use crate::domain::event::EventKind;
use crate::domain::user::{NewPassword, UserId};
use crate::flows::permit::Administrator;
use crate::problem::Result;
use crate::store::{journeys, recoveries, sign_ins, trusted_browsers, users};

impl Keyward {
    /// Replaces a user's password, and ends their sessions, the trust in their browsers and the
    /// sign-ins in progress: whoever knew the old one is out.
    ///
    /// # Errors
    /// `user.unknown`, `user.password_short`, `sign_in.busy`
    pub async fn set_password(
        &self,
        administrator: &Administrator,
        id: UserId,
        password: NewPassword,
    ) -> Result<()> {
        let password = password.for_use(self.password_use(id).await?)?;
        let hash = self.hash_password(password).await?;
        let event = administrator.does(EventKind::PasswordSet).about(id);
        let pen = self.pen();
        self.store
            .write(move |connection| {
                users::expect(connection, id)?;
                users::set_password(connection, id, &hash)?;
                sign_ins::end_all_of(connection, id)?;
                trusted_browsers::end_all_of(connection, id)?;
                journeys::abandon_all_of(connection, id)?;
                recoveries::forget_all_of(connection, id, pen.now)?;
                pen.record(connection, &event)
            })
            .await
    }
}
