//! A new password without the old one: by a temporary pass, or after a short one was typed.

use crate::actions::Keyward;
use crate::actions::session::end_every_way_in;
use crate::actions::sign_in::Opened;
use crate::domain::event::{Actor, Event, EventKind};
use crate::domain::session::{Assurance, Client};
use crate::domain::user::NewPassword;
use crate::flows::next_path::NextPath;
use crate::flows::permit::MayChoosePassword;
use crate::problem::{Result, codes};
use crate::secret::Token;
use crate::store::{sign_ins, users};

impl Keyward {
    /// Sets the password of somebody whom a pass or a short password let in, and ends their other
    /// sessions and the sign-ins in progress. The session of a pass stays what it was: it may enrol.
    /// That of a short password opens what a long one does, and comes back.
    ///
    /// # Errors
    /// `user.password_short`, `sign_in.busy`; `session.required` where the session ended meanwhile.
    pub async fn choose_password(
        &self,
        permit: &MayChoosePassword,
        new: NewPassword,
        client: &Client,
    ) -> Result<Option<Opened>> {
        let (user, here) = (permit.user().id, permit.sign_in().id);
        let new = new.for_use(self.password_use(user).await?)?;
        let hash = self.hash_password(new).await?;
        let mut event = Event::new(EventKind::PasswordSet)
            .by(Actor::User(user))
            .about(user)
            .from(client);
        if permit.sign_in().assurance == Assurance::Pass {
            event = event.detailed("temporary pass");
        }
        let pen = self.pen();
        self.store
            .write(move |connection| {
                users::hold(connection, user)?;
                // Revoked since the permit was given.
                if sign_ins::by_id(connection, here)?.is_none() {
                    return Err(codes::SESSION_REQUIRED.into());
                }
                users::set_password(connection, user, &hash)?;
                end_every_way_in(connection, user, Some(here), pen.now)?;
                pen.record(connection, &event)?;
                let identifier = Token::generate(&*pen.entropy);
                let rose = sign_ins::lengthen(connection, here, &identifier.hash(), pen.now)?;
                Ok(rose.then(|| Opened {
                    identifier,
                    next: NextPath::default(),
                }))
            })
            .await
    }
}
