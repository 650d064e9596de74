//! Devices after their enrolment.

mod everybody;
mod list;
mod make_default;
mod release;
mod remove;
mod rename;
mod suspect;

pub use remove::Removal;
