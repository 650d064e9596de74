//! What applications are told of how a user was authenticated: the `amr` and `acr` of OpenID Connect
//! Core 1.0 §2, in headers and in the API alike.

use std::time::Duration;

use super::assurance::{Assurance, Methods};
use super::assurance_level::AssuranceLevel;
use super::session::Session;
use crate::clock::Timestamp;

/// The class of an authentication, weakest first: a session that has one has what the weaker ones ask for.
///
/// The two strong ones are those of OpenID Connect Extended Authentication Profile ACR Values 1.0
/// §2. It has none for what can be phished: those are named after the levels of NIST SP 800-63B-4 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContextClass {
    /// One factor.
    Aal1,
    /// Two factors, of which none resists phishing.
    Aal2,
    /// Two factors, of which one is a key that answers no site but us.
    PhishingResistant,
    /// The same, with a key of which attestation showed that it cannot leave its hardware.
    HardwareProtected,
}

impl ContextClass {
    /// Every class, weakest first.
    pub const ALL: [Self; 4] = [
        Self::Aal1,
        Self::Aal2,
        Self::PhishingResistant,
        Self::HardwareProtected,
    ];

    /// The value of `acr`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aal1 => "aal1",
            Self::Aal2 => "aal2",
            Self::PhishingResistant => "phr",
            Self::HardwareProtected => "phrh",
        }
    }

    /// Reads a value of `acr`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }

    /// The class of what these methods proved, at this level.
    pub fn of(methods: &Methods, level: AssuranceLevel) -> Self {
        match level {
            AssuranceLevel::Aal1 => Self::Aal1,
            AssuranceLevel::Aal2 if methods.resist_phishing() => Self::PhishingResistant,
            AssuranceLevel::Aal2 => Self::Aal2,
            AssuranceLevel::Aal3 => Self::HardwareProtected,
        }
    }
}

/// How the user of a session was authenticated, as of this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationContext {
    /// The values of `amr`, those of RFC 8176 §2, in the order in which they were proved. Where a
    /// trusted browser stood in for the second factor there is the password alone.
    pub methods: Methods,
    /// The value of `acr`.
    pub class: ContextClass,
    /// The assurance level, for whom the class is too coarse or too new.
    pub level: AssuranceLevel,
    /// When the user last proved themselves as well as they can; `None` where a trusted browser stood
    /// in, whose session is never fresh.
    pub proved_at: Option<Timestamp>,
}

impl AuthenticationContext {
    /// That of a session that lets its user in. What a session proved that opens enrolment alone is
    /// told to no application.
    pub fn of(session: &Session) -> Option<Self> {
        match session.assurance {
            Assurance::Pass | Assurance::Enrolment | Assurance::Short => None,
            Assurance::Password | Assurance::Remembered | Assurance::Verified => Some(Self {
                methods: session.methods.clone(),
                class: ContextClass::of(&session.methods, session.level),
                level: session.level,
                proved_at: session.proved_at,
            }),
        }
    }

    /// How long ago its user proved themselves; `None` where a trusted browser stood in.
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        self.proved_at.map(|at| now.since(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::device::DeviceKind;

    #[test]
    fn a_key_that_answers_nobody_but_us_resists_phishing() {
        let class = |kind, level| ContextClass::of(&Methods::password_and(kind, false), level);
        for kind in DeviceKind::ALL {
            let expected = match kind.is_webauthn() {
                true => ContextClass::PhishingResistant,
                false => ContextClass::Aal2,
            };
            assert_eq!(class(kind, AssuranceLevel::Aal2), expected, "{kind:?}");
            assert_eq!(class(kind, AssuranceLevel::Aal1), ContextClass::Aal1);
        }
        let key = class(DeviceKind::SecurityKey, AssuranceLevel::Aal3);
        assert_eq!(key, ContextClass::HardwareProtected);
    }

    #[test]
    fn classes_are_in_the_order_of_their_strength_and_read_as_they_are_written() {
        assert!(ContextClass::ALL.is_sorted());
        for class in ContextClass::ALL {
            assert_eq!(ContextClass::parse(class.as_str()), Some(class));
        }
        assert_eq!(ContextClass::parse("mfa"), None);
    }
}
