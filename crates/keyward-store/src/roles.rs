//! Who has which role at the console, by themselves and by their groups.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connection::{AnyConnection, failed, prepared};
use super::role_schema::{group_roles, user_roles};
use super::schema::{group_members, groups, users};
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::role::{GivenRole, Role, Roles};
use keyward_core::domain::user::{UserId, UserName};
use keyward_core::problem::Result;

/// Whoever has a role.
const STAFF: &str = "SELECT user_id FROM user_roles UNION SELECT m.user_id FROM group_members m \
    JOIN groups g ON g.id = m.group_id JOIN group_roles r ON r.group_id = g.id \
    WHERE g.removed_at IS NULL";

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Member {
    #[diesel(sql_type = Text)]
    user_id: String,
}

/// Whether there is a row of `rows`, which has one parameter.
fn is_there(connection: &mut AnyConnection, rows: &str, parameter: &str) -> Result<bool> {
    let count = format!("SELECT COUNT(*) AS number FROM ({rows} LIMIT 1) AS found");
    diesel::sql_query(count)
        .bind::<Text, _>(parameter)
        .get_result::<Number>(connection)
        .map(|found| found.number > 0)
        .map_err(failed)
}

/// Whether somebody with a role has a device of this kind.
pub fn staff_have(connection: &mut AnyConnection, kind: DeviceKind) -> Result<bool> {
    let rows = format!("SELECT 1 FROM devices WHERE kind = $1 AND user_id IN ({STAFF})");
    is_there(connection, &rows, kind.as_str())
}

/// Whether somebody with a role has this address, compared without regard to case.
pub fn staff_have_email(connection: &mut AnyConnection, folded: &str) -> Result<bool> {
    let rows = format!("SELECT 1 FROM users WHERE email_folded = $1 AND id IN ({STAFF})");
    is_there(connection, &rows, folded)
}

/// Whether somebody with a role, by this group or otherwise, belongs to a group.
pub fn staff_belong_to(connection: &mut AnyConnection, group: &GroupName) -> Result<bool> {
    let rows = format!(
        "SELECT 1 FROM group_members WHERE group_id IN (SELECT id FROM groups WHERE name = $1) \
         AND user_id IN ({STAFF})"
    );
    is_there(connection, &rows, group.as_str())
}

/// The members of a group for whom something was issued that lets them in later: a pass, or a key that they
/// have not activated.
pub fn members_awaited(connection: &mut AnyConnection, group: &GroupName) -> Result<Vec<UserId>> {
    const MEMBERS: &str = "SELECT m.user_id FROM group_members m \
        JOIN groups g ON g.id = m.group_id WHERE g.name = $1";
    let awaited = format!(
        "SELECT user_id FROM passes WHERE user_id IN ({MEMBERS}) \
         UNION SELECT user_id FROM key_enrolments WHERE user_id IN ({MEMBERS})"
    );
    let found = diesel::sql_query(awaited)
        .bind::<Text, _>(group.as_str())
        .load::<Member>(connection)
        .map_err(failed)?;
    Ok(found
        .iter()
        .filter_map(|member| UserId::from_stored(&member.user_id))
        .collect())
}

/// The roles of a user, by themselves and by the groups that they belong to.
pub fn of_user(connection: &mut AnyConnection, user: UserId) -> Result<Roles> {
    let mut words = prepared!(connection, |c| user_roles::table
        .filter(user_roles::user_id.eq(user.to_string()))
        .select(user_roles::role)
        .load::<String>(c))
    .map_err(failed)?;
    words.extend(
        prepared!(connection, |c| group_members::table
            .inner_join(groups::table)
            .inner_join(group_roles::table.on(group_roles::group_id.eq(group_members::group_id)))
            .filter(group_members::user_id.eq(user.to_string()))
            .filter(groups::removed_at.is_null())
            .select(group_roles::role)
            .load::<String>(c))
        .map_err(failed)?,
    );
    Ok(words
        .iter()
        .filter_map(|word| Role::from_stored(word))
        .collect())
}

/// Whether a user has a role.
pub fn has(connection: &mut AnyConnection, user: UserId, role: Role) -> Result<bool> {
    of_user(connection, user).map(|roles| roles.contains(&role))
}

