//! `keyward import ykval`

use clap::Args;

use super::Files;
use crate::cli::context::Context;
use crate::import::ykval;
use keyward_core::problem::Result;

/// Arguments of `import ykval`.
#[derive(Debug, Args)]
pub struct Ykval {
    #[command(flatten)]
    files: Files,
}

impl Ykval {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let sources = self.files.open(None).await?;
        let app = context.open().await?;
        let (who, options) = (&context.administrator, self.files.options());
        let bar = super::bar(context);
        let report = ykval::import(&app, who, &sources, options, &|done, of| {
            bar.show(done, of);
        })
        .await?;
        drop(bar);
        super::tell(context, &report)
    }
}
