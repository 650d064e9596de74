//! Data of other systems.

mod inventory;
mod key_files;
