//! Groups, and who belongs to them.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connection::{AnyConnection, failed, listed, prepared, unreadable};
use super::rule_names;
use super::schema::{group_members, groups, policies, users};
use keyward_core::clock::Timestamp;
use keyward_core::domain::count::Count;
use keyward_core::domain::group::{GroupName, GroupSummary, Member};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Problem, Result, codes};

/// The groups of a user, in the order of their names.
pub fn of_user(connection: &mut AnyConnection, user: UserId) -> Result<Vec<GroupName>> {
    prepared!(connection, |c| group_members::table
        .inner_join(groups::table)
        .filter(group_members::user_id.eq(user.to_string()))
        .filter(groups::removed_at.is_null())
        .order(groups::name)
        .select(groups::name)
        .load::<String>(c))
    .map(|names| {
        names
            .iter()
            .map(|name| GroupName::from_stored(name))
            .collect()
    })
    .map_err(failed)
}

/// The groups of several users, in the order of their names.
pub fn of_users(
    connection: &mut AnyConnection,
    users: &[UserId],
) -> Result<HashMap<UserId, Vec<GroupName>>> {
    let ids: Vec<String> = users.iter().map(ToString::to_string).collect();
    let rows = prepared!(connection, |c| group_members::table
        .inner_join(groups::table)
        .filter(group_members::user_id.eq_any(ids))
        .filter(groups::removed_at.is_null())
        .order(groups::name)
        .select((group_members::user_id, groups::name))
        .load::<(String, String)>(c))
    .map_err(failed)?;
    let mut found: HashMap<UserId, Vec<GroupName>> = HashMap::new();
    for (user, group) in rows {
        if let Some(user) = UserId::from_stored(&user) {
            let groups = found.entry(user).or_default();
            groups.push(GroupName::from_stored(&group));
        }
    }
    Ok(found)
}

/// Makes a user a member of exactly these groups, and groups that were not there.
///
/// # Errors
/// `group.being_removed`
pub fn replace(connection: &mut AnyConnection, user: UserId, groups: &[GroupName]) -> Result<()> {
    let before = group_members::table
        .inner_join(groups::table)
        .filter(group_members::user_id.eq(user.to_string()))
        .select((groups::id, groups::name))
        .load::<(i64, String)>(connection)
        .map_err(failed)?;
    // Always in the same order: the rows of groups that are counted in are locked on the way.
    let mut after: Vec<&GroupName> = groups.iter().collect();
    after.sort_unstable();
    after.dedup();
    let leaves = |name: &str| after.iter().all(|group| group.as_str() != name);
    let left = before.iter().filter(|(_, name)| leaves(name));
    let left: Vec<i64> = left.map(|(id, _)| *id).collect();
    if !left.is_empty() {
        diesel::delete(
            group_members::table
                .filter(group_members::user_id.eq(user.to_string()))
                .filter(group_members::group_id.eq_any(left)),
        )
        .execute(connection)
        .map_err(failed)?;
    }
    for group in after {
        be_there(connection, group)?;
        if before.iter().any(|(_, name)| name == group.as_str()) {
            continue;
        }
        let joined = diesel::sql_query(
            "INSERT INTO group_members (user_id, group_id) \
             SELECT $1, id FROM groups WHERE name = $2 AND removed_at IS NULL",
        )
        .bind::<Text, _>(user.to_string())
        .bind::<Text, _>(group.as_str())
        .execute(connection)
        .map_err(failed)?;
        if joined == 0 {
            return Err(being_removed(group));
        }
    }
    Ok(())
}

/// Makes a group; `false` where there is one of this name, or one that is being removed.
pub fn ensure(connection: &mut AnyConnection, name: &GroupName) -> Result<bool> {
    diesel::sql_query("INSERT INTO groups (name) VALUES ($1) ON CONFLICT (name) DO NOTHING")
        .bind::<Text, _>(name.as_str())
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Makes a group where there is none of this name.
///
/// # Errors
/// `group.being_removed`
pub fn be_there(connection: &mut AnyConnection, name: &GroupName) -> Result<()> {
    match ensure(connection, name)? || exists(connection, name)? {
        true => Ok(()),
        false => Err(being_removed(name)),
    }
}

fn being_removed(name: &GroupName) -> Problem {
    Problem::new(codes::GROUP_BEING_REMOVED).detailed(name.as_str())
}

/// Whether there is a group of this name.
pub fn exists(connection: &mut AnyConnection, name: &GroupName) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        groups::table
            .filter(groups::name.eq(name.as_str()))
            .filter(groups::removed_at.is_null()),
    ))
    .get_result(connection)
    .map_err(failed)
}

type Row = (String, i64, Option<i64>, Option<String>);

fn summary((name, members, removed_at, policy): Row) -> Result<GroupSummary> {
    Ok(GroupSummary {
        members: Count::of(members.try_into().unwrap_or_default()),
        has_policy: policy.is_some(),
        is_being_removed: removed_at.is_some(),
        name: GroupName::from_stored(&name),
    })
}

