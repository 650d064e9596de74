//! What is asked before something dangerous: the pages at the addresses whose posts do it.

use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use super::confirming::ConfirmingSuperuser;
use super::policies::scope;
use super::user_address::{address, id};
use crate::views::console::{ConfirmationPage, Consequence, Question};
use crate::web::Site;
use crate::web::answer::Answer;
use keyward_actions::group;
use keyward_actions::lockout;
use keyward_actions::user::{self, Foreseen};
use keyward_actions::validation;
use keyward_core::domain::validation_client::ValidationClientId;
use keyward_core::problem::{Result, codes};

#[derive(Deserialize)]
pub struct Rights {
    grant: bool,
}

#[derive(Deserialize)]
pub struct Group {
    group: Option<String>,
}

/// Whether a user shall open the console, or not any more.
pub async fn superuser(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    path: Path<String>,
    Query(rights): Query<Rights>,
) -> Answer {
    let found = foreseen(&site, &asked, &path).await?;
    let superusers = Consequence::of("superusers", found.other_superusers);
    let (question, consequences) = match rights.grant {
        true => {
            let mut consequences = vec![Consequence::counted("users", found.users), superusers];
            if found.belongings.devices == 0 {
                consequences.push(Consequence::plain("no-device"));
            }
            (Question::GrantSuperuser, consequences)
        }
        false => (Question::WithdrawSuperuser, vec![superusers]),
    };
    let page = ConfirmationPage {
        fields: vec![("grant", rights.grant.to_string())],
        ..about(&found, question, "superuser", consequences)
    };
    asked.reader.show(&page)
}

/// Whether a user shall not sign in any more.
pub async fn disable(site: Data<Site>, asked: ConfirmingSuperuser, path: Path<String>) -> Answer {
    let found = foreseen(&site, &asked, &path).await?;
    let theirs = &found.belongings;
    let mut consequences = vec![Consequence::of("sessions", theirs.sessions)];
    if theirs.trusted_browsers > 0 {
        consequences.push(Consequence::of("browsers", theirs.trusted_browsers));
    }
    consequences.push(Consequence::of("devices", theirs.devices));
    consequences.push(Consequence::plain("way-back"));
    let page = about(&found, Question::Disable, "disable", consequences);
    asked.reader.show(&page)
}

/// Whether all sessions of a user shall end.
pub async fn end_sessions(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    path: Path<String>,
) -> Answer {
    let found = foreseen(&site, &asked, &path).await?;
    let consequences = vec![
        Consequence::of("sessions", found.belongings.sessions),
        Consequence::of("devices", found.belongings.devices),
    ];
    let page = about(&found, Question::EndSessions, "sessions/end", consequences);
    asked.reader.show(&page)
}

/// Whether a user shall be erased.
pub async fn delete(site: Data<Site>, asked: ConfirmingSuperuser, path: Path<String>) -> Answer {
    let found = foreseen(&site, &asked, &path).await?;
    let theirs = &found.belongings;
    let counted = [
        ("devices", theirs.devices),
        ("sessions", theirs.sessions),
        ("browsers", theirs.trusted_browsers),
        ("groups", theirs.groups),
        ("applications", theirs.applications),
        ("invitations", theirs.invitations),
        ("messages", theirs.messages),
        ("events", theirs.events),
    ];
    let counted = counted.into_iter().filter(|(_, count)| *count > 0);
    let mut consequences: Vec<Consequence> = counted
        .map(|(what, count)| Consequence::of(what, count))
        .collect();
    consequences.push(Consequence::plain("for-good"));
    let page = about(&found, Question::Delete, "delete", consequences);
    asked.reader.show(&page)
}

async fn foreseen(site: &Site, asked: &ConfirmingSuperuser, path: &str) -> Result<Foreseen> {
    user::foresee(&site.app, &asked.administrator, id(path)?).await
}

fn about(
    found: &Foreseen,
    question: Question,
    act: &str,
    consequences: Vec<Consequence>,
) -> ConfirmationPage {
    let back = address(found.user.id);
    ConfirmationPage {
        question,
        name: found.user.name.as_str().to_owned(),
        consequences,
        action: format!("{back}/{act}"),
        fields: Vec::new(),
        back,
    }
}

/// Whether a client of the validation server shall be refused.
pub async fn revoke_client(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    path: Path<String>,
) -> Answer {
    let id = ValidationClientId::parse(&path).ok_or(codes::CLIENT_UNKNOWN)?;
    validation::client(&site.app, &asked.administrator, id).await?;
    let clients = validation::clients(&site.app, &asked.administrator).await?;
    let others = clients.iter().filter(|one| one.id != id && one.is_active);
    let back = format!("/console/clients/{id}");
    let page = ConfirmationPage {
        question: Question::RevokeClient,
        name: id.to_string(),
        consequences: vec![
            Consequence::plain("refused"),
            Consequence::of("others", others.count().try_into().unwrap_or_default()),
            Consequence::plain("way-back"),
        ],
        action: format!("{back}/revoke"),
        fields: Vec::new(),
        back,
    };
    asked.reader.show(&page)
}

/// Whether all counts of failed tries shall be forgotten.
pub async fn clear_lockouts(site: Data<Site>, asked: ConfirmingSuperuser) -> Answer {
    let (counts, locks) = lockout::tally(&site.app, &asked.administrator).await?;
    let page = ConfirmationPage {
        question: Question::ClearLockouts,
        name: String::new(),
        consequences: vec![
            Consequence::of("counts", counts),
            Consequence::of("locks", locks),
            Consequence::plain("guessing"),
        ],
        action: "/console/lockouts/clear".to_owned(),
        fields: vec![("which", "all".to_owned())],
        back: "/console/lockouts".to_owned(),
    };
    asked.reader.show(&page)
}

/// Whether a policy shall not hold any more.
pub async fn withdraw_policy(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    Query(meant): Query<Group>,
) -> Answer {
    let scope = scope(meant.group)?;
    let group = scope.group().cloned();
    let people = match &group {
        Some(group) => {
            let found = group::find(&site.app, &asked.administrator, group.clone());
            found.await?.members
        }
        None => user::count(&site.app, &asked.administrator).await?,
    };
    let name = group.map_or_else(String::new, |group| group.as_str().to_owned());
    let page = ConfirmationPage {
        question: Question::WithdrawPolicy,
        consequences: vec![
            Consequence::counted("people", people),
            Consequence::plain("way-back"),
        ],
        action: "/console/policies/remove".to_owned(),
        fields: match name.as_str() {
            "" => Vec::new(),
            group => vec![("group", group.to_owned())],
        },
        back: "/console/policies".to_owned(),
        name,
    };
    asked.reader.show(&page)
}
