//! Setting somebody's password.

use crate::actions::Keyward;
use crate::actions::password::still_fits;
use crate::actions::session::end_every_way_in;
use crate::domain::event::EventKind;
use crate::domain::user::{NewPassword, UserId};
use crate::flows::permit::Administrator;
use crate::problem::Result;
use crate::store::{passwords, users};

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
        let usage = self.password_use(id).await?;
        let password = password.for_use(usage)?;
        let hash = self.hash_password(id, password).await?;
        let event = administrator.does(EventKind::PasswordSet).about(id);
        let pen = self.pen();
        self.write_for(administrator.grounds(), move |connection| {
            users::expect(connection, id)?;
            users::hold(connection, id)?;
            still_fits(connection, &pen.settings.policy, id, usage, pen.now)?;
            passwords::set(connection, id, &hash)?;
            end_every_way_in(connection, id, None, pen.now)?;
            pen.record(connection, &event)
        })
        .await
    }
}
