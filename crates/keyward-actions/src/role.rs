//! Who may do what at the console without being a superuser.

use crate::App;
use crate::grounds;
use crate::session::forget_issued;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::role::{GivenRole, Role, RoleHolder, Roles};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{Administrator, MayAudit, MayLookUp};
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{AnyConnection, groups, roles, users};

/// The roles that were given, to groups first, at most `limit` to groups and as many to users.
///
/// # Errors
/// The store's.
pub async fn given(app: &App, _: &MayAudit, limit: i64) -> Result<Vec<GivenRole>> {
    app.store
        .read(move |connection| roles::given(connection, limit))
        .await
}

/// The roles that the members of a group have by it.
///
/// # Errors
/// The store's.
pub async fn of_group(app: &App, _: &MayAudit, name: GroupName) -> Result<Roles> {
    app.store
        .look(move |connection| roles::of_group(connection, &name))
        .await
}

/// The roles that a user has, by themselves and by their groups.
///
/// # Errors
/// The store's.
pub async fn of_user(app: &App, _: &MayLookUp, id: UserId) -> Result<Roles> {
    app.store
        .look(move |connection| roles::of_user(connection, id))
        .await
}

/// Gives a role. What the sessions of its holders open is judged anew on each request.
///
/// # Errors
/// `user.unknown`, `group.unknown`, `api_token.scope`
pub async fn grant(
    app: &App,
    administrator: &Administrator,
    holder: RoleHolder,
    role: Role,
) -> Result<()> {
    change(app, administrator, holder, role, true).await
}

/// Takes a role away. What the sessions of its holders open is judged anew on each request.
///
/// # Errors
/// `user.unknown`, `group.unknown`, `api_token.scope`
pub async fn withdraw(
    app: &App,
    administrator: &Administrator,
    holder: RoleHolder,
    role: Role,
) -> Result<()> {
    change(app, administrator, holder, role, false).await
}

async fn change(
    app: &App,
    administrator: &Administrator,
    holder: RoleHolder,
    role: Role,
    is_given: bool,
) -> Result<()> {
    let event = administrator.does(match is_given {
        true => EventKind::RoleGranted,
        false => EventKind::RoleWithdrawn,
    });
    let (event, group) = match &holder {
        RoleHolder::Group(name) => (event, Some(name.as_str().to_owned())),
        RoleHolder::User(id) => (event.about(*id), None),
    };
    let event = event.detailed(EventDetail::Role { role, group });
    let (context, by) = (app.context(), administrator.grounds());
    grounds::write_for(app, by.clone(), move |connection| {
        by.require(ApiScope::SuperusersWrite)?;
        let awaited = match &holder {
            _ if !is_given => Vec::new(),
            RoleHolder::Group(name) => roles::members_awaited(connection, name)?,
            RoleHolder::User(id) => vec![*id],
        };
        users::hold_all(connection, awaited.clone())?;
        if put(connection, &holder, role, is_given)? {
            context.record(connection, &event)?;
            for user in awaited {
                forget_issued(connection, &context, user, &event)?;
            }
        }
        Ok(())
    })
    .await
}

/// Whether that changed something.
fn put(
    connection: &mut AnyConnection,
    holder: &RoleHolder,
    role: Role,
    is_given: bool,
) -> Result<bool> {
    match holder {
        RoleHolder::Group(name) => {
            if !groups::exists(connection, name)? {
                return Err(Problem::new(codes::GROUP_UNKNOWN).detailed(name.as_str()));
            }
            match is_given {
                true => roles::give_to_group(connection, name, role),
                false => roles::take_from_group(connection, name, role),
            }
        }
        RoleHolder::User(id) => {
            users::expect(connection, *id)?;
            match is_given {
                true => roles::give_to_user(connection, *id, role),
                false => roles::take_from_user(connection, *id, role),
            }
        }
    }
}
