//! `/api/v1/users`

use actix_web::http::Method;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::call::{Call, done};
use super::lists::list;
use super::operation::{Operation, to};
use crate::lists::{Users, exactly};
use crate::rows::UserRow;
use crate::web::answer::Answer;
use keyward_actions::user::{self, Account, Edit, NewAccount};
use keyward_actions::{lockout, session, two_factor};
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::user::{EmailAddress, UserId, UserName};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Code, Result, codes};

const ONE: &str = "/users/{id}";
const NAMES: &[Code] = &[
    codes::USER_NAME_INVALID,
    codes::USER_NAME_TAKEN,
    codes::USER_EMAIL_INVALID,
    codes::USER_EMAIL_IS_NAME,
    codes::USER_DISPLAY_NAME_INVALID,
    codes::GROUP_NAME_INVALID,
    codes::GROUP_BEING_REMOVED,
];
const RIGHTS: &[Code] = &[codes::USER_SELF, codes::USER_LAST_SUPERUSER];

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::UsersRead, ApiScope::UsersWrite);
    let unknown = &[codes::USER_UNKNOWN];
    let post = |path, id, says, route| {
        Operation::new(Method::POST, path, id, writes, says, route).refuses(unknown)
    };
    let changed = "The user as they are now.";
    vec![
        list::<Users>("users.list", reads),
        Operation::new(Method::POST, "/users", "users.create", writes, "Creates a user, who has no password yet. A superuser asks for the scope `superusers:write` too", || to(create))
            .takes::<NewUser>()
            .creates::<UserRow>()
            .refuses(NAMES),
        Operation::new(Method::GET, ONE, "users.read", reads, "One user", || to(read))
            .reads::<UserRow>()
            .tagged()
            .refuses(unknown),
        Operation::new(Method::PATCH, ONE, "users.change", writes, "Changes what a user is called, reached by, and in which groups they are", || to(change))
            .takes::<UserChange>()
            .tells::<UserRow>(changed)
            .tagged()
            .conditional()
            .refuses(unknown)
            .refuses(NAMES),
        Operation::new(Method::DELETE, ONE, "users.delete", writes, "Erases a user with everything that is theirs", || to(delete))
            .refuses(unknown)
            .refuses(RIGHTS),
        post("/users/{id}/enable", "users.enable", "Lets a user sign in again", || to(enable))
            .tells::<UserRow>(changed),
        post("/users/{id}/disable", "users.disable", "Keeps a user from signing in, and ends their sessions", || to(disable))
            .tells::<UserRow>(changed)
            .refuses(RIGHTS),
        post("/users/{id}/unlock", "users.unlock", "Forgets what failed tries are counted on a user", || to(unlock))
            .tells::<Count>("How many counts were forgotten."),
        Operation::new(Method::PUT, "/users/{id}/superuser", "users.superuser", ApiScope::SuperusersWrite, "Says whether a user is a superuser", || to(superuser))
            .takes::<SuperuserChange>()
            .tells::<UserRow>(changed)
            .refuses(unknown)
            .refuses(RIGHTS),
        Operation::new(Method::DELETE, "/users/{id}/sessions", "users.end_sessions", ApiScope::SessionsWrite, "Ends all sessions of a user, the trust in their browsers and their recovery links", || to(end_sessions))
            .tells::<Count>("How many sessions ended.")
            .refuses(unknown),
        Operation::new(Method::DELETE, "/users/{id}/devices", "users.remove_devices", ApiScope::DevicesWrite, "Removes all devices of a user and ends their sessions, for one who has lost everything", || to(remove_devices))
            .tells::<Count>("How many devices were removed.")
            .refuses(unknown),
    ]
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUser {
    /// The name that they sign in by.
    name: String,
    /// What they are called, where that is more.
    #[serde(default)]
    display_name: Option<String>,
    /// Where mail reaches them.
    #[serde(default)]
    email: Option<String>,
    /// Whether they may open the console.
    #[serde(default)]
    superuser: bool,
    /// Their groups; those that are not there are made.
    #[serde(default)]
    groups: Vec<String>,
}

/// What shall be different; what is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserChange {
    /// The name that they sign in by.
    #[serde(default)]
    #[schema(nullable = false)]
    name: Option<String>,
    /// What they are called; null for no more than their name.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    display_name: Option<Option<String>>,
    /// Where mail reaches them; null for nowhere.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    /// All their groups.
    #[serde(default)]
    #[schema(nullable = false)]
    groups: Option<Vec<String>>,
}

/// Whether a user is a superuser.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SuperuserChange {
    /// Whether they are.
    superuser: bool,
}

