//! Keys with their secrets.

use super::plan::{Plan, Work, wrong_kind};
use super::report::Report;
use super::source::Source;
use super::{Options, Progress};
use keyward_actions::Keyward;
use keyward_actions::otp_key::RowVerdict;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;
use keyward_core::protocols::provisioning::{Contents, Format, KeyRecord, personalization, ykksm};

struct Keys<'a> {
    keyward: &'a Keyward,
    administrator: &'a Administrator,
}

impl Work<KeyRecord> for Keys<'_> {
    async fn judge(&self, batch: Vec<KeyRecord>) -> Result<Vec<RowVerdict>> {
        self.keyward.judge_otp_keys(batch).await
    }

    async fn write(&self, batch: Vec<KeyRecord>) -> Result<Vec<RowVerdict>> {
        self.keyward
            .import_otp_keys(self.administrator, batch)
            .await
    }
}

/// Imports the keys of all files.
///
/// # Errors
/// `import.format` for a file of another kind, and the store's. Bad rows are in the report.
pub async fn import(
    keyward: &Keyward,
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
    import_keys(keyward, administrator, files, options, progress).await
}

/// Imports the keys that were read from files.
pub(super) async fn import_keys(
    keyward: &Keyward,
    administrator: &Administrator,
    files: Vec<(&Source, Contents<KeyRecord>)>,
    options: Options,
    progress: Progress<'_>,
) -> Result<Report> {
    let work = Keys {
        keyward,
        administrator,
    };
    Plan::new(files).carry_out(&work, options, progress).await
}
