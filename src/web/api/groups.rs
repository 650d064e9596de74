//! `/api/v1/groups`

use actix_web::http::Method;
use serde::Deserialize;
use url::Url;
use utoipa::ToSchema;

use super::call::{Call, done};
use super::lists::list;
use super::operation::{Operation, to};
use super::users::user_of;
use crate::lists::{Groups, Page, one_more};
use crate::rows::{GroupRow, MemberRow};
use crate::web::answer::Answer;
use keyward_actions::{group, user};
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};

const ONE: &str = "/groups/{group}";
const MEMBER: &str = "/groups/{group}/members/{id}";

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::GroupsRead, ApiScope::GroupsWrite);
    let unknown = &[codes::GROUP_UNKNOWN];
    vec![
        list::<Groups>("groups.list", reads),
        Operation::new(
            Method::POST,
            "/groups",
            "groups.create",
            writes,
            "Makes a group without members",
            || to(create),
        )
        .takes::<NewGroup>()
        .creates::<GroupRow>()
        .refuses(&[
            codes::GROUP_NAME_INVALID,
            codes::GROUP_NAME_TAKEN,
            codes::GROUP_BEING_REMOVED,
        ]),
        Operation::new(Method::GET, ONE, "groups.read", reads, "One group", || {
            to(read)
        })
        .reads::<GroupRow>()
        .refuses(unknown),
        Operation::new(
            Method::DELETE,
            ONE,
            "groups.delete",
            writes,
            "Removes a group with its policy; its members stay users",
            || to(delete),
        )
        .refuses(unknown),
        Operation::new(
            Method::GET,
            "/groups/{group}/members",
            "groups.members",
            reads,
            "The members of a group in the order of their accounts",
            || to(members),
        )
        .lists::<MemberRow>()
        .refuses(unknown),
        Operation::new(
            Method::PUT,
            MEMBER,
            "groups.join",
            writes,
            "Makes a user a member",
            || to(join),
        )
        .refuses(&[
            codes::GROUP_UNKNOWN,
            codes::USER_UNKNOWN,
            codes::GROUP_BEING_REMOVED,
        ]),
        Operation::new(
            Method::DELETE,
            MEMBER,
            "groups.leave",
            writes,
            "Makes a user leave a group",
            || to(leave),
        )
        .refuses(&[codes::GROUP_UNKNOWN, codes::USER_UNKNOWN]),
    ]
}

/// A new group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewGroup {
    /// Its name: 1 to 64 characters without spaces or commas.
    name: String,
}

/// The group of a path.
///
/// # Errors
/// `request.not_found`
pub fn group_of(call: &Call) -> Result<GroupName> {
    call.path("group", |text| Some(GroupName::from_stored(text)))
}

/// The address of a group: what a name holds that an address does not is percent-encoded.
fn address(name: &GroupName) -> Result<String> {
    let mut url = Url::parse("http://localhost/").map_err(Problem::internal)?;
    let mut parts = url.path_segments_mut().map_err(|()| codes::INTERNAL)?;
    parts.clear().push("groups").push(name.as_str());
    drop(parts);
    Ok(url.path().to_owned())
}

async fn create(call: Call) -> Answer {
    let new: NewGroup = call.body()?;
    let (name, app) = (GroupName::parse(&new.name)?, call.app());
    let wanted = name.clone();
    let created = async |by| {
        group::create(app, &by, wanted).await?;
        Ok(Created::plain(""))
    };
    let shown = async |by: &Administrator, _: &Created| {
        let found = group::find(app, by, name.clone()).await?;
        Ok((address(&name)?, GroupRow::from(&found)))
    };
    call.create(created, shown).await
}

async fn read(call: Call) -> Answer {
    let found = group::find(call.app(), &call.audits()?, group_of(&call)?).await?;
    call.read(&GroupRow::from(&found), None)
}

async fn delete(call: Call) -> Answer {
    group::remove(call.app(), &call.administrator()?, group_of(&call)?).await?;
    done()
}

async fn members(call: Call) -> Answer {
    let (listing, by, app) = (call.listing()?, call.administrator()?, call.app());
    let after: Option<UserId> = listing.place(app)?;
    let (group, size) = (group_of(&call)?, listing.size()?);
    let found = group::members(app, &by, group, after, one_more(size)).await?;
    let page = Page::cut(found, size, |last| last.id);
    let rows: Vec<MemberRow> = page.items.iter().map(MemberRow::from).collect();
    listing.page(app, &rows, page.next)
}

async fn join(call: Call) -> Answer {
    let (by, group, user) = (call.administrator()?, group_of(&call)?, user_of(&call)?);
    // Joining makes no group: a typing error would.
    group::exists(call.app(), &by, group.clone()).await?;
    user::change_groups(call.app(), &by, user, vec![group], Vec::new()).await?;
    done()
}

async fn leave(call: Call) -> Answer {
    let (by, group, user) = (call.administrator()?, group_of(&call)?, user_of(&call)?);
    group::exists(call.app(), &by, group.clone()).await?;
    user::change_groups(call.app(), &by, user, Vec::new(), vec![group]).await?;
    done()
}
