//! The fields into which a second factor is typed, whatever it is for.

use std::marker::PhantomData;

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use keyward_core::domain::device::DeviceKind;
use keyward_core::flows::next_path::NextPath;

/// The fields of one address that a second factor is typed into.
pub trait SecondFactorFields: DeserializeOwned + 'static {
    /// What was typed, and into which field.
    fn typed(self) -> TypedCode;
}

/// A kind of device whose codes are typed into a field of their own.
pub trait TypedKind: 'static {
    /// The kind.
    const KIND: DeviceKind;
    /// Whether a sign-in may trust the browser: not by what only stands in for a device.
    const MAY_TRUST: bool = true;
}

/// The field of authenticator apps' codes.
pub struct Totp;
/// The field of codes that were sent to a phone.
pub struct Phone;
/// The field of codes that came by mail.
pub struct Email;
/// The field of backup codes.
pub struct BackupCodes;

impl TypedKind for Totp {
    const KIND: DeviceKind = DeviceKind::Totp;
}

impl TypedKind for Phone {
    const KIND: DeviceKind = DeviceKind::Phone;
}

impl TypedKind for Email {
    const KIND: DeviceKind = DeviceKind::Email;
}

impl TypedKind for BackupCodes {
    const KIND: DeviceKind = DeviceKind::BackupCodes;
    const MAY_TRUST: bool = false;
}

/// A code that was typed into the field of a kind.
#[derive(Deserialize)]
pub struct CodeFields<K> {
    turn: i64,
    code: SecretString,
    /// Where a fresh proof leads.
    next: Option<String>,
    /// Whether a sign-in trusts the browser.
    remember: Option<String>,
    /// What the browser is called then.
    browser: Option<String>,
    #[serde(skip)]
    kind: PhantomData<K>,
}

/// A one-time password of a YubiKey.
#[derive(Deserialize)]
pub struct OtpFields {
    turn: i64,
    otp: SecretString,
    next: Option<String>,
    remember: Option<String>,
    browser: Option<String>,
}

/// What was asked for beside the proof.
#[derive(Default, Deserialize)]
pub struct Preferences {
    pub(super) remember: Option<String>,
    pub(super) browser: Option<String>,
}

/// A code, and what was asked for beside it.
pub struct TypedCode {
    /// The step that it answers.
    pub turn: i64,
    /// What was typed.
    pub typed: SecretString,
    /// The kind of device whose field it was typed into.
    pub field: DeviceKind,
    /// Where a fresh proof leads.
    pub next: NextPath,
    /// What a sign-in is to do beside opening a session.
    pub preferences: Preferences,
}

impl<K: TypedKind> SecondFactorFields for CodeFields<K> {
    fn typed(self) -> TypedCode {
        let preferences = match K::MAY_TRUST {
            true => Preferences {
                remember: self.remember,
                browser: self.browser,
            },
            false => Preferences::default(),
        };
        TypedCode {
            turn: self.turn,
            typed: self.code,
            field: K::KIND,
            next: leading_to(self.next.as_deref()),
            preferences,
        }
    }
}

impl SecondFactorFields for OtpFields {
    fn typed(self) -> TypedCode {
        TypedCode {
            turn: self.turn,
            typed: self.otp,
            field: DeviceKind::Yubikey,
            next: leading_to(self.next.as_deref()),
            preferences: Preferences {
                remember: self.remember,
                browser: self.browser,
            },
        }
    }
}

/// Where a fresh proof leads: nowhere else than within this server.
pub(in crate::web) fn leading_to(next: Option<&str>) -> NextPath {
    next.and_then(NextPath::parse).unwrap_or_default()
}
