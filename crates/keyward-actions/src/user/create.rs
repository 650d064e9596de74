//! Creating a user.

use std::sync::Arc;

use crate::App;
use crate::grounds;
use crate::password::refuse_breached;
use crate::policy::must_enrol_at_once;
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::password::PasswordUse;
use keyward_core::domain::user::{EmailAddress, NewPassword, UserHandle, UserId, UserName};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Result, codes};
use keyward_store::users::NewUser;
use keyward_store::{groups, users};

use super::edit::may_give;

/// What an administrator decides about a new user.
#[derive(Debug)]
pub struct NewAccount {
    /// The name.
    pub name: UserName,
    /// What they are called, where that is more.
    pub display_name: Option<DisplayName>,
    /// Where mail reaches them.
    pub email: Option<EmailAddress>,
    /// The first password; without one, they cannot sign in.
    pub password: Option<NewPassword>,
    /// May open the console.
    pub is_superuser: bool,
    /// The groups they belong to.
    pub groups: Vec<GroupName>,
}

/// Creates a user.
///
/// # Errors
/// `user.name_taken`, `user.password_short`; `api_token.scope` for superusers, their addresses, and
/// groups.
pub async fn create(
    app: &App,
    administrator: &Administrator,
    account: NewAccount,
) -> Result<UserId> {
    let id = UserId::generate(app.now(), &*app.entropy);
    let (groups, settings) = (account.groups.clone(), app.settings.clone());
    let again = settings.clone();
    let is_superuser = account.is_superuser;
    let must_enrol = app
        .store
        .look(move |connection| {
            must_enrol_at_once(connection, &settings.policy, is_superuser, &groups)
        })
        .await?;
    let usage = match must_enrol {
        true => PasswordUse::WithSecondFactor,
        false => PasswordUse::Alone,
    };
    let password_hash = match account.password {
        None => None,
        Some(password) => Some(hash_password(app, id, password.for_use(usage)?).await?),
    };
    let user = NewUser {
        id,
        name: account.name,
        display_name: account.display_name,
        email: account.email,
        password_hash,
        handle: UserHandle::generate(&*app.entropy),
        is_superuser: account.is_superuser,
        created_at: app.now(),
    };
    let created = administrator.does(EventKind::UserCreated).about(id);
    let granted = account
        .is_superuser
        .then(|| administrator.does(EventKind::SuperuserGranted).about(id));
    let context = app.context();
    let created_user = |id: &UserId| Created::plain(id);
    let by = administrator.grounds();
    grounds::create_for(app, administrator, created_user, move |connection| {
        if is_superuser {
            by.require(ApiScope::SuperusersWrite)?;
        }
        if !account.groups.is_empty() {
            by.require(ApiScope::GroupsWrite)?;
        }
        grounds::may_give_roles(connection, &by, &account.groups)?;
        if let Some(email) = &user.email {
            may_give(connection, &by, email)?;
        }
        // Policy may ask for less than when the password was judged, and hashed.
        let policy = &again.policy;
        let is_alone = !must_enrol_at_once(connection, policy, is_superuser, &account.groups)?;
        if must_enrol && is_alone && user.password_hash.is_some() {
            return Err(codes::USER_PASSWORD_SHORT.into());
        }
        users::insert(connection, &user)?;
        groups::replace(connection, id, &account.groups)?;
        context.record(connection, &created)?;
        granted.map_or(Ok(()), |event| context.record(connection, &event))?;
        Ok(id)
    })
    .await
}

/// Hashes the password of a user off the async threads.
///
/// # Errors
/// `user.password_breached`, `sign_in.busy`
pub(crate) async fn hash_password(
    app: &App,
    user: UserId,
    password: NewPassword,
) -> Result<String> {
    let (entropy, breached) = (app.entropy.clone(), Arc::clone(&app.passwords.breached));
    app.passwords
        .with_seat(move |passwords| {
            refuse_breached(&breached, &password)?;
            passwords.hash(user, &password, &*entropy)
        })
        .await?
}
