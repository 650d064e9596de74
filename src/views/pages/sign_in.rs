//! Sign-in: one page a stage. `/sign-in` shows the one that is next.

use serde::Serialize;
use url::form_urlencoded::Serializer;

use super::ProviderButton;
use super::openid::Destination;
use crate::views::Page;
use keyward_core::domain::device::{DeviceKind, SignInMethod};
use keyward_core::flows::next_path::NextPath;

/// The first stage: user name and password.
#[derive(Clone, Default, Serialize)]
pub struct PasswordPage {
    /// What was typed before, where something was refused.
    pub username: String,
    /// Where the person wanted to go: a path of this site.
    pub next: Option<String>,
    /// Other ways in.
    pub providers: Vec<ProviderButton>,
    /// Where the sign-in leads, where that is another application.
    pub destination: Option<Destination>,
    /// Whether there is a page for finders of keys.
    pub has_found_page: bool,
}

impl Page for PasswordPage {
    const TEMPLATE: &'static str = "sign-in/password.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![
            Self::default(),
            Self {
                username: "anna".to_owned(),
                next: Some("/account/devices".to_owned()),
                providers: ProviderButton::samples(),
                destination: Some(Destination {
                    name: "Wiki \"west\" <one>".to_owned(),
                    logo: Some("https://wiki.example.org/logo.png".to_owned()),
                }),
                has_found_page: true,
            },
        ]
    }
}

/// A device that could answer, as its owner knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceInHand {
    /// What its owner calls it.
    pub name: String,
    /// What kind of thing it is.
    pub kind: DeviceKind,
}

impl DeviceInHand {
    /// A device as its owner knows it.
    pub fn new(name: impl Into<String>, kind: DeviceKind) -> Self {
        Self {
            name: name.into(),
            kind,
        }
    }
}

/// What a second factor is asked for: the same pages serve both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Way {
    /// Where its forms go, and where its other methods are.
    base: &'static str,
    /// Where its WebAuthn ceremony asks for options and sends its answer.
    ceremony: &'static str,
    /// Whether a user who is signed in proves themselves again.
    is_step_up: bool,
    /// Whether an application asks for that.
    is_to_application: bool,
    /// What that is called, where it may be told.
    application: Option<String>,
    /// Where it leads, where the page has to carry that along.
    next: Option<String>,
    /// Whether this browser may be trusted from then on.
    remember: Option<RememberOffer>,
}

/// `Remember this browser`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RememberOffer {
    /// What the browser is called where its owner types nothing else.
    pub name: String,
    /// For how many days, rounded up.
    pub days: u64,
}

impl Way {
    /// Into a session.
    pub fn sign_in() -> Self {
        Self {
            base: "/sign-in",
            ceremony: "/webauthn/authentication",
            is_step_up: false,
            is_to_application: false,
            application: None,
            next: None,
            remember: None,
        }
    }

    /// The same with the offer to trust this browser.
    pub fn offering(self, remember: Option<RememberOffer>) -> Self {
        Self { remember, ..self }
    }

    /// To something dangerous within a session, or to an application that asks for a fresh proof.
    pub fn step_up(next: &NextPath) -> Self {
        Self {
            base: "/step-up",
            ceremony: "/webauthn/step-up",
            is_step_up: true,
            is_to_application: next.is_to_application(),
            application: None,
            next: Some(next.as_str().to_owned()),
            remember: None,
        }
    }

    /// The same with the name of the application that asks.
    pub fn asked_by(self, application: Option<String>) -> Self {
        Self {
            application,
            ..self
        }
    }

    /// The address of the page of a method.
    pub fn page_of(&self, method: SignInMethod) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("method", method.as_str());
        if let Some(next) = &self.next {
            query.append_pair("next", next);
        }
        format!("{}?{}", self.base, query.finish())
    }

    #[cfg(test)]
    pub(super) fn samples() -> [Self; 2] {
        let next = NextPath::parse("/account/devices/add?x=1&y=\"2\"").unwrap_or_default();
        let offer = RememberOffer {
            name: "Firefox on Linux".to_owned(),
            days: 30,
        };
        [Self::sign_in().offering(Some(offer)), Self::step_up(&next)]
    }
}

/// The password after a passkey that did not verify its user.
#[derive(Clone, Serialize)]
pub struct ConfirmPage {
    /// The number of this step; an answer to another one is refused.
    pub turn: i64,
    /// Who is signing in.
    pub username: String,
    /// The device that answered.
    pub device: DeviceInHand,
    /// What it is for.
    pub way: Way,
}

impl Page for ConfirmPage {
    const TEMPLATE: &'static str = "sign-in/confirm.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let key = DeviceInHand::new("Anna's YubiKey 5C", DeviceKind::SecurityKey);
        vec![Self {
            turn: 0,
            username: "anna".to_owned(),
            device: key,
            way: Way::sign_in(),
        }]
    }
}

/// The second factor by an authenticator app.
#[derive(Clone, Serialize)]
pub struct TotpPage {
    /// What it is for.
    pub way: Way,
    /// The number of this step; an answer to another one is refused.
    pub turn: i64,
    /// Who is signing in.
    pub username: String,
    /// The user's authenticator apps, the one to ask for first.
    pub devices: Vec<DeviceInHand>,
    /// How many digits a code has: 6 or 8.
    pub digits: u32,
    /// Whether there is another method.
    pub has_other_methods: bool,
}