/// One group.
pub fn get(connection: &mut AnyConnection, name: &GroupName) -> Result<Option<GroupSummary>> {
    groups::table
        .left_join(policies::table.on(policies::scope.eq(groups::name)))
        .filter(groups::name.eq(name.as_str()))
        .filter(groups::removed_at.is_null())
        .select((
            groups::name,
            groups::members,
            groups::removed_at,
            policies::scope.nullable(),
        ))
        .first::<Row>(connection)
        .optional()
        .map_err(failed)?
        .map(summary)
        .transpose()
}

/// A page of groups, by name, those that are being removed included.
pub fn page(
    connection: &mut AnyConnection,
    after: Option<&GroupName>,
    limit: i64,
) -> Result<Vec<GroupSummary>> {
    let after = after.map_or("", GroupName::as_str);
    groups::table
        .left_join(policies::table.on(policies::scope.eq(groups::name)))
        .filter(groups::name.gt(after))
        .order(groups::name)
        .limit(limit)
        .select((
            groups::name,
            groups::members,
            groups::removed_at,
            policies::scope.nullable(),
        ))
        .load::<Row>(connection)
        .map_err(failed)?
        .into_iter()
        .map(summary)
        .collect()
}

/// The names of groups, in their order, at most `limit`.
pub fn names(connection: &mut AnyConnection, limit: i64) -> Result<Vec<GroupName>> {
    let names = groups::table
        .filter(groups::removed_at.is_null())
        .order(groups::name)
        .limit(limit)
        .select(groups::name)
        .load::<String>(connection)
        .map_err(failed)?;
    Ok(names
        .iter()
        .map(|name| GroupName::from_stored(name))
        .collect())
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
        .inner_join(groups::table)
        .filter(groups::name.eq(name.as_str()))
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

/// Makes a group one no more, and says how many members it had; `None` where there is none of this
/// name. Its members leave it a piece at a time: see [`leavers`].
pub fn remove(
    connection: &mut AnyConnection,
    name: &GroupName,
    judges_leavers: bool,
    now: Timestamp,
) -> Result<Option<i64>> {
    rule_names::forget_group(connection, name)?;
    diesel::update(
        groups::table
            .filter(groups::name.eq(name.as_str()))
            .filter(groups::removed_at.is_null()),
    )
    .set((
        groups::removed_at.eq(now.millis()),
        groups::judges_leavers.eq(judges_leavers),
    ))
    .returning(groups::members)
    .get_result::<i64>(connection)
    .optional()
    .map_err(failed)
}

/// Whether a superuser belongs to a group.
pub fn has_superuser(connection: &mut AnyConnection, name: &GroupName) -> Result<bool> {
    let members = group_members::table
        .inner_join(users::table)
        .inner_join(groups::table)
        .filter(groups::name.eq(name.as_str()))
        .filter(users::is_superuser);
    diesel::select(diesel::dsl::exists(members))
        .get_result(connection)
        .map_err(failed)
}

/// A group that is being removed.
#[derive(Clone, Debug)]
pub struct RemovedGroup {
    /// Its row.
    id: i64,
    /// Whether policy judges those who leave.
    pub judges_leavers: bool,
}

/// A group that members are still to leave.
pub fn next_removed(connection: &mut AnyConnection) -> Result<Option<RemovedGroup>> {
    groups::table
        .filter(groups::removed_at.is_not_null())
        .order(groups::name)
        .select((groups::id, groups::judges_leavers))
        .first::<(i64, bool)>(connection)
        .optional()
        .map(|row| row.map(|(id, judges_leavers)| RemovedGroup { id, judges_leavers }))
        .map_err(failed)
}

/// Lets at most `limit` members leave a group that is being removed, and says who they were. With
/// the last of them the group is gone.
pub fn leavers(
    connection: &mut AnyConnection,
    group: &RemovedGroup,
    limit: i64,
) -> Result<Vec<UserId>> {
    // Nodes that do this at the same time take turns.
    let row = groups::table.find(group.id);
    diesel::update(row.filter(groups::removed_at.is_not_null()))
        .set(groups::removed_at.eq(groups::removed_at))
        .execute(connection)
        .map_err(failed)?;
    let ids = group_members::table
        .filter(group_members::group_id.eq(group.id))
        .order(group_members::user_id)
        .limit(limit)
        .select(group_members::user_id)
        .load::<String>(connection)
        .map_err(failed)?;
    let Some(last) = ids.last() else {
        rule_names::forget_row(connection, group.id)?;
        let gone = groups::table.find(group.id);
        diesel::delete(gone.filter(groups::removed_at.is_not_null()))
            .execute(connection)
            .map_err(failed)?;
        return Ok(Vec::new());
    };
    diesel::delete(
        group_members::table
            .filter(group_members::group_id.eq(group.id))
            .filter(group_members::user_id.le(last)),
    )
    .execute(connection)
    .map_err(failed)?;
    Ok(ids
        .iter()
        .filter_map(|id| UserId::from_stored(id))
        .collect())
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
