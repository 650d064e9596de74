//! What an import did, or would do.

use serde::Serialize;

use super::source::Source;
use keyward_actions::otp_key::RowVerdict;

/// The whole import.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Whether nothing was to be written.
    pub dry_run: bool,
    /// Whether the rows were taken over, or would be: not where some are bad and the operator did not say to
    /// skip those.
    pub accepted: bool,
    /// The sums of all files.
    #[serde(flatten)]
    pub total: RowCounts,
    /// File by file.
    pub files: Vec<FileReport>,
}

/// How many rows had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RowCounts {
    /// All rows, without comments and empty lines.
    pub rows: usize,
    /// New here.
    pub added: usize,
    /// Known here, and told more.
    pub changed: usize,
    /// Known here.
    pub unchanged: usize,
    /// About something that is not imported, such as static passwords.
    pub ignored: usize,
    /// Bad rows.
    pub bad: usize,
}

/// One file.
#[derive(Debug, Serialize)]
pub struct FileReport {
    /// Its name as it was given.
    pub file: String,
    /// Its format.
    pub format: &'static str,
    /// The fingerprint of the OpenPGP key that signed it.
    pub signed_by: Option<String>,
    /// Its sums.
    #[serde(flatten)]
    pub sums: RowCounts,
    /// Its bad rows in order.
    pub errors: Vec<RowError>,
}

/// One bad row.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// The line in the file, counted from 1.
    pub line: usize,
    /// The stable code.
    pub code: &'static str,
    /// One sentence.
    pub meaning: &'static str,
}

impl FileReport {
    pub(super) fn new(source: &Source, rows: usize, ignored: usize) -> Self {
        Self {
            file: source.name.clone(),
            format: source.format.as_str(),
            signed_by: source.signer.clone(),
            sums: RowCounts {
                rows: rows + ignored,
                ignored,
                ..RowCounts::default()
            },
            errors: Vec::new(),
        }
    }

    pub(super) fn count(&mut self, line: usize, verdict: RowVerdict) {
        match verdict {
            RowVerdict::Added => self.sums.added += 1,
            RowVerdict::Changed => self.sums.changed += 1,
            RowVerdict::Unchanged => self.sums.unchanged += 1,
            RowVerdict::Refused(fault) => {
                self.sums.bad += 1;
                self.errors.push(RowError {
                    line,
                    code: fault.code(),
                    meaning: fault.meaning(),
                });
            }
        }
    }
}

impl Report {
    pub(super) fn close(&mut self) {
        for file in &mut self.files {
            file.errors.sort_by_key(|error| error.line);
        }
        self.total = self.files.iter().fold(RowCounts::default(), |total, file| {
            let sums = file.sums;
            RowCounts {
                rows: total.rows + sums.rows,
                added: total.added + sums.added,
                changed: total.changed + sums.changed,
                unchanged: total.unchanged + sums.unchanged,
                ignored: total.ignored + sums.ignored,
                bad: total.bad + sums.bad,
            }
        });
    }
}
