//! Lists of keys, read piece by piece: a file of a million rows takes no more memory than one of five hundred,
//! save eight bytes a row, by which a key that stands there twice is known.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::BuildHasher as _;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

use super::report::{FileReport, Report, RowCounts};
use super::{BATCH, Options, Progress};
use crate::lists::as_typed;
use keyward_actions::App;
use keyward_actions::key;
use keyward_actions::otp_key::RowVerdict;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::provisioning::{Heading, InventoryRecord, RowFault};

/// What the format is called in reports.
const FORMAT: &str = "inventory";

/// How much of a file is looked at for what parts its cells, in bytes.
const LOOKED_AT: u64 = 64 * 1024;

/// A row, with its line.
type NumberedRow = (usize, Result<InventoryRecord, RowFault>);

type Reader = csv::Reader<DecodeReaderBytes<File, Vec<u8>>>;

/// One file, open at its first row.
struct List {
    reader: Reader,
    heading: Heading,
    row: StringRecord,
    seen: HashSet<u64>,
    hasher: RandomState,
}

/// Imports the lists of these files: judges all of them first, and writes where everything is in order.
///
/// # Errors
/// `import.unreadable`, `import.format` where a file has no heading with a serial number, and the store's. Bad
/// rows are in the report.
pub async fn import(
    app: &App,
    administrator: &Administrator,
    files: &[&Path],
    options: Options,
    progress: Progress<'_>,
) -> Result<Report> {
    let judge = async |batch| key::judge_import(app, batch).await;
    let write = async |batch| key::import(app, administrator, batch).await;
    twice(files, options, progress, judge, write).await
}

/// Keeps keys for people, as these files say: the columns `serial` and `owner` of a list, and `maker` and `note` where
/// they are there.
///
/// # Errors
/// As [`import`].
pub async fn assign(
    app: &App,
    administrator: &Administrator,
    files: &[&Path],
    options: Options,
    progress: Progress<'_>,
) -> Result<Report> {
    let judge = async |batch| key::judge_assignments(app, batch).await;
    let write = async |batch| key::assign_listed(app, administrator, batch).await;
    twice(files, options, progress, judge, write).await
}

/// Reads all files to judge them, and again to write where everything is in order.
async fn twice(
    files: &[&Path],
    options: Options,
    progress: Progress<'_>,
    judge: impl AsyncFn(Vec<InventoryRecord>) -> Result<Vec<RowVerdict>>,
    write: impl AsyncFn(Vec<InventoryRecord>) -> Result<Vec<RowVerdict>>,
) -> Result<Report> {
    let mut judging = Pass::new(files, progress, if options.dry_run { 1 } else { 2 })?;
    let hasher = RandomState::new();
    let mut report = Report::default();
    for file in files {
        report
            .files
            .push(judging.read(file, &hasher, &judge).await?);
    }
    report.close();
    report.dry_run = options.dry_run;
    report.accepted = report.total.bad == 0 || options.skip_bad;
    if options.dry_run || !report.accepted {
        return Ok(report);
    }
    let mut writing = judging.again();
    report.files.clear();
    for file in files {
        // Another process may have written meanwhile: what counts is what is met now.
        report
            .files
            .push(writing.read(file, &hasher, &write).await?);
    }
    report.close();
    Ok(report)
}

/// All files, read once.
struct Pass<'a> {
    progress: Progress<'a>,
    done: u64,
    of: u64,
    seen: HashSet<u64>,
}

impl<'a> Pass<'a> {
    fn new(files: &[&Path], progress: Progress<'a>, passes: u64) -> Result<Self> {
        let mut of = 0;
        for file in files {
            let facts = std::fs::metadata(file).map_err(|error| unreadable(file, &error))?;
            of += facts.len();
        }
        Ok(Self {
            progress,
            done: 0,
            of: of * passes,
            seen: HashSet::new(),
        })
    }

    fn again(self) -> Self {
        Self {
            seen: HashSet::new(),
            ..self
        }
    }

