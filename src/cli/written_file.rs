//! Files that commands write: new ones, for their owner's eyes, whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use keyward_core::problem::{Problem, Result, codes};

/// A file that is being written, or standard output. What was not [finished](Self::finish) is
/// removed again.
pub enum WrittenFile {
    /// Standard output.
    Standard,
    /// A new file of mode 0600, or the given one.
    New {
        /// Its place.
        path: PathBuf,
        /// What is written; `None` once it is finished.
        writer: Option<BufWriter<File>>,
    },
}

impl WrittenFile {
    /// Begins a new file; `-` is standard output. A file that is there already is left alone:
    /// it may hold the only copy of a user's secrets.
    ///
    /// # Errors
    /// `export.unwritable`
    pub fn create(path: &Path, mode: u32) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::Standard);
        }
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)
            .map_err(|error| unwritable(path, &error))?;
        Ok(Self::New {
            path: path.to_owned(),
            writer: Some(BufWriter::new(file)),
        })
    }

    /// Writes more text.
    ///
    /// # Errors
    /// `export.unwritable`
    pub fn write(&mut self, text: &str) -> Result<()> {
        match self {
            Self::Standard => io::stdout()
                .lock()
                .write_all(text.as_bytes())
                .map_err(|error| unwritable(Path::new("-"), &error)),
            Self::New { path, writer } => match writer {
                Some(writer) => writer
                    .write_all(text.as_bytes())
                    .map_err(|error| unwritable(path, &error)),
                None => Ok(()),
            },
        }
    }

    /// Ends the file: it is on disk when this returns.
    ///
    /// # Errors
    /// `export.unwritable`
    pub fn finish(&mut self) -> Result<()> {
        match self {
            Self::Standard => io::stdout()
                .lock()
                .flush()
                .map_err(|error| unwritable(Path::new("-"), &error)),
            Self::New { path, writer } => {
                let Some(mut open) = writer.take() else {
                    return Ok(());
                };
                let synced = open.flush().and_then(|()| open.get_ref().sync_all());
                synced.map_err(|error| {
                    *writer = Some(open);
                    unwritable(path, &error)
                })
            }
        }
    }
}

impl Drop for WrittenFile {
    fn drop(&mut self) {
        if let Self::New {
            path,
            writer: Some(_),
        } = self
        {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Problem {
    Problem::new(codes::EXPORT_UNWRITABLE).detailed(format!("{}: {error}", path.display()))
}
