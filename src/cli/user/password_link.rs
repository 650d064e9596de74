//! `keyward user password-link` and `keyward user ask-password`

use clap::Args;
use serde::Serialize;

use crate::cli::context::{Context, confirm};
use keyward_actions::recovery::{self, IssuedLink, LinkWay};
use keyward_core::problem::Result;

/// Arguments of `user password-link`.
#[derive(Debug, Args)]
pub struct Link {
    /// Whose
    name: String,
}

/// Arguments of `user ask-password`.
#[derive(Debug, Args)]
pub struct Ask {
    /// Whose
    #[arg(required = true)]
    name: Vec<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

#[derive(Serialize)]
struct Shown {
    user: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mailed_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    expires_at: String,
}

impl Link {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let user = context.user(&app, &self.name).await?;
        let administrator = &context.administrator;
        let issued = recovery::issue_link(&app, administrator, user.id).await?;
        show(context, &issued, app.settings().server.public_url.clone())
    }
}

impl Ask {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let mut users = Vec::new();
        for name in &self.name {
            users.push(context.user(&app, name).await?);
        }
        if !self.yes {
            confirm(&format!(
                "Take the password of {} away, end their sessions and send a link for a new one?",
                self.name.join(", ")
            ))?;
        }
        for user in users {
            let administrator = &context.administrator;
            let issued = recovery::ask_for_new_password(&app, administrator, user.id).await?;
            show(context, &issued, app.settings().server.public_url.clone())?;
        }
        Ok(())
    }
}

fn show(context: &Context, issued: &IssuedLink, mut address: url::Url) -> Result<()> {
    let (mailed_to, link) = match &issued.way {
        LinkWay::Mailed(email) => (Some(email.as_str().to_owned()), None),
        LinkWay::HandedOver(token) => {
            address.set_path(&format!("/recover/{}", token.expose().as_str()));
            (None, Some(address.to_string()))
        }
    };
    let shown = Shown {
        user: issued.user.name.to_string(),
        mailed_to,
        link,
        expires_at: issued.expires_at.rfc3339(),
    };
    context.output.show(&shown, |shown| {
        let (user, until) = (&shown.user, &shown.expires_at);
        match (&shown.mailed_to, &shown.link) {
            (Some(email), _) => format!("{user}: a link goes to {email}; it works until {until}"),
            (None, link) => {
                let link = link.as_deref().unwrap_or_default();
                format!("{link}\nfor {user}, to hand over; it works once, until {until}")
            }
        }
    })
}
