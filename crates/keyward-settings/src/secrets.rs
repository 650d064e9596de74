//! `[secrets]`

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::form::Form;
use super::forms::{path, secret};
use super::section::section;
use keyward_core::secret::MasterKey;

section! {
    /// The key under which every secret in the database is sealed. Without it a copy of the
    /// database is useless, to a thief and to you: keep a copy of it elsewhere than the
    /// database's.
    Secrets = "secrets" {
        /// The key itself: 43 characters of URL-safe base64. Better kept in a file.
        master_key "master_key": Option<SecretString> = master_key().optional("in the file");
        /// The file that holds the key. Where there is none and the database is new, one is made,
        /// readable by its owner alone.
        master_key_file "master_key_file": PathBuf = path().or("keyward-data/master.key");
    }
}

fn master_key() -> Form<SecretString> {
    secret().when(
        |text| MasterKey::parse(text.expose_secret()).is_some(),
        "must be 43 characters of unpadded URL-safe base64, which are 32 bytes",
    )
}
