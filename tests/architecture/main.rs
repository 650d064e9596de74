//! Keeps the laws of the architecture: what may import what, which crate has which door, what a dependency
//! may bring along. A failure names the file and line, and the rule.

mod circles;
mod doors;
mod manners;
mod papers;
mod rings;
mod source;
mod supply_chain;
