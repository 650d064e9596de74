//! The kinds of devices: one table with all that differs from kind to kind.
//!
//! A row of it is a kind. What a row must say, the compiler asks for; lists of kinds are made of the
//! table, and what pages need beside it (a word, an icon, an outline) a test of `views` asks for.

use serde::{Deserialize, Serialize};

/// How a kind proves its user: what the page of a step asks for, and what its address is called in
/// `/sign-in?method=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignInMethod {
    /// Passkeys and security keys.
    Webauthn,
    /// YubiKey one-time passwords.
    Yubikey,
    /// Authenticator apps.
    Totp,
    /// Codes to a phone.
    Phone,
    /// Codes by mail.
    Email,
    /// Backup codes.
    BackupCodes,
}

impl SignInMethod {
    /// The method by which devices of this kind answer.
    pub fn of(kind: DeviceKind) -> Self {
        kind.descriptor().method
    }

    /// The value of `method`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webauthn => "webauthn",
            Self::Yubikey => "yubikey",
            Self::Totp => "totp",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::BackupCodes => "backup-codes",
        }
    }

    /// Reads the value of `method`: one by which some kind answers.
    pub fn parse(text: &str) -> Option<Self> {
        let mut methods = DeviceKind::ALL.into_iter().map(Self::of);
        methods.find(|method| method.as_str() == text)
    }
}

/// What holds the key pair of a WebAuthn credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticator {
    /// Whatever the browser offers for passkeys.
    Passkey,
    /// A key that is carried around.
    Roaming,
}

/// Where a code goes that a device answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// To a mailbox.
    Mailbox,
    /// To a phone, by message or call.
    Phone,
}

/// Whether a device is a key of hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hardware {
    /// Never.
    Never,
    /// Where it cannot be copied.
    UnlessCopied,
    /// Always.
    Always,
}

/// All that differs from kind to kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct KindDescriptor {
    /// The stable name, in the database, in addresses and in locale keys.
    name: &'static str,
    /// How it is asked for.
    method: SignInMethod,
    /// For WebAuthn credentials.
    authenticator: Option<Authenticator>,
    /// For those that answer with a code that is delivered to them.
    delivery: Option<Delivery>,
    /// Whether what it proves cannot be relayed by another site.
    is_phishing_resistant: bool,
    /// Whether it is a key of hardware.
    hardware: Hardware,
    /// Whether it is a factor of its own beside the password (SP 800-63B-4 §3.1.3.1: mail is none).
    is_second_factor: bool,
    /// Whether it only stands in for another device, and is none where it is the only one left.
    is_stand_in: bool,
    /// The method as RFC 8176 §2 names it.
    amr: &'static str,
}

