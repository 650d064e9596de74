//! What lists tell of a thing, field by field: one definition for the API and the command line.
//!
//! Names of fields are stable. Times are RFC 3339 in UTC.

mod access;
mod application;
mod device;
mod event;
mod people;
mod policy;
mod validation;

pub use access::{LockoutRow, PassRow, SessionRow};
pub use application::ApplicationRow;
pub use device::{CredentialRow, DeviceRow};
pub use event::EventRow;
pub use people::{GroupRow, InvitationRow, MemberRow, UserRow};
pub use policy::PolicyRow;
pub use validation::{ValidationClientRow, ValidationServiceRow};
