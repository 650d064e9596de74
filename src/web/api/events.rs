//! `/api/v1/events`

use super::lists::list;
use super::operation::Operation;
use crate::lists::Events;
use keyward_core::domain::api_token::ApiScope;

/// The operations.
pub fn operations() -> Vec<Operation> {
    vec![list::<Events>("events.list", ApiScope::EventsRead)]
}
