//! Sessions: what a browser's identifier opens, and how it ends.

mod end;
mod everybody;
mod list;
mod own;
mod sign_out;
mod visit;

pub(super) use end::end_every_way_in;
