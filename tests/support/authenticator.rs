//! Chromium's virtual authenticators: what somebody has plugged in or built in.

use serde_json::{Value, json};

/// An authenticator that can be plugged into a [`Browser`](super::browser::Browser). One at a
/// time: two would both answer.
#[derive(Clone, Copy)]
pub struct Authenticator {
    protocol: &'static str,
    transport: &'static str,
    remembers: bool,
    verifies: bool,
    verified: bool,
    synced: bool,
    touched: bool,
}

impl Authenticator {
    /// Built into the device; it remembers passkeys and knows its user.
    pub const PLATFORM: Self = Self {
        protocol: "ctap2",
        transport: "internal",
        remembers: true,
        verifies: true,
        verified: true,
        synced: false,
        touched: true,
    };

    /// A FIDO2 security key on USB with a PIN.
    pub const USB_KEY: Self = Self {
        transport: "usb",
        ..Self::PLATFORM
    };

    /// A key from before FIDO2: CTAP1, no PIN, nothing remembered.
    pub const U2F_KEY: Self = Self {
        protocol: "u2f",
        transport: "usb",
        remembers: false,
        verifies: false,
        verified: false,
        ..Self::PLATFORM
    };

    /// A passkey provider that keeps its keys on several devices.
    pub const SYNCED: Self = Self {
        synced: true,
        ..Self::PLATFORM
    };

    /// The same, but nobody touches it.
    pub const fn untouched(self) -> Self {
        Self {
            touched: false,
            ..self
        }
    }

    /// The same, but it has neither PIN nor fingerprint.
    pub const fn without_a_pin(self) -> Self {
        Self {
            verifies: false,
            verified: false,
            ..self
        }
    }

    /// The same, but its user does not give the PIN, or the wrong finger.
    pub const fn with_a_stranger(self) -> Self {
        Self {
            verified: false,
            ..self
        }
    }

    /// Whether somebody touches it when it blinks.
    pub fn is_touched(self) -> bool {
        self.touched
    }

    /// The options of `WebAuthn.addVirtualAuthenticator`.
    pub fn options(self) -> Value {
        let mut options = json!({
            "protocol": self.protocol,
            "transport": self.transport,
            "hasResidentKey": self.remembers,
            "hasUserVerification": self.verifies,
            "isUserVerified": self.verified,
            "automaticPresenceSimulation": self.touched,
            "defaultBackupEligibility": self.synced,
            "defaultBackupState": self.synced,
        });
        if self.protocol == "ctap2" {
            options["ctap2Version"] = json!("ctap2_1");
        }
        json!({ "options": options })
    }
}
