//! Which kind of authenticator a browser should offer first (WebAuthn L3 §5.8.7): hints, which
//! close no way.

use crate::domain::credential::Credential;
use crate::domain::device::{Authenticator, DeviceKind};

/// A key that is plugged in or held close.
const SECURITY_KEY: &str = "security-key";
/// The device in front of the person.
const CLIENT_DEVICE: &str = "client-device";
/// A phone, by a QR code.
const HYBRID: &str = "hybrid";

/// For using one of these credentials, the first one's kind first.
pub(super) fn for_use(credentials: &[&Credential]) -> Vec<&'static str> {
    let mut hints = Vec::new();
    for credential in credentials {
        for hint in of(credential) {
            if !hints.contains(&hint) {
                hints.push(hint);
            }
        }
    }
    hints
}

/// For any authenticator that answers: none, but where policy counts nothing but security keys.
pub(super) fn for_anybody(security_keys_alone: bool) -> Vec<&'static str> {
    match security_keys_alone {
        true => vec![SECURITY_KEY],
        false => Vec::new(),
    }
}

/// For making a credential of this kind.
pub(super) fn for_making(kind: DeviceKind) -> Vec<&'static str> {
    match kind.authenticator() {
        Some(Authenticator::Roaming) => vec![SECURITY_KEY],
        Some(Authenticator::Passkey) | None => vec![CLIENT_DEVICE, HYBRID, SECURITY_KEY],
    }
}

fn of(credential: &Credential) -> Vec<&'static str> {
    let reached_by = |names: &[&str]| {
        let transports = credential.transports.iter();
        transports
            .map(String::as_str)
            .any(|transport| names.contains(&transport))
    };
    let ways = [
        (reached_by(&["internal"]), CLIENT_DEVICE),
        (
            reached_by(&["usb", "nfc", "ble", "smart-card"]),
            SECURITY_KEY,
        ),
        (reached_by(&["hybrid"]), HYBRID),
    ];
    let hints: Vec<&str> = ways
        .into_iter()
        .filter_map(|(reached, hint)| reached.then_some(hint))
        .collect();
    match credential.kind.authenticator() {
        Some(Authenticator::Roaming) if hints.is_empty() => vec![SECURITY_KEY],
        Some(Authenticator::Roaming | Authenticator::Passkey) | None => hints,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factors::webauthn::decoy;
    use crate::secret::MasterKey;

    fn credential(kind: DeviceKind, transports: &[&str]) -> Credential {
        let key = MasterKey::generate(&crate::clock::SystemEntropy);
        let mut credential = decoy::of_name(&key, "anna").remove(0);
        credential.kind = kind;
        credential.transports = transports.iter().map(|&name| name.into()).collect();
        credential
    }

    #[test]
    fn hints_fit_what_the_person_owns() {
        let cases: [(DeviceKind, &[&str], &[&str]); 6] = [
            (DeviceKind::Passkey, &["internal"], &["client-device"]),
            (
                DeviceKind::Passkey,
                &["hybrid", "internal"],
                &["client-device", "hybrid"],
            ),
            (DeviceKind::Passkey, &[], &[]),
            (DeviceKind::Passkey, &["usb"], &["security-key"]),
            (DeviceKind::SecurityKey, &["nfc", "usb"], &["security-key"]),
            (DeviceKind::SecurityKey, &[], &["security-key"]),
        ];
        for (kind, transports, hints) in cases {
            let owned = credential(kind, transports);
            assert_eq!(for_use(&[&owned]), hints, "{kind:?} {transports:?}");
        }
        let key = credential(DeviceKind::SecurityKey, &["usb"]);
        let laptop = credential(DeviceKind::Passkey, &["internal"]);
        assert_eq!(for_use(&[&key, &laptop]), ["security-key", "client-device"]);
        assert_eq!(for_use(&[&laptop, &key]), ["client-device", "security-key"]);
        assert!(for_use(&[]).is_empty());
    }
}
