//! The particulars of an event as cases with fields: what the trail stores as JSON, and pages and
//! mails have words for.
//!
//! Names and addresses are kept as they were at the time, as plain text: the user who had them may be
//! called otherwise today, or be gone.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::delivery_address::DeliveryMethod;
use super::device::DeviceKind;
use super::erasure::Belongings;
use super::event_kind::EventKind;
use super::policy::{Rules, Scope, Violation};
use super::role::Role;
use super::session::{ProvedBy, SessionId};
use super::validation_client::ValidationClientId;
use crate::clock::Timestamp;
use crate::problem::Problem;

mod fields;
mod wording;

use wording::Wording;

pub use fields::{
    ClearedCounts, CounterStep, EndedSessions, ExportContents, Imported, Means, NotedKey,
    PhoneLimit, PhoneScope, StoppedByLoss, TokenScopes, TrustEnd,
};

/// What an event says beside what happened. Its JSON is what the trail keeps: a case's name and
/// fields, once released, are never changed, only added to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "case", rename_all = "kebab-case")]
pub enum EventDetail {
    /// What a row holds that is none of these cases, as it stands there. No action makes it.
    #[serde(skip)]
    Text(StoredText),
    /// What stood here were names of a user who was deleted.
    Struck {
        /// The tombstone in their place.
        tombstone: String,
    },
    /// How a session was opened.
    Proved(ProvedBy),
    /// A device.
    Device {
        /// Its kind.
        kind: DeviceKind,
        /// What it is called, where that is told.
        name: Option<String>,
    },
    /// A device that was taken off hold.
    Released {
        /// Its kind.
        kind: DeviceKind,
        /// What it is called.
        name: String,
        /// Where its signature counter went back.
        counter: Option<CounterStep>,
    },
    /// A signature counter that went back.
    Counter(CounterStep),
    /// What it is about, by its name: a device, a browser, a service, a group.
    Named {
        /// The name.
        name: String,
    },
    /// A name or an address that was changed.
    Changed {
        /// What it was; `None` for nothing.
        before: Option<String>,
        /// What it is; `None` for nothing.
        now: Option<String>,
    },
    /// All groups of a user.
    Groups {
        /// Their names.
        groups: Vec<String>,
    },
    /// A role at the console.
    Role {
        /// Which.
        role: Role,
        /// The group whose members have it; `None` where it is the user's own.
        group: Option<String>,
    },
    /// By what it was done.
    By {
        /// The means.
        means: Means,
    },
    /// An invitation.
    Invitation {
        /// Whom it went to.
        email: String,
        /// Into which groups.
        groups: Vec<String>,
    },
    /// What went with a user who was deleted.
    Deleted(Belongings),
    /// One session.
    Session {
        /// Its row.
        id: SessionId,
    },
    /// Sessions that ended with what happened.
    SessionsEnded {
        /// Of whom.
        whose: EndedSessions,
        /// How many.
        sessions: usize,
    },
    /// Sessions that ended because there were too many.
    SessionsBeyond {
        /// How many there may be.
        most: i64,
        /// How many ended.
        sessions: usize,
    },
    /// All devices were removed.
    TwoFactor {
        /// How many.
        devices: usize,
        /// How many sessions ended with them.
        sessions: usize,
    },
    /// What an owner objected to.
    Objected {
        /// What had happened.
        event: EventKind,
        /// How many sessions ended.
        sessions: usize,
    },
    /// A browser whose key was copied.
    CopiedBrowser {
        /// Its name.
        browser: String,
        /// How many sessions ended.
        sessions: usize,
    },
    /// A browser that is not trusted any more.
    Untrusted {
        /// Its name.
        browser: String,
        /// Why.
        why: TrustEnd,
    },
    /// How long a user has for what they are reminded of.
    Until {
        /// The end.
        until: Timestamp,
    },
    /// A temporary pass.
    Pass {
        /// When it ends.
        until: Timestamp,
        /// Whether it works once.
        is_once: bool,
    },
    /// A device that policy does not count any more.
    Stopping {
        /// When it stops working.
        until: Timestamp,
        /// Why.
        violations: Vec<Violation>,
    },
    /// What stood in the way.
    Refused {
        /// Of which kind the device is that was tried.
        device: Option<DeviceKind>,
        /// What it was.
        particulars: RefusalParticulars,
    },
    /// A code that was to be delivered.
    Code {
        /// By what it travels.
        method: DeliveryMethod,
        /// Where to, masked.
        delivery_address: String,
        /// What stood in the way.
        refused: Option<RefusalParticulars>,
    },
    /// A limit for what is sent to phones.
    PhoneLimit(PhoneLimit),
    /// A count of failed tries.
    Count {
        /// The key of what is counted on.
        scope: String,
        /// Until when it is locked.
        until: Option<Timestamp>,
    },
    /// An address that asks for too many recovery links.
    Links {
        /// The address.
        address: IpAddr,
        /// Until when it gets none.
        until: Timestamp,
    },
    /// Counts that were cleared together.
    Cleared {
        /// Which.
        which: ClearedCounts,
    },
    /// Many users were tried from one network.
    Spraying {
        /// How many names.
        names: i64,
        /// The network.
        network: String,
        /// Until when the address is locked, where it is.
        until: Option<Timestamp>,
    },
    /// A policy.
    Policy {
        /// Whose.
        scope: Scope,
        /// What it asks for, where that is told.
        #[serde(serialize_with = "fields::asked_for")]
        rules: Option<Box<Rules>>,
    },
    /// A validation service that was tested.
    ServiceTested {
        /// Its name.
        service: String,
        /// How many servers confirmed the touch.
        confirmed: usize,
        /// Of how many.
        servers: usize,
    },
    /// A group that was removed.
    GroupRemoved {
        /// Its name.
        group: String,
        /// How many members it had.
        members: i64,
    },
    /// An edition of the FIDO metadata.
    Metadata {
        /// Its number.
        serial: i64,
        /// How many models it tells of.
        models: i64,
        /// How many entries could not be read.
        skipped: usize,
        /// The first of these, in English.
        first: Vec<String>,
    },
    /// A mail that was given up.
    MailLost {
        /// Whom it was for, where they have no account.
        email: Option<String>,
        /// What the mail server said.
        why: String,
    },
    /// Keys or counters that came from elsewhere.
    KeysImported {
        /// What.
        what: Imported,
        /// How many are new.
        added: usize,
        /// How many are different.
        changed: usize,
    },
    /// Key material that was made.
    KeysGenerated {
        /// For how many keys.
        keys: usize,
    },
    /// Keys that were exported.
    KeysExported {
        /// What of them.
        contents: ExportContents,
    },
    /// A held key.
    Key {
        /// Its public id.
        public_id: String,
    },
    /// A key of the inventory.
    HardwareKey(NotedKey),
    /// A client of the validation server.
    Client {
        /// Its number.
        client: ValidationClientId,
        /// What administrators noted of it.
        note: String,
    },
    /// An API token.
    ApiToken(TokenScopes),
    /// A client's question that was refused.
    Question {
        /// Who asked.
        client: ValidationClientId,
        /// About which key.
        public_id: String,
    },
    /// What a set of backup codes has left.
    CodesLeft {
        /// How many.
        left: usize,
    },
    /// The pages for administrators.
    Console,
}

