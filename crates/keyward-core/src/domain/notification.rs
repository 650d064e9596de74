//! Which events are told to people, and to whom: one table of rules.
//!
//! A rule looks at what is written into the audit trail anyway, so that whatever records the event
//! has said all that has to be said. What a mail says about an event stands in `mails.ftl` under
//! `mail-` and the event's name.

use std::time::Duration;

use super::event::{EventKind, EventOutcome, Refusal};
use crate::problem::codes;

/// Whom a rule tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whose account it is.
    Owner,
    /// Whose account it is, at every address of theirs: also at those that codes are sent to (NIST
    /// SP 800-63B-4 §4.6).
    OwnerEverywhere,
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
    pub refusals: &'static [Refusal],
    /// To whom.
    pub to: &'static [Audience],
    /// Whether every refusal is told but those in `refusals`.
    pub is_inverted: bool,
    /// The least time between two messages about it to one person, for what a stranger can cause.
    pub at_most_every: Option<Duration>,
    /// How long the message waits, so that who sets it right meanwhile in the same journey is told
    /// nothing.
    pub after: Option<Duration>,
    /// How strong the demand is, for what policy asks: of several at once, the strongest is told
    /// alone. 0 for everything else.
    pub demand: u8,
}

const fn rule(event: EventKind, to: &'static [Audience]) -> Rule {
    Rule {
        event,
        refusals: &[],
        to,
        is_inverted: false,
        at_most_every: None,
        after: None,
        demand: 0,
    }
}

const OWNER: &[Audience] = &[Audience::Owner];
const EVERYWHERE: &[Audience] = &[Audience::OwnerEverywhere];
const EVERYWHERE_AND_ADMINISTRATORS: &[Audience] =
    &[Audience::OwnerEverywhere, Audience::Administrators];
const ADMINISTRATORS: &[Audience] = &[Audience::Administrators];
const BOTH: &[Audience] = &[Audience::Owner, Audience::Administrators];

/// The rules. An event without one is told to no user.
pub const RULES: &[Rule] = &[
    rule(EventKind::PasswordSet, OWNER),
    rule(EventKind::PasswordLinkIssued, BOTH),
    rule(EventKind::PasswordAsked, BOTH),
    rule(EventKind::UserRenamed, OWNER),
    rule(EventKind::EmailChanged, OWNER),
    rule(EventKind::SuperuserGranted, BOTH),
    rule(EventKind::SuperuserWithdrawn, BOTH),
    rule(EventKind::RoleGranted, BOTH),
    rule(EventKind::RoleWithdrawn, BOTH),
    rule(EventKind::DeviceAdded, OWNER),
    rule(EventKind::BackupCodeUsed, EVERYWHERE),
    rule(EventKind::RecoveryLinkUsed, EVERYWHERE),
    rule(EventKind::UnusualPlace, OWNER),
    rule(EventKind::DeviceRemoved, OWNER),
    rule(EventKind::UpstreamLinked, OWNER),
    rule(EventKind::UpstreamUnlinked, OWNER),
    rule(EventKind::DeviceSuspect, BOTH),
    rule(EventKind::DeviceReleased, OWNER),
    rule(EventKind::KeyLost, EVERYWHERE_AND_ADMINISTRATORS),
    rule(EventKind::KeyGivenBack, OWNER),
    rule(EventKind::KeyActivationCodeIssued, OWNER),
    Rule {
        at_most_every: Some(Duration::from_hours(1)),
        ..rule(EventKind::KeyReportedFound, ADMINISTRATORS)
    },
    // Whoever types numbers without end writes a mail a day.
    Rule {
        refusals: &[Refusal::Problem(codes::KEY_UNKNOWN)],
        at_most_every: Some(Duration::from_hours(24)),
        ..rule(EventKind::KeyReportedFound, ADMINISTRATORS)
    },
    Rule {
        demand: 3,
        ..rule(EventKind::DeviceStopping, OWNER)
    },
    Rule {
        demand: 2,
        ..rule(EventKind::SecondFactorDue, OWNER)
    },
    Rule {
        demand: 1,
        ..rule(EventKind::DevicesMissing, OWNER)
    },
    rule(EventKind::TwoFactorDisabled, EVERYWHERE_AND_ADMINISTRATORS),
    rule(EventKind::BrowserTrusted, OWNER),
    rule(EventKind::BrowserKeyReused, BOTH),
    rule(EventKind::Objected, BOTH),
    rule(EventKind::PassIssued, EVERYWHERE_AND_ADMINISTRATORS),
    rule(EventKind::PassUsed, EVERYWHERE),
    rule(EventKind::PassRevoked, OWNER),
    Rule {
        refusals: &[Refusal::WrongPass, Refusal::Expired, Refusal::Used],
        at_most_every: Some(Duration::from_hours(1)),
        ..rule(EventKind::PassUsed, OWNER)
    },
    // An attacker knows the password, or reads the mail, and has no device. That of an honest person who
    // mistyped is not worth a message; what says nothing about them neither.
    Rule {
        refusals: &[
            Refusal::Locked,
            Refusal::ServiceUnavailable,
            Refusal::Problem(codes::POLICY_DEVICE_STOPPED),
        ],
        is_inverted: true,
        at_most_every: Some(Duration::from_hours(1)),
        after: Some(Duration::from_secs(20)),
        ..rule(EventKind::SecondFactorChecked, OWNER)
    },
    Rule {
        at_most_every: Some(Duration::from_hours(1)),
        ..rule(EventKind::LockedOut, OWNER)
    },
    rule(EventKind::FactorEnded, BOTH),
    rule(EventKind::PhoneLimitMet, ADMINISTRATORS),
    rule(EventKind::PhonesStopped, ADMINISTRATORS),
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
                EventOutcome::Refused(reason) => {
                    rule.refusals.contains(&reason) != rule.is_inverted
                }
            }
    })
}

/// How strong the demand of messages about this is.
pub fn demand_of(topic: &str) -> u8 {
    let rule = RULES.iter().find(|rule| rule.topic() == topic);
    rule.map_or(0, |rule| rule.demand)
}

/// The most messages of one topic to one person within an hour about what they did themselves.
pub const MOST_AN_HOUR: i64 = 60;

impl Rule {
    /// Whether the event is a change that can wait: beyond [`MOST_AN_HOUR`] it is refused, for none
    /// may go untold. Coming in is never refused, and told [`MOST_AN_HOUR`] times.
    pub fn is_change(&self) -> bool {
        matches!(
            self.event,
            EventKind::PasswordSet
                | EventKind::UserRenamed
                | EventKind::EmailChanged
                | EventKind::DeviceAdded
                | EventKind::DeviceRemoved
                | EventKind::UpstreamLinked
                | EventKind::UpstreamUnlinked
        )
    }

    /// What messages are about: the event's stable name, and whether it was refused.
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
            let other = rule_for(rule.event, EventOutcome::Refused(Refusal::Unknown));
            assert_eq!(other.is_some(), rule.is_inverted, "{:?}", rule.event);
        }
    }
}
