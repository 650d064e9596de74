//! Sessions, passes and lockouts.

use serde::Serialize;
use utoipa::ToSchema;

use super::row;
use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::AttemptCount;
use keyward_core::domain::pass::PassSummary;
use keyward_core::domain::session::Session;

row! {
    /// An open session.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = Session)]
    pub struct SessionRow {
        /// The id, which opens nothing.
        pub id: String,
        /// Whose it is, by name.
        pub user: String,
        /// Whose it is, by id.
        pub user_id: String,
        /// How well its user proved themselves: `pass`, `enrolment`, `short`, `password`, `remembered`,
        /// `verified`.
        pub assurance: &'static str,
        /// By what, as RFC 8176 names it, with spaces between.
        pub methods: String,
        /// The assurance level: `aal1`, `aal2`, `aal3`.
        pub level: &'static str,
        /// The device that proved it.
        pub device: Option<String>,
        /// From which address.
        pub address: String,
        /// By which browser, as it says itself.
        pub user_agent: String,
        /// Since when.
        #[schema(format = "date-time")]
        pub opened_at: String,
        /// When it was last seen, to the minute.
        #[schema(format = "date-time")]
        pub last_seen_at: String,
        /// Until when at the latest.
        #[schema(format = "date-time")]
        pub expires_at: String,
    }
}

impl From<&(Session, String)> for SessionRow {
    fn from((session, user): &(Session, String)) -> Self {
        Self {
            id: session.id.to_string(),
            user: user.clone(),
            user_id: session.user_id.to_string(),
            assurance: session.assurance.as_str(),
            methods: session.methods.joined(),
            level: session.level.as_str(),
            device: session.device_id.map(|id| id.to_string()),
            address: session.client.address.to_string(),
            user_agent: session.client.user_agent.clone(),
            opened_at: session.opened_at.rfc3339(),
            last_seen_at: session.last_seen_at.rfc3339(),
            expires_at: session.expires_at.rfc3339(),
        }
    }
}

impl SessionRow {
    /// On one line, without whose it is.
    pub fn line(&self) -> String {
        format!(
            "{}, {}, {} ({}), from {}, last seen {}",
            self.id, self.level, self.assurance, self.methods, self.address, self.last_seen_at
        )
    }
}

row! {
    /// A temporary pass that works.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = Pass)]
    pub struct PassRow {
        /// Whose it is, by name.
        pub user: String,
        /// Whose it is, by id.
        pub user_id: String,
        /// Who issued it; null for the command line.
        pub issued_by: Option<String>,
        /// When.
        #[schema(format = "date-time")]
        pub issued_at: String,
        /// Until when it works.
        #[schema(format = "date-time")]
        pub expires_at: String,
        /// Whether it works once.
        pub once: bool,
        /// When it was last used.
        #[schema(format = "date-time")]
        pub used_at: Option<String>,
    }
}

impl From<&PassSummary> for PassRow {
    fn from(summary: &PassSummary) -> Self {
        let pass = &summary.pass;
        Self {
            user: summary.owner.clone(),
            user_id: pass.user_id.to_string(),
            issued_by: summary.issued_by.clone(),
            issued_at: pass.issued_at.rfc3339(),
            expires_at: pass.expires_at.rfc3339(),
            once: pass.is_once,
            used_at: pass.used_at.map(Timestamp::rfc3339),
        }
    }
}

row! {
    /// What failed tries are counted on.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = Lockout)]
    pub struct LockoutRow {
        /// On what, as the key of the count.
        pub scope: String,
        /// The user whose way in it is, by name.
        pub user: Option<String>,
        /// How many tries failed since the last success or lock.
        pub failures: u32,
        /// Until when it is locked.
        #[schema(format = "date-time")]
        pub locked_until: Option<String>,
        /// Which lock it is: `account` or `network`.
        pub of: &'static str,
        /// Whether it stays locked until it is cleared.
        pub ended: bool,
    }
}

impl LockoutRow {
    /// The row of a count, on the way in of the user of this name where it is one's.
    pub fn new(count: &AttemptCount, user: Option<String>) -> Self {
        Self {
            of: match count.is_of_network() {
                true => "network",
                false => "account",
            },
            ended: count.is_ended(),
            locked_until: count.locked_until.map(Timestamp::rfc3339),
            user,
            failures: count.failures,
            scope: count.scope.clone(),
        }
    }
}
