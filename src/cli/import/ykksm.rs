//! `keyward import ykksm`

use clap::Args;

use super::Files;
use crate::cli::context::Context;
use crate::import::ykksm;
use keyward_core::problem::Result;
use keyward_core::protocols::provisioning::Format;

/// Arguments of `import ykksm`.
#[derive(Debug, Args)]
pub struct Ykksm {
    #[command(flatten)]
    files: Files,
    /// Do not find the format out: ykksm (which ykman writes too) or personalization
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    format: Option<Format>,
}

fn parse_format(text: &str) -> std::result::Result<Format, String> {
    match text {
        "ykksm" | "ykman" | "yubico" => Ok(Format::Ykksm),
        "personalization" | "traditional" => Ok(Format::Personalization),
        _ => Err("neither ykksm nor personalization".to_owned()),
    }
}

impl Ykksm {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let sources = self.files.open(self.format).await?;
        let app = context.open().await?;
        let (who, options) = (&context.administrator, self.files.options());
        let bar = super::bar(context);
        let report = ykksm::import(&app, who, &sources, options, &|done, of| {
            bar.show(done, of);
        })
        .await?;
        drop(bar);
        super::tell(context, &report)
    }
}
