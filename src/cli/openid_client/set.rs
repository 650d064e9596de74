//! `keyward client set`

use clap::Args;

use super::options::Options;
use crate::cli::context::Context;
use keyward_actions::openid_client;
use keyward_core::domain::openid_client::ClientFields;
use keyward_core::problem::Result;

/// Arguments of `client set`.
#[derive(Debug, Args)]
pub struct Set {
    /// Its client id, or its name
    client: String,
    /// Another name
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    #[command(flatten)]
    options: Options,
}

impl Set {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        let found = openid_client::find_by_name(&app, administrator, &self.client).await?;
        let mut settings = found.settings;
        let fields = ClientFields {
            name: self.rename,
            ..self.options.fields()?
        };
        fields.apply(&mut settings)?;
        let needs_secret = settings.authentication.is_by_secret();
        let said = format!("{} was changed", settings.name.trim());
        openid_client::change(&app, administrator, found.id, found.version, settings).await?;
        context.output.say(&said)?;
        let secrets = openid_client::secrets(&app, administrator, found.id).await?;
        match needs_secret && secrets.is_empty() {
            true => context
                .output
                .say("it has no secret yet: keyward client rotate gives it one"),
            false => Ok(()),
        }
    }
}
