//! Keys that people had before the inventory.

use serde::Serialize;

use crate::views::Page;
use keyward_core::domain::key::{KeyId, KeyProposal, SerialNumber};
use keyward_core::domain::user::UserId;

/// A key that there seems to be.
#[derive(Clone, Serialize)]
pub struct KeyProposalRow {
    /// By which it is adopted.
    pub id: String,
    /// Who made it.
    pub maker: String,
    /// Its number, empty where nothing has it.
    pub serial: String,
    /// The public id of its OTP slot, empty where it is proposed for a device.
    pub public_id: String,
    /// Where the number comes from; its words stand under `proposal-by-` and this.
    pub evidence: &'static str,
    /// The user whose device is on it.
    pub owner_id: Option<UserId>,
    /// Their name.
    pub owner: String,
    /// What they call the device.
    pub device: String,
    /// The key that has this number already.
    pub existing_id: Option<KeyId>,
    /// What that is called.
    pub existing: String,
}

impl From<&KeyProposal> for KeyProposalRow {
    fn from(proposal: &KeyProposal) -> Self {
        let id = proposal.id.to_string();
        let public_id = id.strip_prefix("slot:").unwrap_or_default().to_owned();
        let owner = proposal.owner.clone();
        let (owner_id, owner, device) = match owner {
            Some((id, name, device)) => (Some(id), name, device),
            None => (None, String::new(), String::new()),
        };
        let (existing_id, existing) = match proposal.existing.clone() {
            Some((id, label)) => (Some(id), label),
            None => (None, String::new()),
        };
        Self {
            id,
            maker: proposal.maker.clone(),
            serial: proposal
                .serial
                .as_ref()
                .map(SerialNumber::to_string)
                .unwrap_or_default(),
            public_id,
            evidence: proposal.evidence.as_str(),
            owner_id,
            owner,
            device,
            existing_id,
            existing,
        }
    }
}

/// `GET /console/key-proposals?after=`.
#[derive(Clone, Serialize)]
pub struct KeyProposalsPage {
    /// The proposals.
    pub proposals: Vec<KeyProposalRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for KeyProposalsPage {
    const TEMPLATE: &'static str = "console/key-proposals.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::id;
        use keyward_core::domain::device::DeviceId;
        use keyward_core::domain::key::{Evidence, ProposalId};
        let proposals = Evidence::ALL.iter().zip(1..).map(|(evidence, number)| {
            let is_by_device = *evidence == Evidence::Certificate;
            let serial = (*evidence != Evidence::Nothing)
                .then(|| SerialNumber::from_stored(&format!("1000001{number}")));
            let owner = (*evidence != Evidence::File).then(|| {
                let owner = id(number, UserId::parse);
                (owner, "دينا".to_owned(), "Blue <key>".to_owned())
            });
            KeyProposalRow::from(&KeyProposal {
                id: match is_by_device {
                    true => ProposalId::Device(id(number, DeviceId::parse)),
                    false => ProposalId::Slot("vvcccckjkhkb".to_owned()),
                },
                maker: "Yubico".to_owned(),
                serial,
                evidence: *evidence,
                owner,
                existing: (*evidence == Evidence::PublicId)
                    .then(|| (id(9, KeyId::parse), "Yubico <10000013>".to_owned())),
            })
        });
        let full = Self {
            proposals: proposals.collect(),
            next: Some("slot:vvcccckjkhkb".to_owned()),
            is_first_page: true,
        };
        let none = Self {
            proposals: Vec::new(),
            next: None,
            is_first_page: true,
        };
        vec![full, none]
    }
}
