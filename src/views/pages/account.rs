//! The overview of one's own account.

use serde::Serialize;

use super::{AcceptedPasskeys, Advice, DeviceRow};
use crate::views::Page;
use keyward_core::clock::Timestamp;

/// `GET /account`.
#[derive(Clone, Serialize)]
pub struct AccountPage {
    /// The user's name.
    pub username: String,
    /// What they are called, where that is more.
    pub display_name: Option<String>,
    /// Whether they may change either name.
    pub may_change_names: bool,
    /// Whether they may change their e-mail address.
    pub may_change_email: bool,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// Whether they have a password.
    pub has_password: bool,
    /// When they signed in the time before this one.
    pub last_sign_in_at: Option<Timestamp>,
    /// Their devices, the default one first.
    pub devices: Vec<DeviceRow>,
    /// Whether there are other providers at which they can sign in.
    pub has_providers: bool,
    /// Whether applications ask before they are told who the user is.
    pub has_applications: bool,
    /// What policy makes of them.
    pub advice: Advice,
    /// What the browser is told of them.
    pub passkeys: AcceptedPasskeys,
}

impl Page for AccountPage {
    const TEMPLATE: &'static str = "account/overview.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let advice = Advice::samples();
        let devices = [Vec::new(), DeviceRow::samples(), DeviceRow::samples()];
        devices
            .into_iter()
            .zip(advice)
            .map(|(devices, advice)| Self {
                username: "anna".to_owned(),
                display_name: (devices.len() > 1).then(|| "Anna <b>Meijer</b>".to_owned()),
                may_change_names: devices.is_empty(),
                may_change_email: !devices.is_empty(),
                email: (!devices.is_empty()).then(|| "anna@example.org".to_owned()),
                has_password: devices.is_empty(),
                last_sign_in_at: devices.iter().find_map(|device| device.last_used_at),
                has_providers: !devices.is_empty(),
                has_applications: devices.is_empty(),
                devices,
                advice,
                passkeys: AcceptedPasskeys::sample(),
            })
            .collect()
    }
}
