//! Credentials made up for names that no user has, so that asking for a name's credentials does not
//! tell whether there is such a person (WebAuthn L3 §14.6.2).
//!
//! They are derived from the master key and the folded name: the same on every node and after every
//! restart. An id of theirs can be told from any other with the master key, so that an answer in
//! its name is refused exactly as a forged answer of a real credential is.

use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::domain::credential::Credential;
use crate::domain::device::{DeviceId, DeviceKind};
use crate::domain::user::UserId;
use crate::secret::{KeyPurpose, MasterKey};

/// What authenticators make, as far as the length of an id, the kind and the transports go: those
/// of Google's and others' password managers, Apple's, Windows Hello, security keys.
const SHAPES: [Shape; 5] = [
    Shape::new(16, DeviceKind::Passkey, &["hybrid", "internal"]),
    Shape::new(20, DeviceKind::Passkey, &["hybrid", "internal"]),
    Shape::new(32, DeviceKind::Passkey, &["internal"]),
    Shape::new(48, DeviceKind::SecurityKey, &["nfc", "usb"]),
    Shape::new(64, DeviceKind::SecurityKey, &["nfc", "usb"]),
];

/// How many bytes at the end of an id say that it is a decoy.
const MARK: usize = 8;

/// A public key on P-256 in COSE: the curve's base point. No answer that it verifies opens
/// anything.
const NOBODYS_KEY: &[u8] = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20\
    \x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\
    \x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\
    \x22\x58\x20\
    \x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\
    \x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";

#[derive(Clone, Copy)]
struct Shape {
    length: usize,
    kind: DeviceKind,
    transports: &'static [&'static str],
}

impl Shape {
    const fn new(length: usize, kind: DeviceKind, transports: &'static [&'static str]) -> Self {
        Self {
            length,
            kind,
            transports,
        }
    }

    fn credential(self, credential_id: Vec<u8>) -> Credential {
        Credential {
            device_id: DeviceId::nil(),
            user_id: UserId::nil(),
            kind: self.kind,
            credential_id,
            public_key: NOBODYS_KEY.to_vec(),
            sign_count: 0,
            aaguid: Uuid::nil(),
            transports: self.transports.iter().map(|&name| name.into()).collect(),
            backup_eligible: false,
            backed_up: false,
            user_verified: false,
            discoverable: None,
            attestation_format: "none".to_owned(),
        }
    }
}

/// The decoys of a folded name: one, or two in three names of ten.
pub fn of_name(key: &MasterKey, folded: &str) -> Vec<Credential> {
    let [count, first, second] = *key.tag::<3>(KeyPurpose::Decoy, &[folded]);
    let count = if count < 77 { 2 } else { 1 };
    [first, second]
        .iter()
        .take(count)
        .enumerate()
        .filter_map(|(number, draw)| {
            let shape = SHAPES.iter().cycle().nth(usize::from(*draw))?;
            let drawn = key.tag::<64>(KeyPurpose::Decoy, &[folded, &number.to_string()]);
            let mut id = drawn.get(..shape.length.checked_sub(MARK)?)?.to_vec();
            id.extend(mark(key, &id));
            Some(shape.credential(id))
        })
        .collect()
}

/// The decoy of this credential id; `None` for an id that is none.
pub fn of_id(key: &MasterKey, id: &[u8]) -> Option<Credential> {
    let shape = SHAPES.iter().find(|shape| shape.length == id.len())?;
    let (drawn, told) = id.split_last_chunk::<MARK>()?;
    let is_ours = bool::from(mark(key, drawn).ct_eq(told.as_slice()));
    is_ours.then(|| shape.credential(id.to_vec()))
}

fn mark(key: &MasterKey, drawn: &[u8]) -> [u8; MARK] {
    let drawn = data_encoding::HEXLOWER.encode(drawn);
    *key.tag::<MARK>(KeyPurpose::DecoyMark, &[&drawn])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    #[test]
    fn the_decoys_of_a_name_are_the_same_for_one_key_and_different_for_another() {
        let (key, other) = (
            MasterKey::generate(&SystemEntropy),
            MasterKey::generate(&SystemEntropy),
        );
        let again = MasterKey::parse(&key.expose()).expect("a key");
        assert_eq!(of_name(&key, "zoe"), of_name(&again, "zoe"));
        assert_ne!(of_name(&key, "zoe"), of_name(&key, "zoë"));
        assert_ne!(of_name(&key, "zoe"), of_name(&other, "zoe"));
    }

    #[test]
    fn decoys_come_in_every_shape_and_in_plausible_numbers() {
        let key = MasterKey::generate(&SystemEntropy);
        let mut seen = [0; SHAPES.len()];
        let mut pairs = 0;
        for number in 0..500 {
            let decoys = of_name(&key, &format!("name {number}"));
            pairs += usize::from(decoys.len() == 2);
            for decoy in decoys {
                let length = decoy.credential_id.len();
                let shape = SHAPES.iter().position(|shape| shape.length == length);
                seen[shape.expect("one of the shapes")] += 1;
            }
        }
        assert!(seen.iter().all(|count| *count > 50), "{seen:?}");
        assert!((75..250).contains(&pairs), "{pairs}");
    }

    #[test]
    fn a_decoy_is_known_by_its_id_and_nothing_else_is() {
        let key = MasterKey::generate(&SystemEntropy);
        let other = MasterKey::generate(&SystemEntropy);
        for number in 0..50 {
            for decoy in of_name(&key, &format!("name {number}")) {
                let id = &decoy.credential_id;
                assert_eq!(of_id(&key, id).as_ref(), Some(&decoy));
                assert_eq!(of_id(&other, id), None);
                let mut changed = id.clone();
                changed[0] ^= 1;
                assert_eq!(of_id(&key, &changed), None);
                assert_eq!(of_id(&key, &id[1..]), None);
            }
        }
        assert_eq!(of_id(&key, &[]), None);
    }

    #[test]
    fn nobodys_key_can_be_read() {
        assert!(crate::protocols::webauthn::public_key::PublicKey::read(NOBODYS_KEY).is_ok());
    }
}
