//! Files that a file names: secrets, keys and certificates.

use std::fs;
use std::path::Path;

use secrecy::SecretString;

use super::table::Table;
use keyward_core::problem::Result;

/// The largest, in bytes.
const LARGEST: u64 = 64 * 1024;

/// The text of a file that a file names; its path is relative to that file's folder.
///
/// # Errors
/// `declared.invalid`, naming the key and the file.
pub(super) fn beside(
    table: &Table,
    key: &str,
    path: &str,
    folder: &Path,
) -> Result<zeroize::Zeroizing<String>> {
    let full = folder.join(path);
    let unreadable = |why: String| table.wrong(key, format!("{}: {why}", full.display()));
    let metadata = fs::metadata(&full).map_err(|error| unreadable(error.to_string()))?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(unreadable("is no file of at most 64 KiB".to_owned()));
    }
    fs::read_to_string(&full)
        .map(zeroize::Zeroizing::new)
        .map_err(|error| unreadable(error.to_string()))
}

/// The secret in such a file, without the white space around it.
///
/// # Errors
/// `declared.invalid`, naming the key and the file.
pub(super) fn secret_file(
    table: &Table,
    key: &str,
    path: &str,
    folder: &Path,
) -> Result<SecretString> {
    let text = beside(table, key, path, folder)?;
    match text.trim() {
        "" => Err(table.wrong(key, format!("{path} is empty"))),
        key => Ok(SecretString::from(key)),
    }
}