/// How many.
#[derive(Serialize, ToSchema)]
pub struct Count {
    /// How many.
    pub count: usize,
}

/// Tells null from what is not there.
pub fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Reads groups that may be new.
///
/// # Errors
/// `group.name_invalid`
pub fn groups(names: &[String]) -> Result<Vec<GroupName>> {
    names.iter().map(|name| GroupName::parse(name)).collect()
}

/// The user of a path.
///
/// # Errors
/// `user.unknown`
pub fn user_of(call: &Call) -> Result<UserId> {
    let id = call.path("id", |text| Some(UserId::parse(text)))?;
    id.ok_or_else(|| codes::USER_UNKNOWN.into())
}

/// Reads the user of a filter: by id, or by name.
///
/// # Errors
/// `user.unknown`
pub async fn user_named(call: &Call, by: &Administrator, text: &str) -> Result<UserId> {
    exactly(call.app(), by, text).await
}

fn row(account: &Account) -> UserRow {
    let devices = u64::try_from(account.devices).unwrap_or(u64::MAX);
    UserRow::new(&account.user, &account.groups, devices)
}

async fn create(call: Call) -> Answer {
    let new: NewUser = call.body()?;
    let account = NewAccount {
        name: UserName::parse(&new.name)?,
        display_name: new
            .display_name
            .as_deref()
            .map(DisplayName::parse)
            .transpose()?,
        email: new.email.as_deref().map(EmailAddress::parse).transpose()?,
        password: None,
        is_superuser: new.superuser,
        groups: groups(&new.groups)?,
    };
    let app = call.app();
    let created = async |by| user::create(app, &by, account).await.map(Created::plain);
    let shown = async |by: &Administrator, created: &Created| {
        let id = UserId::parse(&created.id).ok_or(codes::INTERNAL)?;
        let account = user::account(app, by, id).await?;
        Ok((format!("/users/{id}"), row(&account)))
    };
    call.create(created, shown).await
}

async fn read(call: Call) -> Answer {
    let account = user::account(call.app(), &call.looks_up()?, user_of(&call)?).await?;
    call.read(&row(&account), Some(&account.edition()))
}

async fn shown(call: &Call, by: &Administrator, id: UserId) -> Answer {
    let account = user::account(call.app(), by, id).await?;
    call.changed(&row(&account), Some(&account.edition()))
}

async fn change(call: Call) -> Answer {
    let (id, edition) = (user_of(&call)?, call.if_match()?);
    let change: UserChange = call.body()?;
    let display_name = change.display_name.as_ref().map(Option::as_deref);
    let email = change.email.as_ref().map(Option::as_deref);
    let edit = Edit {
        name: change.name.as_deref().map(UserName::parse).transpose()?,
        display_name: display_name
            .map(|name| name.map(DisplayName::parse).transpose())
            .transpose()?,
        email: email
            .map(|email| email.map(EmailAddress::parse).transpose())
            .transpose()?,
        groups: change.groups.as_deref().map(groups).transpose()?,
        edition,
    };
    let by = call.administrator()?;
    user::edit(call.app(), &by, id, edit).await?;
    shown(&call, &by, id).await
}

async fn delete(call: Call) -> Answer {
    user::delete(call.app(), &call.administrator()?, user_of(&call)?).await?;
    done()
}

async fn enable(call: Call) -> Answer {
    let (by, id) = (call.administrator()?, user_of(&call)?);
    user::enable(call.app(), &by, id).await?;
    shown(&call, &by, id).await
}

async fn disable(call: Call) -> Answer {
    let (by, id) = (call.administrator()?, user_of(&call)?);
    user::disable(call.app(), &by, id).await?;
    shown(&call, &by, id).await
}

async fn unlock(call: Call) -> Answer {
    let count = lockout::unlock_user(call.app(), &call.administrator()?, user_of(&call)?).await?;
    call.changed(&Count { count }, None)
}

async fn superuser(call: Call) -> Answer {
    let (by, id) = (call.administrator()?, user_of(&call)?);
    let SuperuserChange { superuser } = call.body()?;
    match superuser {
        true => user::grant_superuser(call.app(), &by, id).await?,
        false => user::withdraw_superuser(call.app(), &by, id).await?,
    };
    shown(&call, &by, id).await
}

async fn end_sessions(call: Call) -> Answer {
    let count = session::end_all_of(call.app(), &call.administrator()?, user_of(&call)?).await?;
    call.changed(&Count { count }, None)
}

async fn remove_devices(call: Call) -> Answer {
    let disabled = two_factor::disable(call.app(), &call.administrator()?, user_of(&call)?).await?;
    let count = disabled.devices;
    call.changed(&Count { count }, None)
}
