//! The keys that sign tokens: made at first need, published ahead, rotated, retired.

mod ring;
mod rotate;
mod sign;

pub use ring::published;
pub use rotate::due_at;
pub use rotate::list;
pub use rotate::rotate;
pub use rotate::tend;
pub use sign::sign;

pub use rotate::Retired;
