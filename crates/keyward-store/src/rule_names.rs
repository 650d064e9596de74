//! Whom the rules of applications and OpenID clients name: in which of them, and what becomes of that once
//! they are gone.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::applications::count_change as count_application_change;
use super::connection::{AnyConnection, failed};
use super::openid_clients::count_change as count_client_change;
use super::openid_schema::{openid_client_groups, openid_client_users};
use super::schema::{application_rule_groups, application_rule_users, applications, groups};
use keyward_core::domain::application::ApplicationName;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

/// The applications whose rules name a group, by name.
pub fn applications_of_group(
    connection: &mut AnyConnection,
    group: &GroupName,
) -> Result<Vec<ApplicationName>> {
    use application_rule_groups as named;
    let names = named::table
        .inner_join(groups::table.on(groups::id.eq(named::group_id)))
        .filter(named::application_id.eq(applications::id))
        .filter(groups::name.eq(group.as_str()));
    applications::table
        .filter(exists(names))
        .order((applications::name_folded, applications::id))
        .select(applications::name)
        .load::<String>(connection)
        .map(|names| {
            names
                .iter()
                .map(|name| ApplicationName::from_stored(name))
                .collect()
        })
        .map_err(failed)
}

/// How many applications have rules that name a user.
pub fn count_of_user(connection: &mut AnyConnection, user: UserId) -> Result<u64> {
    use application_rule_users as named;
    let names = named::table
        .filter(named::application_id.eq(applications::id))
        .filter(named::user_id.eq(user.to_string()));
    applications::table
        .filter(exists(names))
        .count()
        .get_result::<i64>(connection)
        .map(|count| count.try_into().unwrap_or_default())
        .map_err(failed)
}

/// Strikes a group from all rules, at once: a group of the same name that is made later is another, and
/// no server may let its members in by rules that it has read before.
pub(super) fn forget_group(connection: &mut AnyConnection, group: &GroupName) -> Result<()> {
    let id = groups::table
        .filter(groups::name.eq(group.as_str()))
        .select(groups::id)
        .first::<i64>(connection)
        .optional()
        .map_err(failed)?;
    id.map_or(Ok(()), |id| forget_row(connection, id))
}

/// The same, of the group's row.
pub(super) fn forget_row(connection: &mut AnyConnection, group: i64) -> Result<()> {
    use application_rule_groups as in_rules;
    use openid_client_groups as of_clients;
    let rules = diesel::delete(in_rules::table.filter(in_rules::group_id.eq(group)))
        .execute(connection)
        .map_err(failed)?;
    let clients = diesel::delete(of_clients::table.filter(of_clients::group_id.eq(group)))
        .execute(connection)
        .map_err(failed)?;
    count_struck(connection, rules, clients)
}

/// Strikes a user from all rules.
pub(super) fn forget_user(connection: &mut AnyConnection, user: UserId) -> Result<()> {
    use application_rule_users as in_rules;
    use openid_client_users as of_clients;
    let user = user.to_string();
    let rules = diesel::delete(in_rules::table.filter(in_rules::user_id.eq(&user)))
        .execute(connection)
        .map_err(failed)?;
    let clients = diesel::delete(of_clients::table.filter(of_clients::user_id.eq(&user)))
        .execute(connection)
        .map_err(failed)?;
    count_struck(connection, rules, clients)
}

fn count_struck(connection: &mut AnyConnection, rules: usize, clients: usize) -> Result<()> {
    if rules > 0 {
        count_application_change(connection)?;
    }
    match clients {
        0 => Ok(()),
        _ => count_client_change(connection),
    }
}