    async fn read(
        &mut self,
        file: &Path,
        hasher: &RandomState,
        work: impl AsyncFn(Vec<InventoryRecord>) -> Result<Vec<RowVerdict>>,
    ) -> Result<FileReport> {
        let mut list = List::open(file, std::mem::take(&mut self.seen), hasher.clone())?;
        let mut report = FileReport {
            file: file.display().to_string(),
            format: FORMAT,
            signed_by: None,
            sums: RowCounts::default(),
            errors: Vec::new(),
        };
        let (mut batch, mut lines) = (Vec::new(), Vec::new());
        loop {
            let row = list.next(file)?;
            let is_over = row.is_none();
            match row {
                Some((line, Ok(record))) => {
                    report.sums.rows += 1;
                    lines.push(line);
                    batch.push(record);
                }
                Some((line, Err(fault))) => {
                    report.sums.rows += 1;
                    report.count(line, RowVerdict::Refused(fault));
                }
                None => {}
            }
            if batch.len() == BATCH || (is_over && !batch.is_empty()) {
                let verdicts = work(std::mem::take(&mut batch)).await?;
                for (line, verdict) in lines.drain(..).zip(verdicts) {
                    report.count(line, verdict);
                }
                self.show(list.reader.position().byte());
            }
            if is_over {
                break;
            }
        }
        self.done += list.reader.position().byte();
        self.seen = list.seen;
        Ok(report)
    }

    fn show(&self, of_file: u64) {
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let done = (self.done + of_file).min(self.of);
        (self.progress)(number(done), number(self.of));
    }
}

impl List {
    fn open(file: &Path, seen: HashSet<u64>, hasher: RandomState) -> Result<Self> {
        let separator = separator(file)?;
        let mut reader = ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .from_reader(decoded(file)?);
        let mut row = StringRecord::new();
        let read = reader.read_record(&mut row);
        read.map_err(|error| unreadable(file, &error))?;
        let heading = Heading::read(row.iter()).ok_or_else(|| {
            let why = "its first line names no column `serial`";
            Problem::new(codes::IMPORT_FORMAT).detailed(format!("{}: {why}", file.display()))
        })?;
        Ok(Self {
            reader,
            heading,
            row,
            seen,
            hasher,
        })
    }

    /// The next row with its line; `None` at the end.
    fn next(&mut self, file: &Path) -> Result<Option<NumberedRow>> {
        loop {
            match self.reader.read_record(&mut self.row) {
                Ok(false) => return Ok(None),
                Ok(true) => {}
                Err(error) => return Err(unreadable(file, &error)),
            }
            let line = self.row.position().map_or(0, csv::Position::line);
            let line = usize::try_from(line).unwrap_or(usize::MAX);
            if self.row.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let cells: Vec<_> = self.row.iter().map(as_typed).collect();
            let cells = cells.iter().map(|cell| &**cell);
            let record = self.heading.record(cells).and_then(|record| {
                let maker = record.maker.to_ascii_lowercase();
                let key = self.hasher.hash_one((maker, record.serial.as_str()));
                match self.seen.insert(key) {
                    true => Ok(record),
                    false => Err(RowFault::Repeated),
                }
            });
            return Ok(Some((line, record)));
        }
    }
}

/// The text of a file as UTF-8, whether it is that or UTF-16 with a byte order mark.
fn decoded(file: &Path) -> Result<DecodeReaderBytes<File, Vec<u8>>> {
    let opened = File::open(file).map_err(|error| unreadable(file, &error))?;
    Ok(DecodeReaderBytesBuilder::new().build(opened))
}

/// What parts the cells of a file: whatever its heading has most of.
fn separator(file: &Path) -> Result<u8> {
    let mut reader = BufReader::new(decoded(file)?.take(LOOKED_AT));
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line);
        let read = read.map_err(|error| unreadable(file, &error))?;
        if read == 0 || !line.starts_with(b"#") {
            break;
        }
    }
    let count = |separator: u8| line.iter().filter(|byte| **byte == separator).count();
    let separators = [b',', b';', b'\t'];
    Ok(separators
        .into_iter()
        .max_by_key(|one| count(*one))
        .unwrap_or(b','))
}

fn unreadable(file: &Path, why: &dyn std::fmt::Display) -> Problem {
    Problem::new(codes::IMPORT_UNREADABLE).detailed(format!("{}: {why}", file.display()))
}
