//! Declared configuration: what is there of it, and how a plan is carried out.

mod carry_out;
mod present;
pub use carry_out::settle;
pub use carry_out::{carry_out, judge};
pub use present::present;

pub use carry_out::NewSecret;
