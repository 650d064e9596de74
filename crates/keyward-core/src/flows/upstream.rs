//! A sign-in at another OpenID provider, from the moment at which a browser is sent there.
//!
//! No user is known yet, so that there is no row that could hold it: strangers would fill that table.
//! What is under way is kept by its browser, sealed under the master key; an answer is spent when it
//! comes, and what is under way is over after [`LASTS`].

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::next_path::NextPath;
use crate::clock::{Entropy, Timestamp};
use crate::domain::session::SessionId;
use crate::domain::upstream::UpstreamName;
use crate::secret::{MasterKey, Place, Token, TokenHash};

/// How long a user may take there.
pub const LASTS: Duration = Duration::from_mins(15);

/// How many may be under way in one browser: it has tabs. The oldest gives way.
const MOST: usize = 4;
/// The most bytes that all of them take in a cookie of 4096, before they are sealed and encoded.
const LARGEST: usize = 2800;

/// What a user goes there for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "kebab-case")]
pub enum Purpose {
    /// To sign in here.
    SignIn,
    /// To be linked with who they are there.
    Link {
        /// The session in which they asked for it.
        session: SessionId,
    },
    /// To prove themselves again in a session.
    StepUp {
        /// The session.
        session: SessionId,
    },
    /// To make the account that an invitation leads to.
    Invitation {
        /// The token of its link.
        link: String,
    },
}

/// What a browser was sent to a provider for.
#[derive(Clone, Serialize, Deserialize)]
pub struct UpstreamJourney {
    state: String,
    /// The provider: an answer of another one is none (RFC 9700 §4.4).
    pub provider: UpstreamName,
    /// What for.
    pub purpose: Purpose,
    /// Where it leads.
    pub next: Option<NextPath>,
    /// When it began.
    pub begun_at: Timestamp,
    /// What the ID token must hold.
    pub nonce: String,
    /// What the code is exchanged by (RFC 7636 §4.1).
    pub verifier: String,
}

impl UpstreamJourney {
    /// Begins one, and gives the state that its answer brings back.
    pub fn begin(
        entropy: &dyn Entropy,
        provider: UpstreamName,
        purpose: Purpose,
        next: Option<NextPath>,
        now: Timestamp,
    ) -> (Token, Self) {
        let state = Token::generate(entropy);
        let drawn = || Token::generate(entropy).expose().to_string();
        let journey = Self {
            state: state.hash().as_str().to_owned(),
            provider,
            purpose,
            next,
            begun_at: now,
            nonce: drawn(),
            verifier: drawn(),
        };
        (state, journey)
    }

    /// Whether its time is over. A clock that was set back makes it no longer.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now.since(self.begun_at) >= LASTS || self.begun_at.since(now) >= LASTS
    }
}

/// All that are under way in one browser.
#[derive(Default)]
pub struct UpstreamJourneys(Vec<UpstreamJourney>);

const PLACE: Place<'static> = Place {
    table: "browsers",
    column: "upstream",
    row: "",
};

impl UpstreamJourneys {
    /// Those that a browser brings; none where it brings anything else.
    pub fn open(key: &MasterKey, sealed: &[u8]) -> Self {
        let plain = key.open(PLACE, sealed).ok();
        let read = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        Self(read.unwrap_or_default())
    }

    /// Adds one, and seals what the browser keeps from now on. Where there is no room, those that began
    /// first give way, and in the end where it leads.
    ///
    /// # Errors
    /// `internal`
    pub fn add(
        mut self,
        key: &MasterKey,
        entropy: &dyn Entropy,
        journey: UpstreamJourney,
        now: Timestamp,
    ) -> crate::problem::Result<Vec<u8>> {
        self.0.retain(|before| !before.is_over(now));
        self.0.push(journey);
        let surplus = self.0.len().saturating_sub(MOST);
        self.0.drain(..surplus);
        loop {
            let plain = serde_json::to_vec(&self.0).map_err(crate::problem::Problem::internal)?;
            let plain = zeroize::Zeroizing::new(plain);
            if plain.len() <= LARGEST {
                return Ok(key.seal(entropy, PLACE, &plain));
            }
            match self.0.as_mut_slice() {
                [only] if only.next.is_some() => only.next = None,
                [] | [_] => return Err(crate::problem::codes::INTERNAL.into()),
                [_, ..] => drop(self.0.remove(0)),
            }
        }
    }

    /// The one that an answer with this state belongs to.
    pub fn of_state(&self, state: &Token) -> Option<&UpstreamJourney> {
        let hash = state.hash();
        self.0.iter().find(|journey| journey.state == hash.as_str())
    }
}

/// The digest of what a provider answered, as the database holds those that were spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerDigest(String);

impl AnswerDigest {
    /// That of an answer with this state.
    pub fn of_state(state: &TokenHash) -> Self {
        Self::of(&["state", state.as_str()])
    }

    /// That of a token that ends sessions.
    pub fn of_sign_out(issuer: &str, id: &str) -> Self {
        Self::of(&["logout", issuer, id])
    }

    fn of(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Self(data_encoding::HEXLOWER.encode(&digest.finalize()))
    }

    /// The text in the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    const NOW: Timestamp = Timestamp::from_seconds(100_000);

    fn begin(next: Option<NextPath>) -> (Token, UpstreamJourney) {
        let provider = UpstreamName::parse("entra").expect("a name");
        UpstreamJourney::begin(&SystemEntropy, provider, Purpose::SignIn, next, NOW)
    }

    #[test]
    fn a_browser_keeps_what_is_under_way_in_a_few_tabs_and_no_more() {
        let key = MasterKey::generate(&SystemEntropy);
        let mut sealed = Vec::new();
        let mut states = Vec::new();
        for _ in 0..6 {
            let (state, journey) = begin(None);
            let before = UpstreamJourneys::open(&key, &sealed);
            sealed = before
                .add(&key, &SystemEntropy, journey, NOW)
                .expect("room");
            states.push(state);
        }
        let kept = UpstreamJourneys::open(&key, &sealed);
        let known: Vec<bool> = states.iter().map(|s| kept.of_state(s).is_some()).collect();
        assert_eq!(known, [false, false, true, true, true, true]);
        let other = MasterKey::generate(&SystemEntropy);
        let foreign = UpstreamJourneys::open(&other, &sealed);
        assert!(foreign.of_state(&states[5]).is_none());
    }

    #[test]
    fn the_longest_way_on_fits_into_a_cookie() {
        let key = MasterKey::generate(&SystemEntropy);
        let longest = format!("/a?b={}", "%22".repeat(680));
        let next = NextPath::parse(&longest).expect("a path");
        let (first, journey) = begin(Some(next.clone()));
        let sealed = UpstreamJourneys::default()
            .add(&key, &SystemEntropy, journey, NOW)
            .expect("room");
        let (second, journey) = begin(Some(next));
        let kept = UpstreamJourneys::open(&key, &sealed);
        let sealed = kept.add(&key, &SystemEntropy, journey, NOW).expect("room");
        assert!(data_encoding::BASE64URL_NOPAD.encode(&sealed).len() < 3900);
        let kept = UpstreamJourneys::open(&key, &sealed);
        assert!(kept.of_state(&first).is_none());
        assert!(
            kept.of_state(&second)
                .is_some_and(|journey| journey.next.is_some())
        );
    }

    #[test]
    fn what_is_under_way_is_over_after_a_while_whatever_the_clock_does() {
        let (_, journey) = begin(None);
        assert!(!journey.is_over(NOW));
        assert!(journey.is_over(NOW + LASTS));
        assert!(journey.is_over(NOW - LASTS));
    }
}
