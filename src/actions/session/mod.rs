//! Sessions: what a browser's identifier opens, and how it ends.

mod sign_out;
mod visit;
