//! `keyward client add`

use clap::Args;
use serde_json::json;

use super::options::Options;
use crate::cli::context::{Context, secret_line};
use keyward_actions::openid_client::{self, NewSecret};
use keyward_core::clock::SystemEntropy;
use keyward_core::domain::openid_client::{ClientFields, ClientId, ClientSecret};
use keyward_core::problem::Result;
use secrecy::ExposeSecret as _;

/// Arguments of `client add`.
#[derive(Debug, Args)]
pub struct Add {
    /// What people read
    name: String,
    /// What it calls itself by; a new one where none is named
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Take the secret that it has already from standard input
    #[arg(long)]
    secret_stdin: bool,
    #[command(flatten)]
    options: Options,
}

impl Add {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let client_id = match &self.client_id {
            Some(text) => ClientId::parse(text)?,
            None => ClientId::generate(&SystemEntropy),
        };
        let fields = ClientFields {
            name: Some(self.name),
            ..self.options.fields()?
        };
        let settings = fields.new_client(client_id.clone())?;
        let secret = match self.secret_stdin {
            true => {
                let given = secret_line("a client's secret")?;
                NewSecret::Given(ClientSecret::parse(given.expose_secret())?)
            }
            false => NewSecret::Generate,
        };
        let name = settings.name.clone();
        let is_given = self.secret_stdin;
        let app = context.open().await?;
        let (id, secret) =
            openid_client::add(&app, &context.administrator, settings, secret).await?;
        let shown = secret
            .as_ref()
            .filter(|_| !is_given)
            .map(ClientSecret::expose);
        let told = json!({
            "id": id, "name": name, "client_id": client_id.as_str(), "client_secret": shown,
        });
        context.output.show(&told, |_| match shown {
            Some(secret) => format!(
                "{name} was added; its secret is shown this once\nclient id {client_id}\nsecret    {secret}"
            ),
            None => format!("{name} was added\nclient id {client_id}"),
        })
    }
}
