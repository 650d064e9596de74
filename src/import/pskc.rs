//! Keys with their secrets in Portable Symmetric Key Containers (RFC 6030).

use super::plan::wrong_kind;
use super::report::Report;
use super::source::Source;
use super::ykksm::import_keys;
use super::{Options, Progress};
use keyward_actions::App;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::provisioning::Format;
use keyward_core::protocols::provisioning::pskc::{self, Unlocking};

/// Imports the keys of all containers, which one key or one password opens.
///
/// # Errors
/// `import.format` for a file of another kind and for a container that cannot be read, and the
/// store's. Bad keys are in the report.
pub async fn import(
    app: &App,
    administrator: &Administrator,
    sources: &[Source],
    unlocking: &Unlocking,
    options: Options,
    progress: Progress<'_>,
) -> Result<Report> {
    let mut files = Vec::new();
    for source in sources {
        match source.format {
            Format::Pskc => {}
            Format::Ykval => return Err(wrong_kind(source, "ykval")),
            Format::Ykksm | Format::Personalization => return Err(wrong_kind(source, "ykksm")),
        }
        let contents = pskc::read(&source.text, unlocking).map_err(|why| {
            Problem::new(codes::IMPORT_FORMAT).detailed(format!("{}: {why}", source.name))
        })?;
        files.push((source, contents));
    }
    import_keys(app, administrator, files, options, progress).await
}
