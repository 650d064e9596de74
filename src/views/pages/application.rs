//! On the way to an application: what is missing, and who may not pass.

use serde::Serialize;

use crate::views::Page;
use keyward_core::domain::device::DeviceKind;

/// `GET /applications/enter` for a user whom the application's rules turn away.
#[derive(Clone, Serialize)]
pub struct ApplicationDeniedPage {
    /// What the application is called.
    pub application: String,
    /// Whom to ask; empty where that is not known.
    pub contact: String,
    /// Why they can never prove what it asks for, where that is so: a case of `application-beyond-…`.
    pub obstacle: Option<&'static str>,
}

impl Page for ApplicationDeniedPage {
    const TEMPLATE: &'static str = "application/denied.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [None, Some("no-metadata"), Some("no-kind")]
            .map(|obstacle| Self {
                application: "Wiki \"west\" <one>".to_owned(),
                contact: obstacle.map_or("", |_| "it@example.org").to_owned(),
                obstacle,
            })
            .into()
    }
}

/// `GET /applications/enter` for a user who has nothing that proves as much as a rule asks for.
#[derive(Clone, Serialize)]
pub struct ApplicationEnrolPage {
    /// What the application is called.
    pub application: String,
    /// Whom to ask; empty where that is not known.
    pub contact: String,
    /// What they add, where a passkey or security key is asked for.
    pub key: Option<DeviceKind>,
    /// Whether it must be one whose maker attests its hardware.
    pub needs_hardware: bool,
    /// The way there, once it is enrolled.
    pub again: String,
}

impl Page for ApplicationEnrolPage {
    const TEMPLATE: &'static str = "application/enrol.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [
            (None, false),
            (Some(DeviceKind::Passkey), false),
            (Some(DeviceKind::SecurityKey), true),
        ]
        .map(|(key, needs_hardware)| Self {
            application: "Payroll".to_owned(),
            contact: "it@example.org".to_owned(),
            key,
            needs_hardware,
            again: "/applications/enter?to=https%3A%2F%2Fpay.example.org%2F".to_owned(),
        })
        .into()
    }
}

/// `GET /applications/enter` at the end of a form, on the way to another host.
#[derive(Clone, Serialize)]
pub struct ApplicationLeadPage {
    /// The address.
    pub to: String,
}

impl Page for ApplicationLeadPage {
    const TEMPLATE: &'static str = "application/lead.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self {
            to: "https://wiki.example.org/a?b=\"c\"&d=e".to_owned(),
        }]
    }
}

/// The answer of `/forward-auth` to a browser that does not pass, shown at the host of the application:
/// nothing of ours is loaded there.
#[derive(Clone, Serialize)]
pub struct ApplicationRefusedPage {
    /// What the application is called; `None` where none has the host.
    pub application: Option<String>,
    /// Whom to ask; empty where that is not known.
    pub contact: String,
    /// The address of the user's account.
    pub account: String,
}

impl Page for ApplicationRefusedPage {
    const TEMPLATE: &'static str = "application/refused.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [None, Some("Wiki")]
            .map(|application| Self {
                application: application.map(str::to_owned),
                contact: "it@example.org".to_owned(),
                account: "https://keys.example.org/account".to_owned(),
            })
            .into()
    }
}
