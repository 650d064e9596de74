//! Counters of keys whose secrets are here.

use super::plan::{Plan, Work, wrong_kind};
use super::report::Report;
use super::source::Source;
use super::{Options, Progress};
use keyward_actions::App;
use keyward_actions::otp_key::{self, RowVerdict};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;
use keyward_core::protocols::provisioning::{CounterRecord, Format, ykval};

struct Counters<'a> {
    app: &'a App,
    administrator: &'a Administrator,
}

impl Work<CounterRecord> for Counters<'_> {
    async fn judge(&self, batch: Vec<CounterRecord>) -> Result<Vec<RowVerdict>> {
        otp_key::judge_counters(self.app, batch).await
    }

    async fn write(&self, batch: Vec<CounterRecord>) -> Result<Vec<RowVerdict>> {
        let (app, administrator) = (self.app, self.administrator);
        otp_key::import_counters(app, administrator, batch).await
    }
}

/// Imports the counters of all files.
///
/// # Errors
/// `import.format` for a file of another kind, and the store's. Bad rows are in the report.
pub async fn import(
    app: &App,
    administrator: &Administrator,
    sources: &[Source],
    options: Options,
    progress: Progress<'_>,
) -> Result<Report> {
    let mut files = Vec::new();
    for source in sources {
        if source.format != Format::Ykval {
            return Err(wrong_kind(source, "ykksm"));
        }
        files.push((source, ykval::read(&source.text)));
    }
    let work = Counters { app, administrator };
    Plan::new(files).carry_out(&work, options, progress).await
}
