//! What a line of the trail says beside what happened, in parts that pages have words for.
//!
//! The trail holds cases with fields; the sentences stand in `particulars.ftl`.

mod keys;

use std::collections::BTreeMap;

use serde::Serialize;

use super::judgements::ReasonRow;
use super::rules::RuleText;
use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::erasure::Belongings;
use keyward_core::domain::event::{EventDetail, RecordedRefusal, Refusal};
use keyward_core::domain::event_detail::{
    CounterStep, PhoneLimit, PhoneScope, RefusalParticulars, TokenScopes,
};
use keyward_core::domain::policy::{Scope, Violation};

/// Why something was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Reason {
    /// For a reason with words of its own.
    Known {
        /// Their key.
        key: String,
    },
    /// For one of another version.
    Other {
        /// Its word.
        word: String,
    },
}

impl From<&RecordedRefusal> for Reason {
    fn from(refusal: &RecordedRefusal) -> Self {
        let key = match refusal {
            RecordedRefusal::Known(Refusal::Problem(code)) => {
                format!("problem-{}.title", code.name.replace('.', "-"))
            }
            RecordedRefusal::Known(reason) => format!("refusal-{}", reason.as_str()),
            RecordedRefusal::Other(word) => return Self::Other { word: word.clone() },
        };
        Self::Known { key }
    }
}

/// The parts of what an event says, in their order.
pub type Particulars = Vec<Part>;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Part {
    /// A session was opened, this well proved, by these methods of RFC 8176.
    Opened {
        /// How well.
        assurance: &'static str,
        /// By what.
        methods: Vec<String>,
    },
    /// A kind of device, and what it is called where the trail has that.
    Device {
        /// The kind.
        kind: DeviceKind,
        /// Its name.
        name: Option<String>,
    },
    /// What failed tries are counted on, as the list of lockouts calls it.
    Count {
        /// On what.
        of: String,
        /// The address, where it is one's.
        whose: Option<String>,
    },
    /// Until when something holds.
    Until {
        /// The end.
        until: Timestamp,
    },
    /// Something else that happened.
    Happened {
        /// Its stable name.
        kind: &'static str,
    },
    /// A rule that a device does not satisfy.
    Broken {
        /// Which, and whose.
        reason: ReasonRow,
    },
    /// Whose policy it is.
    Whose {
        /// The group; `None` for everybody's.
        group: Option<String>,
    },
    /// A rule of a policy.
    Rule {
        /// Which.
        rule: RuleText,
    },
    /// A sentence of its own.
    Sentence {
        /// Its key.
        key: String,
        /// What stands in it.
        words: BTreeMap<&'static str, Word>,
    },
    /// A name, or what stands in an old row, as it is.
    Text {
        /// What stands there.
        text: String,
    },
    /// What a program said, in English.
    Diagnosis {
        /// What it said.
        text: String,
    },
}

/// A word in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Word {
    /// A number, by which languages choose their forms.
    Number(u64),
    /// A name, or digits that count nothing.
    Text(String),
}

