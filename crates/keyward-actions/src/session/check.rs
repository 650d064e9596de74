//! Whose a session is, for another program.

use super::visit;
use crate::App;
use keyward_core::domain::authentication_context::AuthenticationContext;
use keyward_core::domain::device::Device;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::session::Session;
use keyward_core::domain::user::User;
use keyward_core::flows::permit::Access;
use keyward_core::problem::Result;
use keyward_core::secret::Token;
use keyward_store::{devices, groups};

/// Who is there, and how that is known.
#[derive(Debug)]
pub struct CheckedSession {
    /// Who.
    pub user: User,
    /// Their groups, by name.
    pub groups: Vec<GroupName>,
    /// The session.
    pub session: Session,
    /// How they proved themselves.
    pub context: AuthenticationContext,
    /// The device that they did that with, or that vouched for the trusted browser.
    pub device: Option<Device>,
}

/// Whose session this identifier opens at this moment; `None` where it opens none, or the enrolment of a
/// device alone.
///
/// # Errors
/// The store's.
pub async fn check(app: &App, identifier: &Token) -> Result<Option<CheckedSession>> {
    let Access::Full(signed_in) = visit(app, identifier).await? else {
        return Ok(None);
    };
    let (user, session) = (signed_in.user().clone(), signed_in.session().clone());
    let Some(context) = AuthenticationContext::of(&session) else {
        return Ok(None);
    };
    let (id, device) = (user.id, session.device_id);
    let (groups, device) = app
        .store
        .look(move |connection| {
            let device = device.map(|device| devices::by_id(connection, device));
            Ok((
                groups::of_user(connection, id)?,
                device.transpose()?.flatten(),
            ))
        })
        .await?;
    Ok(Some(CheckedSession {
        user,
        groups,
        session,
        context,
        device,
    }))
}
