//! `keyward passwords index`

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::progress::Bar;
use keyward_core::problem::{Problem, Result};
use keyward_gateways::breached::filter::build;

/// Arguments of `passwords index`.
#[derive(Debug, Args)]
pub struct Index {
    /// The list: one file of `HASH:COUNT` lines in SHA-1 that is ordered by hash, or a folder of
    /// range files
    #[arg(value_name = "LIST")]
    list: PathBuf,
    /// Where the filter is written; one that is there is replaced
    #[arg(value_name = "FILTER")]
    filter: PathBuf,
}

#[derive(Serialize)]
struct Made {
    hashes: u64,
    filter: String,
}

impl Index {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let bar = Bar::new(&context.output, "done");
        let filter = self.filter.display().to_string();
        let hashes = tokio::task::spawn_blocking(move || {
            build(&self.list, &self.filter, &mut |progress| {
                let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
                bar.show(number(progress.done), number(progress.of));
            })
        })
        .await
        .map_err(Problem::internal)??;
        context.output.show(&Made { hashes, filter }, |made| {
            format!("{} passwords are in {}\n", made.hashes, made.filter)
        })
    }
}
