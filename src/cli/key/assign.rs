//! `keyward key assign`

use std::path::{Path, PathBuf};

use clap::Args;

use super::Which;
use super::moves::{Remark, done};
use crate::cli::context::Context;
use crate::cli::import::tell;
use crate::cli::progress::Bar;
use crate::import::{Options, inventory};
use keyward_core::domain::key::KeyMove;
use keyward_core::problem::{Result, codes};

/// Arguments of `key assign`.
#[derive(Debug, Args)]
pub struct Assign {
    #[command(flatten)]
    which: Option<Which>,
    /// Whose it shall be, by user name
    #[arg(requires = "serial", required_unless_present = "from")]
    user: Option<String>,
    #[command(flatten)]
    remark: Remark,
    /// A file with a heading line and a key a row, for whom its column `owner` says; `serial` must be among its
    /// columns, and `maker` and `note` may be
    #[arg(long, value_name = "FILE", conflicts_with_all = ["serial", "note"])]
    from: Option<PathBuf>,
    /// Print the same report and write nothing
    #[arg(long, requires = "from")]
    dry_run: bool,
    /// Do what the other rows say where some are bad; nothing is done otherwise
    #[arg(long, requires = "from")]
    skip_bad: bool,
}

impl Assign {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let options = Options {
            dry_run: self.dry_run,
            skip_bad: self.skip_bad,
        };
        if let Some(file) = &self.from {
            return listed(context, file, options).await;
        }
        let which = self.which.ok_or(codes::KEY_UNKNOWN)?;
        let user = self.user.as_deref();
        done(context, &which, KeyMove::Assign, user, self.remark, None).await
    }
}

async fn listed(context: &Context, file: &Path, options: Options) -> Result<()> {
    let app = context.open().await?;
    let by = &context.administrator;
    let bar = Bar::new(&context.output, "bytes");
    let progress = |done, of| bar.show(done, of);
    let report = inventory::assign(&app, by, &[file], options, &progress).await?;
    drop(bar);
    tell(context, &report)
}
