//! Groups of people.

use super::App;
use crate::grounds;
use crate::policy;
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::application::ApplicationName;
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::group::{GroupName, GroupSummary, Member};
use keyward_core::domain::policy::Scope;
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{Administrator, MayAudit};
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::policies::Removed;
use keyward_store::{groups, roles};
use keyward_store::{judging, policies, rule_names};

/// The names of groups in their order, at most `limit`.
///
/// # Errors
/// The store's.
pub async fn names(app: &App, _: &MayAudit, limit: usize) -> Result<Vec<GroupName>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    app.store
        .read(move |connection| groups::names(connection, limit))
        .await
}

/// Refuses a group that is not there.
///
/// # Errors
/// `group.unknown`
pub async fn exists(app: &App, _: &MayAudit, name: GroupName) -> Result<()> {
    let is_there = app
        .store
        .look(move |connection| groups::exists(connection, &name))
        .await?;
    match is_there {
        true => Ok(()),
        false => Err(codes::GROUP_UNKNOWN.into()),
    }
}

/// A page of groups, by name.
///
/// # Errors
/// The store's.
pub async fn list(
    app: &App,
    _: &MayAudit,
    after: Option<GroupName>,
    limit: i64,
) -> Result<Vec<GroupSummary>> {
    app.store
        .read(move |connection| groups::page(connection, after.as_ref(), limit))
        .await
}

/// One group.
///
/// # Errors
/// `group.unknown`
pub async fn find(app: &App, _: &MayAudit, name: GroupName) -> Result<GroupSummary> {
    app.store
        .read(move |connection| {
            let found = groups::get(connection, &name)?;
            found.ok_or_else(|| Problem::new(codes::GROUP_UNKNOWN).detailed(name.as_str()))
        })
        .await
}

/// A page of a group's members, in the order of their accounts.
///
/// # Errors
/// `group.unknown`
pub async fn members(
    app: &App,
    _: &MayAudit,
    name: GroupName,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<Member>> {
    app.store
        .read(move |connection| {
            if !groups::exists(connection, &name)? {
                return Err(Problem::new(codes::GROUP_UNKNOWN).detailed(name.as_str()));
            }
            groups::members(connection, &name, after, limit)
        })
        .await
}

/// Makes a group without members.
///
/// # Errors
/// `group.name_taken`, `group.being_removed`
pub async fn create(app: &App, administrator: &Administrator, name: GroupName) -> Result<()> {
    let event = administrator.does(EventKind::GroupAdded);
    let added = EventDetail::Named {
        name: name.as_str().to_owned(),
    };
    let (event, context) = (event.detailed(added), app.context());
    // Its name is in the request.
    let made = |(): &()| Created::plain("");
    grounds::create_for(app, administrator, made, move |connection| {
        if !groups::ensure(connection, &name)? {
            let is_there = groups::exists(connection, &name)?;
            return Err(match is_there {
                true => codes::GROUP_NAME_TAKEN.into(),
                false => codes::GROUP_BEING_REMOVED.into(),
            });
        }
        context.record(connection, &event)
    })
    .await
}

/// The applications whose rules name a group, by name: what its removal changes there.
///
/// # Errors
/// The store's.
pub async fn applications_of(
    app: &App,
    _: &MayAudit,
    name: GroupName,
) -> Result<Vec<ApplicationName>> {
    app.store
        .read(move |connection| rule_names::applications_of_group(connection, &name))
        .await
}

/// Removes a group with its policy. Its members stay users. It is a group no more when this
/// returns; its name is free when the last member has left it, which goes on by itself.
///
/// # Errors
/// `group.unknown`; `api_token.scope` where superusers or people with a role are in it, or it gives one.
pub async fn remove(app: &App, administrator: &Administrator, name: GroupName) -> Result<()> {
    let event = administrator.does(EventKind::GroupRemoved);
    let withdrawn = administrator.does(EventKind::RoleWithdrawn);
    let context = app.context();
    let by = administrator.grounds();
    grounds::write_for(app, by.clone(), move |connection| {
        let given = roles::of_group(connection, &name)?;
        if !given.is_empty()
            || groups::has_superuser(connection, &name)?
            || roles::staff_belong_to(connection, &name)?
        {
            by.require(ApiScope::SuperusersWrite)?;
        }
        let scope = Scope::Group(name.clone());
        let policy = policies::remove(connection, &scope)?;
        judging::forget(connection, &scope)?;
        let had_rules = match policy {
            None => false,
            Some(Removed::Read(policy)) => policy.rules.is_some(),
            Some(Removed::Unreadable) => true,
        };
        let required = &context.settings.policy.require_second_factor;
        let is_judged = had_rules || required.names(&name);
        let removed = groups::remove(connection, &name, is_judged, context.now)?;
        let Some(members) = removed else {
            return Err(Problem::new(codes::GROUP_UNKNOWN).detailed(name.as_str()));
        };
        let detail = EventDetail::GroupRemoved {
            group: name.as_str().to_owned(),
            members,
        };
        for role in given {
            let group = Some(name.as_str().to_owned());
            let withdrawn = withdrawn
                .clone()
                .detailed(EventDetail::Role { role, group });
            context.record(connection, &withdrawn)?;
        }
        context.record(connection, &event.detailed(detail))
    })
    .await?;
    policy::begin_to_judge_again(app).await;
    Ok(())
}
