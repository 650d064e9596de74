//! Enrolment: choosing and adding a device. Each page is whole without JavaScript and is also
//! shown in a dialog over the devices.

use serde::Serialize;

use crate::views::{Page, QrDrawing};
use keyward_core::clock::Timestamp;
use keyward_core::domain::delivery_address::DeliveryMethod;
use keyward_core::domain::device::DeviceKind;

/// `GET /account/devices/add`: which kind to add.
#[derive(Clone, Serialize)]
pub struct AddDevicePage {
    /// The kinds that can be added.
    pub addable: Vec<DeviceKind>,
    /// Whether policy asks for a device before anything else opens.
    pub is_required: bool,
    /// The groups for whose sake it does; none where everybody must.
    pub required_for: Vec<String>,
    /// Why the page is shown.
    pub why: EnrolReason,
}

/// Why a user adds a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnrolReason {
    /// Because they want to.
    Free,
    /// Policy asks for one before anything else opens.
    Required,
    /// It is how they sign in: they have no password.
    Passwordless,
    /// A temporary pass let them in, which lets choose a new password too.
    Pass,
    /// Their password is too short for standing alone; they may choose a longer one instead.
    Short,
}

impl EnrolReason {
    #[cfg(test)]
    const ALL: [Self; 5] = [
        Self::Free,
        Self::Required,
        Self::Passwordless,
        Self::Pass,
        Self::Short,
    ];
}

impl Page for AddDevicePage {
    const TEMPLATE: &'static str = "enrol/choose.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        EnrolReason::ALL
            .map(|why| Self {
                addable: DeviceKind::addable().collect(),
                is_required: why != EnrolReason::Free,
                required_for: match why {
                    EnrolReason::Required => vec!["<vault>".to_owned()],
                    _ => Vec::new(),
                },
                why,
            })
            .into()
    }
}

/// `GET /account/devices/add/passkey` and `/security-key`.
#[derive(Clone, Serialize)]
pub struct AddWebauthnPage {
    /// [`DeviceKind::Passkey`] or [`DeviceKind::SecurityKey`].
    pub kind: DeviceKind,
    /// What else can be added, for browsers that cannot do this.
    pub others: Vec<DeviceKind>,
    /// Whether policy asks for a device before anything else opens.
    pub is_required: bool,
}

impl Page for AddWebauthnPage {
    const TEMPLATE: &'static str = "enrol/webauthn.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [DeviceKind::Passkey, DeviceKind::SecurityKey]
            .into_iter()
            .flat_map(|kind| {
                [false, true].map(|is_required| Self {
                    kind,
                    others: match is_required {
                        true => Vec::new(),
                        false => vec![DeviceKind::SecurityKey, DeviceKind::Totp],
                    },
                    is_required,
                })
            })
            .collect()
    }
}

/// `GET /account/devices/add/yubikey`.
#[derive(Clone, Serialize)]
pub struct AddYubikeyPage {
    /// What was typed before, where something was refused.
    pub name: String,
    /// Whether policy asks for a device before anything else opens.
    pub is_required: bool,
}

impl Page for AddYubikeyPage {
    const TEMPLATE: &'static str = "enrol/yubikey.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [("", true), ("Anna's YubiKey 5C", false)]
            .map(|(name, is_required)| Self {
                name: name.to_owned(),
                is_required,
            })
            .into()
    }
}

/// `GET /account/devices/add/totp`. It carries the secret in the open: the answer must not be
/// stored by a server.
#[derive(Clone, Serialize)]
pub struct AddTotpPage {
    /// The number of this enrolment's step.
    pub turn: i64,
    /// The `otpauth://` address, which is offered as a link.
    pub uri: String,
    /// The same as a QR code.
    pub drawing: QrDrawing,
    /// The secret in base32, which is shown in groups of four.
    pub secret: String,
    /// How many digits a code has: 6 or 8.
    pub digits: u32,
    /// What was typed before, where something was refused.
    pub name: String,
    /// Whether policy asks for a device before anything else opens.
    pub is_required: bool,
}

