//! `/console/audit`

use actix_web::web::{Data, Query};
use serde::Deserialize;

use super::paging::{ONE_MORE, cut, read, typed};
use crate::domain::event::{EventId, EventKind, RecordedEvent};
use crate::domain::session::Client;
use crate::flows::permit::{Administrator, Superuser};
use crate::problem::Result;
use crate::store::events::{EventFilter, Whose};
use crate::views::console::AuditPage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::reader::Reader;

#[derive(Deserialize)]
pub struct Asked {
    user: Option<String>,
    kind: Option<String>,
    after: Option<String>,
}

/// The trail.
pub async fn list(
    site: Data<Site>,
    superuser: Superuser,
    Query(asked): Query<Asked>,
    reader: Reader,
    client: Client,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let user = typed(asked.user)?.unwrap_or_default();
    let kind = read(asked.kind, EventKind::parse)?;
    let before = read(asked.after, EventId::parse)?;
    let mut events = found(&site, &administrator, &user, kind, before).await?;
    let is_more = cut(&mut events);
    let last = events.last().filter(|_| is_more);
    let next = last.map(|event| event.id.to_string());
    let page = AuditPage::new(user, kind, &events, next, before.is_none());
    reader.at_console(&superuser).show(&page)
}

/// What the filter finds; nothing where it names nobody.
async fn found(
    site: &Site,
    administrator: &Administrator,
    user: &str,
    kind: Option<EventKind>,
    before: Option<EventId>,
) -> Result<Vec<RecordedEvent>> {
    let whose = match user {
        "" => None,
        name => match site.keyward.user_by_name(administrator, name).await? {
            Some(user) => Some(Whose::With(user.id)),
            None => return Ok(Vec::new()),
        },
    };
    let filter = EventFilter {
        whose,
        kind,
        before,
    };
    site.keyward.events(administrator, filter, ONE_MORE).await
}
