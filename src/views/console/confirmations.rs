//! Asking before something dangerous, with what it will do in numbers.

use serde::Serialize;

use crate::views::Page;
use keyward_core::domain::count::Count;

/// What is asked. The words stand in `confirmations.ftl` under `ask-` and the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Whether a user shall open the console.
    GrantSuperuser,
    /// Whether the console shall close for them.
    WithdrawSuperuser,
    /// Whether a user shall not sign in any more.
    Disable,
    /// Whether all sessions of a user shall end.
    EndSessions,
    /// Whether a user shall be erased.
    Delete,
    /// Whether a client of the validation server shall be refused.
    RevokeClient,
    /// Whether an API token shall not work any more.
    RevokeToken,
    /// Whether all counts of failed tries shall be forgotten.
    ClearLockouts,
    /// Whether a policy shall not hold any more.
    WithdrawPolicy,
    /// Whether a webhook shall have another secret.
    RotateWebhook,
    /// Whether a webhook shall be removed.
    RemoveWebhook,
    /// Whether a user's link with another OpenID provider shall be taken back.
    RemoveUpstreamLink,
    /// Whether a client of the OpenID provider shall have another secret.
    RotateClientSecret,
    /// Whether a client of the OpenID provider shall be removed.
    RemoveOpenidClient,
    /// Whether the members of a group shall have a role at the console.
    GrantRole,
    /// Whether they shall not have it any more.
    WithdrawRole,
    /// Whether the case of a lost key shall be closed, for its owner has another one.
    CloseKeyCase,
}

/// One thing that will happen. Its sentence stands under the question's key and its own.
#[derive(Clone, Debug, Serialize)]
pub struct Consequence {
    /// What, in a word.
    what: &'static str,
    /// How many.
    count: Count,
}

impl Consequence {
    /// So many of something.
    pub fn of(what: &'static str, count: u64) -> Self {
        let count = Count {
            number: count,
            is_more: false,
        };
        Self { what, count }
    }

    /// As many as were counted.
    pub fn counted(what: &'static str, count: Count) -> Self {
        Self { what, count }
    }

    /// Something that cannot be counted.
    pub fn plain(what: &'static str) -> Self {
        Self::of(what, 0)
    }
}

/// `GET` of an address whose `POST` does something dangerous.
#[derive(Clone, Serialize)]
pub struct ConfirmationPage {
    /// What is asked.
    pub question: Question,
    /// About whom or what, by name.
    pub name: String,
    /// What will happen.
    pub consequences: Vec<Consequence>,
    /// Where the answer goes.
    pub action: String,
    /// What goes along with it.
    pub fields: Vec<(&'static str, String)>,
    /// Where an administrator goes who thinks better of it.
    pub back: String,
}

impl Page for ConfirmationPage {
    const TEMPLATE: &'static str = "console/confirmation.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let of = |question, whats: &[&'static str]| Self {
            question,
            name: "ben <b>".to_owned(),
            consequences: whats
                .iter()
                .zip(1..)
                .map(|(what, count)| Consequence::of(what, count))
                .collect(),
            action: "/console/users/1/disable".to_owned(),
            fields: vec![("grant", "true".to_owned())],
            back: "/console/users/1".to_owned(),
        };
        vec![
            of(
                Question::GrantSuperuser,
                &["users", "superusers", "no-device"],
            ),
            of(Question::WithdrawSuperuser, &["superusers"]),
            of(Question::GrantRole, &["members", "help-desk", "auditor"]),
            of(Question::WithdrawRole, &["members", "help-desk", "auditor"]),
            of(
                Question::Disable,
                &["sessions", "browsers", "devices", "way-back"],
            ),
            of(Question::EndSessions, &["sessions", "devices"]),
            of(
                Question::Delete,
                &[
                    "devices",
                    "sessions",
                    "browsers",
                    "groups",
                    "invitations",
                    "messages",
                    "events",
                    "for-good",
                ],
            ),
            of(Question::RevokeClient, &["refused", "others", "way-back"]),
            of(Question::RevokeToken, &["refused", "for-good"]),
            of(Question::ClearLockouts, &["counts", "locks", "guessing"]),
            of(Question::WithdrawPolicy, &["people", "way-back"]),
            of(Question::RotateWebhook, &["both", "former"]),
            of(Question::RemoveWebhook, &["no-more", "waiting"]),
            of(Question::RemoveUpstreamLink, &["sessions", "way-back"]),
            of(Question::RotateClientSecret, &["both", "ends"]),
            of(
                Question::RemoveOpenidClient,
                &["nobody", "tokens", "for-good"],
            ),
        ]
    }
}
