//! `keyward import`

mod pskc;
mod ykksm;
mod ykval;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::context::Context;
use super::progress::Bar;
use crate::import::report::{FileReport, Report};
use crate::import::{Options, source};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::provisioning::Format;

/// Moving over from other systems.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Take over keys with their secrets: files of the reference key-storage module, of ykman and
    /// of the personalization tool, encrypted with OpenPGP or not
    Ykksm(ykksm::Ykksm),
    /// Take over keys with their secrets from Portable Symmetric Key Containers (RFC 6030), in the
    /// clear or encrypted
    Pskc(pskc::Pskc),
    /// Take over counters of keys whose secrets are here: dumps of the reference validation server
    Ykval(ykval::Ykval),
}

impl ImportCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Ykksm(ykksm) => ykksm.run(context).await,
            Self::Pskc(pskc) => pskc.run(context).await,
            Self::Ykval(ykval) => ykval.run(context).await,
        }
    }
}

/// What both commands take.
#[derive(Debug, Args)]
struct Files {
    /// Files to import; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Print the same report and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Take the other rows over where some are bad; nothing is taken over otherwise
    #[arg(long)]
    skip_bad: bool,
}

impl Files {
    fn options(&self) -> Options {
        Options {
            dry_run: self.dry_run,
            skip_bad: self.skip_bad,
        }
    }

    async fn open(&self, format: Option<Format>) -> Result<Vec<source::Source>> {
        let mut sources = Vec::with_capacity(self.files.len());
        for file in &self.files {
            sources.push(source::open(file, format).await?);
        }
        Ok(sources)
    }
}

/// Prints the report; a refusal where bad rows kept everything out.
pub(super) fn tell(context: &Context, report: &Report) -> Result<()> {
    context.output.show(report, for_people)?;
    if report.accepted {
        return Ok(());
    }
    let count = report.total.bad;
    Err(Problem::new(codes::IMPORT_ROWS).detailed(format!(
        "{count} bad; correct them, or skip them with --skip-bad"
    )))
}

fn for_people(report: &Report) -> String {
    let mut lines: Vec<String> = report.files.iter().flat_map(file_lines).collect();
    if report.dry_run {
        lines.push("dry run: nothing was written".to_owned());
    } else if !report.accepted {
        lines.push("nothing was written".to_owned());
    }
    lines.join("\n")
}

fn file_lines(file: &FileReport) -> Vec<String> {
    let sums = file.sums;
    let signed = match &file.signed_by {
        None => String::new(),
        Some(signer) => format!(", signed by {signer}"),
    };
    let mut lines = vec![format!(
        "{} ({}{signed}): {} rows: {} added, {} changed, {} unchanged, {} ignored, {} bad",
        file.file,
        file.format,
        sums.rows,
        sums.added,
        sums.changed,
        sums.unchanged,
        sums.ignored,
        sums.bad
    )];
    lines.extend(file.errors.iter().map(|error| {
        format!(
            "{}:{}: {}: {}",
            file.file, error.line, error.code, error.meaning
        )
    }));
    lines
}

/// A bar for both halves of an import: judging and writing.
fn bar(context: &Context) -> Bar {
    Bar::new(&context.output, "rows")
}
