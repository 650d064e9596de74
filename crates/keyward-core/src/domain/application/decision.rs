//! What a request to an application's host comes to.

use std::collections::HashMap;
use std::sync::Arc;

use super::host::RequestHost;
use super::path::{RequestPath, UnreadPath};
use super::rule::{Method, Reached, Requirement, Who};
use super::{Application, HostPattern};
use crate::clock::Timestamp;
use crate::domain::group::GroupName;
use crate::domain::ids::UserId;

/// A request to a protected host, as a proxy tells of it.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The host.
    pub host: &'a RequestHost,
    /// The path, without the query.
    pub path: &'a str,
    /// The method.
    pub method: &'a Method,
}

/// Who asks, where a session says it.
#[derive(Clone, Debug)]
pub struct Visitor<'a> {
    /// Who.
    pub user: UserId,
    /// Their groups.
    pub groups: &'a [GroupName],
    /// By what they come.
    pub by: VisitBy,
}

/// By what a visitor comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisitBy {
    /// A session that has proved this; `None` where policy wants them to enrol a device before
    /// anything opens.
    Session(Option<Reached>),
    /// An API token, which proves nothing of a person.
    Token,
}

/// What a request comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on for every client.
    Bypassed {
        /// By this rule.
        rule: usize,
    },
    /// It goes on, for this user.
    Granted {
        /// By this rule.
        rule: usize,
    },
    /// No user is signed in, and that has to be.
    SignIn {
        /// By this rule.
        rule: usize,
    },
    /// The user is one of those who may, and has not proved enough.
    Insufficient {
        /// By this rule.
        rule: usize,
        /// What it asks for.
        requires: Requirement,
    },
    /// It does not go on.
    Denied(Denial),
}

/// Why a request does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// No path is of this form.
    NoPath,
    /// The path can be read in two ways, which come to two rules.
    AmbiguousPath,
    /// It has more segments than are compared with so many rules.
    TooManySegments,
    /// No rule is about it.
    NoRule,
    /// A rule denies it to everybody.
    ByRule {
        /// That rule.
        rule: usize,
    },
    /// A rule lets others do it.
    NotAmong {
        /// That rule.
        rule: usize,
    },
}

impl Verdict {
    /// The rule that decided, counted from zero.
    pub fn rule(self) -> Option<usize> {
        match self {
            Self::Bypassed { rule }
            | Self::Granted { rule }
            | Self::SignIn { rule }
            | Self::Insufficient { rule, .. }
            | Self::Denied(Denial::ByRule { rule } | Denial::NotAmong { rule }) => Some(rule),
            Self::Denied(
                Denial::NoPath | Denial::AmbiguousPath | Denial::TooManySegments | Denial::NoRule,
            ) => None,
        }
    }

    /// Whether the request goes on.
    pub fn goes_on(self) -> bool {
        matches!(self, Self::Bypassed { .. } | Self::Granted { .. })
    }
}

/// The most segments that are compared for one request, over all readings of its path and all rules:
/// about a millisecond.
const MOST_COMPARED: usize = 65_536;

impl Application {
    /// Judges a request to one of its hosts.
    pub fn judge(
        &self,
        request: &Request<'_>,
        visitor: Option<&Visitor<'_>>,
        now: Timestamp,
    ) -> Verdict {
        let path = match RequestPath::parse(request.path) {
            Ok(path) => path,
            Err(UnreadPath::NoPath) => return Verdict::Denied(Denial::NoPath),
            Err(UnreadPath::TooManySegments) => return Verdict::Denied(Denial::TooManySegments),
        };
        let rules = &self.settings.rules;
        // An attacker may send it while others wait.
        if path.segments().saturating_mul(rules.len()) > MOST_COMPARED {
            return Verdict::Denied(Denial::TooManySegments);
        }
        let first = path.agree(|is_about| {
            rules
                .iter()
                .position(|rule| rule.matches(request.method, is_about))
        });
        let Some(first) = first else {
            return Verdict::Denied(Denial::AmbiguousPath);
        };
        let Some((rule, decides)) = first.and_then(|at| Some((at, rules.get(at)?))) else {
            return Verdict::Denied(Denial::NoRule);
        };
        match &decides.who {
            Who::Bypass => return Verdict::Bypassed { rule },
            Who::Deny => return Verdict::Denied(Denial::ByRule { rule }),
            Who::Anyone | Who::Members { .. } => {}
        }
        // Where a rule takes no tokens, one is no credential.
        let counts = |visitor: &&Visitor<'_>| {
            decides.takes_tokens || matches!(visitor.by, VisitBy::Session(_))
        };
        let Some(visitor) = visitor.filter(counts) else {
            return Verdict::SignIn { rule };
        };
        if !decides.who.includes(visitor.user, visitor.groups) {
            return Verdict::Denied(Denial::NotAmong { rule });
        }
        let requires = decides.requires;
        match visitor.by {
            VisitBy::Token => Verdict::Granted { rule },
            VisitBy::Session(Some(reached)) if requires.is_met_by(&reached, now) => {
                Verdict::Granted { rule }
            }
            VisitBy::Session(_) => Verdict::Insufficient { rule, requires },
        }
    }
}

/// All applications, found by their hosts.
#[derive(Clone, Debug, Default)]
pub struct Applications {
    exact: HashMap<String, Arc<Application>>,
    below: HashMap<String, Arc<Application>>,
}

impl Applications {
    /// Whether a rule of any of them asks a user of these groups for a key of attested hardware.
    pub fn ask_for_hardware(&self, user: UserId, groups: &[GroupName]) -> bool {
        let mut all = self.exact.values().chain(self.below.values());
        all.any(|application| {
            let mut rules = application.settings.rules_of_hardware();
            rules.any(|(_, rule)| rule.who.includes(user, groups))
        })
    }

    /// These.
    pub fn new(all: impl IntoIterator<Item = Application>) -> Self {
        let mut found = Self::default();
        for application in all {
            let application = Arc::new(application);
            for host in &application.settings.hosts {
                let by = match host.is_wildcard() {
                    true => &mut found.below,
                    false => &mut found.exact,
                };
                by.insert(host.name().to_owned(), Arc::clone(&application));
            }
        }
        found
    }

    /// The application that a host belongs to: the one that names it, or else the one with the longest
    /// name that it is below of.
    pub fn of_host(&self, host: &RequestHost) -> Option<&Arc<Application>> {
        let name = host.name();
        if let Some(application) = self.exact.get(name) {
            return Some(application);
        }
        let mut rest = name;
        while let Some((_, above)) = rest.split_once('.') {
            if let Some(application) = self.below.get(above) {
                return Some(application);
            }
            rest = above;
        }
        None
    }
}

impl HostPattern {
    /// Whether a host is one of these.
    pub fn matches(&self, host: &RequestHost) -> bool {
        match self.is_wildcard() {
            true => host.name() != self.name() && host.is_within(self.name()),
            false => host.name() == self.name(),
        }
    }
}