impl From<usize> for Word {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<u64> for Word {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Word {
    fn from(number: i64) -> Self {
        Self::Number(number.try_into().unwrap_or_default())
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

fn sentence<const N: usize>(key: &str, words: [(&'static str, Word); N]) -> Part {
    Part::Sentence {
        key: format!("particulars-{key}"),
        words: words.into(),
    }
}

fn counted(key: &str, count: impl Into<Word>) -> Part {
    sentence(key, [("count", count.into())])
}

fn text(text: &str) -> Part {
    Part::Text {
        text: text.to_owned(),
    }
}

fn diagnosis(text: &str) -> Part {
    Part::Diagnosis {
        text: text.to_owned(),
    }
}

fn device(kind: DeviceKind, name: Option<&str>) -> Part {
    Part::Device {
        kind,
        name: name.map(str::to_owned),
    }
}

fn until(until: Timestamp) -> Part {
    Part::Until { until }
}

fn whose(scope: &Scope) -> Part {
    Part::Whose {
        group: scope.group().map(|name| name.as_str().to_owned()),
    }
}

/// What these particulars say; nothing where a person could read nothing of it.
pub fn of(detail: &EventDetail) -> Particulars {
    match detail {
        // The id of a session's row is for an operator who reads the database.
        EventDetail::Session { .. } => Vec::new(),
        EventDetail::Text(stored) => vec![text(stored.as_str())],
        EventDetail::Struck { tombstone } => vec![text(tombstone)],
        EventDetail::Named { name } => vec![text(name)],
        EventDetail::Key { public_id } => vec![text(public_id)],
        EventDetail::HardwareKey(noted) => keys::hardware_key(noted),
        EventDetail::Groups { groups } => groups_of(groups),
        EventDetail::Role { role, group } => {
            let role = sentence(&format!("role-{}", role.as_str()), []);
            std::iter::once(role)
                .chain(group.iter().map(|group| text(group)))
                .collect()
        }
        EventDetail::Invitation { email, groups } => invitation(email, groups),
        EventDetail::Changed { before, now } => vec![changed(before.as_deref(), now.as_deref())],
        EventDetail::Proved(proved) => vec![Part::Opened {
            assurance: proved.assurance.as_str(),
            methods: proved.methods.iter().map(str::to_owned).collect(),
        }],
        EventDetail::By { means } => vec![sentence(&format!("by-{}", means.as_str()), [])],
        EventDetail::Console => vec![sentence("console", [])],
        EventDetail::Until { until: end } => vec![until(*end)],
        EventDetail::Pass { until, is_once } => pass(*until, *is_once),
        EventDetail::CodesLeft { left } => vec![counted("codes-left", *left)],
        EventDetail::Device { kind, name } => vec![device(*kind, name.as_deref())],
        EventDetail::Released {
            kind,
            name,
            counter,
        } => released(*kind, name, *counter),
        EventDetail::Counter(step) => vec![counter("counter", *step)],
        EventDetail::Stopping { until, violations } => stopping(*until, violations),
        EventDetail::Refused {
            device: kind,
            particulars,
        } => {
            let tried = kind.iter().map(|kind| device(*kind, None));
            tried.chain(stood_in_the_way(particulars)).collect()
        }
        EventDetail::TwoFactor { devices, sessions } => vec![
            counted("devices-removed", *devices),
            counted("sessions-ended", *sessions),
        ],
        EventDetail::Code {
            method,
            delivery_address,
            refused,
        } => {
            let key = format!("code-{}", method.as_str());
            let sent = sentence(
                &key,
                [("delivery_address", delivery_address.as_str().into())],
            );
            let refused = refused.iter().flat_map(stood_in_the_way);
            [sent].into_iter().chain(refused).collect()
        }
        EventDetail::PhoneLimit(limit) => vec![phone_limit(limit)],
        EventDetail::SessionsEnded { whose, sessions } => {
            vec![counted(&format!("sessions-{}", whose.as_str()), *sessions)]
        }
        EventDetail::SessionsBeyond { most, sessions } => vec![
            counted("sessions-beyond", *most),
            counted("sessions-ended", *sessions),
        ],
        EventDetail::Objected { event, sessions } => vec![
            Part::Happened {
                kind: event.as_str(),
            },
            counted("sessions-ended", *sessions),
        ],
        EventDetail::CopiedBrowser { browser, sessions } => {
            vec![text(browser), counted("sessions-ended", *sessions)]
        }
        EventDetail::Untrusted { browser, why } => {
            let why = sentence(&format!("untrusted-{}", why.as_str()), []);
            vec![text(browser), why]
        }
        EventDetail::Deleted(belongings) => deleted(belongings),
        EventDetail::Count { scope, until: end } => {
            let end = end.map(until);
            [count(scope)].into_iter().chain(end).collect()
        }
        EventDetail::Links {
            address,
            until: end,
        } => {
            let address = address.to_string().into();
            vec![sentence("links", [("address", address)]), until(*end)]
        }
        EventDetail::Cleared { which } => {
            vec![sentence(&format!("cleared-{}", which.as_str()), [])]
        }
        EventDetail::Spraying {
            names,
            network,
            until,
        } => spraying(*names, network, *until),
        EventDetail::Policy { scope, rules } => {
            let rules = rules.iter().flat_map(|rules| RuleText::of(rules));
            let rules = rules.map(|rule| Part::Rule { rule });
            [whose(scope)].into_iter().chain(rules).collect()
        }
        EventDetail::ServiceTested {
            service,
            confirmed,
            servers,
        } => vec![sentence(
            "service-tested",
            [
                ("service", service.as_str().into()),
                ("confirmed", (*confirmed).into()),
                ("servers", (*servers).into()),
            ],
        )],
        EventDetail::GroupRemoved { group, members } => {
            vec![text(group), counted("members", *members)]
        }
        EventDetail::Metadata {
            serial,
            models,
            skipped,
            first,
        } => metadata(*serial, *models, *skipped, first),
        EventDetail::MailLost { email, why } => {
            let email = email.iter().map(|email| text(email));
            email.chain([diagnosis(why)]).collect()
        }
        EventDetail::KeysImported {
            what,
            added,
            changed,
        } => vec![sentence(
            &format!("imported-{}", what.as_str()),
            [("added", (*added).into()), ("changed", (*changed).into())],
        )],
        EventDetail::KeysGenerated { keys } => vec![counted("keys", *keys)],
        EventDetail::KeysExported { contents } => {
            vec![sentence(&format!("export-{}", contents.as_str()), [])]
        }
        EventDetail::ApiToken(TokenScopes { name, scopes }) => {
            vec![text(name), text(&scopes.join(" "))]
        }
        EventDetail::Client { client, note } => {
            let note = Some(note).filter(|note| !note.is_empty());
            let client = sentence("client", [("client", client.to_string().into())]);
            [client]
                .into_iter()
                .chain(note.map(|note| text(note)))
                .collect()
        }
        EventDetail::Question { client, public_id } => vec![
            sentence("client", [("client", client.to_string().into())]),
            sentence("key", [("key", public_id.as_str().into())]),
        ],
    }
}

fn groups_of(groups: &[String]) -> Particulars {
    match groups {
        [] => vec![sentence("no-groups", [])],
        groups => groups.iter().map(|group| text(group)).collect(),
    }
}

fn invitation(email: &str, groups: &[String]) -> Particulars {
    let groups = Some(groups.join(", ")).filter(|groups| !groups.is_empty());
    let groups = groups.map(|groups| sentence("into-groups", [("groups", groups.into())]));
    [text(email)].into_iter().chain(groups).collect()
}

fn changed(before: Option<&str>, now: Option<&str>) -> Part {
    match (before, now) {
        (Some(before), Some(now)) => {
            sentence("changed", [("before", before.into()), ("now", now.into())])
        }
        (None, Some(now)) => sentence("set", [("now", now.into())]),
        (Some(before), None) => sentence("taken-away", [("before", before.into())]),
        (None, None) => sentence("nothing", []),
    }
}

fn pass(end: Timestamp, is_once: bool) -> Particulars {
    let once = is_once.then(|| sentence("once", []));
    [until(end)].into_iter().chain(once).collect()
}

fn counter(key: &str, step: CounterStep) -> Part {
    let number = |counter: u32| u64::from(counter).into();
    let words = [
        ("presented", number(step.presented)),
        ("stored", number(step.stored)),
    ];
    sentence(key, words)
}

fn released(kind: DeviceKind, name: &str, step: Option<CounterStep>) -> Particulars {
    let step = step.map(|step| counter("counts-on", step));
    [device(kind, Some(name))].into_iter().chain(step).collect()
}

fn broken(violation: &Violation) -> Part {
    Part::Broken {
        reason: violation.into(),
    }
}

fn stopping(end: Timestamp, violations: &[Violation]) -> Particulars {
    let violations = violations.iter().map(broken);
    [until(end)].into_iter().chain(violations).collect()
}

fn stood_in_the_way(particulars: &RefusalParticulars) -> Particulars {
    match particulars {
        RefusalParticulars::Policy { violations } => violations.iter().map(broken).collect(),
        RefusalParticulars::DeviceLimit { scopes, most } => {
            let most = counted("most-devices", u64::from(*most));
            [most].into_iter().chain(scopes.iter().map(whose)).collect()
        }
        RefusalParticulars::Phones(limit) => vec![phone_limit(limit)],
        RefusalParticulars::Diagnosis { text } => vec![diagnosis(text)],
    }
}

fn phone_limit(limit: &PhoneLimit) -> Part {
    let count = || ("count", u64::from(limit.per_day).into());
    match &limit.of {
        PhoneScope::To(code) => sentence("phones-to", [count(), ("code", code.as_str().into())]),
        PhoneScope::From(network) => {
            let network = ("network", network.as_str().into());
            sentence("phones-from", [count(), network])
        }
        PhoneScope::All => sentence("phones-all", [count()]),
    }
}

fn deleted(belongings: &Belongings) -> Particulars {
    let Belongings {
        devices,
        sessions,
        trusted_browsers,
        groups,
        applications,
        invitations,
        messages,
        events,
    } = belongings;
    vec![
        counted("deleted-devices", *devices),
        counted("deleted-sessions", *sessions),
        counted("deleted-browsers", *trusted_browsers),
        counted("deleted-groups", *groups),
        counted("deleted-applications", *applications),
        counted("deleted-invitations", *invitations),
        counted("deleted-mails", *messages),
        counted("deleted-events", *events),
    ]
}

fn count(scope: &str) -> Part {
    match AttemptScope::described(scope) {
        Some((of, address)) => Part::Count {
            of: of.to_owned(),
            whose: address.map(str::to_owned),
        },
        // What an administrator asked to have cleared, and nothing is counted on.
        None => text(scope),
    }
}

fn spraying(names: i64, network: &str, end: Option<Timestamp>) -> Particulars {
    let words = [("names", names.into()), ("network", network.into())];
    let locked = end.map(|end| [sentence("address-locked", []), until(end)]);
    let locked = locked.into_iter().flatten();
    [sentence("spraying", words)]
        .into_iter()
        .chain(locked)
        .collect()
}

fn metadata(serial: i64, models: i64, skipped: usize, first: &[String]) -> Particulars {
    let edition = sentence("edition", [("serial", serial.to_string().into())]);
    let mut parts = vec![edition, counted("models", models)];
    if skipped > 0 {
        parts.push(counted("skipped", skipped));
        parts.extend(first.iter().map(|entry| diagnosis(entry)));
    }
    parts
}

#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;
