//! One rule of an application: which requests it is about, who may, and how well proved.

use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::access;
use super::invalid;
use super::path::PathPattern;
use super::quoting::{quoted, split_unquoted, unquoted, words};
use crate::clock::Timestamp;
use crate::domain::assurance_level::AssuranceLevel;
use crate::domain::credential::CredentialFacts;
use crate::domain::device::DeviceKind;
use crate::domain::group::GroupName;
use crate::domain::ids::UserId;
use crate::domain::session::{Assurance, Session};
use crate::problem::{Problem, Result};

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The methods that it is about; none stands for all.
    pub methods: Vec<Method>,
    /// The paths that it is about.
    pub path: PathPattern,
    /// Who may.
    pub who: Who,
    /// What they must have proved.
    pub requires: Requirement,
    /// Whether a program of theirs may too, which shows an API token of the scope
    /// `applications:enter` in place of a proof.
    pub takes_tokens: bool,
}

/// A method of HTTP, in capitals (RFC 9110 §9.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Method(String);

impl Method {
    /// Reads a method, however its letters are written; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_sound = (1..=32).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        is_sound.then(|| Self(text.to_ascii_uppercase()))
    }

    /// GET.
    pub fn get() -> Self {
        Self("GET".to_owned())
    }

    /// The method of a row; `None` where it can be none.
    pub fn from_stored(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// In capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a rule about `other` is about this too: HEAD is GET without a body (RFC 9110 §9.3.2).
    fn is_meant_by(&self, other: &Self) -> bool {
        self == other || self.0 == "HEAD" && other.0 == "GET"
    }
}

/// Who may do what a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody, signed in or not.
    Bypass,
    /// Nobody.
    Deny,
    /// Every user who is signed in.
    Anyone,
    /// Members of these groups, and these users.
    Members {
        /// The groups.
        groups: Vec<GroupName>,
        /// The users.
        users: Vec<RuleUser>,
    },
}

/// A user whom a rule names.
#[derive(Clone, Debug)]
pub struct RuleUser {
    /// Their name, today or as it was typed.
    pub name: String,
    /// Who that is; `None` while it is only typed.
    pub id: Option<UserId>,
}

impl PartialEq for RuleUser {
    fn eq(&self, other: &Self) -> bool {
        crate::domain::user::fold(&self.name) == crate::domain::user::fold(&other.name)
    }
}

impl Eq for RuleUser {}

/// How well a user proved themselves, weakest first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// As well as policy asks of everybody who signs in.
    #[default]
    Session,
    /// By a second factor, or by a passkey that stands for both.
    SecondFactor,
    /// By a passkey or a security key, which answers no other site.
    PhishingResistant,
    /// By a key that its hardware keeps, which its maker attests.
    Hardware,
}

impl Level {
    /// Every level, weakest first.
    pub const ALL: [Self; 4] = [
        Self::Session,
        Self::SecondFactor,
        Self::PhishingResistant,
        Self::Hardware,
    ];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::SecondFactor => "second-factor",
            Self::PhishingResistant => "phishing-resistant",
            Self::Hardware => "hardware",
        }
    }

    /// Reads a stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }

    /// The level of a row.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }

    /// What a device of this kind proves.
    pub fn of_device(kind: DeviceKind, credential: Option<CredentialFacts>) -> Self {
        let is_kept_by_hardware =
            credential.is_some_and(|credential| credential.is_kept_by_hardware());
        match kind.is_phishing_resistant() {
            true if is_kept_by_hardware => Self::Hardware,
            true => Self::PhishingResistant,
            false => Self::SecondFactor,
        }
    }
}

/// What a session has proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The best of it, whenever.
    pub best: Level,
    /// By the last proof.
    pub last: Level,
    /// When that was; `None` where a trusted browser stood in.
    pub proved_at: Option<Timestamp>,
}

