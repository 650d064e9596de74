//! Which events are told to people, and to whom: one table of rules.
//!
//! A rule looks at what is written into the audit trail anyway, so that whatever records the event
//! has said all that has to be said. What a mail says about an event stands in `mails.ftl` under
//! `mail-` and the event's name.

use std::time::Duration;

use super::event::{EventKind, EventOutcome};

/// Whom a rule tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whose account it is.
    Owner,
    /// Every superuser who may sign in.
    Administrators,
}

/// An event that is told.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The event.
    pub event: EventKind,
    /// The reasons for which its refusal is told; empty for a rule about what was done. Most
    /// refusals are told by events of their own.
    pub refusals: &'static [&'static str],
    /// To whom.
    pub to: &'static [Audience],
    /// The least time between two letters about it to one person, for what a stranger can cause.
    pub at_most_every: Option<Duration>,
}

const fn rule(event: EventKind, to: &'static [Audience]) -> Rule {
    Rule {
        event,
        refusals: &[],
        to,
        at_most_every: None,
    }
}

const OWNER: &[Audience] = &[Audience::Owner];
const ADMINISTRATORS: &[Audience] = &[Audience::Administrators];
const BOTH: &[Audience] = &[Audience::Owner, Audience::Administrators];

/// The rules. An event without one is told to nobody.
pub const RULES: &[Rule] = &[
    rule(EventKind::PasswordSet, OWNER),
    rule(EventKind::PasswordLinkIssued, BOTH),
    rule(EventKind::PasswordAsked, BOTH),
    rule(EventKind::SuperuserGranted, BOTH),
    rule(EventKind::SuperuserWithdrawn, BOTH),
    rule(EventKind::DeviceAdded, OWNER),
    rule(EventKind::BackupCodeUsed, OWNER),
    rule(EventKind::DeviceRemoved, OWNER),
    rule(EventKind::DeviceSuspect, BOTH),
    rule(EventKind::DeviceReleased, OWNER),
    rule(EventKind::DeviceStopping, OWNER),
    rule(EventKind::SecondFactorDue, OWNER),
    rule(EventKind::DevicesMissing, OWNER),
    rule(EventKind::TwoFactorDisabled, BOTH),
    rule(EventKind::BrowserTrusted, OWNER),
    rule(EventKind::BrowserKeyReused, BOTH),
    rule(EventKind::Objected, BOTH),
    rule(EventKind::PassIssued, BOTH),
    rule(EventKind::PassUsed, OWNER),
    rule(EventKind::PassRevoked, OWNER),
    Rule {
        refusals: &["wrong_pass", "expired", "used"],
        at_most_every: Some(Duration::from_hours(1)),
        ..rule(EventKind::PassUsed, OWNER)
    },
    Rule {
        at_most_every: Some(Duration::from_hours(1)),
        ..rule(EventKind::LockedOut, OWNER)
    },
    Rule {
        at_most_every: Some(Duration::from_hours(1)),
        ..rule(EventKind::SprayingNoticed, ADMINISTRATORS)
    },
];

/// The rule for an event.
pub fn rule_for(kind: EventKind, outcome: EventOutcome) -> Option<&'static Rule> {
    RULES.iter().find(|rule| {
        rule.event == kind
            && match outcome {
                EventOutcome::Done => rule.refusals.is_empty(),
                EventOutcome::Refused(reason) => rule.refusals.contains(&reason),
            }
    })
}

impl Rule {
    /// What letters are about: the event's stable name, and whether it was refused.
    pub fn topic(&self) -> String {
        match self.refusals {
            [] => self.event.as_str().to_owned(),
            _ => format!("{}.refused", self.event.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_one_rule_at_most_and_most_refusals_none() {
        for rule in RULES {
            let rules = RULES.iter().filter(|other| other.topic() == rule.topic());
            assert_eq!(rules.count(), 1, "{:?}", rule.event);
            assert!(rule_for(rule.event, EventOutcome::Refused("why")).is_none());
        }
    }
}
