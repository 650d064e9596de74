//! Keys with their secrets.

use super::plan::{Plan, Work, wrong_kind};
use super::report::Report;
use super::source::Source;
use super::{Options, Progress};
use keyward_actions::App;
use keyward_actions::otp_key::{self, RowVerdict};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;
use keyward_core::protocols::provisioning::{Contents, Format, KeyRecord, personalization, ykksm};

struct Keys<'a> {
    app: &'a App,
    administrator: &'a Administrator,
}

impl Work<KeyRecord> for Keys<'_> {
    async fn judge(&self, batch: Vec<KeyRecord>) -> Result<Vec<RowVerdict>> {
        otp_key::judge_keys(self.app, batch).await
    }

    async fn write(&self, batch: Vec<KeyRecord>) -> Result<Vec<RowVerdict>> {
        otp_key::import_keys(self.app, self.administrator, batch).await
    }
}

/// Imports the keys of all files.
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
        let contents = match source.format {
            Format::Ykksm => ykksm::read(&source.text),
            Format::Personalization => personalization::read(&source.text),
            Format::Pskc => return Err(wrong_kind(source, "pskc")),
            Format::Ykval => return Err(wrong_kind(source, "ykval")),
        };
        files.push((source, contents));
    }
    import_keys(app, administrator, files, options, progress).await
}

/// Imports the keys that were read from files.
pub(super) async fn import_keys(
    app: &App,
    administrator: &Administrator,
    files: Vec<(&Source, Contents<KeyRecord>)>,
    options: Options,
    progress: Progress<'_>,
) -> Result<Report> {
    let work = Keys { app, administrator };
    Plan::new(files).carry_out(&work, options, progress).await
}
