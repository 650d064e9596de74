//! The fields into which a second factor is typed, whatever it is for.

use secrecy::SecretString;
use serde::Deserialize;

use keyward_core::domain::device::DeviceKind;
use keyward_core::flows::next_path::NextPath;

/// A code that was typed.
#[derive(Deserialize)]
pub struct CodeFields {
    turn: i64,
    code: SecretString,
    /// Where a fresh proof leads.
    next: Option<String>,
    /// Whether a sign-in trusts the browser.
    remember: Option<String>,
    /// What the browser is called then.
    browser: Option<String>,
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
pub(super) struct TypedCode {
    /// The step that it answers.
    pub turn: i64,
    /// What was typed.
    pub typed: SecretString,
    /// The kind of device whose field it was typed into.
    pub field: DeviceKind,
    /// Where a fresh proof leads.
    pub next: NextPath,
    /// What a sign-in is to do beside opening a session.
    pub wish: Preferences,
}

impl CodeFields {
    /// What was typed into the field of this kind.
    pub(super) fn of(self, field: DeviceKind) -> TypedCode {
        TypedCode {
            turn: self.turn,
            typed: self.code,
            field,
            next: leading_to(self.next.as_deref()),
            wish: Preferences {
                remember: self.remember,
                browser: self.browser,
            },
        }
    }
}

impl OtpFields {
    /// What was typed.
    pub(super) fn typed(self) -> TypedCode {
        TypedCode {
            turn: self.turn,
            typed: self.otp,
            field: DeviceKind::Yubikey,
            next: leading_to(self.next.as_deref()),
            wish: Preferences {
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
