//! Devices after their enrolment.

mod list;
mod make_default;
mod remove;
mod rename;

pub use remove::Removal;
