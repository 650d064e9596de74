//! What lists tell of a thing, field by field: one definition for the API, the command line and the
//! console's exports.
//!
//! Names of fields are stable. Times are RFC 3339 in UTC.

mod access;
mod api_token;
mod application;
mod device;
mod event;
mod explanation;
mod key;
mod openid_client;
mod people;
mod policy;
mod report;
mod upstream_link;
mod validation;

use serde::Serialize;
use utoipa::ToSchema;

pub use access::{LockoutRow, PassRow, SessionRow};
pub use api_token::ApiTokenRow;
pub use application::ApplicationRow;
pub use device::{CredentialRow, DeviceRow};
pub use event::EventRow;
pub use explanation::ExplanationRow;
pub use key::{
    EnrolmentRow, FoundReportRow, KeyCaseRow, KeyDeviceRow, KeyProposalRow, KeyRow, ListedKeyRow,
};
pub use openid_client::OpenidClientRow;
pub use people::{GroupRow, InvitationRow, MemberRow, UserRow};
pub use policy::PolicyRow;
pub use report::{CoverageRow, FirmwareRow};
pub use upstream_link::UpstreamLinkRow;
pub use validation::{ValidationClientRow, ValidationServiceRow};

/// What is told of one thing of a list.
pub trait Row: Serialize + ToSchema {
    /// Its fields in the order in which tables have them.
    const FIELDS: &'static [&'static str];
}

/// A row's struct, whose fields are the columns too.
macro_rules! row {
    (
        $(#[$about:meta])*
        pub struct $name:ident { $($(#[$of:meta])* pub $field:ident: $kind:ty,)* }
    ) => {
        $(#[$about])*
        pub struct $name { $($(#[$of])* pub $field: $kind,)* }

        impl super::Row for $name {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];
        }
    };
}
use row;
