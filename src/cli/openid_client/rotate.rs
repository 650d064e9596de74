//! `keyward client rotate`

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use keyward_actions::openid_client::{self, Former};
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;

/// Arguments of `client rotate`.
#[derive(Debug, Args)]
pub struct Rotate {
    /// Its client id, or its name
    client: String,
    /// End the secret before at once: somebody else may know it
    #[arg(long)]
    at_once: bool,
}

impl Rotate {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        let found = openid_client::find_by_name(&app, administrator, &self.client).await?;
        let former = match self.at_once {
            true => Former::Ends,
            false => Former::Overlaps,
        };
        let row = (found.id, found.version);
        let rotated = openid_client::rotate(&app, administrator, row, None, former).await?;
        let secret = rotated.secret.expose();
        let until = rotated.former_until.map(Timestamp::rfc3339);
        let shown = json!({ "client_secret": secret, "former_secret_until": until });
        context.output.show(&shown, |_| {
            let former = match &until {
                Some(until) => format!("the one before works until {until}"),
                None => "there is no other".to_owned(),
            };
            format!("the new secret is shown this once; {former}\n{secret}")
        })
    }
}