impl Page for AddTotpPage {
    const TEMPLATE: &'static str = "enrol/totp.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let uri = format!("otpauth://totp/Keyward:anna?secret={secret}&issuer=Keyward");
        let drawing = QrDrawing::of(&uri).expect("it fits");
        [(false, 6), (true, 8)]
            .map(|(is_required, digits)| Self {
                turn: 1,
                uri: uri.clone(),
                drawing: drawing.clone(),
                secret: secret.to_owned(),
                digits,
                name: String::new(),
                is_required,
            })
            .into()
    }
}

/// `GET /account/devices/add/email`: where codes shall go.
#[derive(Clone, Serialize)]
pub struct AddEmailPage {
    /// The account's address, or what was typed before, where something was refused.
    pub address: String,
    /// How many digits a code has: 6 or 8.
    pub digits: u32,
    /// Whether policy asks for a device before anything else opens.
    pub is_required: bool,
}

impl Page for AddEmailPage {
    const TEMPLATE: &'static str = "enrol/email.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [("", true), ("anna@example.org", false)]
            .map(|(address, is_required)| Self {
                address: address.to_owned(),
                digits: 6,
                is_required,
            })
            .into()
    }
}

/// `GET /account/devices/add/phone`: where codes shall go, and how.
#[derive(Clone, Serialize)]
pub struct AddPhonePage {
    /// What was typed before, where something was refused.
    pub number: String,
    /// By what phones are reached here; at least one.
    pub methods: Vec<DeliveryMethod>,
    /// Whether numbers can be typed as they are dialled within one country.
    pub has_region: bool,
    /// How many digits a code has: 6 or 8.
    pub digits: u32,
    /// Stronger devices that they may add.
    pub stronger: Vec<DeviceKind>,
    /// Whether policy asks for a device before anything else opens.
    pub is_required: bool,
}

impl Page for AddPhonePage {
    const TEMPLATE: &'static str = "enrol/phone.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let both = vec![DeliveryMethod::Sms, DeliveryMethod::Call];
        [
            ("", both, true),
            ("06 12345678", vec![DeliveryMethod::Sms], false),
        ]
        .map(|(number, methods, is_required)| Self {
            number: number.to_owned(),
            methods,
            has_region: !is_required,
            digits: 6,
            stronger: match is_required {
                true => vec![DeviceKind::Passkey, DeviceKind::Totp],
                false => Vec::new(),
            },
            is_required,
        })
        .into()
    }
}

/// The same address, once a code was sent: it is added when the code comes back.
#[derive(Clone, Serialize)]
pub struct ConfirmDeliveryAddressPage {
    /// The kind of device that is being added.
    pub kind: DeviceKind,
    /// The number of this enrolment's step.
    pub turn: i64,
    /// By what codes travel.
    pub method: DeliveryMethod,
    /// Where they go, in full: its owner has to see a slip.
    pub address: String,
    /// Until when the code that was sent can be typed; `None` where another one has to be sent.
    pub sent_until: Option<Timestamp>,
    /// How many digits a code has: 6 or 8.
    pub digits: u32,
    /// What was typed before, where something was refused.
    pub name: String,
    /// Whether policy asks for a device before anything else opens.
    pub is_required: bool,
}

impl Page for ConfirmDeliveryAddressPage {
    const TEMPLATE: &'static str = "enrol/confirm-delivery-address.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let mail = (DeviceKind::Email, DeliveryMethod::Mail, "anna@example.org");
        let phone = "+31 6 12345658";
        let sms = (DeviceKind::Phone, DeliveryMethod::Sms, phone);
        let call = (DeviceKind::Phone, DeliveryMethod::Call, phone);
        [
            (mail, false, Some(-590)),
            (mail, true, None),
            (sms, false, Some(-590)),
            (call, false, Some(-590)),
            (call, true, None),
        ]
        .map(|((kind, method, address), is_required, until)| Self {
            kind,
            turn: 1,
            method,
            address: address.to_owned(),
            sent_until: until.map(crate::views::tests::ago),
            digits: 6,
            name: String::new(),
            is_required,
        })
        .into()
    }
}
