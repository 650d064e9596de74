//! All files' rows in one order, judged before any is written.

use std::collections::HashMap;

use super::merge::Record;
use super::report::{FileReport, Report};
use super::source::Source;
use super::{BATCH, Options, Progress};
use keyward_actions::otp_key::RowVerdict;
use keyward_core::problem::Result;
use keyward_core::protocols::provisioning::Contents;
use keyward_core::protocols::yubico::PublicId;

/// A sound row, and where it stands.
struct Row<T> {
    file: usize,
    line: usize,
    record: T,
}

/// What is left to do once the files were read.
pub(super) struct Plan<T> {
    rows: Vec<Row<T>>,
    report: Report,
}

/// What does the work: judges a batch without a trace, or writes it in one transaction. Both give
/// a verdict for each record.
pub(super) trait Work<T>: Sync {
    fn judge(&self, batch: Vec<T>) -> impl Future<Output = Result<Vec<RowVerdict>>>;
    fn write(&self, batch: Vec<T>) -> impl Future<Output = Result<Vec<RowVerdict>>>;
}

impl<T: Record> Plan<T> {
    /// Takes the rows of all files. Of several about one key, the first stands for all.
    pub(super) fn new(files: Vec<(&Source, Contents<T>)>) -> Self {
        let mut plan = Self {
            rows: Vec::new(),
            report: Report::default(),
        };
        let mut places: HashMap<PublicId, usize> = HashMap::new();
        for (file, (source, contents)) in files.into_iter().enumerate() {
            let mut report = FileReport::new(source, contents.rows.len(), contents.others);
            for numbered in contents.rows {
                let line = numbered.line;
                let verdict = match numbered.row {
                    Err(fault) => Some(RowVerdict::Refused(fault)),
                    Ok(record) => plan.take(&mut places, Row { file, line, record }),
                };
                if let Some(verdict) = verdict {
                    report.count(line, verdict);
                }
            }
            plan.report.files.push(report);
        }
        plan
    }

    /// Puts a row in its place; a verdict where another stands for it.
    fn take(&mut self, places: &mut HashMap<PublicId, usize>, row: Row<T>) -> Option<RowVerdict> {
        let place = places.entry(row.record.public_id().clone());
        match place {
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(self.rows.len());
                self.rows.push(row);
                None
            }
            std::collections::hash_map::Entry::Occupied(taken) => {
                let earlier = self.rows.get_mut(*taken.get())?;
                Some(match earlier.record.merge(row.record) {
                    Ok(()) => RowVerdict::Unchanged,
                    Err(fault) => RowVerdict::Refused(fault),
                })
            }
        }
    }

    /// Judges all rows, and writes them where everything is in order.
    pub(super) async fn carry_out(
        mut self,
        work: &impl Work<T>,
        options: Options,
        progress: Progress<'_>,
    ) -> Result<Report> {
        let rows = std::mem::take(&mut self.rows);
        // A row that is judged is done by half, where it is written afterwards.
        let (count, halves) = (rows.len(), if options.dry_run { 1 } else { 2 });
        let mut verdicts = Vec::with_capacity(rows.len());
        for batch in rows.chunks(BATCH) {
            verdicts.extend(work.judge(records(batch)).await?);
            progress(verdicts.len() / halves, count);
        }
        let is_bad = |verdict: &RowVerdict| matches!(verdict, RowVerdict::Refused(_));
        let is_sound = verdicts.iter().all(|verdict| !is_bad(verdict))
            && self.report.files.iter().all(|file| file.errors.is_empty());
        self.report.dry_run = options.dry_run;
        self.report.accepted = is_sound || options.skip_bad;
        if options.dry_run || !self.report.accepted {
            self.tell(rows.iter().zip(verdicts));
            return Ok(self.report);
        }
        let (sound, bad): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .zip(verdicts)
            .partition(|(_, verdict)| !is_bad(verdict));
        self.tell(bad.iter().map(|(row, verdict)| (row, *verdict)));
        let sound: Vec<Row<T>> = sound.into_iter().map(|(row, _)| row).collect();
        let mut done = 2 * count - sound.len();
        for batch in sound.chunks(BATCH) {
            // Another process may have written meanwhile: what counts is what was met now.
            let verdicts = work.write(records(batch)).await?;
            done += batch.len();
            progress(done / halves, count);
            self.tell(batch.iter().zip(verdicts));
        }
        Ok(self.report)
    }

    fn tell<'a>(&mut self, verdicts: impl Iterator<Item = (&'a Row<T>, RowVerdict)>) {
        for (row, verdict) in verdicts {
            if let Some(file) = self.report.files.get_mut(row.file) {
                file.count(row.line, verdict);
            }
        }
        self.report.close();
    }
}

fn records<T: Clone>(batch: &[Row<T>]) -> Vec<T> {
    batch.iter().map(|row| row.record.clone()).collect()
}

/// A file that another command imports is refused before anything is read of it.
pub(super) fn wrong_kind(source: &Source, command: &str) -> keyward_core::problem::Problem {
    let detail = format!(
        "{} is of the format {}: use `keyward import {command}`",
        source.name,
        source.format.as_str()
    );
    keyward_core::problem::Problem::new(keyward_core::problem::codes::IMPORT_FORMAT)
        .detailed(detail)
}
