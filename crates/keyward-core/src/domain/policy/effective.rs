//! What holds for one person, and whose policy says so.

use serde::{Deserialize, Serialize};

use super::{DeviceFacts, Reason, Rules};
use crate::clock::Timestamp;
use crate::domain::group::GroupName;

/// Whom a policy concerns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everybody.
    Everybody,
    /// The members of a group.
    Group(GroupName),
}

impl Scope {
    /// The stable name: empty for everybody, else the group's.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Everybody => "",
            Self::Group(name) => name.as_str(),
        }
    }

    /// The scope of a row.
    pub fn from_stored(text: &str) -> Self {
        match text {
            "" => Self::Everybody,
            name => Self::Group(GroupName::from_stored(name)),
        }
    }

    /// The group, where it is one's.
    pub fn group(&self) -> Option<&GroupName> {
        match self {
            Self::Everybody => None,
            Self::Group(name) => Some(name),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::from_stored(&text))
    }
}

/// A reason, and whose policy gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Whose.
    pub scope: Scope,
    /// What.
    #[serde(flatten)]
    pub reason: Reason,
}

/// The policies that concern one person, and what they come to.
#[derive(Clone, Debug, Default)]
pub struct Effective {
    members: Vec<(Scope, Rules)>,
    rules: Rules,
}

impl Effective {
    /// The strictest of these policies.
    pub fn of(members: Vec<(Scope, Rules)>) -> Self {
        let rules = members
            .iter()
            .fold(Rules::default(), |all, (_, rules)| all.and(rules));
        Self { members, rules }
    }

    /// What holds.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The policies that concern the person.
    pub fn members(&self) -> &[(Scope, Rules)] {
        &self.members
    }

    /// Whose policies ask for what holds: those without which `part` of the rules would be another.
    pub fn spoken_by<T: PartialEq>(&self, part: impl Fn(&Rules) -> T) -> Vec<&Scope> {
        let nothing = part(&Rules::default());
        let holds = part(&self.rules);
        if holds == nothing {
            return Vec::new();
        }
        let says = |rules: &Rules| part(rules) == holds;
        let exactly = self.members.iter().filter(|(_, rules)| says(rules));
        let exactly: Vec<&Scope> = exactly.map(|(scope, _)| scope).collect();
        if !exactly.is_empty() {
            return exactly;
        }
        // Several lists came together: everybody who gave one.
        let gave = self
            .members
            .iter()
            .filter(|(_, rules)| part(rules) != nothing);
        gave.map(|(scope, _)| scope).collect()
    }

    /// Why a device does not count, and whose policy says so; nothing where it counts.
    pub fn judge(&self, device: &DeviceFacts<'_>, now: Timestamp) -> Vec<Violation> {
        let judge = |(scope, rules): &(Scope, Rules)| {
            let reasons = rules.judge(device, now);
            let violation = |reason| Violation {
                scope: scope.clone(),
                reason,
            };
            reasons.into_iter().map(violation).collect::<Vec<_>>()
        };
        self.members.iter().flat_map(judge).collect()
    }
}
