//! The words of Keyward: what its users hold and do, what is verified, and what follows from it.
//! Nothing here does I/O, waits, or knows a framework.
//!
//! The modules stand in reading order; imports go upwards on this page only.

pub mod clock;
pub mod problem;
pub mod secret;

pub mod domain;
pub mod protocols;

pub mod factors;
pub mod flows;
