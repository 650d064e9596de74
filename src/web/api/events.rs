//! `/api/v1/events`

use actix_web::http::Method;

use super::call::Call;
use super::operation::{Operation, to};
use super::users::user_named;
use crate::rows::EventRow;
use crate::web::answer::Answer;
use keyward_actions::event;
use keyward_core::clock::Timestamp;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::event::{EventId, EventKind};
use keyward_core::domain::event_filter::{EventFilter, UserFilter};
use keyward_core::problem::codes;

/// The operations.
pub fn operations() -> Vec<Operation> {
    let kinds: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let (scope, says) = (ApiScope::EventsRead, "The audit trail, the newest first");
    vec![
        Operation::new(Method::GET, "/events", "events.list", scope, says, || {
            to(list)
        })
        .lists::<EventRow>()
        .filter(
            "user",
            "What was done to this user or by them; by id or name.",
        )
        .filter_of("kind", "Of this kind.", &kinds)
        .filter("since", "Not before this moment (RFC 3339).")
        .filter("until", "Before this moment (RFC 3339).")
        .refuses(&[codes::USER_UNKNOWN]),
    ]
}

async fn list(call: Call) -> Answer {
    let (listing, by, app) = (call.listing()?, call.administrator()?, call.app());
    let whose = match listing.text("user") {
        None => None,
        Some(user) => Some(UserFilter::With(user_named(&call, &by, user).await?)),
    };
    let filter = EventFilter {
        whose,
        kind: listing.filter("kind", EventKind::parse)?,
        before: listing
            .place::<String>(app)?
            .as_deref()
            .and_then(EventId::parse),
        since: listing.filter("since", Timestamp::from_rfc3339)?,
        until: listing.filter("until", Timestamp::from_rfc3339)?,
    };
    let found = event::list(app, &by, filter, listing.one_more()?).await?;
    let rows = found.iter().map(EventRow::from).collect();
    listing.page(app, rows, |last: &EventRow| last.id.clone())
}
