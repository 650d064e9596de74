//! On the way to an application: what is missing, and who may not pass.

use serde::Serialize;

use crate::views::Page;

/// `GET /applications/enter` for a user whom the application's rules turn away.
#[derive(Clone, Serialize)]
pub struct ApplicationDeniedPage {
    /// What the application is called.
    pub application: String,
    /// Whom to ask; empty where that is not known.
    pub contact: String,
    /// Whether it asks for what nobody can prove here.
    pub is_beyond_proof: bool,
}

impl Page for ApplicationDeniedPage {
    const TEMPLATE: &'static str = "application/denied.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [("", false), ("it@example.org", true)]
            .map(|(contact, is_beyond_proof)| Self {
                application: "Wiki \"west\" <one>".to_owned(),
                contact: contact.to_owned(),
                is_beyond_proof,
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
    /// Whether a passkey or security key is asked for.
    pub needs_key: bool,
    /// Whether it must be one whose maker attests its hardware.
    pub needs_hardware: bool,
    /// The way there, once it is enrolled.
    pub again: String,
}

impl Page for ApplicationEnrolPage {
    const TEMPLATE: &'static str = "application/enrol.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [(false, false), (true, false), (true, true)]
            .map(|(needs_key, needs_hardware)| Self {
                application: "Payroll".to_owned(),
                contact: "it@example.org".to_owned(),
                needs_key,
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
