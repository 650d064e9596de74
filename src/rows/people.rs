//! Users, groups and invitations.

use serde::Serialize;
use utoipa::ToSchema;

use super::row;
use keyward_core::clock::Timestamp;
use keyward_core::domain::group::{GroupName, GroupSummary, Member};
use keyward_core::domain::invitation::Invitation;
use keyward_core::domain::user::User;

row! {
    /// A user.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = User)]
    pub struct UserRow {
        /// The id, which stays.
        pub id: String,
        /// The name that they sign in by.
        pub name: String,
        /// What they are called, where that is more.
        pub display_name: Option<String>,
        /// Where mail reaches them.
        pub email: Option<String>,
        /// Whether they may open the console.
        pub superuser: bool,
        /// Whether they may sign in.
        pub enabled: bool,
        /// Their groups, by name.
        pub groups: Vec<String>,
        /// How many devices they have.
        pub devices: u64,
        /// When the account was made.
        #[schema(format = "date-time")]
        pub created_at: String,
        /// When they last signed in.
        #[schema(format = "date-time")]
        pub last_sign_in_at: Option<String>,
    }
}

impl UserRow {
    /// The row of a user in these groups with so many devices.
    pub fn new(user: &User, groups: &[GroupName], devices: u64) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.name.to_string(),
            display_name: user.display_name.as_ref().map(ToString::to_string),
            email: user.email.as_ref().map(|email| email.as_str().to_owned()),
            superuser: user.is_superuser,
            enabled: user.is_enabled,
            groups: groups
                .iter()
                .map(|group| group.as_str().to_owned())
                .collect(),
            devices,
            created_at: user.created_at.rfc3339(),
            last_sign_in_at: user.last_sign_in_at.map(Timestamp::rfc3339),
        }
    }
}

row! {
    /// A group.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = Group)]
    pub struct GroupRow {
        /// Its name.
        pub name: String,
        /// How many members it has; at least as many, where they are many.
        pub members: u64,
        /// Whether it has a policy or a draft of its own.
        pub policy: bool,
        /// Whether it is being removed.
        pub being_removed: bool,
    }
}

impl From<&GroupSummary> for GroupRow {
    fn from(group: &GroupSummary) -> Self {
        Self {
            name: group.name.as_str().to_owned(),
            members: group.members.number,
            policy: group.has_policy,
            being_removed: group.is_being_removed,
        }
    }
}

/// A member of a group.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub struct MemberRow {
    /// The user's id.
    pub id: String,
    /// Their name.
    pub name: String,
}

impl From<&Member> for MemberRow {
    fn from(member: &Member) -> Self {
        Self {
            id: member.id.to_string(),
            name: member.name.clone(),
        }
    }
}

row! {
    /// An invitation.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = Invitation)]
    pub struct InvitationRow {
        /// The id.
        pub id: String,
        /// Whom it went to.
        pub email: String,
        /// The groups that the account will belong to.
        pub groups: Vec<String>,
        /// Who invited; null for the command line.
        pub invited_by: Option<String>,
        /// When its mail was written, the last time.
        #[schema(format = "date-time")]
        pub sent_at: String,
        /// Until when its link works.
        #[schema(format = "date-time")]
        pub expires_at: String,
        /// How it fares: `open`, `undelivered`, `accepted`, `revoked`, `expired`.
        pub state: &'static str,
        /// Why its mail was given up.
        pub mail_failure: Option<String>,
    }
}

impl From<&(Invitation, Option<String>)> for InvitationRow {
    fn from((invitation, by): &(Invitation, Option<String>)) -> Self {
        let groups = invitation.groups.iter();
        Self {
            id: invitation.id.to_string(),
            email: invitation.email.as_str().to_owned(),
            groups: groups.map(|group| group.as_str().to_owned()).collect(),
            invited_by: by.clone(),
            sent_at: invitation.sent_at.rfc3339(),
            expires_at: invitation.expires_at.rfc3339(),
            state: invitation.shown_state(),
            mail_failure: invitation.mail_failure.clone(),
        }
    }
}
