//! Who may, and what they must have proved, in the words of rules.

use std::fmt;
use std::iter::Peekable;

use super::invalid;
use super::quoting::words;
use super::rule::{Level, Requirement, Who};
use super::span::{parse_span, print_span};
use crate::problem::{Problem, Result};

/// Reads `WHO [LEVEL] [within SPAN]`, up to the first word that belongs to neither.
pub(super) fn read<'a>(
    words: &mut Peekable<impl Iterator<Item = &'a str>>,
    wrong: impl Fn(&str) -> Problem,
) -> Result<(Who, Requirement)> {
    let who = words.next().ok_or_else(|| wrong("does not say who may"))?;
    let who = Who::parse(who).ok_or_else(|| {
        wrong("has somebody other than anyone, bypass, deny, group:NAME or user:NAME")
    })?;
    let mut requires = Requirement::default();
    if let Some(level) = words.next_if(|word| !matches!(*word, "within" | "or")) {
        requires.level = Level::parse(level).ok_or_else(|| {
            wrong("asks for something other than session, second-factor, phishing-resistant or hardware")
        })?;
    }
    if words.next_if(|word| *word == "within").is_some() {
        let span = words.next().and_then(parse_span);
        let span = span.ok_or_else(|| wrong("has no span such as 10m, 1h or 7d after within"))?;
        requires.within = Some(span);
    }
    Ok((who, requires))
}

/// Who may, and what they must have proved, where no path stands before it: `group:staff hardware within
/// 1h`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Who.
    pub who: Who,
    /// What they must have proved.
    pub requires: Requirement,
}

impl Access {
    /// Reads `WHO [LEVEL] [within SPAN]`, as rules have it.
    ///
    /// # Errors
    /// `application.invalid`
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > 16 * 1024 {
            return Err(invalid("it is longer than 16 KiB"));
        }
        let wrong = |why: &str| {
            let shown: String = text.chars().take(200).collect();
            invalid(format!("\"{shown}\" {why}"))
        };
        let words = words(text)?;
        let mut words = words.iter().map(String::as_str).peekable();
        let (who, requires) = read(&mut words, wrong)?;
        match words.next() {
            Some(_) => Err(wrong("has words after its end")),
            None => Ok(Self { who, requires }),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, &self.who, self.requires)
    }
}

pub(super) fn write(f: &mut fmt::Formatter<'_>, who: &Who, requires: Requirement) -> fmt::Result {
    write!(f, "{who}")?;
    if requires.level != Level::Session {
        write!(f, " {}", requires.level.as_str())?;
    }
    match requires.within {
        Some(within) => write!(f, " within {}", print_span(within)),
        None => Ok(()),
    }
}