impl Reached {
    /// What a session has proved whose last proof came from this device.
    pub fn of(session: &Session, device: Option<(DeviceKind, Option<CredentialFacts>)>) -> Self {
        let last = match session.assurance {
            Assurance::Pass | Assurance::Enrolment | Assurance::Short | Assurance::Password => {
                Level::Session
            }
            Assurance::Remembered => Level::SecondFactor,
            Assurance::Verified => device.map_or(Level::SecondFactor, |(kind, credential)| {
                Level::of_device(kind, credential)
            }),
        };
        // Level 3 is nothing but a key of attested hardware.
        let before = match session.assurance {
            Assurance::Verified if session.level == AssuranceLevel::Aal3 => Level::Hardware,
            Assurance::Verified if session.methods.resist_phishing() => Level::PhishingResistant,
            Assurance::Verified
            | Assurance::Pass
            | Assurance::Enrolment
            | Assurance::Short
            | Assurance::Password
            | Assurance::Remembered => Level::Session,
        };
        Self {
            best: last.max(before),
            last,
            proved_at: session.proved_at,
        }
    }
}

/// What a rule asks to be proved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// How well.
    pub level: Level,
    /// How long ago at most; `None` for whenever in this session.
    pub within: Option<Duration>,
}

impl Requirement {
    /// The longest that can be asked for.
    pub const LONGEST: Duration = Duration::from_hours(365 * 24);

    /// Whether a session has proved that, at this moment.
    pub fn is_met_by(self, reached: &Reached, now: Timestamp) -> bool {
        match self.within {
            None => reached.best >= self.level,
            Some(within) => {
                reached.last >= self.level
                    && crate::domain::session::is_fresh(reached.proved_at, now, within)
            }
        }
    }
}

impl Rule {
    /// The rule of a row as it can be written and read again: where everybody whom it named is gone, it is
    /// for nobody, and asks nobody for anything.
    #[must_use]
    pub fn settled(self) -> Self {
        if !self.who.is_nobody() {
            return self;
        }
        Self {
            who: Who::Deny,
            requires: Requirement::default(),
            takes_tokens: false,
            ..self
        }
    }

    /// The most methods, groups and users of one rule.
    pub const MOST_NAMES: usize = 64;

    /// Whether a request of this method and a path that `is_about` says is one that it is about.
    pub(super) fn matches(&self, method: &Method, is_about: &dyn Fn(&PathPattern) -> bool) -> bool {
        let by_method =
            self.methods.is_empty() || self.methods.iter().any(|wanted| method.is_meant_by(wanted));
        by_method && is_about(&self.path)
    }

    /// Whether all requests that `later` is about come to this rule first.
    pub(super) fn covers(&self, later: &Self) -> bool {
        let by_method = match (self.methods.as_slice(), later.methods.as_slice()) {
            ([], _) => true,
            (_, []) => false,
            (ours, theirs) => theirs
                .iter()
                .all(|method| ours.iter().any(|wanted| method.is_meant_by(wanted))),
        };
        by_method && self.path.covers(&later.path)
    }

    pub(super) fn check(&self) -> Result<()> {
        let too_many = |what| invalid(format!("a rule has at most {} {what}", Self::MOST_NAMES));
        if self.methods.len() > Self::MOST_NAMES {
            return Err(too_many("methods"));
        }
        let asks_nobody = matches!(self.who, Who::Bypass | Who::Deny);
        if asks_nobody && (self.requires != Requirement::default() || self.takes_tokens) {
            return Err(invalid(
                "a rule that lets everybody pass, or nobody, asks for no proof and no token",
            ));
        }
        Self::check_access(&self.who, &self.requires)
    }

    /// Checks who may, and what they must have proved, wherever that is decided.
    ///
    /// # Errors
    /// `application.invalid`
    pub(in crate::domain) fn check_access(who: &Who, requires: &Requirement) -> Result<()> {
        if let Who::Members { groups, users } = who
            && (groups.len() > Self::MOST_NAMES || users.len() > Self::MOST_NAMES)
        {
            return Err(invalid(format!(
                "a rule has at most {} groups, and as many users",
                Self::MOST_NAMES
            )));
        }
        let bounds = Duration::from_secs(60)..=Requirement::LONGEST;
        match requires.within {
            Some(within) if !bounds.contains(&within) => Err(invalid(
                "a proof can be asked for within one minute to a year",
            )),
            _ => Ok(()),
        }
    }
}

