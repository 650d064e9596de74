//! `/console/audit`

use actix_web::web::{Data, Query};
use serde::Deserialize;

use super::paging::{ONE_MORE, cut, read, typed};
use crate::views::console::EventsPage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::event;
use keyward_actions::user;
use keyward_core::domain::event::{EventId, EventKind, RecordedEvent};
use keyward_core::domain::event_filter::{EventFilter, UserFilter};
use keyward_core::flows::permit::{Administrator, Superuser};
use keyward_core::problem::Result;

#[derive(Deserialize)]
pub struct Params {
    user: Option<String>,
    kind: Option<String>,
    after: Option<String>,
}

/// The trail.
pub async fn list(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Query(asked): Query<Params>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let user = typed(asked.user)?.unwrap_or_default();
    let kind = read(asked.kind, EventKind::parse)?;
    let before = read(asked.after, EventId::parse)?;
    let (mut events, are_more_meant) = found(&site, &administrator, &user, kind, before).await?;
    let is_more = cut(&mut events);
    let last = events.last().filter(|_| is_more);
    let next = last.map(|event| event.id.to_string());
    let mut page = EventsPage::new(user, kind, &events, next, before.is_none());
    page.are_more_meant = are_more_meant;
    reader.at_console(&superuser).show(&page)
}

/// What the filter finds, and whether it fits more people than those whose events these are.
async fn found(
    site: &Site,
    administrator: &Administrator,
    user: &str,
    kind: Option<EventKind>,
    before: Option<EventId>,
) -> Result<(Vec<RecordedEvent>, bool)> {
    let filter = EventFilter {
        kind,
        before,
        ..EventFilter::default()
    };
    if user.is_empty() {
        let found = event::list(&site.app, administrator, filter, ONE_MORE).await?;
        return Ok((found, false));
    }
    let meant = user::meant(&site.app, administrator, user).await?;
    let mut found: Vec<RecordedEvent> = Vec::new();
    for person in meant.people {
        let filter = EventFilter {
            whose: Some(UserFilter::With(person)),
            ..filter
        };
        found.extend(event::list(&site.app, administrator, filter, ONE_MORE).await?);
    }
    found.sort_unstable_by_key(|event| std::cmp::Reverse(event.id));
    // Of what one of them did to another there are two.
    found.dedup_by(|one, other| one.id == other.id);
    found.truncate(usize::try_from(ONE_MORE).unwrap_or_default());
    Ok((found, meant.are_more))
}
