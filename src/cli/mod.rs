//! The command line: one command a file, over the same actions as the console.

pub mod log;
