//! Groups, and who belongs to them.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connection::{AnyConnection, failed, listed, prepared, unreadable};
use super::schema::{group_members, groups, policies, users};
use crate::domain::count::Count;
use crate::domain::group::GroupName;
use crate::domain::user::UserId;
use crate::problem::Result;

/// The groups of a user, in the order of their names.
pub fn of_user(connection: &mut AnyConnection, user: UserId) -> Result<Vec<GroupName>> {
    prepared!(connection, |c| group_members::table
        .filter(group_members::user_id.eq(user.to_string()))
        .order(group_members::group_name)
        .select(group_members::group_name)
        .load::<String>(c))
    .map(|names| {
        names
            .iter()
            .map(|name| GroupName::from_stored(name))
            .collect()
    })
    .map_err(failed)
}

/// Makes a user a member of exactly these groups, and groups that were not there.
pub fn replace(connection: &mut AnyConnection, user: UserId, groups: &[GroupName]) -> Result<()> {
    prepared!(connection, |c| diesel::delete(
        group_members::table.filter(group_members::user_id.eq(user.to_string()))
    )
    .execute(c))
    .map_err(failed)?;
    for group in groups {
        ensure(connection, group)?;
    }
    let mut names: Vec<&str> = groups.iter().map(GroupName::as_str).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        prepared!(connection, |c| diesel::insert_into(group_members::table)
            .values((
                group_members::user_id.eq(user.to_string()),
                group_members::group_name.eq(name),
            ))
            .execute(c))
        .map_err(failed)?;
    }
    Ok(())
}

/// A group in a list.
#[derive(Clone, Debug)]
pub struct GroupSummary {
    /// Its name.
    pub name: GroupName,
    /// How many members it has.
    pub members: Count,
    /// Whether it has a policy or a draft of its own.
    pub has_policy: bool,
}

/// A member of a group.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who.
    pub id: UserId,
    /// Their name.
    pub name: String,
}

/// Makes a group; `false` where there is one of this name.
pub fn ensure(connection: &mut AnyConnection, name: &GroupName) -> Result<bool> {
    diesel::sql_query("INSERT INTO groups (name) VALUES ($1) ON CONFLICT (name) DO NOTHING")
        .bind::<Text, _>(name.as_str())
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Whether there is a group of this name.
pub fn exists(connection: &mut AnyConnection, name: &GroupName) -> Result<bool> {
    diesel::select(diesel::dsl::exists(groups::table.find(name.as_str())))
        .get_result(connection)
        .map_err(failed)
}

fn summary(connection: &mut AnyConnection, name: String) -> Result<GroupSummary> {
    let has_policy = diesel::select(diesel::dsl::exists(policies::table.find(&name)))
        .get_result(connection)
        .map_err(failed)?;
    Ok(GroupSummary {
        members: super::counts::members(connection, &name)?,
        name: GroupName::from_stored(&name),
        has_policy,
    })
}

/// One group.
pub fn get(connection: &mut AnyConnection, name: &GroupName) -> Result<Option<GroupSummary>> {
    if !exists(connection, name)? {
        return Ok(None);
    }
    summary(connection, name.as_str().to_owned()).map(Some)
}

/// A page of groups, by name.
pub fn page(
    connection: &mut AnyConnection,
    after: Option<&GroupName>,
    limit: i64,
) -> Result<Vec<GroupSummary>> {
    let after = after.map_or("", GroupName::as_str);
    let names = groups::table
        .filter(groups::name.gt(after))
        .order(groups::name)
        .limit(limit)
        .select(groups::name)
        .load::<String>(connection)
        .map_err(failed)?;
    names
        .into_iter()
        .map(|name| summary(connection, name))
        .collect()
}

/// A page of a group's members, in the order of their accounts.
pub fn members(
    connection: &mut AnyConnection,
    name: &GroupName,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<Member>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    group_members::table
        .inner_join(users::table)
        .filter(group_members::group_name.eq(name.as_str()))
        .filter(group_members::user_id.gt(after))
        .order(group_members::user_id)
        .limit(limit)
        .select((users::id, users::name))
        .load::<(String, String)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(id, name)| {
            let id = UserId::from_stored(&id).ok_or_else(|| unreadable("users", &id, "id"))?;
            Ok(Member { id, name })
        })
        .filter_map(listed)
        .collect()
}

/// Removes a group and counts its members; `None` where there is none of this name.
pub fn remove(connection: &mut AnyConnection, name: &GroupName) -> Result<Option<usize>> {
    let removed = diesel::delete(groups::table.find(name.as_str()))
        .execute(connection)
        .map_err(failed)?;
    if removed == 0 {
        return Ok(None);
    }
    diesel::delete(group_members::table.filter(group_members::group_name.eq(name.as_str())))
        .execute(connection)
        .map(Some)
        .map_err(failed)
}

/// A page of all groups as their rows are, by name.
pub(super) fn as_they_are(
    connection: &mut AnyConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<String>> {
    groups::table
        .filter(groups::name.gt(after))
        .order(groups::name)
        .limit(limit)
        .select(groups::name)
        .load(connection)
        .map_err(failed)
}