/// Whether a user has any role.
pub fn has_any(connection: &mut AnyConnection, user: UserId) -> Result<bool> {
    of_user(connection, user).map(|roles| !roles.is_empty())
}

/// The roles that the members of a group have by it.
pub fn of_group(connection: &mut AnyConnection, group: &GroupName) -> Result<Roles> {
    let words = group_roles::table
        .inner_join(groups::table)
        .filter(groups::name.eq(group.as_str()))
        .filter(groups::removed_at.is_null())
        .select(group_roles::role)
        .load::<String>(connection)
        .map_err(failed)?;
    Ok(words
        .iter()
        .filter_map(|word| Role::from_stored(word))
        .collect())
}

/// Whether one of these groups gives its members a role.
pub fn any_is_given_by(connection: &mut AnyConnection, names: &[GroupName]) -> Result<bool> {
    let names: Vec<&str> = names.iter().map(GroupName::as_str).collect();
    let number: i64 = group_roles::table
        .inner_join(groups::table)
        .filter(groups::name.eq_any(names))
        .count()
        .get_result(connection)
        .map_err(failed)?;
    Ok(number > 0)
}

/// Gives a role to the members of a group; `false` where they have it by it, or there is no such group.
pub fn give_to_group(
    connection: &mut AnyConnection,
    group: &GroupName,
    role: Role,
) -> Result<bool> {
    diesel::sql_query(
        "INSERT INTO group_roles (group_id, role) \
         SELECT id, $1 FROM groups WHERE name = $2 AND removed_at IS NULL \
         ON CONFLICT (group_id, role) DO NOTHING",
    )
    .bind::<Text, _>(role.as_str())
    .bind::<Text, _>(group.as_str())
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Takes a role from the members of a group; `false` where they do not have it by it.
pub fn take_from_group(
    connection: &mut AnyConnection,
    group: &GroupName,
    role: Role,
) -> Result<bool> {
    let of = groups::table
        .filter(groups::name.eq(group.as_str()))
        .select(groups::id);
    diesel::delete(
        group_roles::table
            .filter(group_roles::role.eq(role.as_str()))
            .filter(group_roles::group_id.eq_any(of)),
    )
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Gives a role to one user; `false` where they have it by themselves.
pub fn give_to_user(connection: &mut AnyConnection, user: UserId, role: Role) -> Result<bool> {
    diesel::sql_query(
        "INSERT INTO user_roles (user_id, role) VALUES ($1, $2) \
         ON CONFLICT (user_id, role) DO NOTHING",
    )
    .bind::<Text, _>(user.to_string())
    .bind::<Text, _>(role.as_str())
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Takes a role from one user; `false` where they do not have it by themselves.
pub fn take_from_user(connection: &mut AnyConnection, user: UserId, role: Role) -> Result<bool> {
    diesel::delete(
        user_roles::table
            .filter(user_roles::user_id.eq(user.to_string()))
            .filter(user_roles::role.eq(role.as_str())),
    )
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// The roles that were given, to groups first, each by role and name, at most `limit` of each.
pub fn given(connection: &mut AnyConnection, limit: i64) -> Result<Vec<GivenRole>> {
    let to_groups = group_roles::table
        .inner_join(groups::table)
        .filter(groups::removed_at.is_null())
        .order((group_roles::role, groups::name))
        .limit(limit)
        .select((group_roles::role, groups::name))
        .load::<(String, String)>(connection)
        .map_err(failed)?;
    let to_users = user_roles::table
        .inner_join(users::table)
        .order((user_roles::role, users::name))
        .limit(limit)
        .select((user_roles::role, users::name))
        .load::<(String, String)>(connection)
        .map_err(failed)?;
    let of_group = |(role, name): (String, String)| {
        Some(GivenRole {
            role: Role::from_stored(&role)?,
            group: Some(GroupName::from_stored(&name)),
            user: None,
        })
    };
    let of_user = |(role, name): (String, String)| {
        Some(GivenRole {
            role: Role::from_stored(&role)?,
            group: None,
            user: Some(UserName::from_stored(&name)),
        })
    };
    let all = to_groups.into_iter().filter_map(of_group);
    Ok(all
        .chain(to_users.into_iter().filter_map(of_user))
        .collect())
}
