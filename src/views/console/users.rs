//! Users: the list, a new one, and one in full.

use serde::Serialize;

use super::{
    EventRow, GroupField, HoldingRule, KeyRow, PassForm, PassRow, PasswordState, PolicyStateRow,
};
use crate::views::Page;
use crate::views::pages::DeviceRow;
use crate::views::sessions::SessionRow;
use keyward_actions::upstream::UserUpstream;
use keyward_core::clock::Timestamp;
use keyward_core::domain::user::{User, UserId};

/// A user in a list.
#[derive(Clone, Serialize)]
pub struct UserRow {
    /// The row.
    pub id: UserId,
    /// The name that they type.
    pub name: String,
    /// What they are called, where that is more than the name.
    pub display_name: Option<String>,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// May open the console, after a second factor.
    pub is_superuser: bool,
    /// May sign in at all.
    pub is_enabled: bool,
    /// How many devices they have.
    pub devices: u64,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub last_sign_in_at: Option<Timestamp>,
}

impl UserRow {
    /// A user with so many devices.
    pub fn new(user: &User, devices: u64) -> Self {
        Self {
            id: user.id,
            name: user.name.as_str().to_owned(),
            display_name: user.display_name.as_ref().map(ToString::to_string),
            email: user.email.as_ref().map(|email| email.as_str().to_owned()),
            is_superuser: user.is_superuser,
            is_enabled: user.is_enabled,
            devices,
            created_at: user.created_at,
            last_sign_in_at: user.last_sign_in_at,
        }
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let user = |number: u8, name: &str, devices, last: Option<i64>| Self {
            id: id(number, UserId::parse),
            name: name.to_owned(),
            display_name: (number == 2).then(|| "Ben <b>Keller</b>".to_owned()),
            email: (number != 3).then(|| format!("{}@example.org", name.to_lowercase())),
            is_superuser: number == 1,
            is_enabled: number != 3,
            devices,
            created_at: ago(i64::from(number) * 20_000_000),
            last_sign_in_at: last.map(ago),
        };
        vec![
            user(1, "anna", 3, Some(40)),
            user(2, "ben", 1, Some(90_000)),
            user(
                3,
                "Ćirila-Magdalena von und zu Hohenstein-Überlingen",
                0,
                None,
            ),
            user(4, "دينا", 12, Some(9_000_000)),
        ]
    }
}

/// `GET /console/users?q=&devices=&after=`.
#[derive(Clone, Serialize)]
pub struct UsersPage {
    /// What was searched for; empty for everybody.
    pub query: String,
    /// Whether that has nothing in it that names are searched for by.
    pub is_too_little: bool,
    /// Whether those alone are shown who have no device.
    pub without_device: bool,
    /// The users, by name.
    pub users: Vec<UserRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for UsersPage {
    const TEMPLATE: &'static str = "console/users.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![
            Self {
                query: String::new(),
                is_too_little: false,
                without_device: false,
                users: UserRow::samples(),
                next: Some("ben".to_owned()),
                is_first_page: true,
            },
            Self {
                query: "<ben> & co".to_owned(),
                is_too_little: false,
                without_device: true,
                users: Vec::new(),
                next: None,
                is_first_page: false,
            },
        ]
    }
}

/// `GET /console/users/new`, with what was typed before where something was refused.
#[derive(Clone, Default, Serialize)]
pub struct NewUserPage {
    /// The name.
    pub username: String,
    /// What they are called.
    pub display_name: String,
    /// The mail address.
    pub email: String,
    /// The groups.
    pub groups: GroupField,
    /// Whether they may open the console.
    pub is_superuser: bool,
}

impl Page for NewUserPage {
    const TEMPLATE: &'static str = "console/new-user.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![
            Self::default(),
            Self {
                username: "ben".to_owned(),
                display_name: "Ben <b>Keller</b>".to_owned(),
                email: "ben@example.org".to_owned(),
                groups: GroupField::sample(3),
                is_superuser: true,
            },
        ]
    }
}

/// A device that does not satisfy policy.
#[derive(Clone, Serialize)]
pub struct NoncompliantDevice {
    /// What its owner calls it.
    pub name: String,
    /// What policy makes of it.
    pub policy_state: PolicyStateRow,
}

/// Who a user is at another OpenID provider.
#[derive(Clone, Serialize)]
pub struct UserUpstreamRow {
    /// The link.
    pub id: String,
    /// What people call the provider.
    pub provider: String,
    /// Whether the settings name it no more.
    pub is_gone: bool,
    /// What they were called there; their `sub` where that is not known.
    pub called: String,
    /// When the link was made.
    pub created_at: Timestamp,
    /// When it was last signed in by.
    pub last_used_at: Option<Timestamp>,
}

