//! A filter of leaked passwords: of each hash the first 52 bits, in an eighth of the room of the
//! published lists. A password that did not leak is taken for one that did once in 2⁵² for each
//! hash: with a billion of them, once in four million.
//!
//! The file: sixteen bytes that say what it is; the number of hashes; for each of the 2²⁰ beginnings
//! of 20 bits, and for the end, how many hashes come before it, in eight bytes; then of each hash the
//! four bytes that follow its beginning, in order. Numbers are big-endian.

use std::fs::{self, File};
use std::io::{
    self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _,
};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::{Hash, range_line, range_of, whole_line};
use keyward_core::problem::{Problem, Result, codes};

const MAGIC: [u8; 16] = *b"keyward-breach-1";
/// How many beginnings there are.
const RANGES: usize = 1 << 20;
const INDEX: u64 = 24;
const ENTRIES: u64 = INDEX + 8 * (RANGES as u64 + 1);
/// The bytes that are kept of a hash after its beginning.
const KEPT: usize = 4;
/// After so many hashes it is reported how far the work is.
const TOLD_EVERY: u64 = 100_000;

/// An open filter.
pub(super) struct Filter(File);

impl Filter {
    /// The filter in a file; `None` where it is none.
    pub fn open(file: &File) -> io::Result<Option<Self>> {
        let length = file.metadata()?.len();
        let mut head = [0; INDEX as usize];
        if length < ENTRIES || file.read_exact_at(&mut head, 0).is_err() || head[..16] != MAGIC {
            return Ok(None);
        }
        let mut count = [0; 8];
        count.copy_from_slice(&head[16..]);
        let count = u64::from_be_bytes(count);
        let is_whole = count.checked_mul(KEPT as u64).map(|size| size + ENTRIES) == Some(length);
        if !is_whole {
            return Err(io::Error::other("the filter is cut off or damaged"));
        }
        Ok(Some(Self(file.try_clone()?)))
    }

    /// Whether a hash stands in it.
    pub fn holds(&self, hash: &Hash) -> io::Result<bool> {
        let (range, kept) = parts(hash);
        let mut bounds = [0; 16];
        self.0
            .read_exact_at(&mut bounds, INDEX + 8 * u64::from(range))?;
        let bound = |half: &[u8]| half.try_into().map(u64::from_be_bytes).unwrap_or_default();
        let (from, to) = (bound(&bounds[..8]), bound(&bounds[8..]));
        let count = to
            .checked_sub(from)
            .and_then(|count| usize::try_from(count).ok());
        // Hashes are spread evenly: what is larger by far is no filter of ours.
        let count = count.filter(|count| *count < 1 << 20);
        let count = count.ok_or_else(|| io::Error::other("the filter is damaged"))?;
        let mut entries = vec![0; count * KEPT];
        self.0
            .read_exact_at(&mut entries, ENTRIES + from * KEPT as u64)?;
        let entries: Vec<&[u8]> = entries.chunks_exact(KEPT).collect();
        Ok(entries.binary_search(&&kept[..]).is_ok())
    }
}

/// The beginning of a hash, and what is kept of the rest: 20 bits and 32.
fn parts(hash: &Hash) -> (u32, [u8; KEPT]) {
    let [a, b, c, d, e, f, g, ..] = *hash;
    let range = u32::from_be_bytes([0, a, b, c]) >> 4;
    let rest = u64::from_be_bytes([0, 0, 0, c & 0x0f, d, e, f, g]) >> 4;
    // 36 bits without the last four are 32.
    (range, u32::try_from(rest).unwrap_or_default().to_be_bytes())
}

/// How far the work is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// How much is done: bytes of the list, or files of the folder.
    pub done: u64,
    /// Of how much.
    pub of: u64,
}

/// Makes a filter of a list that is ordered by hash, or of a folder of range files, and counts its
/// hashes. Memory stays the same however many they are.
///
/// # Errors
/// `import.unreadable` with the line for what is no such list; `export.unwritable`. A filter that is
/// not whole is not left behind.
pub fn build(from: &Path, to: &Path, report: &mut dyn FnMut(Progress)) -> Result<u64> {
    let part = PathBuf::from(format!("{}.part", to.display()));
    let built = Writer::create(&part).and_then(|writer| {
        let writer = match from.is_dir() {
            true => of_ranges(from, writer, report)?,
            false => of_list(from, writer, report)?,
        };
        writer.finish()
    });
    let moved = built.and_then(|count| {
        let moved = fs::rename(&part, to).map_err(|error| unwritable(to, error));
        moved.map(|()| count)
    });
    if moved.is_err() {
        // What matters is why; there may be nothing to remove.
        let _ = fs::remove_file(&part);
    }
    moved
}

fn unreadable(path: &Path, why: impl std::fmt::Display) -> Problem {
    Problem::new(codes::IMPORT_UNREADABLE).detailed(format!("{}: {why}", path.display()))
}

