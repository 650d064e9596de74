//! Lists of keys, read piece by piece: a file of a million rows takes no more memory than one of five hundred,
//! save eight bytes a row, by which a key that stands there twice is known.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::BuildHasher as _;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Terminator};
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

type Decoded<'a> = DecodeReaderBytes<Box<dyn Read + Send + 'a>, Vec<u8>>;

/// With the end of a line behind the last one, whether it has one or not.
type Lines<'a> = io::Chain<Decoded<'a>, &'static [u8]>;

/// What a list is read from: twice, once to judge it and once to write it.
#[derive(Clone, Copy)]
enum Origin<'a> {
    File(&'a Path),
    /// What was pasted into a form.
    Text(&'a str),
}

impl<'a> Origin<'a> {
    fn name(self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Text(_) => "list".to_owned(),
        }
    }

    fn length(self) -> Result<u64> {
        match self {
            Self::File(path) => {
                let facts = std::fs::metadata(path);
                Ok(facts.map_err(|error| self.unreadable(&error))?.len())
            }
            Self::Text(text) => Ok(text.len() as u64),
        }
    }

    fn open(self) -> io::Result<Box<dyn Read + Send + 'a>> {
        Ok(match self {
            Self::File(path) => Box::new(File::open(path)?),
            Self::Text(text) => Box::new(text.as_bytes()),
        })
    }

    fn unreadable(self, why: &dyn std::fmt::Display) -> Problem {
        Problem::new(codes::IMPORT_UNREADABLE).detailed(format!("{}: {why}", self.name()))
    }
}

/// One list, open at its first row.
struct List<'a> {
    reader: csv::Reader<Lines<'a>>,
    /// Whether lines end as they do on all systems but those of long ago.
    has_line_feeds: bool,
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
    let files: Vec<Origin<'_>> = files.iter().copied().map(Origin::File).collect();
    twice(&files, options, progress, judge, write).await
}

/// The same with a list that was pasted into a form. It names no secrets, for it stands in a page.
///
/// # Errors
/// As [`import`]; `import.format` also for a list with secrets.
pub async fn import_text(
    app: &App,
    administrator: &Administrator,
    text: &str,
    options: Options,
) -> Result<Report> {
    let list = Origin::Text(text);
    if List::open(list, HashSet::new(), RandomState::new())?
        .heading
        .has_secrets()
    {
        let why = "a list with secrets is imported by `keyward key import`";
        return Err(Problem::new(codes::IMPORT_FORMAT).detailed(why));
    }
    let judge = async |batch| key::judge_import(app, batch).await;
    let write = async |batch| key::import(app, administrator, batch).await;
    twice(&[list], options, &|_, _| {}, judge, write).await
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
    let files: Vec<Origin<'_>> = files.iter().copied().map(Origin::File).collect();
    twice(&files, options, progress, judge, write).await
}

/// Reads all files to judge them, and again to write where everything is in order.
async fn twice(
    files: &[Origin<'_>],
    options: Options,
    progress: Progress<'_>,
    judge: impl AsyncFn(Vec<InventoryRecord>) -> Result<Vec<RowVerdict>>,
    write: impl AsyncFn(Vec<InventoryRecord>) -> Result<Vec<RowVerdict>>,
) -> Result<Report> {
    let mut judging = Pass::new(files, progress, if options.dry_run { 1 } else { 2 })?;
    let hasher = RandomState::new();
    let mut report = Report::default();
    for file in files.iter().copied() {
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
    for file in files.iter().copied() {
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
    fn new(files: &[Origin<'_>], progress: Progress<'a>, passes: u64) -> Result<Self> {
        let mut of = 0;
        for file in files {
            of += file.length()?;
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
        file: Origin<'_>,
        hasher: &RandomState,
        work: impl AsyncFn(Vec<InventoryRecord>) -> Result<Vec<RowVerdict>>,
    ) -> Result<FileReport> {
        let mut list = List::open(file, std::mem::take(&mut self.seen), hasher.clone())?;
        let mut report = FileReport {
            file: file.name(),
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

impl<'a> List<'a> {
    fn open(file: Origin<'a>, seen: HashSet<u64>, hasher: RandomState) -> Result<Self> {
        let (separator, has_line_feeds) = look(file)?;
        let mut reader = ReaderBuilder::new()
            .delimiter(separator)
            // Of two letters the reader counts the second as the next row's, whose line would be wrong.
            .terminator(match has_line_feeds {
                true => Terminator::Any(b'\n'),
                false => Terminator::CRLF,
            })
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .from_reader(decoded(file)?.chain(&b"\n"[..]));
        let mut row = StringRecord::new();
        let read = reader.read_record(&mut row);
        read.map_err(|error| file.unreadable(&error))?;
        let heading = Heading::read(row.iter()).ok_or_else(|| {
            let why = "its first line names no column `serial`";
            Problem::new(codes::IMPORT_FORMAT).detailed(format!("{}: {why}", file.name()))
        })?;
        Ok(Self {
            reader,
            has_line_feeds,
            heading,
            row,
            seen,
            hasher,
        })
    }

    /// The line on which the row begins that was read last. Comments and empty lines may stand before it.
    fn line(&self) -> usize {
        let position = self.reader.position();
        let line = match self.has_line_feeds {
            true => {
                let within = self
                    .row
                    .iter()
                    .flat_map(str::bytes)
                    .filter(|byte| *byte == b'\n');
                position.line().saturating_sub(1 + within.count() as u64)
            }
            false => position.record(),
        };
        usize::try_from(line).unwrap_or(usize::MAX)
    }

    /// The next row with its line; `None` at the end.
    fn next(&mut self, file: Origin<'_>) -> Result<Option<NumberedRow>> {
        loop {
            match self.reader.read_record(&mut self.row) {
                Ok(false) => return Ok(None),
                Ok(true) => {}
                Err(error) => return Err(file.unreadable(&error)),
            }
            let line = self.line();
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

/// The text of a list as UTF-8, whether it is that or UTF-16 with a byte order mark.
fn decoded(file: Origin<'_>) -> Result<Decoded<'_>> {
    let opened = file.open().map_err(|error| file.unreadable(&error))?;
    Ok(DecodeReaderBytesBuilder::new().build(opened))
}

/// What parts the cells of a list (whatever its heading has most of), and whether its lines end with a line feed.
fn look(file: Origin<'_>) -> Result<(u8, bool)> {
    let mut reader = BufReader::new(decoded(file)?.take(LOOKED_AT));
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line);
        let read = read.map_err(|error| file.unreadable(&error))?;
        if read == 0 || !line.starts_with(b"#") {
            break;
        }
    }
    let count = |separator: u8| line.iter().filter(|byte| **byte == separator).count();
    let separators = [b',', b';', b'\t'];
    let separator = separators.into_iter().max_by_key(|one| count(*one));
    Ok((separator.unwrap_or(b','), line.ends_with(b"\n")))
}
