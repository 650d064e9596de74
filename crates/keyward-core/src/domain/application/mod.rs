//! An application: hosts that Keyward stands in front of, with rules of who may go where.

mod access;
mod decision;
mod host;
mod path;
mod quoting;
mod rule;
mod span;

use std::fmt;

pub use access::Access;
pub use decision::{Applications, Denial, Request, Verdict, VisitBy, Visitor};
pub use host::{HostPattern, RequestHost};
pub use path::{PathPattern, RequestPath, UnreadPath};
pub use rule::{Level, Method, Reached, Requirement, Rule, RuleUser, Who};
pub use span::{in_largest_unit, print_span};

use super::id_type;
use super::spelling::{fold, typed_name, typed_note};
use crate::clock::Timestamp;
use crate::domain::edition::Edition;
use crate::problem::{Problem, Result, codes};

id_type!(
    /// The id of an application's row.
    ApplicationId
);

/// An application's name: 1 to 64 characters that can be seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApplicationName(String);

impl ApplicationName {
    /// The longest name, in characters.
    pub const LONGEST: usize = 64;

    /// Checks a name.
    ///
    /// # Errors
    /// `application.invalid`
    pub fn parse(text: &str) -> Result<Self> {
        typed_name(text, Self::LONGEST)
            .map(Self)
            .ok_or_else(|| invalid("a name has 1 to 64 characters that can be seen, on one line"))
    }

    /// The name of a row, or one that is looked up.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How it is looked up: two names that look the same are one.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

impl fmt::Display for ApplicationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an administrator decides about an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationSettings {
    /// What it is called.
    pub name: ApplicationName,
    /// Whom to ask by people who may not go on, for people: up to 256 characters.
    pub contact: String,
    /// Where it is reached. No two applications have one pattern.
    pub hosts: Vec<HostPattern>,
    /// Who may go where: the first that matches a request decides, and where none does, none may.
    pub rules: Vec<Rule>,
}

impl ApplicationSettings {
    /// The longest contact, in characters.
    pub const LONGEST_CONTACT: usize = 256;
    /// The most hosts.
    pub const MOST_HOSTS: usize = 64;
    /// The most rules.
    pub const MOST_RULES: usize = 256;

    /// Checks what types alone do not, drops white space around the contact and hosts that stand
    /// there twice.
    ///
    /// # Errors
    /// `application.invalid` with the reason.
    pub fn checked(mut self) -> Result<Self> {
        self.contact = typed_note(&self.contact, Self::LONGEST_CONTACT).ok_or_else(|| {
            invalid(
                "whom to ask has at most 256 characters on one line, and none that cannot be seen",
            )
        })?;
        let mut hosts = Vec::with_capacity(self.hosts.len());
        for host in self.hosts {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        self.hosts = hosts;
        if self.hosts.is_empty() || self.hosts.len() > Self::MOST_HOSTS {
            return Err(invalid("an application has 1 to 64 hosts"));
        }
        if self.rules.len() > Self::MOST_RULES {
            return Err(invalid("an application has at most 256 rules"));
        }
        for rule in &self.rules {
            rule.check()?;
        }
        Ok(self)
    }

    /// Whether any rule takes tokens.
    pub fn takes_tokens(&self) -> bool {
        self.rules.iter().any(|rule| rule.takes_tokens)
    }

    /// The rules that ask for a key of attested hardware, counted from zero.
    pub fn rules_of_hardware(&self) -> impl Iterator<Item = (usize, &Rule)> {
        let numbered = self.rules.iter().enumerate();
        numbered.filter(|(_, rule)| rule.requires.level == Level::Hardware)
    }

    /// The rules that no request comes to, each with the earlier one that takes all of its requests:
    /// both counted from zero.
    pub fn unreachable_rules(&self) -> Vec<(usize, usize)> {
        let numbered = self.rules.iter().enumerate();
        numbered
            .filter_map(|(later, rule)| {
                let mut before = self.rules.iter().take(later);
                let earlier = before.position(|earlier| earlier.covers(rule))?;
                Some((later, earlier))
            })
            .collect()
    }
}

/// An application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The row.
    pub id: ApplicationId,
    /// What was decided about it.
    pub settings: ApplicationSettings,
    /// How often it was changed: a change says which state it was made from.
    pub version: i64,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Application {
    /// Its edition: every change makes another one.
    pub fn edition(&self) -> Edition {
        Edition::of([
            "application",
            &self.id.to_string(),
            &self.version.to_string(),
        ])
    }
}

fn invalid(why: impl Into<String>) -> Problem {
    Problem::new(codes::APPLICATION_INVALID).detailed(why.into())
}

#[cfg(test)]
mod tests;
