//! Passwords that leaked somewhere, looked up in files on this machine; nothing of a password
//! leaves it. The files are the published lists of SHA-1 hashes, or a filter made of them: see
//! [`filter`]. However large they are, a look-up reads a few kilobytes.

pub mod filter;
mod lines;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use self::filter::Filter;
use self::lines::SortedLines;
use keyward_core::problem::{Problem, Result, codes};

/// A SHA-1 hash, as the published lists have it.
pub(super) type Hash = [u8; 20];

/// The files of the setting `passwords.breached`.
pub struct BreachedPasswords(Corpus);

enum Corpus {
    /// None are given.
    None,
    /// One file with a line for each hash, in their order.
    Lines(SortedLines),
    /// A folder with a file for each beginning of five hexadecimal digits.
    Ranges(PathBuf),
    /// A filter made by `keyward passwords index`.
    Filter(Filter),
}

/// Longer files of one range are none.
const LONGEST_RANGE: u64 = 4 * 1024 * 1024;

impl BreachedPasswords {
    /// Opens the files, which are told apart by what they are.
    ///
    /// # Errors
    /// `settings.invalid` for what is none of these.
    pub fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self(Corpus::None));
        };
        let invalid = |why: String| {
            let detail = format!("passwords.breached {} {why}", path.display());
            Problem::new(codes::SETTINGS_INVALID).detailed(detail)
        };
        let unreadable = |error: io::Error| invalid(format!("cannot be read: {error}"));
        if path.is_dir() {
            return match ranges_in(path).map_err(unreadable)? {
                true => Ok(Self(Corpus::Ranges(path.to_owned()))),
                false => Err(invalid(
                    "is a folder without range files such as 00000.txt".to_owned(),
                )),
            };
        }
        let file = File::open(path).map_err(unreadable)?;
        if let Some(filter) = Filter::open(&file).map_err(unreadable)? {
            return Ok(Self(Corpus::Filter(filter)));
        }
        match SortedLines::open(file).map_err(unreadable)? {
            Some(lines) => Ok(Self(Corpus::Lines(lines))),
            None => Err(invalid(
                "is neither a list of lines HASH:COUNT in SHA-1, ordered by hash, nor a filter made \
                 by `keyward passwords index`"
                    .to_owned(),
            )),
        }
    }

    /// Whether a password stands in the files. It reads, and waits for that.
    ///
    /// # Errors
    /// `data.unusable` where a file cannot be read any more.
    pub fn hold(&self, password: &str) -> Result<bool> {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        let hash: Hash = hash.as_ref().try_into().map_err(Problem::internal)?;
        let found = match &self.0 {
            Corpus::None => Ok(false),
            Corpus::Lines(lines) => lines.hold(&hash),
            Corpus::Ranges(folder) => in_range(folder, &hash),
            Corpus::Filter(filter) => filter.holds(&hash),
        };
        found.map_err(|error| {
            let why = "the files of passwords.breached cannot be read";
            Problem::new(codes::DATA_UNUSABLE)
                .detailed(why)
                .caused_by(error)
        })
    }

    /// What is used, in a few words; `None` where nothing is.
    pub fn kind(&self) -> Option<&'static str> {
        match &self.0 {
            Corpus::None => None,
            Corpus::Lines(_) => Some("a list ordered by hash"),
            Corpus::Ranges(_) => Some("a folder of range files"),
            Corpus::Filter(_) => Some("a filter"),
        }
    }
}

/// The name of the file of a range, without what may stand after a dot.
fn range_name(hash: &Hash) -> String {
    let [first, second, third, ..] = hash;
    format!("{first:02X}{second:02X}{:X}", third >> 4)
}

/// Whether a folder has at least one range file.
fn ranges_in(folder: &Path) -> io::Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        if range_of(&entry?.path()).is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The range of a file by its name.
pub(super) fn range_of(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".txt").unwrap_or(name);
    let is_range = stem.len() == 5 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_range.then(|| u32::from_str_radix(stem, 16).ok())?
}

