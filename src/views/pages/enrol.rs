//! Enrolment: choosing and adding a device. Each page is whole without JavaScript and is also
//! shown in a dialog over the devices.

use serde::Serialize;

use crate::domain::device::DeviceKind;
use crate::views::Page;

/// `GET /account/devices/add`: which kind to add.
#[derive(Clone, Serialize)]
pub struct AddDevicePage {
    /// The kinds that can be added.
    pub addable: Vec<DeviceKind>,
    /// Whether policy asks for a device before anything else opens.
    pub is_required: bool,
    /// The groups for whose sake it does; none where everybody must.
    pub required_for: Vec<String>,
}

impl Page for AddDevicePage {
    const TEMPLATE: &'static str = "enrol/choose.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [true, false]
            .map(|is_required| Self {
                addable: DeviceKind::ADDABLE.to_vec(),
                is_required,
                required_for: match is_required {
                    true => vec!["<vault>".to_owned()],
                    false => Vec::new(),
                },
            })
            .into()
    }
}

/// `GET /account/devices/add/passkey` and `/security-key`.
#[derive(Clone, Serialize)]
pub struct AddWebauthnPage {
    /// [`DeviceKind::Passkey`] or [`DeviceKind::SecurityKey`].
    pub kind: DeviceKind,
    /// Whether policy asks for a device before anything else opens.
    pub is_required: bool,
}

impl Page for AddWebauthnPage {
    const TEMPLATE: &'static str = "enrol/webauthn.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [DeviceKind::Passkey, DeviceKind::SecurityKey]
            .into_iter()
            .flat_map(|kind| [false, true].map(|is_required| Self { kind, is_required }))
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
/// stored by anybody.
#[derive(Clone, Serialize)]
pub struct AddTotpPage {
    /// The number of this enrolment's step.
    pub turn: i64,
    /// The `otpauth://` address, which is drawn as a QR code and offered as a link.
    pub uri: String,
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
        [(false, 6), (true, 8)]
            .map(|(is_required, digits)| Self {
                turn: 1,
                uri: format!("otpauth://totp/Keyward:anna?secret={secret}&issuer=Keyward"),
                secret: secret.to_owned(),
                digits,
                name: String::new(),
                is_required,
            })
            .into()
    }
}
