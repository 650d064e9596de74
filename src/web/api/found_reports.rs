//! `/api/v1/found-reports`: what finders say of keys.

use actix_web::http::Method;

use super::call::{Call, done};
use super::lists::list;
use super::operation::{Operation, to};
use crate::lists::FoundReports;
use crate::web::answer::Answer;
use keyward_actions::key;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::key::FoundReportId;
use keyward_core::problem::codes;

/// The operations.
pub fn operations() -> Vec<Operation> {
    vec![
        list::<FoundReports>("foundReports.list", ApiScope::KeysRead),
        Operation::new(
            Method::POST,
            "/found-reports/{id}/close",
            "foundReports.close",
            ApiScope::KeysWrite,
            "Says that a report of a found key was dealt with",
            || to(close),
        )
        .refuses(&[codes::KEY_REPORT_CLOSED]),
    ]
}

async fn close(call: Call) -> Answer {
    let by = call.administrator()?;
    let id = call.path("id", |text| Some(FoundReportId::parse(text)))?;
    let id = id.ok_or(codes::KEY_REPORT_CLOSED)?;
    key::close_found_report(call.app(), &by.helps(), id).await?;
    done()
}