fn unwritable(path: &Path, error: io::Error) -> Problem {
    Problem::new(codes::EXPORT_UNWRITABLE)
        .detailed(format!("{}: {error}", path.display()))
        .caused_by(error)
}

fn of_list(from: &Path, mut writer: Writer, report: &mut dyn FnMut(Progress)) -> Result<Writer> {
    let file = File::open(from).map_err(|error| unreadable(from, error))?;
    let of = file
        .metadata()
        .map_err(|error| unreadable(from, error))?
        .len();
    let mut lines = BufReader::with_capacity(1 << 20, file);
    let (mut line, mut done, mut number) = (Vec::new(), 0, 0_u64);
    loop {
        line.clear();
        let read = lines
            .by_ref()
            .take(256)
            .read_until(b'\n', &mut line)
            .map_err(|error| unreadable(from, error))?;
        if read == 0 {
            break;
        }
        done += read as u64;
        number += 1;
        if number.is_multiple_of(TOLD_EVERY) {
            report(Progress { done, of });
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let hash = whole_line(&line)
            .ok_or_else(|| unreadable(from, format!("line {number} is not HASH:COUNT in SHA-1")))?;
        if !writer.add(&hash)? {
            let why =
                format!("line {number} is out of order; take the list that is ordered by hash");
            return Err(unreadable(from, why));
        }
    }
    report(Progress { done, of });
    match number {
        0 => Err(unreadable(from, "it is empty")),
        _ => Ok(writer),
    }
}

fn of_ranges(
    folder: &Path,
    mut writer: Writer,
    report: &mut dyn FnMut(Progress),
) -> Result<Writer> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    // A number for each file, not its name: the largest folder has a million.
    let mut ranges = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        ranges.extend(range_of(&path));
    }
    ranges.sort_unstable();
    ranges.dedup();
    if ranges.is_empty() {
        return Err(unreadable(
            folder,
            "it has no range files such as 00000.txt",
        ));
    }
    let of = ranges.len() as u64;
    for (range, done) in ranges.into_iter().zip(1..) {
        let (range, number) = (format!("{range:05X}"), range);
        let path = file_of(folder, number)
            .ok_or_else(|| unreadable(folder, format!("{range} is gone")))?;
        let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        // Padding is left out here.
        let mut hashes: Vec<Hash> = lines.filter_map(|line| range_line(&range, line)).collect();
        hashes.sort_unstable();
        for hash in hashes {
            writer.add(&hash)?;
        }
        report(Progress { done, of });
    }
    Ok(writer)
}

fn file_of(folder: &Path, range: u32) -> Option<PathBuf> {
    let names = [
        format!("{range:05X}.txt"),
        format!("{range:05X}"),
        format!("{range:05x}.txt"),
        format!("{range:05x}"),
    ];
    let mut paths = names.iter().map(|name| folder.join(name));
    paths.find(|path| path.is_file())
}

/// A filter on its way into a file.
struct Writer {
    path: PathBuf,
    file: BufWriter<File>,
    /// How many hashes come before each beginning, as far as they are written.
    before: Vec<u64>,
    count: u64,
    latest: Option<Hash>,
}

impl Writer {
    fn create(path: &Path) -> Result<Self> {
        let create = || {
            let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
            file.seek(SeekFrom::Start(ENTRIES))?;
            Ok(file)
        };
        Ok(Self {
            file: create().map_err(|error| unwritable(path, error))?,
            path: path.to_owned(),
            before: Vec::with_capacity(RANGES + 1),
            count: 0,
            latest: None,
        })
    }

    /// Adds a hash; `false` where it is smaller than the one before. One that is there is not added
    /// again.
    fn add(&mut self, hash: &Hash) -> Result<bool> {
        match self.latest.as_ref().map(|latest| latest.cmp(hash)) {
            Some(std::cmp::Ordering::Greater) => return Ok(false),
            Some(std::cmp::Ordering::Equal) => return Ok(true),
            Some(std::cmp::Ordering::Less) | None => self.latest = Some(*hash),
        }
        let (range, kept) = parts(hash);
        self.open_until(range as usize);
        self.count += 1;
        self.file
            .write_all(&kept)
            .map_err(|error| unwritable(&self.path, error))?;
        Ok(true)
    }

    fn open_until(&mut self, range: usize) {
        while self.before.len() <= range {
            self.before.push(self.count);
        }
    }

    fn finish(mut self) -> Result<u64> {
        self.open_until(RANGES);
        let write = |writer: &mut Self| {
            writer.file.seek(SeekFrom::Start(0))?;
            writer.file.write_all(&MAGIC)?;
            writer.file.write_all(&writer.count.to_be_bytes())?;
            for before in &writer.before {
                writer.file.write_all(&before.to_be_bytes())?;
            }
            writer.file.flush()?;
            writer.file.get_ref().sync_all()
        };
        write(&mut self).map_err(|error| unwritable(&self.path, error))?;
        Ok(self.count)
    }
}
