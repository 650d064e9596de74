//! Data of other systems.

mod exported_keys;
mod inventory;
mod key_files;
