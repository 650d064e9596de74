//! The second factor of a user as a whole.

use super::App;
use crate::grounds;
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;
use keyward_store::{devices, journeys, keys, sessions, trusted_browsers, users};

/// What was taken from a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoFactorDisabled {
    /// Devices that were removed.
    pub devices: usize,
    /// Sessions that ended.
    pub sessions: usize,
}

/// Removes all devices of a user and ends their sessions and the sign-ins in progress, for a user
/// who has lost everything.
///
/// # Errors
/// `user.unknown`, `api_token.scope`
pub async fn disable(
    app: &App,
    administrator: &Administrator,
    id: UserId,
) -> Result<TwoFactorDisabled> {
    let event = administrator.does(EventKind::TwoFactorDisabled).about(id);
    let context = app.context();
    let by = administrator.grounds();
    grounds::write_for(app, by.clone(), move |connection| {
        users::hold(connection, id)?;
        grounds::may_change(connection, &by, id)?;
        let disabled = TwoFactorDisabled {
            devices: devices::count_of(connection, id)?,
            sessions: sessions::end_all_of(connection, id)?,
        };
        journeys::abandon_all_of(connection, id)?;
        let event = event.detailed(EventDetail::TwoFactor {
            devices: disabled.devices,
            sessions: disabled.sessions,
        });
        // Told while the mailboxes among the devices are known.
        context.record(connection, &event)?;
        devices::remove_all(connection, id)?;
        keys::withdraw_enrolments_of(connection, id)?;
        // Those whose device is gone already went with it.
        trusted_browsers::end_all_of(connection, id)?;
        Ok(disabled)
    })
    .await
}
