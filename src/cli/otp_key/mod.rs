//! `keyward validation otp-key`, and what it was called before: `validation key` and `key generate`

mod export;
mod generate;
mod held;

use clap::Subcommand;

use super::context::Context;
use keyward_core::problem::Result;

/// YubiKeys whose one-time passwords are checked here, because their secrets are held here.
#[derive(Debug, Subcommand)]
pub enum OtpKeyCommand {
    /// List the keys, without their secrets
    List(held::List),
    /// Answer a key's one-time passwords again
    Activate(held::Which),
    /// Answer a key's one-time passwords as those of an unknown key
    Deactivate(held::Which),
    /// Write the keys, their counters or their secrets in the formats of the reference servers
    Export(export::Export),
    /// Make new secrets for keys, in a file to program them from, and hold them here
    Generate(generate::Generate),
}

/// What stood under `key` before that was the word for the key itself.
#[derive(Debug, Subcommand)]
pub enum FormerKeyCommand {
    /// Now `keyward validation otp-key generate`
    #[command(hide = true)]
    Generate(generate::Generate),
}

impl OtpKeyCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::Activate(which) => which.switch(context, true).await,
            Self::Deactivate(which) => which.switch(context, false).await,
            Self::Export(export) => export.run(context).await,
            Self::Generate(generate) => generate.run(context).await,
        }
    }

    /// By the name that it had until now.
    pub(super) async fn run_as_former(self, context: &Context) -> Result<()> {
        context.output.note(
            "`keyward validation key` is called `keyward validation otp-key`; the old name goes with \
             the next release",
        );
        self.run(context).await
    }
}

impl FormerKeyCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let Self::Generate(generate) = self;
        context.output.note(
            "`keyward key generate` is called `keyward validation otp-key generate`; the old name goes \
             with the next release",
        );
        generate.run(context).await
    }
}
