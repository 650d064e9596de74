//! `/console/found-reports`: what finders say of keys

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};

use super::wanted::Wanted;
use crate::lists::FoundReports;
use crate::views::Notice;
use crate::views::console::{FoundReportRow, FoundReportsPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use crate::web::form_pages;
use keyward_actions::key;
use keyward_core::domain::key::FoundReportId;
use keyward_core::flows::permit::{HelpDesk, MayHelp, MayLookUp, Staff};
use keyward_core::problem::codes;

const HERE: &str = "/console/found-reports";

/// The reports.
pub async fn list(
    site: Data<Site>,
    Permit(staff): Permit<Staff>,
    wanted: Wanted<FoundReports>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayLookUp::at_console(&staff, client);
    let found = wanted.page(&site.app, &by).await?;
    let page = FoundReportsPage {
        state: match found.list.is_open {
            None => "",
            Some(true) => "open",
            Some(false) => "closed",
        },
        about: match found.list.is_known {
            None => "",
            Some(true) => "known",
            Some(false) => "unknown",
        },
        reports: found.items.iter().map(FoundReportRow::from).collect(),
        next: found.next,
        is_first_page: found.is_first_page,
    };
    reader.at_console(&staff).show(&page)
}

/// Says that one was dealt with, and goes back to where that was said.
pub async fn close(
    site: Data<Site>,
    Permit(help_desk): Permit<HelpDesk>,
    request: HttpRequest,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayHelp::at_console(&help_desk, client);
    let id = FoundReportId::parse(&path).ok_or(codes::KEY_REPORT_CLOSED)?;
    key::close_found_report(&site.app, &by, id).await?;
    let back = form_pages::list_or(&request, HERE.to_owned());
    reader.tell(&back, Notice::FoundReportClosed)
}