/// The text of a row that is no JSON of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredText(String);

impl StoredText {
    /// What stands there.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What stood in the way, beside the reason of a refusal. A problem carries it as its cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum RefusalParticulars {
    /// Policy does not count the device.
    Policy {
        /// The rules, and whose they are.
        violations: Vec<Violation>,
    },
    /// Policy allows no more devices.
    DeviceLimit {
        /// Whose policies.
        scopes: Vec<Scope>,
        /// How many.
        most: u16,
    },
    /// A limit for what is sent to phones.
    Phones(PhoneLimit),
    /// What a protocol stumbled over: in English, for the operator who has to mend it.
    Diagnosis {
        /// What.
        text: String,
    },
}

impl RefusalParticulars {
    /// What a problem says of itself; `None` where that is its code alone.
    pub fn of(problem: &Problem) -> Option<Self> {
        let diagnosis = |text: &str| Self::Diagnosis {
            text: text.to_owned(),
        };
        let cause = problem.cause::<Self>().cloned();
        cause.or_else(|| problem.detail().map(diagnosis))
    }

    fn reword(&mut self, wording: &Wording<'_>) {
        match self {
            Self::Phones(_) => {}
            Self::Policy { violations } => wording.violations(violations),
            Self::DeviceLimit { scopes, most: _ } => {
                scopes.iter_mut().for_each(|scope| wording.scope(scope));
            }
            Self::Diagnosis { text } => wording.text(text),
        }
    }
}

