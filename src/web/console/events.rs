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
use keyward_core::flows::permit::{Administrator, Superuser};

/// The trail.
pub async fn list(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    wanted: Wanted<Events>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let found = wanted.page(&site.app, &administrator).await?;
    let filter = EventsFilter {
        user: found.typed("user"),
        are_more_meant: found.list.are_more_meant(),
        kind: found.list.kind.map(|kind| kind.as_str().to_owned()),
        since: found.typed("since"),
        until: found.typed("until"),
    };
    let page = EventsPage::new(filter, &found.items, found.next, found.is_first_page);
    reader.at_console(&superuser).show(&page)
}