/// Declares the kinds: a variant and its descriptor, strongest first.
macro_rules! device_kinds {
    ($($(#[$doc:meta])* $kind:ident: { $($field:ident: $value:expr,)* })*) => {
        /// What kind of thing a device is. The order is that of strength, in which methods are
        /// offered.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum DeviceKind {
            $($(#[$doc])* $kind,)*
        }

        impl DeviceKind {
            /// Every kind, strongest first: the order in which methods are offered.
            pub const ALL: [Self; [$(Self::$kind),*].len()] = [$(Self::$kind),*];

            const fn descriptor(self) -> &'static KindDescriptor {
                match self {
                    $(Self::$kind => &KindDescriptor { $($field: $value,)* },)*
                }
            }
        }
    };
}

device_kinds! {
    /// A WebAuthn credential of a platform authenticator or a passkey provider.
    Passkey: {
        name: "passkey",
        method: SignInMethod::Webauthn,
        authenticator: Some(Authenticator::Passkey),
        delivery: None,
        is_phishing_resistant: true,
        hardware: Hardware::Never,
        is_second_factor: true,
        is_stand_in: false,
        amr: "swk",
    }
    /// A WebAuthn credential of a roaming authenticator.
    SecurityKey: {
        name: "security-key",
        method: SignInMethod::Webauthn,
        authenticator: Some(Authenticator::Roaming),
        delivery: None,
        is_phishing_resistant: true,
        hardware: Hardware::UnlessCopied,
        is_second_factor: true,
        is_stand_in: false,
        amr: "hwk",
    }
    /// A YubiKey that types one-time passwords.
    Yubikey: {
        name: "yubikey",
        method: SignInMethod::Yubikey,
        authenticator: None,
        delivery: None,
        is_phishing_resistant: false,
        hardware: Hardware::Always,
        is_second_factor: true,
        is_stand_in: false,
        amr: "otp",
    }
    /// An authenticator app.
    Totp: {
        name: "totp",
        method: SignInMethod::Totp,
        authenticator: None,
        delivery: None,
        is_phishing_resistant: false,
        hardware: Hardware::Never,
        is_second_factor: true,
        is_stand_in: false,
        amr: "otp",
    }
    /// A phone to which codes are sent, or spoken.
    Phone: {
        name: "phone",
        method: SignInMethod::Phone,
        authenticator: None,
        delivery: Some(Delivery::Phone),
        is_phishing_resistant: false,
        hardware: Hardware::Never,
        is_second_factor: true,
        is_stand_in: false,
        amr: "sms",
    }
    /// A mailbox to which codes are sent.
    Email: {
        name: "email",
        method: SignInMethod::Email,
        authenticator: None,
        delivery: Some(Delivery::Mailbox),
        is_phishing_resistant: false,
        hardware: Hardware::Never,
        is_second_factor: false,
        is_stand_in: false,
        amr: "otp",
    }
    /// A set of codes on paper, each good once.
    BackupCodes: {
        name: "backup-codes",
        method: SignInMethod::BackupCodes,
        authenticator: None,
        delivery: None,
        is_phishing_resistant: false,
        hardware: Hardware::Never,
        is_second_factor: true,
        is_stand_in: true,
        amr: "otp",
    }
}

impl DeviceKind {
    /// The kinds of which this holds, strongest first.
    pub fn all_that(holds: impl Fn(Self) -> bool) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |kind| holds(*kind))
    }

    /// The kinds that can be a user's only one, strongest first.
    pub fn addable() -> impl Iterator<Item = Self> {
        Self::all_that(|kind| !kind.is_stand_in())
    }

    /// The kind's stable name, in the database, in addresses and in locale keys.
    pub fn as_str(self) -> &'static str {
        self.descriptor().name
    }

    /// Reads a stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_stored(text)
    }

    /// The kind of a row.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What holds its key pair, where it is a WebAuthn credential.
    pub fn authenticator(self) -> Option<Authenticator> {
        self.descriptor().authenticator
    }

    /// Whether the device holds a WebAuthn credential.
    pub fn is_webauthn(self) -> bool {
        self.authenticator().is_some()
    }

    /// Where the code goes that it answers with, where one is delivered to it.
    pub fn delivery(self) -> Option<Delivery> {
        self.descriptor().delivery
    }

    /// Whether it answers with a code that is delivered to it.
    pub fn is_delivered(self) -> bool {
        self.delivery().is_some()
    }

    /// Whether it proves no more than that its user reads a mailbox.
    pub fn is_mailbox(self) -> bool {
        self.delivery() == Some(Delivery::Mailbox)
    }

    /// Whether what it proves cannot be relayed by another site.
    pub fn is_phishing_resistant(self) -> bool {
        self.descriptor().is_phishing_resistant
    }

    /// Whether it is a key of hardware.
    pub fn hardware(self) -> Hardware {
        self.descriptor().hardware
    }

    /// Whether it is a factor of its own beside the password (SP 800-63B-4 §3.1.3.1: mail is none).
    pub fn is_second_factor(self) -> bool {
        self.descriptor().is_second_factor
    }

    /// Whether it is asked for only after kinds that a person has in the hand (SP 800-63B-4
    /// §3.1.3.3, ASVS 6.6.1): codes on their way to a user can be read by others.
    pub fn comes_last(self) -> bool {
        self.is_delivered() || self.is_stand_in()
    }

    /// Whether it only stands in for another device, and is none where it is the only one left.
    pub fn is_stand_in(self) -> bool {
        self.descriptor().is_stand_in
    }

    /// What a proof by it is called by RFC 8176 §2.
    pub fn amr(self) -> &'static str {
        self.descriptor().amr
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_kind_has_one_name_in_the_table_in_json_and_in_the_database() {
        for kind in DeviceKind::ALL {
            let name = kind.as_str();
            assert_eq!(serde_json::json!(kind), name, "{kind:?} in JSON");
            assert_eq!(DeviceKind::from_stored(name), Some(kind), "{name}");
        }
        let names: BTreeSet<_> = DeviceKind::ALL.map(DeviceKind::as_str).into();
        assert_eq!(names.len(), DeviceKind::ALL.len(), "names are unique");
    }

    #[test]
    fn kinds_are_listed_in_the_order_in_which_they_compare() {
        assert!(DeviceKind::ALL.is_sorted());
        assert!(DeviceKind::addable().eq([
            DeviceKind::Passkey,
            DeviceKind::SecurityKey,
            DeviceKind::Yubikey,
            DeviceKind::Totp,
            DeviceKind::Phone,
            DeviceKind::Email,
        ]));
    }

    #[test]
    fn what_the_table_says_of_one_kind_does_not_contradict_itself() {
        for kind in DeviceKind::ALL {
            let method = SignInMethod::of(kind);
            assert_eq!(
                SignInMethod::parse(method.as_str()),
                Some(method),
                "{kind:?}"
            );
            assert_eq!(serde_json::json!(method), method.as_str(), "{kind:?}");
            let is_webauthn = method == SignInMethod::Webauthn;
            assert_eq!(kind.is_webauthn(), is_webauthn, "{kind:?}");
            assert!(
                !kind.is_delivered() || !kind.is_phishing_resistant(),
                "{kind:?}"
            );
            assert!(!kind.is_mailbox() || !kind.is_second_factor(), "{kind:?}");
        }
    }
}
