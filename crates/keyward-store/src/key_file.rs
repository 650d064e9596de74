//! The file that holds the master key, and the folder that holds everything.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use zeroize::Zeroizing;

use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::MasterKey;

/// Reads the key; `None` where there is no such file.
///
/// # Errors
/// `master_key.wrong` where the file holds something else, `data.unusable` where it cannot be read.
pub fn read(path: &Path) -> Result<Option<MasterKey>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot("be read", path, error)),
    };
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)
        .map_err(|error| cannot("be read", path, error))?;
    match MasterKey::parse(&text) {
        Some(key) => Ok(Some(key)),
        None => Err(Problem::new(codes::MASTER_KEY_WRONG).detailed(format!(
            "{} does not hold 43 characters of URL-safe base64",
            path.display()
        ))),
    }
}

/// Writes a new key to a file that only its owner can read; `false` where there is one already. The
/// file is whole as soon as it is there, and of several servers that write it at once one does.
///
/// # Errors
/// `data.unusable` where none can be written.
pub fn write(path: &Path, key: &MasterKey) -> Result<bool> {
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let mut file = create(&draft).map_err(|error| cannot("be created", &draft, error))?;
    let text = Zeroizing::new(format!("{}\n", key.expose().as_str()));
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    // A link is made once; a file that is renamed would replace another one.
    let placed = written.and_then(|()| std::fs::hard_link(&draft, path));
    remove(&draft);
    match placed {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(cannot("be written", path, error)),
    }
}

/// Removes a file, where that can be done.
pub fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(%error, "{} could not be removed", path.display());
    }
}

/// Makes an empty file that only its owner can read, where there is none. SQLite gives its other
/// files the same mode.
///
/// # Errors
/// `data.unusable` where it cannot be made.
pub fn make_private_file(path: &Path) -> Result<()> {
    match create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(cannot("be created", path, error))
        }
        _ => Ok(()),
    }
}

/// Makes the folder that `file` will stand in, open to its owner alone, where there is none.
///
/// # Errors
/// `data.unusable` where it cannot be made.
pub fn make_folder_of(file: &Path) -> Result<()> {
    let Some(folder) = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| cannot("be made", folder, error))
}

fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn cannot(what: &str, path: &Path, error: std::io::Error) -> Problem {
    Problem::new(codes::DATA_UNUSABLE)
        .detailed(format!("{} cannot {what}: {error}", path.display()))
}
