//! `/api/v1/users/{id}/upstream-links`

use actix_web::http::Method;

use super::call::{Call, done};
use super::operation::{Operation, to};
use super::users::user_of;
use crate::lists::Page;
use crate::rows::UpstreamLinkRow;
use crate::web::answer::Answer;
use keyward_actions::upstream;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::upstream::UpstreamLinkId;
use keyward_core::problem::{Result, codes};

/// The operations.
pub fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::GET,
            "/users/{id}/upstream-links",
            "users.upstream_links",
            ApiScope::UsersRead,
            "Who a user is at other OpenID providers",
            || to(list),
        )
        .lists::<UpstreamLinkRow>()
        .refuses(&[codes::USER_UNKNOWN]),
        Operation::new(
            Method::DELETE,
            "/users/{id}/upstream-links/{link}",
            "users.unlink",
            ApiScope::UsersWrite,
            "Takes the link of a user with another OpenID provider back, and ends the sessions that it opened",
            || to(remove),
        )
        .refuses(&[
            codes::USER_UNKNOWN,
            codes::UPSTREAM_LINK_UNKNOWN,
            codes::UPSTREAM_ONLY_WAY_IN,
        ]),
    ]
}

fn link_of(call: &Call) -> Result<UpstreamLinkId> {
    let id = call.path("link", |text| Some(UpstreamLinkId::parse(text)))?;
    id.ok_or_else(|| codes::UPSTREAM_LINK_UNKNOWN.into())
}

async fn list(call: Call) -> Answer {
    let (listing, by, app) = (call.listing()?, call.administrator()?, call.app());
    let after: Option<String> = listing.place(app)?;
    let size = listing.size()?;
    let found = upstream::of_user(app, &by, user_of(&call)?).await?;
    let page = Page::of_few(found, after.as_ref(), size, |one| one.link.id.to_string());
    let rows: Vec<UpstreamLinkRow> = page.items.iter().map(UpstreamLinkRow::from).collect();
    listing.page(app, &rows, page.next)
}

async fn remove(call: Call) -> Answer {
    let (by, user, link) = (call.administrator()?, user_of(&call)?, link_of(&call)?);
    upstream::remove(call.app(), &by, user, link).await?;
    done()
}
