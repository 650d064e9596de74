//! Changing what a user is called and reached by.

use crate::grounds;
use crate::outbox::tell_formerly;
use crate::{App, WriteContext};
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::edition::Edition;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::user::{EmailAddress, User, UserId, UserName, fold};
use keyward_core::flows::permit::{Administrator, Grounds};
use keyward_core::problem::Result;
use keyward_store::{AnyConnection, groups, profiles, roles, users};

use super::groups::put_into;

/// What shall be different about a user; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// The name that they type.
    pub name: Option<UserName>,
    /// Where mail reaches them; `Some(None)` for nowhere.
    pub email: Option<Option<EmailAddress>>,
    /// What they are called; `Some(None)` for no more than their name.
    pub display_name: Option<Option<DisplayName>>,
    /// All the groups that they belong to.
    pub groups: Option<Vec<GroupName>>,
    /// The edition that is changed; whichever there is, where nothing is said.
    pub edition: Option<Edition>,
}

/// Changes a user, all of it or nothing, and gives back who they are then. Each change is an
/// event of its own. A new e-mail address counts at once: an administrator vouches for it.
///
/// # Errors
/// `user.unknown`, `user.name_taken`, `user.email_is_name`; `api_token.scope`; `resource.overtaken` where
/// another edition is there.
pub async fn edit(
    app: &App,
    administrator: &Administrator,
    id: UserId,
    edit: Edit,
) -> Result<User> {
    let does = |kind| administrator.does(kind).about(id);
    let events = Events {
        renamed: does(EventKind::UserRenamed),
        display_name: does(EventKind::DisplayNameChanged),
        email: does(EventKind::EmailChanged),
    };
    let joined = does(EventKind::GroupsChanged);
    let context = app.context();
    let by = administrator.grounds();
    grounds::write_for(app, by.clone(), move |connection| {
        users::hold(connection, id)?;
        let before = users::expect(connection, id)?;
        grounds::may_change(connection, &by, before.id)?;
        if let Some(Some(email)) = &edit.email
            && before.email.as_ref() != Some(email)
        {
            may_give(connection, &by, email)?;
        }
        if edit.edition.is_some() {
            let groups = groups::of_user(connection, id)?;
            let there = users::expect(connection, id)?.edition(&groups);
            there.require(edit.edition.as_ref())?;
        }
        let user = apply(connection, &context, id, &edit, &events)?;
        if let Some(groups) = edit.groups {
            put_into(connection, &context, (id, &by), groups, joined)?;
        }
        Ok(user)
    })
    .await
}

/// Whether these grounds may give anybody this address. One of the console's is theirs alone to give away: with
/// a second account of it, its owner can no longer sign in by it, and finds the other's mail.
///
/// # Errors
/// `api_token.scope`
pub(super) fn may_give(
    connection: &mut AnyConnection,
    by: &Grounds,
    email: &EmailAddress,
) -> Result<()> {
    let folded = fold(email.as_str());
    match users::has_superuser_with_email(connection, &folded)?
        || roles::staff_have_email(connection, &folded)?
    {
        true => by.require(ApiScope::SuperusersWrite),
        false => Ok(()),
    }
}

/// How the trail calls the changes of one edit.
pub(super) struct Events {
    pub renamed: Event,
    pub display_name: Event,
    pub email: Event,
}

/// Applies what differs, in the caller's transaction, which holds the user.
pub(super) fn apply(
    connection: &mut AnyConnection,
    context: &WriteContext,
    id: UserId,
    edit: &Edit,
    events: &Events,
) -> Result<User> {
    let mut user = users::expect(connection, id)?;
    if let Some(name) = edit.name.as_ref().filter(|name| **name != user.name) {
        profiles::rename(connection, id, name)?;
        let told = changed(Some(user.name.as_str()), Some(name.as_str()));
        context.record(connection, &events.renamed.clone().detailed(told))?;
        user.name = name.clone();
    }
    if let Some(called) = edit.display_name.as_ref()
        && *called != user.display_name
    {
        profiles::set_display_name(connection, id, called.as_ref())?;
        let before = user.display_name.as_ref().map(DisplayName::as_str);
        let told = changed(before, called.as_ref().map(DisplayName::as_str));
        context.record(connection, &events.display_name.clone().detailed(told))?;
        user.display_name = called.clone();
    }
    if let Some(email) = edit.email.as_ref()
        && *email != user.email
    {
        user = change_email(
            connection,
            context,
            user,
            email.clone(),
            events.email.clone(),
        )?;
    }
    Ok(user)
}

/// Puts another address in place, and tells both, in the caller's transaction.
fn change_email(
    connection: &mut AnyConnection,
    context: &WriteContext,
    user: User,
    email: Option<EmailAddress>,
    event: Event,
) -> Result<User> {
    profiles::set_email(connection, user.id, email.as_ref())?;
    let before = user.email.as_ref().map(EmailAddress::as_str);
    let event = event.detailed(changed(before, email.as_ref().map(EmailAddress::as_str)));
    let former = user.email.clone();
    let user = User { email, ..user };
    context.record(connection, &event)?;
    if let Some(former) = &former {
        tell_formerly(connection, context, &event, &user, former)?;
    }
    Ok(user)
}

/// What stood there and what stands there now, for the trail.
fn changed(before: Option<&str>, now: Option<&str>) -> EventDetail {
    EventDetail::Changed {
        before: before.map(str::to_owned),
        now: now.map(str::to_owned),
    }
}