impl Page for TotpPage {
    const TEMPLATE: &'static str = "sign-in/totp.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let [way, step_up] = Way::samples();
        let sample = Self {
            way,
            turn: 3,
            username: "anna".to_owned(),
            devices: vec![DeviceInHand::new("Anna's phone", DeviceKind::Totp)],
            digits: 6,
            has_other_methods: true,
        };
        let mut alone = sample.clone();
        alone
            .devices
            .push(DeviceInHand::new("Tablet", DeviceKind::Totp));
        alone.has_other_methods = false;
        alone.digits = 8;
        let mut unnamed = sample.clone();
        unnamed.devices = vec![DeviceInHand::new("Authenticator app", DeviceKind::Totp)];
        let mut again = sample.clone();
        again.way = step_up;
        vec![sample, alone, unnamed, again]
    }
}

/// The second factor by a YubiKey's one-time password.
#[derive(Clone, Serialize)]
pub struct YubikeyPage {
    /// What it is for.
    pub way: Way,
    /// The number of this step.
    pub turn: i64,
    /// Who is signing in.
    pub username: String,
    /// The user's YubiKeys, the one to ask for first.
    pub devices: Vec<DeviceInHand>,
    /// Whether there is another method.
    pub has_other_methods: bool,
}

impl Page for YubikeyPage {
    const TEMPLATE: &'static str = "sign-in/yubikey.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let key = |name: &str| DeviceInHand::new(name, DeviceKind::Yubikey);
        let [way, step_up] = Way::samples();
        let sample = Self {
            way,
            turn: 3,
            username: "anna".to_owned(),
            devices: vec![key("Anna's YubiKey 5C")],
            has_other_methods: true,
        };
        let mut two = sample.clone();
        two.devices.push(key("The one in the safe"));
        two.has_other_methods = false;
        let mut again = sample.clone();
        again.way = step_up;
        vec![sample, two, again]
    }
}

/// The second factor by a backup code.
#[derive(Clone, Serialize)]
pub struct BackupCodePage {
    /// What it is for.
    pub way: Way,
    /// The number of this step.
    pub turn: i64,
    /// Who is signing in.
    pub username: String,
    /// The user's set, alone.
    pub devices: Vec<DeviceInHand>,
    /// Whether there is another method.
    pub has_other_methods: bool,
}

impl Page for BackupCodePage {
    const TEMPLATE: &'static str = "sign-in/backup-code.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        Way::samples()
            .map(|way| Self {
                way,
                turn: 3,
                username: "anna".to_owned(),
                devices: vec![DeviceInHand::new("Backup codes", DeviceKind::BackupCodes)],
                has_other_methods: true,
            })
            .into()
    }
}

/// The second factor by a passkey or a security key, whichever the user owns; the first device's
/// kind is the primary button.
#[derive(Clone, Serialize)]
pub struct WebauthnPage {
    /// What it is for.
    pub way: Way,
    /// The number of this step.
    pub turn: i64,
    /// Who is signing in.
    pub username: String,
    /// The user's passkeys and security keys, the one to ask for first.
    pub devices: Vec<DeviceInHand>,
    /// Whether there is another method.
    pub has_other_methods: bool,
}

impl Page for WebauthnPage {
    const TEMPLATE: &'static str = "sign-in/webauthn.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let passkey = DeviceInHand::new("Anna's laptop", DeviceKind::Passkey);
        let key = DeviceInHand::new("Anna's YubiKey 5C", DeviceKind::SecurityKey);
        let [way, step_up] = Way::samples();
        let mut pages = [vec![passkey.clone()], vec![key.clone()], vec![key, passkey]]
            .map(|devices| Self {
                way: way.clone(),
                turn: 3,
                username: "anna".to_owned(),
                has_other_methods: devices.len() > 1,
                devices,
            })
            .to_vec();
        let mut again = pages[2].clone();
        again.way = step_up;
        pages.push(again);
        pages
    }
}

/// One method with the devices that answer by it.
#[derive(Clone, Debug, Serialize)]
pub struct MethodChoice {
    /// The method.
    pub method: SignInMethod,
    /// The user's devices of this method; at least one.
    pub devices: Vec<DeviceInHand>,
}

/// `GET /sign-in?method=choose`: the methods that this user has.
#[derive(Clone, Serialize)]
pub struct ChooseMethodPage {
    /// What it is for.
    pub way: Way,
    /// Who is signing in.
    pub username: String,
    /// The methods, strongest first.
    pub methods: Vec<MethodChoice>,
}

impl ChooseMethodPage {
    /// Sorts a user's devices into methods, in the order in which the devices come.
    pub fn new(way: Way, username: impl Into<String>, devices: Vec<DeviceInHand>) -> Self {
        let mut methods: Vec<MethodChoice> = Vec::new();
        for device in devices {
            let method = SignInMethod::of(device.kind);
            match methods.iter_mut().find(|choice| choice.method == method) {
                Some(choice) => choice.devices.push(device),
                None => methods.push(MethodChoice {
                    method,
                    devices: vec![device],
                }),
            }
        }
        Self {
            way,
            username: username.into(),
            methods,
        }
    }
}

impl Page for ChooseMethodPage {
    const TEMPLATE: &'static str = "sign-in/choose.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let devices = vec![
            DeviceInHand::new("Anna's laptop", DeviceKind::Passkey),
            DeviceInHand::new("Anna's YubiKey 5C", DeviceKind::SecurityKey),
            DeviceInHand::new("Anna's YubiKey 5C", DeviceKind::Yubikey),
            DeviceInHand::new("Anna's phone", DeviceKind::Totp),
            DeviceInHand::new("My phone", DeviceKind::Phone),
            DeviceInHand::new("Mail at home", DeviceKind::Email),
            DeviceInHand::new("Backup codes", DeviceKind::BackupCodes),
        ];
        Way::samples()
            .map(|way| Self::new(way, "anna", devices.clone()))
            .into()
    }
}