impl fmt::Display for RefusalParticulars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl Error for RefusalParticulars {}

impl EventDetail {
    /// What a problem says of itself, where a device of this kind was tried; `None` where there is
    /// nothing to say.
    pub fn refused(device: Option<DeviceKind>, problem: &Problem) -> Option<Self> {
        match (device, RefusalParticulars::of(problem)) {
            (None, None) => None,
            (Some(kind), None) => Some(Self::Device { kind, name: None }),
            (device, Some(particulars)) => Some(Self::Refused {
                device,
                particulars,
            }),
        }
    }

    /// The particulars of a row: a case of ours, or else the text that stands there.
    pub fn from_stored(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self::Text(StoredText(text.to_owned())))
    }

    /// What the row holds.
    ///
    /// # Errors
    /// `internal`: none of the cases has what JSON has no form for.
    pub fn to_stored(&self) -> Result<String, Problem> {
        if let Self::Text(text) = self {
            return Ok(text.0.clone());
        }
        serde_json::to_string(self).map_err(Problem::internal)
    }

    /// With other words wherever `other` has some for a name, an address or a text; `None` where it
    /// has none.
    pub fn reworded(&self, other: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let mut reworded = self.clone();
        reworded.reword(&Wording(other));
        (reworded != *self).then_some(reworded)
    }

    fn reword(&mut self, wording: &Wording<'_>) {
        match self {
            Self::Text(StoredText(text))
            | Self::Named { name: text }
            | Self::Released { name: text, .. }
            | Self::CopiedBrowser { browser: text, .. }
            | Self::Untrusted { browser: text, .. }
            | Self::ServiceTested { service: text, .. }
            | Self::GroupRemoved { group: text, .. }
            | Self::ApiToken(TokenScopes { name: text, .. })
            | Self::Client { note: text, .. }
            | Self::HardwareKey(NotedKey { note: text, .. }) => wording.text(text),
            Self::Code {
                delivery_address,
                refused,
                ..
            } => {
                wording.text(delivery_address);
                let particulars = refused.iter_mut();
                particulars.for_each(|particulars| particulars.reword(wording));
            }
            Self::Device { name: text, .. } => text.iter_mut().for_each(|text| wording.text(text)),
            Self::Changed { before, now } => {
                let both = before.iter_mut().chain(now);
                both.for_each(|text| wording.text(text));
            }
            Self::Groups { groups } => wording.texts(groups),
            Self::Role { group: text, .. } => text.iter_mut().for_each(|text| wording.text(text)),
            Self::Invitation { email, groups } => {
                wording.text(email);
                wording.texts(groups);
            }
            Self::MailLost { email, why } => {
                email.iter_mut().for_each(|text| wording.text(text));
                wording.text(why);
            }
            Self::Stopping { violations, .. } => wording.violations(violations),
            Self::Policy { scope, .. } => wording.scope(scope),
            Self::Refused { particulars, .. } => particulars.reword(wording),
            Self::Struck { .. }
            | Self::Proved(_)
            | Self::Counter(_)
            | Self::By { .. }
            | Self::Deleted(_)
            | Self::Session { .. }
            | Self::SessionsEnded { .. }
            | Self::SessionsBeyond { .. }
            | Self::TwoFactor { .. }
            | Self::Objected { .. }
            | Self::Until { .. }
            | Self::Pass { .. }
            | Self::PhoneLimit(_)
            | Self::Count { .. }
            | Self::Links { .. }
            | Self::Cleared { .. }
            | Self::Spraying { .. }
            | Self::Metadata { .. }
            | Self::KeysImported { .. }
            | Self::KeysGenerated { .. }
            | Self::KeysExported { .. }
            | Self::Key { .. }
            | Self::Question { .. }
            | Self::CodesLeft { .. }
            | Self::Console => {}
        }
    }
}

#[cfg(test)]
mod tests;
