//! What every request to an application is judged by, kept between requests: who is behind a cookie,
//! and the applications with their rules.
//!
//! Nothing of it is older than [`LASTS`]: a session that ended, a user who was disabled, a device that was
//! removed and a rule that was changed by another process are seen within this. A change that this process makes is seen at once: each event
//! about a user marks that user before it is committed, and while the mark stands, nothing that was
//! read of them is kept. A mark stands as long as what was read before it could. Commits that change
//! nothing of what sessions open mark nobody, however many there are.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Instant;

use bytes::Bytes;
use quick_cache::sync::Cache;

use super::registry::{LASTS, READ_AGAIN, Registry};
use keyward_core::clock::Timestamp;
use keyward_core::domain::api_token::ApiToken;
use keyward_core::domain::application::{Applications, Reached};
use keyward_core::domain::authentication_context::AuthenticationContext;
use keyward_core::domain::event::{Event, EventOutcome};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::session::SessionId;
use keyward_core::domain::user::{User, UserId};

/// The most visitors that are kept: some twenty megabytes where all have many groups.
const MOST: usize = 16_384;
/// The most marks, after which everybody is marked.
const MOST_MARKS: usize = 16_384;

/// What a cookie is known by here.
pub(crate) type CookieHash = [u8; 32];

/// Who is behind a session or a token, as applications see it.
#[derive(Debug)]
pub struct Visiting {
    /// Who.
    pub user: User,
    /// Their groups, by name.
    pub groups: Vec<GroupName>,
    /// By what they visit.
    pub by: VisitingBy,
    /// How they were authenticated; `None` where that opens nothing, and with a token.
    pub context: Option<AuthenticationContext>,
    /// When the session is over, unless it is seen again before; or the token.
    pub over_at: Timestamp,
    /// The one host at which the cookie counts; `None` for all that it is sent to.
    pub host: Option<String>,
    /// What applications are told of them, once that was put into words.
    pub told: OnceLock<Vec<Bytes>>,
}

/// What opens applications to a visitor.
#[derive(Debug)]
pub enum VisitingBy {
    /// A session.
    Session {
        /// Which.
        id: SessionId,
        /// What it has proved; `None` where it opens the enrolment of a device and nothing else.
        reached: Option<Reached>,
    },
    /// A token that a program shows for them.
    Token(ApiToken),
}

#[derive(Clone)]
struct Kept {
    visiting: Arc<Visiting>,
    /// Before it was read.
    since: Instant,
    is_read_again: Arc<AtomicBool>,
}

#[derive(Default)]
struct Marks {
    users: HashMap<UserId, Instant>,
    everybody: Option<Instant>,
}

impl Marks {
    fn stand_for(&self, user: UserId, now: Instant) -> bool {
        let stands = |at: &Instant| now.duration_since(*at) < LASTS;
        self.everybody.as_ref().is_some_and(stands) || self.users.get(&user).is_some_and(stands)
    }
}

/// What is kept of visitors and applications.
pub(crate) struct Protection {
    visitors: Cache<CookieHash, Kept>,
    marks: RwLock<Marks>,
    /// All applications.
    pub(crate) applications: Registry<Applications>,
}

impl Default for Protection {
    fn default() -> Self {
        Self {
            visitors: Cache::new(MOST),
            marks: RwLock::default(),
            applications: Registry::default(),
        }
    }
}

impl Protection {
    /// Who is behind a cookie, where that is known and need not be read again.
    pub(crate) fn visiting(&self, cookie: &CookieHash, now: Instant) -> Option<Arc<Visiting>> {
        let kept = self.visitors.get(cookie)?;
        let age = now.duration_since(kept.since);
        if age >= LASTS || self.is_marked(kept.visiting.user.id, now) {
            return None;
        }
        if age >= READ_AGAIN && !kept.is_read_again.swap(true, Ordering::AcqRel) {
            return None;
        }
        Some(kept.visiting)
    }

    /// Keeps who is behind a cookie, which was begun to be read at `since`.
    pub(crate) fn keep(&self, cookie: CookieHash, visiting: &Arc<Visiting>, since: Instant) {
        if self.is_marked(visiting.user.id, Instant::now()) {
            return;
        }
        let kept = Kept {
            visiting: Arc::clone(visiting),
            since,
            is_read_again: Arc::default(),
        };
        self.visitors.insert(cookie, kept);
    }

    /// Forgets who is behind a cookie: that was read again, and nobody is.
    pub(crate) fn forget(&self, cookie: &CookieHash) {
        self.visitors.remove(cookie);
    }

    /// Forgets what an event says is no longer so.
    pub(crate) fn note(&self, event: &Event) {
        let is_anybodys = event.subject.is_some() || event.kind.concerns_everybody();
        if event.outcome != EventOutcome::Done || !is_anybodys {
            return;
        }
        let now = Instant::now();
        let mut marks = self.marks.write().unwrap_or_else(PoisonError::into_inner);
        match event.subject {
            Some(user) => {
                if marks.users.len() >= MOST_MARKS {
                    let stands = |at: &Instant| now.duration_since(*at) < LASTS;
                    marks.users.retain(|_, at| stands(at));
                    if marks.users.len() >= MOST_MARKS {
                        marks.users.clear();
                        marks.everybody = Some(now);
                    }
                }
                marks.users.insert(user, now);
            }
            None => marks.everybody = Some(now),
        }
    }

    fn is_marked(&self, user: UserId, now: Instant) -> bool {
        let marks = self.marks.read().unwrap_or_else(PoisonError::into_inner);
        marks.stand_for(user, now)
    }
}
