//! One file with a line for each hash, ordered by hash.

use std::cmp::Ordering;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::{Hash, whole_line};

/// More than two lines are at most.
const WINDOW: usize = 256;

/// An open file.
pub(super) struct SortedLines {
    file: File,
    length: u64,
}

impl SortedLines {
    /// The file, where its first line is one.
    pub fn open(file: File) -> io::Result<Option<Self>> {
        let length = file.metadata()?.len();
        let lines = Self { file, length };
        Ok(lines.first_from(0)?.map(|_| lines))
    }

    /// Looks for a hash by halving: about forty reads for the largest lists.
    pub fn hold(&self, hash: &Hash) -> io::Result<bool> {
        // The line that is looked for begins at `from` or later, and before `to`.
        let (mut from, mut to) = (0, self.length);
        while from < to {
            let middle = from + (to - from) / 2;
            let Some((start, end, found)) = self.line_from(middle)? else {
                to = middle;
                continue;
            };
            if start >= to {
                to = middle;
                continue;
            }
            match found.cmp(hash) {
                Ordering::Equal => return Ok(true),
                Ordering::Less => from = end,
                Ordering::Greater => to = middle,
            }
        }
        Ok(false)
    }

    /// The first whole line that begins at a place or after it: where it begins, where the next
    /// does, and its hash. `None` at the end of the file.
    fn line_from(&self, place: u64) -> io::Result<Option<(u64, u64, Hash)>> {
        if place == 0 {
            return self.first_from(0);
        }
        let before = place - 1;
        let window = self.window(before)?;
        let Some(newline) = window.iter().position(|byte| *byte == b'\n') else {
            return Ok(None);
        };
        self.first_from(before + newline as u64 + 1)
    }

    /// The line that begins here; lines that are none are passed over.
    fn first_from(&self, start: u64) -> io::Result<Option<(u64, u64, Hash)>> {
        let mut start = start;
        loop {
            let window = self.window(start)?;
            if window.is_empty() {
                return Ok(None);
            }
            let length = window.iter().position(|byte| *byte == b'\n');
            let line = &window[..length.unwrap_or(window.len())];
            let end = start + length.map_or(window.len(), |length| length + 1) as u64;
            match whole_line(line) {
                Some(hash) => return Ok(Some((start, end, hash))),
                // A list that begins with something else is none.
                None if start == 0 => return Ok(None),
                None => start = end,
            }
        }
    }

    fn window(&self, start: u64) -> io::Result<Vec<u8>> {
        let mut window = vec![0; WINDOW];
        let mut filled = 0;
        while filled < WINDOW {
            match self
                .file
                .read_at(&mut window[filled..], start + filled as u64)?
            {
                0 => break,
                read => filled += read,
            }
        }
        window.truncate(filled);
        Ok(window)
    }
}
