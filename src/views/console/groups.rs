//! Groups: the list, one with its members, and the question before one is removed.

use serde::Serialize;

use crate::views::Page;
use keyward_core::domain::count::Count;
use keyward_core::domain::group::{GroupSummary, Member};
use keyward_core::domain::role::{Role, Roles};
use keyward_core::domain::user::UserId;

/// A group in a list.
#[derive(Clone, Serialize)]
pub struct GroupRow {
    /// Its name.
    pub name: String,
    /// How many members it has.
    pub members: Count,
    /// Whether it has a policy or a draft of its own.
    pub has_policy: bool,
    /// Whether it is one no more, and its members leave it.
    pub is_being_removed: bool,
}

impl From<&GroupSummary> for GroupRow {
    fn from(group: &GroupSummary) -> Self {
        Self {
            name: group.name.as_str().to_owned(),
            members: group.members,
            has_policy: group.has_policy,
            is_being_removed: group.is_being_removed,
        }
    }
}

#[cfg(test)]
fn sample(name: &str, members: u64, has_policy: bool) -> GroupRow {
    GroupRow {
        name: name.to_owned(),
        members: Count::of(members),
        has_policy,
        is_being_removed: name == "leaving",
    }
}

/// `GET /console/groups?after=`.
#[derive(Clone, Serialize)]
pub struct GroupsPage {
    /// The groups, by name.
    pub groups: Vec<GroupRow>,
    /// What was typed as the name of a new one, where it was refused.
    pub name: String,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for GroupsPage {
    const TEMPLATE: &'static str = "console/groups.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let groups = vec![
            sample("admins", 2, true),
            sample("leaving", 800, false),
            sample("r&d/<x>", 0, false),
            sample("staff", 20_000, false),
        ];
        vec![
            Self {
                groups: Vec::new(),
                name: "two words".to_owned(),
                next: None,
                is_first_page: true,
            },
            Self {
                groups,
                name: String::new(),
                next: Some("staff".to_owned()),
                is_first_page: false,
            },
        ]
    }
}

/// A member of a group.
#[derive(Clone, Serialize)]
pub struct MemberRow {
    /// Who.
    pub id: UserId,
    /// Their name.
    pub name: String,
}

impl From<&Member> for MemberRow {
    fn from(member: &Member) -> Self {
        Self {
            id: member.id,
            name: member.name.clone(),
        }
    }
}

/// A role at the console, and whether the members of a group have it by it.
#[derive(Clone, Serialize)]
pub struct GroupRole {
    /// Its name.
    pub name: &'static str,
    /// Whether they have it.
    pub is_given: bool,
}

impl GroupRole {
    /// Each role.
    pub fn of(given: &Roles) -> Vec<Self> {
        let roles = Role::ALL.iter();
        let of = |role: &Role| Self {
            name: role.as_str(),
            is_given: given.contains(role),
        };
        roles.map(of).collect()
    }
}

/// `GET /console/groups/show?name=&after=`.
#[derive(Clone, Serialize)]
pub struct GroupPage {
    /// The group.
    pub group: GroupRow,
    /// The roles that there are.
    pub roles: Vec<GroupRole>,
    /// A page of its members.
    pub members: Vec<MemberRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for GroupPage {
    const TEMPLATE: &'static str = "console/group.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let member = |number, name: &str| MemberRow {
            id: crate::views::tests::id(number, UserId::parse),
            name: name.to_owned(),
        };
        vec![
            Self {
                group: sample("r&d/<x>", 0, false),
                roles: GroupRole::of(&Roles::new()),
                members: Vec::new(),
                next: None,
                is_first_page: true,
            },
            Self {
                group: sample("admins", 2, true),
                roles: GroupRole::of(&Roles::from([Role::HelpDesk])),
                members: vec![member(1, "anna"), member(2, "ben")],
                next: Some("018f".to_owned()),
                is_first_page: false,
            },
        ]
    }
}

/// `GET /console/groups/remove?name=`: the question before a group is removed.
#[derive(Clone, Serialize)]
pub struct RemoveGroupPage {
    /// The group.
    pub group: GroupRow,
    /// The applications whose rules name it.
    pub applications: Vec<String>,
}

impl Page for RemoveGroupPage {
    const TEMPLATE: &'static str = "console/remove-group.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [
            (sample("admins", 1, true), vec!["wiki"]),
            (sample("<x>", 0, false), Vec::new()),
            (sample("all", 20_000, true), vec!["<wiki>", "Tickets"]),
        ]
        .map(|(group, names)| Self {
            group,
            applications: names.into_iter().map(str::to_owned).collect(),
        })
        .into()
    }
}
