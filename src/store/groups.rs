//! Which groups a user belongs to.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared, unreadable};
use super::schema::group_members;
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
    .map_err(failed)?
    .into_iter()
    .map(|name| {
        GroupName::parse(&name).map_err(|_| unreadable("group_members", &name, "group_name"))
    })
    .collect()
}

/// Makes a user a member of exactly these groups.
pub fn replace(connection: &mut AnyConnection, user: UserId, groups: &[GroupName]) -> Result<()> {
    prepared!(connection, |c| diesel::delete(
        group_members::table.filter(group_members::user_id.eq(user.to_string()))
    )
    .execute(c))
    .map_err(failed)?;
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
