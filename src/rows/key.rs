//! Keys of the inventory.

use serde::Serialize;
use utoipa::ToSchema;

use super::row;
use keyward_core::domain::key::{
    CaseSummary, EnrolmentSummary, FoundReportSummary, KeyProposal, KeySummary, LinkedDevice,
    SerialNumber,
};

row! {
    /// A key of the inventory.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = Key)]
    pub struct KeyRow {
        /// The id.
        pub id: String,
        /// Who made it.
        pub maker: String,
        /// The number printed on it, in capitals; null where it is not known.
        pub serial: Option<String>,
        /// What its maker calls it; empty where it is not known, as all texts here.
        pub model: String,
        /// The version of its firmware.
        pub firmware: String,
        /// What it is plugged into, or how it looks.
        pub form_factor: String,
        /// The batch that it was made or delivered in.
        pub batch: String,
        /// The order by which it was bought.
        pub order: String,
        /// `stock`, `shipped`, `issued`, `active`, `lost` or `retired`.
        pub state: &'static str,
        /// Whose it is, by name; in stock, whom it is kept for.
        pub owner: Option<String>,
        /// Whose it is, by id.
        pub owner_id: Option<String>,
        /// Where it lies.
        pub place: String,
        /// Whatever else there is to say.
        pub note: String,
        /// The public ids of its OTP slots.
        pub public_ids: Vec<String>,
        /// When it came into the inventory.
        #[schema(format = "date-time")]
        pub created_at: String,
        /// When anything about it was last changed.
        #[schema(format = "date-time")]
        pub changed_at: String,
        /// Since when it is in this state, with this owner.
        #[schema(format = "date-time")]
        pub state_since: String,
    }
}

impl From<&KeySummary> for KeyRow {
    fn from(summary: &KeySummary) -> Self {
        let (key, facts) = (&summary.key, summary.key.facts.clone());
        Self {
            id: key.id.to_string(),
            maker: facts.maker,
            serial: facts.serial.as_ref().map(SerialNumber::to_string),
            model: facts.model,
            firmware: facts.firmware,
            form_factor: facts.form_factor,
            batch: facts.batch,
            order: facts.order,
            state: key.state.as_str(),
            owner: summary.owner.clone(),
            owner_id: key.owner.map(|owner| owner.to_string()),
            place: facts.place,
            note: facts.note,
            public_ids: summary.public_ids.clone(),
            created_at: key.created_at.rfc3339(),
            changed_at: key.changed_at.rfc3339(),
            state_since: key.state_since.rfc3339(),
        }
    }
}

row! {
    /// A key as lists of keys have it that are imported.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct ListedKeyRow {
        /// The number printed on it; null where it is not known.
        pub serial: Option<String>,
        /// Who made it.
        pub maker: String,
        /// What its maker calls it.
        pub model: String,
        /// The version of its firmware.
        pub firmware: String,
        /// What it is plugged into, or how it looks.
        pub form_factor: String,
        /// The batch that it was made or delivered in.
        pub batch: String,
        /// The order by which it was bought.
        pub order: String,
        /// Its state.
        pub state: &'static str,
        /// Whose it is, by name.
        pub owner: Option<String>,
        /// Where it lies.
        pub place: String,
        /// Whatever else there is to say.
        pub note: String,
        /// The public ids of its OTP slots, with semicolons between them.
        pub public_id: String,
    }
}

impl From<&KeySummary> for ListedKeyRow {
    fn from(summary: &KeySummary) -> Self {
        let row = KeyRow::from(summary);
        Self {
            serial: row.serial,
            maker: row.maker,
            model: row.model,
            firmware: row.firmware,
            form_factor: row.form_factor,
            batch: row.batch,
            order: row.order,
            state: row.state,
            owner: row.owner,
            place: row.place,
            note: row.note,
            public_id: row.public_ids.join(";"),
        }
    }
}

row! {
    /// A device on a key.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = KeyDevice)]
    pub struct KeyDeviceRow {
        /// The device, by id.
        pub device: String,
        /// Its kind.
        pub kind: &'static str,
        /// What its owner calls it.
        pub name: String,
        /// Its owner's name, which need not be that of the key's.
        pub user: String,
        /// `public-id` where a one-time password of a slot on the key proved it, `told` where an administrator
        /// says so.
        pub proof: &'static str,
        /// Whether that is proved.
        pub proved: bool,
    }
}

impl From<&LinkedDevice> for KeyDeviceRow {
    fn from(linked: &LinkedDevice) -> Self {
        Self {
            device: linked.id.to_string(),
            kind: linked.kind.as_str(),
            name: linked.name.clone(),
            user: linked.owner_name.clone(),
            proof: linked.proof.as_str(),
            proved: linked.proof.is_proof(),
        }
    }
}

row! {
    /// The case of a lost key.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = KeyCase)]
    pub struct KeyCaseRow {
        /// The id.
        pub id: String,
        /// The lost key, by what it is called.
        pub key: String,
        /// The lost key, by id.
        pub key_id: String,
        /// Who lost it, by name; null for a key that was nobody's.
        pub owner: Option<String>,
        /// Who lost it, by id.
        pub owner_id: Option<String>,
        /// When it was reported.
        #[schema(format = "date-time")]
        pub opened_at: String,
        /// When the case was closed; null while it is open.
        #[schema(format = "date-time")]
        pub closed_at: Option<String>,
        /// `given-back`, `found`, `replaced` or `written-off`; null while it is open.
        pub outcome: Option<&'static str>,
        /// The key that takes the place of the lost one, by what it is called.
        pub replacement: Option<String>,
        /// The same key, by id.
        pub replacement_id: Option<String>,
    }
}

