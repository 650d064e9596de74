//! `/console/audit`

use actix_web::web::Data;

use super::wanted::Wanted;
use crate::lists::{Events, List as _};
use crate::views::console::{EventsFilter, EventsPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_core::flows::permit::{Auditor, MayAudit};

/// The trail.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    wanted: Wanted<Events>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let found = wanted.page(&site.app, &by).await?;
    let filter = EventsFilter {
        user: found.typed("user"),
        are_more_meant: found.list.are_more_meant(),
        kind: found.list.kind.map(|kind| kind.as_str().to_owned()),
        since: found.typed("since"),
        until: found.typed("until"),
    };
    let page = EventsPage::new(filter, &found.items, found.next, found.is_first_page);
    reader.at_console(&auditor).show(&page)
}
