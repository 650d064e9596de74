//! The console of verified superusers.
//!
//! Lists are read a page at a time: `next` is the `after` of the page that follows, and the
//! template carries it on together with the filter.

mod audit;
mod devices;
mod overview;
mod services;
mod users;

pub use audit::{AuditPage, EventRow};
pub use devices::{ConsoleDevicesPage, OwnedDeviceRow};
pub use overview::ConsoleOverviewPage;
pub use services::{
    NewServicePage, RemoveServicePage, ServerRow, ServiceForm, ServicePage, ServiceRow,
    ServicesPage,
};
pub use users::{NewUserPage, SessionRow, UserPage, UserRow, UsersPage};
