//! What a change of a user's rights will do, for the question before it.

use super::delete::belongings;
use crate::App;
use crate::session;
use keyward_core::domain::count::Count;
use keyward_core::domain::erasure::Belongings;
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::permit::{Administrator, MayAudit};
use keyward_core::problem::Result;
use keyward_store::{counts, users};

/// A user, in numbers.
#[derive(Debug)]
pub struct Foreseen {
    /// Who.
    pub user: User,
    /// What belongs to them.
    pub belongings: Belongings,
    /// How many superusers besides them may sign in.
    pub other_superusers: u64,
    /// How many users there are, whose accounts a superuser can change.
    pub users: Count,
}

/// How many users there are.
///
/// # Errors
/// The store's.
pub async fn count(app: &App, _: &MayAudit) -> Result<Count> {
    app.store.read(counts::users).await
}

/// What belongs to a user, and what they belong to.
///
/// # Errors
/// `user.unknown`
pub async fn foresee(app: &App, _: &Administrator, id: UserId) -> Result<Foreseen> {
    let open = session::what_is_open(app);
    app.store
        .read(move |connection| {
            let user = users::expect(connection, id)?;
            let belongings = belongings(connection, &user, open)?;
            let superusers = users::superusers(connection)?;
            let others = superusers.iter().filter(|other| other.id != id).count();
            Ok(Foreseen {
                belongings,
                other_superusers: others.try_into().unwrap_or_default(),
                users: counts::users(connection)?,
                user,
            })
        })
        .await
}
