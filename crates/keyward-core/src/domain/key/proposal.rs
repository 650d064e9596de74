//! Keys that were there before the inventory: what would be a record of its own, and how that is known.

use super::{KeyId, SerialNumber};
use crate::domain::ids::{DeviceId, UserId};

words! {
    /// Where the serial number of a proposed key comes from.
    Evidence {
        /// The certificate of its maker's that a passkey or security key was added with, which leads to a root of
        /// its model.
        Certificate = "certificate",
        /// The file that the secret of the OTP slot came in.
        File = "file",
        /// The public id, which has the number in it where a program was told to make it so.
        PublicId = "public-id",
        /// Nothing has it: the public id alone tells the key.
        Nothing = "none",
    }
}

/// The letters that YubiKeys type, whatever the keyboard is set to, in the order of their digits.
const MODHEX: &str = "cbdefghijklnrtuv";
/// The most letters of a public id.
const LONGEST: usize = 32;

/// Which proposal is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProposalId {
    /// The key that has the OTP slot of this public id.
    Slot(String),
    /// The key that this device is on.
    Device(DeviceId),
}

impl ProposalId {
    /// Reads `slot:` with a public id, or `device:` with an id.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("slot", public_id) => {
                let is_modhex = public_id.chars().all(|letter| MODHEX.contains(letter));
                let is_one = is_modhex && (1..=LONGEST).contains(&public_id.len());
                is_one.then(|| Self::Slot(public_id.to_owned()))
            }
            ("device", id) => DeviceId::parse(id).map(Self::Device),
            _ => None,
        }
    }
}

impl std::fmt::Display for ProposalId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Slot(public_id) => write!(f, "slot:{public_id}"),
            Self::Device(id) => write!(f, "device:{id}"),
        }
    }
}

/// A key that there seems to be, and that the inventory has no record of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyProposal {
    /// Which.
    pub id: ProposalId,
    /// Who made it.
    pub maker: String,
    /// Its number, as far as it is known.
    pub serial: Option<SerialNumber>,
    /// Where that comes from.
    pub evidence: Evidence,
    /// The user whose device is on it, with their name and what they call the device.
    pub owner: Option<(UserId, String, String)>,
    /// The key of the inventory that has this number already: the slot would be linked with it.
    pub existing: Option<(KeyId, String)>,
}

/// The serial number that `ykman` and the libraries of Yubico put into a public id where they are told to use it:
/// the octets FF 00, and the number in four octets, the most significant first.
pub fn number_in(public_id: &str) -> Option<SerialNumber> {
    let rest = public_id
        .strip_prefix("vvcc")
        .filter(|rest| rest.len() == 8)?;
    let digits = rest.chars().map(|letter| MODHEX.find(letter));
    let digits: Option<Vec<usize>> = digits.collect();
    let number = digits?
        .into_iter()
        .fold(0_u64, |number, digit| number * 16 + digit as u64);
    (number > 0).then(|| SerialNumber::from_stored(&number.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_id_that_was_made_of_a_serial_number_tells_it() {
        // 10 000 017 is 00 98 96 91.
        let told = number_in("vvcccckjkhkb").map(|serial| serial.to_string());
        assert_eq!(told.as_deref(), Some("10000017"));
        for other in [
            "vvcccccccccc",
            "ccccccnknhnb",
            "vvcccnknhnb",
            "vvccccnknhn!",
            "",
        ] {
            assert_eq!(number_in(other), None, "{other}");
        }
    }

    #[test]
    fn a_proposal_survives_its_address() {
        for id in [
            "slot:vvcccckjkhkb",
            "device:0190b7a0-0000-7000-8000-000000000001",
        ] {
            assert_eq!(
                ProposalId::parse(id).map(|id| id.to_string()).as_deref(),
                Some(id)
            );
        }
        for other in ["", "slot", "slot:anna", "device:1", "key:1"] {
            assert_eq!(ProposalId::parse(other), None, "{other}");
        }
    }
}
