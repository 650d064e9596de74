//! `/console/groups`

use actix_web::web::{Data, Form, Query};
use serde::Deserialize;

use super::confirming::ConfirmingSuperuser;
use super::paging::{ONE_MORE, cut, read};
use super::wanted::Wanted;
use crate::lists::Groups;
use crate::views::Notice;
use crate::views::console::{
    ConfirmationPage, Consequence, GroupPage, GroupRole, GroupRow, GroupsPage, MemberRow, Question,
    RemoveGroupPage,
};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::group;
use keyward_actions::role;
use keyward_actions::user;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::role::{Role, RoleHolder};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, Superuser};
use keyward_core::problem::{Problem, Result, codes};

const HERE: &str = "/console/groups";

#[derive(Deserialize)]
pub struct Which {
    name: String,
    after: Option<String>,
}

#[derive(Deserialize)]
pub struct Change {
    name: String,
    join: Option<String>,
    leave: Option<String>,
}

#[derive(Deserialize)]
pub struct RoleChange {
    name: String,
    role: String,
    grant: bool,
}

impl RoleChange {
    fn role(&self) -> Result<Role> {
        Role::parse(&self.role).ok_or_else(|| {
            let why = format!("{:?} is no role", self.role);
            Problem::new(codes::REQUEST_MALFORMED).detailed(why)
        })
    }
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    wanted: Wanted<Groups>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let page = page(&site, &by, wanted, String::new()).await?;
    reader.at_console(&auditor).show(&page)
}

async fn page(
    site: &Site,
    by: &MayAudit,
    wanted: Wanted<Groups>,
    name: String,
) -> Result<GroupsPage> {
    let found = wanted.page(&site.app, by).await?;
    Ok(GroupsPage {
        next: found.next,
        groups: found.items.iter().map(GroupRow::from).collect(),
        name,
        is_first_page: found.is_first_page,
    })
}

/// Adds one.
pub async fn add(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(which): Form<Which>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let added = match GroupName::parse(which.name.trim()) {
        Ok(name) => {
            let created = group::create(&site.app, &administrator, name.clone());
            created.await.map(|()| name)
        }
        Err(problem) => Err(problem),
    };
    match added {
        Ok(name) => {
            let notice = Notice::GroupAdded {
                name: name.as_str().to_owned(),
            };
            reader.tell(&address(&name), notice)
        }
        Err(problem) if problem.fault().can_be_mended() => {
            let page = page(&site, &administrator, Wanted::read("")?, which.name).await?;
            reader.at_console(&superuser).show_refused(&page, &problem)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// One group with its members.
pub async fn show(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    Query(which): Query<Which>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let name = name(&which.name)?;
    let after = read(which.after, UserId::parse)?;
    let group = group::find(&site.app, &by, name.clone()).await?;
    let roles = role::of_group(&site.app, &by, name.clone()).await?;
    let mut members = group::members(&site.app, &by, name, after, ONE_MORE).await?;
    let is_more = cut(&mut members);
    let last = members.last().filter(|_| is_more);
    let page = GroupPage {
        group: GroupRow::from(&group),
        roles: GroupRole::of(&roles),
        next: last.map(|last| last.id.to_string()),
        members: members.iter().map(MemberRow::from).collect(),
        is_first_page: after.is_none(),
    };
    reader.at_console(&auditor).show(&page)
}

/// Lets a user join, by name, or leave.
pub async fn members(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(change): Form<Change>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let group = name(&change.name)?;
    group::find(&site.app, &administrator, group.clone()).await?;
    let here = address(&group);
    let app = &site.app;
    if let Some(id) = change.leave {
        let id = UserId::parse(&id).ok_or(codes::USER_UNKNOWN)?;
        let leave = vec![group];
        let left = user::change_groups(app, &administrator, id, Vec::new(), leave);
        left.await?;
        let user = user::find(app, &administrator, id).await?;
        let name = user.name.as_str().to_owned();
        return reader.tell(&here, Notice::LeftGroup { name });
    }
    let typed = change.join.unwrap_or_default();
    let Some(user) = user::find_by_name(app, &administrator, &typed).await? else {
        let unknown = Problem::from(codes::USER_UNKNOWN);
        return reader.tell(&here, Notice::refused(&unknown));
    };
    let join = vec![group];
    let joined = user::change_groups(app, &administrator, user.id, join, Vec::new());
    joined.await?;
    let name = user.name.as_str().to_owned();
    reader.tell(&here, Notice::JoinedGroup { name })
}

/// Asks before one is removed.
pub async fn ask_to_remove(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Query(which): Query<Which>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let group = group::find(&site.app, &administrator, name(&which.name)?).await?;
    let named = group::applications_of(&site.app, &administrator, group.name.clone()).await?;
    let page = RemoveGroupPage {
        group: GroupRow::from(&group),
        applications: named.iter().map(ToString::to_string).collect(),
    };
    reader.at_console(&superuser).show(&page)
}

/// Removes one.
pub async fn remove(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(which): Form<Which>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let group = name(&which.name)?;
    let name = group.as_str().to_owned();
    group::remove(&site.app, &administrator, group).await?;
    reader.tell(HERE, Notice::GroupRemoved { name })
}

/// Whether the members of a group shall have a role, or not any more.
pub async fn ask_for_role(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    Query(which): Query<RoleChange>,
) -> Answer {
    let group = name(&which.name)?;
    let role = which.role()?;
    let found = group::find(&site.app, &asked.administrator, group.clone()).await?;
    let question = match which.grant {
        true => Question::GrantRole,
        false => Question::WithdrawRole,
    };
    let page = ConfirmationPage {
        question,
        consequences: vec![
            Consequence::counted("members", found.members),
            Consequence::plain(role.as_str()),
        ],
        action: format!("{HERE}/roles"),
        fields: vec![
            ("name", group.as_str().to_owned()),
            ("role", role.as_str().to_owned()),
            ("grant", which.grant.to_string()),
        ],
        back: address(&group),
        name: which.name,
    };
    asked.reader.show(&page)
}

/// Gives the members of a group a role, or takes it away.
pub async fn change_role(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(which): Form<RoleChange>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let group = name(&which.name)?;
    let (here, holder) = (address(&group), RoleHolder::Group(group));
    let (role, name) = (which.role()?, which.name);
    let notice = match which.grant {
        true => {
            role::grant(&site.app, &administrator, holder, role).await?;
            Notice::RoleGranted { name }
        }
        false => {
            role::withdraw(&site.app, &administrator, holder, role).await?;
            Notice::RoleWithdrawn { name }
        }
    };
    reader.tell(&here, notice)
}

fn address(name: &GroupName) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query.append_pair("name", name.as_str()).finish();
    format!("{HERE}/show?{query}")
}

fn name(text: &str) -> Result<GroupName> {
    existing(text).ok_or_else(|| codes::GROUP_UNKNOWN.into())
}

/// A group that may be there, whatever the rule for new ones is today. No text of the database has
/// a NUL.
pub(super) fn existing(text: &str) -> Option<GroupName> {
    let can_be = !text.is_empty() && !text.contains('\0');
    can_be.then(|| GroupName::from_stored(text))
}