impl From<&CaseSummary> for KeyCaseRow {
    fn from(summary: &CaseSummary) -> Self {
        let case = &summary.case;
        Self {
            id: case.id.to_string(),
            key: summary.key.clone(),
            key_id: case.key.to_string(),
            owner: summary.owner.clone(),
            owner_id: case.owner.map(|owner| owner.to_string()),
            opened_at: case.opened_at.rfc3339(),
            closed_at: case.closed.map(|(at, _)| at.rfc3339()),
            outcome: case.closed.map(|(_, outcome)| outcome.as_str()),
            replacement: summary.replacement.clone(),
            replacement_id: case.replacement.map(|key| key.to_string()),
        }
    }
}

row! {
    /// A key that there seems to be, and that the inventory does not know.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = KeyProposal)]
    pub struct KeyProposalRow {
        /// By which it is adopted: `slot:` with a public id, or `device:` with the id of a device.
        pub id: String,
        /// Who made it.
        pub maker: String,
        /// Its number; null where nothing has it.
        pub serial: Option<String>,
        /// Where the number comes from: `certificate` (proved), `file`, `public-id`, or `none`.
        pub evidence: &'static str,
        /// The user whose device is on it, by name; null where nobody's is.
        pub user: Option<String>,
        /// The same user, by id.
        pub user_id: Option<String>,
        /// What they call the device.
        pub device: Option<String>,
        /// The key of the inventory that has this number: the slot would be linked with it.
        pub key: Option<String>,
        /// The same key, by id.
        pub key_id: Option<String>,
    }
}

impl From<&KeyProposal> for KeyProposalRow {
    fn from(proposal: &KeyProposal) -> Self {
        let owner = proposal.owner.as_ref();
        let existing = proposal.existing.as_ref();
        Self {
            id: proposal.id.to_string(),
            maker: proposal.maker.clone(),
            serial: proposal.serial.as_ref().map(SerialNumber::to_string),
            evidence: proposal.evidence.as_str(),
            user: owner.map(|(_, name, _)| name.clone()),
            user_id: owner.map(|(id, _, _)| id.to_string()),
            device: owner.map(|(_, _, device)| device.clone()),
            key: existing.map(|(_, label)| label.clone()),
            key_id: existing.map(|(id, _)| id.to_string()),
        }
    }
}

row! {
    /// What a finder said of a key. Nothing of it is proved.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = FoundReport)]
    pub struct FoundReportRow {
        /// The id.
        pub id: String,
        /// What the finder named the key by: a serial number, or the public id of an OTP slot.
        pub named: String,
        /// Whether it was known here then: in the inventory, or as somebody's YubiKey.
        pub known: bool,
        /// The key, by what it is called; null where the inventory has none, or several makers have one of that
        /// number.
        pub key: Option<String>,
        /// The key, by id.
        pub key_id: Option<String>,
        /// Where it can be collected, in the finder's words.
        pub place: String,
        /// How the finder is reached, in their words.
        pub contact: String,
        /// When it was reported.
        #[schema(format = "date-time")]
        pub reported_at: String,
        /// When an administrator had dealt with it; null while it is open.
        #[schema(format = "date-time")]
        pub closed_at: Option<String>,
    }
}

impl From<&FoundReportSummary> for FoundReportRow {
    fn from(summary: &FoundReportSummary) -> Self {
        let report = summary.report.clone();
        let key = summary.key.as_ref();
        Self {
            id: report.id.to_string(),
            named: report.named,
            known: report.is_known,
            key: key.map(|(_, label)| label.clone()),
            key_id: key.map(|(id, _)| id.to_string()),
            place: report.place,
            contact: report.contact,
            reported_at: report.reported_at.rfc3339(),
            closed_at: report.closed_at.map(|at| at.rfc3339()),
        }
    }
}

row! {
    /// A passkey or security key that an administrator registered for the owner of a key. It is no device of theirs
    /// before they activate it.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = Enrolment)]
    pub struct EnrolmentRow {
        /// The id.
        pub id: String,
        /// For whom, by name.
        pub user: String,
        /// For whom, by id.
        pub user_id: String,
        /// The key that it is on, by what it is called.
        pub key: String,
        /// The key, by id.
        pub key_id: String,
        /// `passkey` or `security-key`.
        pub kind: &'static str,
        /// What the device will be called.
        pub name: String,
        /// When it was registered.
        #[schema(format = "date-time")]
        pub created_at: String,
        /// Until when its activation code is good; null where there is none.
        #[schema(format = "date-time")]
        pub code_expires_at: Option<String>,
    }
}

impl From<&EnrolmentSummary> for EnrolmentRow {
    fn from(summary: &EnrolmentSummary) -> Self {
        let enrolment = &summary.enrolment;
        Self {
            id: enrolment.id.to_string(),
            user: summary.owner.clone(),
            user_id: enrolment.user_id.to_string(),
            key: summary.label.clone(),
            key_id: enrolment.key.to_string(),
            kind: enrolment.kind().as_str(),
            name: enrolment.name.to_string(),
            created_at: enrolment.created_at.rfc3339(),
            code_expires_at: enrolment.code_expires_at.map(|at| at.rfc3339()),
        }
    }
}