impl From<&UserUpstream> for UserUpstreamRow {
    fn from(found: &UserUpstream) -> Self {
        let link = &found.link;
        Self {
            id: link.id.to_string(),
            provider: found.label.clone(),
            is_gone: found.provider.is_none(),
            called: match link.called.as_str() {
                "" => link.identity.subject.clone(),
                called => called.to_owned(),
            },
            created_at: link.created_at,
            last_used_at: link.last_used_at,
        }
    }
}

#[cfg(test)]
impl UserUpstreamRow {
    fn samples() -> Vec<Self> {
        use crate::views::tests::ago;
        let entra = Self {
            id: "018f".to_owned(),
            provider: "Entra <ID>".to_owned(),
            is_gone: false,
            called: "anna@example.org".to_owned(),
            created_at: ago(90_000),
            last_used_at: Some(ago(60)),
        };
        let gone = Self {
            provider: "https://login.example.org".to_owned(),
            is_gone: true,
            last_used_at: None,
            ..entra.clone()
        };
        vec![entra, gone]
    }
}

/// `GET /console/users/{id}?after=`.
#[derive(Clone, Serialize)]
pub struct UserPage {
    /// The user.
    pub user: UserRow,
    /// The names of their groups.
    pub groups: Vec<String>,
    /// What they may do at the console, superusers apart.
    pub roles: Vec<&'static str>,
    /// Whether whoever looks may do anything for them.
    pub can_help: bool,
    /// Whether it is the one who looks: no administrator disables themselves.
    pub is_self: bool,
    /// Until when they are locked out, if they are.
    pub locked_until: Option<Timestamp>,
    /// Whether it is locked until an administrator clears it.
    pub is_ended: bool,
    /// Their devices, the default one first.
    pub devices: Vec<DeviceRow>,
    /// The rules that hold for them, and whose policies ask for them.
    pub rules: Vec<HoldingRule>,
    /// Their devices that do not satisfy policy.
    pub not_counting: Vec<NoncompliantDevice>,
    /// Their newest open sessions.
    pub sessions: Vec<SessionRow>,
    /// How many open sessions they have.
    pub session_count: u64,
    /// A page of the events about them, newest first.
    pub events: Vec<EventRow>,
    /// The `after` of the next page of events; `None` on the last one.
    pub next: Option<String>,
    /// Whether these are the newest events.
    pub is_first_page: bool,
    /// Their temporary pass, where it works.
    pub pass: Option<PassRow>,
    /// What a new one may be.
    pub pass_form: Option<PassForm>,
    /// Whether they have a password, and how a link for one gets to them.
    pub password: Option<PasswordState>,
    /// Who they are at other OpenID providers.
    pub upstream: Vec<UserUpstreamRow>,
    /// Their keys of the inventory.
    pub keys: Vec<KeyRow>,
}

impl Page for UserPage {
    const TEMPLATE: &'static str = "console/user.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::ago;
        UserRow::samples()
            .into_iter()
            .map(|user| Self {
                groups: vec!["staff".to_owned(), "printers".to_owned()],
                roles: if user.devices > 0 {
                    vec!["help-desk", "auditor"]
                } else {
                    Vec::new()
                },
                can_help: !user.is_superuser,
                rules: if user.devices > 0 {
                    HoldingRule::samples()
                } else {
                    Vec::new()
                },
                not_counting: (0..user.devices.min(2))
                    .map(|number| NoncompliantDevice {
                        name: "The <blue> one".to_owned(),
                        policy_state: PolicyStateRow::sample(number > 0),
                    })
                    .collect(),
                is_self: user.is_superuser,
                locked_until: (user.devices > 0).then(|| ago(-90)),
                is_ended: user.devices > 1,
                devices: DeviceRow::samples()
                    .into_iter()
                    .take(usize::try_from(user.devices).expect("small"))
                    .collect(),
                sessions: SessionRow::samples()
                    .into_iter()
                    .take(usize::from(user.devices > 0))
                    .collect(),
                events: if user.devices > 0 {
                    EventRow::samples()
                } else {
                    Vec::new()
                },
                session_count: user.devices * 40,
                next: (user.devices > 1).then(|| "018f".to_owned()),
                is_first_page: user.devices != 1,
                pass: PassRow::samples().into_iter().find(|_| user.devices == 1),
                pass_form: Some(PassForm {
                    usual: 60,
                    most: 480,
                }),
                password: Some(PasswordState {
                    has_password: user.devices > 0,
                    mailed_to: user.email.clone(),
                }),
                keys: match user.devices {
                    0 => Vec::new(),
                    _ => super::keys::samples().iter().map(KeyRow::from).collect(),
                },
                upstream: if user.devices > 0 {
                    UserUpstreamRow::samples()
                } else {
                    Vec::new()
                },
                user,
            })
            .collect()
    }
}
