//! The groups of a user.

use crate::grounds;
use crate::policy::judge_users;
use crate::session::forget_issued;
use crate::{App, WriteContext};
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{Administrator, Grounds, MayLookUp};
use keyward_core::problem::Result;
use keyward_store::{AnyConnection, groups, roles, users};

/// The groups of a user, in the order of their names.
///
/// # Errors
/// The store's.
pub async fn groups_of(app: &App, _: &MayLookUp, user: UserId) -> Result<Vec<GroupName>> {
    app.store
        .look(move |connection| groups::of_user(connection, user))
        .await
}

/// Makes a user join and leave groups, and gives back those that they belong to then. Joining
/// twice and leaving what one is not in change nothing.
///
/// # Errors
/// `user.unknown`, `api_token.scope`
pub async fn change_groups(
    app: &App,
    administrator: &Administrator,
    id: UserId,
    join: Vec<GroupName>,
    leave: Vec<GroupName>,
) -> Result<Vec<GroupName>> {
    let event = administrator.does(EventKind::GroupsChanged).about(id);
    let context = app.context();
    let by = administrator.grounds();
    grounds::write_for(app, by.clone(), move |connection| {
        users::expect(connection, id)?;
        users::hold(connection, id)?;
        let before = groups::of_user(connection, id)?;
        let after = before.into_iter().chain(join);
        let after = after.filter(|group| !leave.contains(group)).collect();
        put_into(connection, &context, (id, &by), after, event)
    })
    .await
}

/// Makes a user a member of exactly these groups, and gives them back in order, in the caller's
/// transaction, which holds the user.
///
/// # Errors
/// `api_token.scope`, `group.being_removed`
pub(super) fn put_into(
    connection: &mut AnyConnection,
    context: &WriteContext,
    (id, by): (UserId, &Grounds),
    mut after: Vec<GroupName>,
    event: Event,
) -> Result<Vec<GroupName>> {
    after.sort_unstable();
    after.dedup();
    let before = groups::of_user(connection, id)?;
    if after == before {
        return Ok(after);
    }
    // Policy is judged by groups, and applications let people in by them.
    by.require(ApiScope::GroupsWrite)?;
    grounds::may_change(connection, by, id)?;
    let joined: Vec<GroupName> = after
        .iter()
        .filter(|group| !before.contains(group))
        .cloned()
        .collect();
    grounds::may_give_roles(connection, by, &joined)?;
    groups::replace(connection, id, &after)?;
    if roles::any_is_given_by(connection, &joined)? {
        forget_issued(connection, context, id, &event)?;
    }
    let names = after.iter().map(|group| group.as_str().to_owned());
    let groups = EventDetail::Groups {
        groups: names.collect(),
    };
    context.record(connection, &event.detailed(groups))?;
    judge_users(connection, context, &[id])?;
    Ok(after)
}
