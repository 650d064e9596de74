//! `/console/reports`

use actix_web::web::Data;

use super::wanted::Wanted;
use crate::lists::{CoverageReport, one_more};
use crate::views::console::ReportsPage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::report;
use keyward_core::domain::coverage::{CoverageFilter, CoverageOf};
use keyward_core::domain::group::GroupName;
use keyward_core::flows::permit::{Auditor, MayAudit};

/// How many groups, and how many makes of keys, the page shows.
const SHOWN: usize = 50;
/// How many days it shows, unless it is asked for others.
const DAYS: u32 = 90;
/// More days than are kept.
const MOST_DAYS: i64 = 500;

/// The numbers.
pub async fn show(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    wanted: Wanted<CoverageReport>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let app = &site.app;
    let asked = wanted.asked();
    let group = asked.text("group").unwrap_or_default().trim().to_owned();
    let days = asked.days("days");
    let filter = CoverageFilter {
        of: match group.as_str() {
            "" => CoverageOf::Everybody,
            group => CoverageOf::Group(GroupName::from_stored(group)),
        },
        since: Some(report::days_before(app.now(), days.unwrap_or(DAYS))),
    };
    let mut last = report::last_count(app, &by, one_more(SHOWN)).await?;
    let course = report::people(app, &by, filter, None, MOST_DAYS).await?;
    let mut keys = report::keys(app, &by, None, one_more(SHOWN)).await?;
    let (are_more_groups, are_more_keys) = (last.len() > SHOWN, keys.len() > SHOWN);
    last.truncate(SHOWN);
    keys.truncate(SHOWN);
    let page = ReportsPage {
        are_more_groups,
        are_more_keys,
        group,
        days,
        ..ReportsPage::new(&last, &course, &keys)
    };
    reader.at_console(&auditor).show(&page)
}