/// `[METHOD,…] PATH WHO [LEVEL] [within SPAN] [or token]`, where WHO is `bypass`, `deny`, `anyone`, or
/// names such as `group:staff,user:anna`; a name with white space, commas or quotes stands in double quotes,
/// and a quote within them is written twice.
impl FromStr for Rule {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        if text.len() > 16 * 1024 {
            return Err(invalid("a rule is longer than 16 KiB"));
        }
        let words = words(text)?;
        let mut words = words.iter().map(String::as_str).peekable();
        let wrong = |why: &str| {
            let shown: String = text.chars().take(200).collect();
            invalid(format!("the rule \"{shown}\" {why}"))
        };
        let is_path = |word: &str| word.trim_start_matches(['"', '=']).starts_with('/');
        let methods = match words.next_if(|word| !is_path(word)) {
            Some(list) => list
                .split(',')
                .map(|word| {
                    Method::parse(word.trim()).ok_or_else(|| wrong("begins with no method"))
                })
                .collect::<Result<Vec<_>>>()?,
            None => Vec::new(),
        };
        let path = words.next().ok_or_else(|| wrong("has no path"))?;
        let path = PathPattern::parse(&unquoted(path))?;
        let (who, requires) = access::read(&mut words, wrong)?;
        let takes_tokens = words.next_if(|word| *word == "or").is_some();
        if takes_tokens && words.next() != Some("token") {
            return Err(wrong("has something other than token after or"));
        }
        if words.next().is_some() {
            return Err(wrong("has words after its end"));
        }
        let rule = Self {
            methods,
            path,
            who,
            requires,
            takes_tokens,
        };
        rule.check()?;
        Ok(rule)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.methods.is_empty() {
            let methods: Vec<&str> = self.methods.iter().map(Method::as_str).collect();
            write!(f, "{} ", methods.join(","))?;
        }
        write!(f, "{} ", quoted(self.path.as_str()))?;
        access::write(f, &self.who, self.requires)?;
        f.write_str(if self.takes_tokens { " or token" } else { "" })
    }
}

impl Who {
    /// Whether nobody may: nobody is named, or everybody who was is gone.
    fn is_nobody(&self) -> bool {
        match self {
            Self::Deny => true,
            Self::Members { groups, users } => groups.is_empty() && users.is_empty(),
            Self::Bypass | Self::Anyone => false,
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "bypass" => return Some(Self::Bypass),
            "deny" => return Some(Self::Deny),
            "anyone" => return Some(Self::Anyone),
            _ => {}
        }
        let (mut groups, mut users) = (Vec::new(), Vec::new());
        for name in split_unquoted(text, |c| c == ',') {
            let name = unquoted(&name);
            if let Some(group) = name.strip_prefix("group:") {
                let group = GroupName::parse(group).ok()?;
                if !groups.contains(&group) {
                    groups.push(group);
                }
            } else {
                let name = name.strip_prefix("user:").filter(|name| !name.is_empty())?;
                let user = RuleUser {
                    name: name.to_owned(),
                    id: None,
                };
                if !users.contains(&user) {
                    users.push(user);
                }
            }
        }
        Some(Self::Members { groups, users })
    }
}

impl Who {
    /// Whether a user of these groups is among them.
    pub fn includes(&self, user: UserId, groups: &[GroupName]) -> bool {
        match self {
            Self::Bypass | Self::Anyone => true,
            Self::Deny => false,
            Self::Members {
                groups: named,
                users,
            } => {
                named.iter().any(|group| groups.contains(group))
                    || users.iter().any(|named| named.id == Some(user))
            }
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bypass => f.write_str("bypass"),
            Self::Deny => f.write_str("deny"),
            Self::Anyone => f.write_str("anyone"),
            Self::Members { groups, users } => {
                let groups = groups.iter().map(|group| ("group", group.as_str()));
                let users = users.iter().map(|user| ("user", user.name.as_str()));
                for (place, (kind, name)) in groups.chain(users).enumerate() {
                    if place > 0 {
                        f.write_char(',')?;
                    }
                    write!(f, "{kind}:{}", quoted(name))?;
                }
                Ok(())
            }
        }
    }
}
