//! `/console`

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;

use crate::views::console::ConsoleOverviewPage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::overview;
use keyward_core::flows::permit::{MayAudit, Staff};

/// How many events the overview shows.
const EVENTS: i64 = 10;

/// The numbers, and what happened last.
pub async fn show(
    site: Data<Site>,
    Permit(staff): Permit<Staff>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    // The help desk begins with whom it is asked about.
    let Ok(auditor) = staff.auditor() else {
        return Ok(HttpResponse::SeeOther()
            .insert_header((LOCATION, "/console/users"))
            .finish());
    };
    let by = MayAudit::at_console(&auditor, client);
    let overview = overview::collect(&site.app, &by, EVENTS).await?;
    let page = ConsoleOverviewPage::from(&overview);
    reader.at_console(&auditor).show(&page)
}
