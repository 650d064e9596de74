//! The files of an embedded database under their names: are they still those that are open?
//!
//! A file that was moved away or replaced lives on for the process that has it open, and no other
//! ever sees what is written there.

use std::path::{Path, PathBuf};

use keyward_core::problem::{Problem, Result, codes};

/// A database file, and its log.
pub(super) struct OpenFile {
    files: [Named; 2],
}

struct Named {
    path: PathBuf,
    identity: Option<Identity>,
}

/// Device and number of a file.
type Identity = (u64, u64);

impl OpenFile {
    /// The file that was opened under this name just now; `None` for one in memory.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let files = [path.to_owned(), PathBuf::from(log)].map(|path| Named {
            identity: identity(&path),
            path,
        });
        files[0].identity.is_some().then_some(Self { files })
    }

    /// The file that is not there any more under its name, or is another one now.
    pub(super) fn lost(&mut self) -> Option<&Path> {
        self.files.iter_mut().find_map(|file| {
            let now = identity(&file.path);
            // The log is made by the first transaction.
            file.identity = file.identity.or(now);
            (file.identity != now).then_some(file.path.as_path())
        })
    }
}

/// How much is written beside a database to find out whether there is room.
static ROOM: [u8; 65_536] = [0; 65_536];

/// Whether a little more can be written beside a file.
///
/// # Errors
/// `database.full`
pub(super) fn has_room(path: &Path) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let mut probe = path.as_os_str().to_owned();
    probe.push("-probe");
    let written = std::fs::write(&probe, &ROOM[..]);
    // What could not be written whole is there in part.
    let _ = std::fs::remove_file(&probe);
    written.map_err(|error| Problem::new(codes::DATABASE_FULL).caused_by(error))
}

fn identity(path: &Path) -> Option<Identity> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_was_replaced_or_removed_is_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keyward.db");
        let log = folder.path().join("keyward.db-wal");
        fs::write(&path, "one").expect("a file");
        let mut open = OpenFile::of(&path).expect("a file");
        assert_eq!(open.lost(), None);
        fs::write(&log, "log").expect("a log");
        assert_eq!(open.lost(), None);
        fs::write(&path, "changed").expect("the same file");
        assert_eq!(open.lost(), None);

        fs::remove_file(&log).expect("gone");
        assert_eq!(open.lost(), Some(log.as_path()));
        let mut open = OpenFile::of(&path).expect("a file");
        fs::rename(&path, folder.path().join("away")).expect("moved");
        assert_eq!(open.lost(), Some(path.as_path()));
        fs::write(&path, "another").expect("a file");
        assert_eq!(open.lost(), Some(path.as_path()));
    }

    #[test]
    fn a_database_in_memory_has_no_file() {
        assert!(OpenFile::of(Path::new(":memory:")).is_none());
    }
}
