//! Sessions: what a browser's identifier opens, and how it ends.

mod check;
mod end;
mod everybody;
mod list;
mod own;
mod sign_out;
mod visit;
pub use check::{CheckedSession, check};
pub use end::end;
pub use end::end_all_of;
pub(crate) use end::forget_issued;
pub use everybody::end_everybodys;
pub(crate) use list::what_is_open;
pub use list::{find, list};
pub use own::end_others;
pub use own::end_own;
pub use own::own;
pub use sign_out::sign_out;
pub use visit::visit;
pub(crate) use visit::{facts_of, visit_by};

pub(super) use end::end_every_way_in;
