//! `keyward key import`

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::context::Context;
use crate::cli::import::tell;
use crate::cli::progress::Bar;
use crate::import::{Options, inventory};
use keyward_core::problem::Result;

/// Arguments of `key import`.
#[derive(Debug, Args)]
pub struct Import {
    /// Files with a heading line; `serial` alone must be among its columns
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Print the same report and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Take the other rows over where some are bad; nothing is taken over otherwise
    #[arg(long)]
    skip_bad: bool,
}

impl Import {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let files: Vec<&Path> = self.files.iter().map(PathBuf::as_path).collect();
        let options = Options {
            dry_run: self.dry_run,
            skip_bad: self.skip_bad,
        };
        let bar = Bar::new(&context.output, "bytes");
        let by = &context.administrator;
        let progress = |done, of| bar.show(done, of);
        let report = inventory::import(&app, by, &files, options, &progress).await?;
        drop(bar);
        tell(context, &report)
    }
}