/// A range that is not there has no hashes.
fn in_range(folder: &Path, hash: &Hash) -> io::Result<bool> {
    let name = range_name(hash);
    for name in [format!("{name}.txt"), name.clone(), name.to_lowercase()] {
        let file = match File::open(folder.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let mut text = String::new();
        file.take(LONGEST_RANGE).read_to_string(&mut text)?;
        return Ok(text
            .lines()
            .any(|line| range_line(&range_name(hash), line).as_ref() == Some(hash)));
    }
    Ok(false)
}

/// The hash of a line `REST:COUNT` of a range. A count of zero is padding.
pub(super) fn range_line(range: &str, line: &str) -> Option<Hash> {
    let line = line.trim_start_matches('\u{feff}');
    if line.len() < 35 || !line.is_char_boundary(35) {
        return None;
    }
    whole_line(format!("{range}{line}").as_bytes())
}

/// The hash of a line `HASH:COUNT`, or `HASH` alone. A count of zero is padding.
pub(super) fn whole_line(line: &[u8]) -> Option<Hash> {
    let line = line.trim_ascii_end();
    let (hex, rest) = line.split_at_checked(40)?;
    let is_line = match rest {
        [] => true,
        [b':', count @ ..] => {
            !count.is_empty()
                && count.iter().all(u8::is_ascii_digit)
                && count.iter().any(|digit| *digit != b'0')
        }
        _ => false,
    };
    if !is_line {
        return None;
    }
    let hash = data_encoding::HEXUPPER_PERMISSIVE.decode(hex).ok()?;
    hash.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::filter::{Progress, build};
    use super::*;

    /// Hashes of texts, in their order, as a published list has them.
    fn list(texts: &[String]) -> Vec<String> {
        let hash = |text: &String| {
            let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
            data_encoding::HEXUPPER.encode(hash.as_ref())
        };
        let mut hashes: Vec<String> = texts.iter().map(hash).collect();
        hashes.sort_unstable();
        let lines = hashes.into_iter().zip(1..);
        lines
            .map(|(hash, count)| format!("{hash}:{count}"))
            .collect()
    }

    #[test]
    fn every_form_holds_what_leaked_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let leaked: Vec<String> = (0..2000).map(|number| format!("leaked {number}")).collect();
        let lines = list(&leaked);
        fs::write(at("list.txt"), lines.join("\r\n")).expect("a file");
        fs::create_dir(at("ranges")).expect("a folder");
        for line in &lines {
            let path = at("ranges").join(format!("{}.txt", &line[..5]));
            let before = fs::read_to_string(&path).unwrap_or_default();
            fs::write(path, format!("{before}{}\n", &line[5..])).expect("a file");
        }
        let mut seen = 0;
        let mut watch = |progress: Progress| seen = progress.done;
        let count = build(&at("list.txt"), &at("one.filter"), &mut watch).expect("a filter");
        assert_eq!(count, 2000);
        build(&at("ranges"), &at("two.filter"), &mut |_| ()).expect("a filter");
        assert!(seen > 0);
        let [one, two] = ["one.filter", "two.filter"].map(|name| fs::read(at(name)).expect("it"));
        assert_eq!(one, two);
        for name in ["list.txt", "ranges", "one.filter"] {
            let corpus = BreachedPasswords::open(Some(&at(name))).expect(name);
            for text in &leaked {
                assert!(corpus.hold(text).expect("it reads"), "{name}: {text}");
            }
            for number in 0..2000 {
                let text = format!("kept {number}");
                assert!(!corpus.hold(&text).expect("it reads"), "{name}: {text}");
            }
        }
    }

    #[test]
    fn padding_and_other_lines_are_no_passwords() {
        let line = |text: &str| whole_line(text.as_bytes()).is_some();
        let hash = "0".repeat(40);
        assert!(line(&hash) && line(&format!("{hash}:1")) && line(&format!("{hash}:20\r\n")));
        for other in [":0", ":", ":x", " 1", "0"] {
            assert!(!line(&format!("{hash}{other}")), "{other}");
        }
        assert!(!line("") && !line(&"g".repeat(40)));
        assert!(range_line("00000", &format!("{}:3", "a".repeat(35))).is_some());
        assert!(range_line("00000", "ü").is_none());
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list");
        let unsorted = format!("{}:1\n{}:1\n", "f".repeat(40), "0".repeat(40));
        for text in ["", "hello\n", "password:1\n"] {
            fs::write(&path, text).expect("a file");
            assert!(BreachedPasswords::open(Some(&path)).is_err(), "{text}");
            let filter = folder.path().join("filter");
            assert!(build(&path, &filter, &mut |_| ()).is_err(), "{text}");
        }
        fs::write(&path, unsorted).expect("a file");
        let filter = folder.path().join("filter");
        assert!(build(&path, &filter, &mut |_| ()).is_err());
        assert!(!filter.exists(), "half a filter was left");
        assert!(BreachedPasswords::open(Some(folder.path())).is_err());
        assert!(BreachedPasswords::open(Some(&folder.path().join("gone"))).is_err());
    }
}
