//! `keyward client show`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::rows::OpenidClientRow as Row;
use keyward_actions::openid_client;
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;

/// Arguments of `client show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Its client id, or its name
    client: String,
}

/// A client with what is known of its secrets.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    row: Row,
    secrets: Vec<ShownSecret>,
}

#[derive(Serialize)]
struct ShownSecret {
    created_at: String,
    expires_at: Option<String>,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        let found = openid_client::find_by_name(&app, administrator, &self.client).await?;
        let secrets = openid_client::secrets(&app, administrator, found.id).await?;
        let secrets = secrets.iter().map(|secret| ShownSecret {
            created_at: secret.created_at.rfc3339(),
            expires_at: secret.expires_at.map(Timestamp::rfc3339),
        });
        let shown = Shown {
            row: Row::from(&found),
            secrets: secrets.collect(),
        };
        context.output.show(&shown, lines)
    }
}

fn lines(shown: &Shown) -> String {
    let row = &shown.row;
    let yes = |truth: bool| if truth { "yes" } else { "no" }.to_owned();
    let mut lines = vec![
        ("client id", row.client_id.clone()),
        ("name", row.name.clone()),
        ("authentication", row.authentication.clone()),
        ("grants", row.grants.join(" ")),
        ("scopes", row.scopes.join(" ")),
        ("access", row.access.clone()),
        ("subject", row.subject.clone()),
        ("access token", row.access_token.clone()),
        ("ID token", row.id_token_algorithm.clone()),
        ("asks consent", yes(row.asks_consent)),
        ("PKCE", yes(row.requires_pkce)),
    ];
    let several = [
        ("redirect", &row.redirect_uris),
        ("after sign-out", &row.post_logout_redirect_uris),
    ];
    for (name, texts) in several {
        lines.extend(texts.iter().map(|text| (name, text.clone())));
    }
    let single = [
        ("back channel", &row.backchannel_logout_uri),
        ("picture", &row.logo_uri),
        ("keys", &row.keys),
        ("certificate", &row.certificate),
    ];
    for (name, text) in single {
        lines.extend(text.iter().map(|text| (name, text.clone())));
    }
    for secret in &shown.secrets {
        let until = secret.expires_at.as_ref();
        let until = until.map_or(String::new(), |until| format!(", until {until}"));
        lines.push(("secret", format!("of {}{until}", secret.created_at)));
    }
    if !row.contact.is_empty() {
        lines.push(("ask", row.contact.clone()));
    }
    let lines: Vec<String> = lines
        .into_iter()
        .map(|(name, value)| format!("{name:14} {value}"))
        .collect();
    lines.join("\n")
}
