//! Data of other systems.

mod key_files;
