//! `/api/v1/reports`

use super::lists::list;
use super::operation::Operation;
use crate::lists::{CoverageReport, FirmwareReport};
use keyward_core::domain::api_token::ApiScope;

/// The operations.
pub fn operations() -> Vec<Operation> {
    vec![
        list::<CoverageReport>("reports.people", ApiScope::ReportsRead),
        list::<FirmwareReport>("reports.keys", ApiScope::ReportsRead),
    ]
}
