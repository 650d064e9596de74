//! `keyward user unlink`

use clap::Args;

use crate::cli::context::{Context, confirm};
use keyward_actions::upstream;
use keyward_core::problem::{Problem, Result, codes};

/// Arguments of `user unlink`.
#[derive(Debug, Args)]
pub struct Unlink {
    /// Who
    name: String,
    /// The provider by its name in the settings, or the id of the link
    provider: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Unlink {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let user = context.user(&app, &self.name).await?;
        let administrator = &context.administrator;
        let links = upstream::of_user(&app, administrator, user.id).await?;
        let mut links = links.into_iter();
        let found = links.find(|one| {
            let name = one.provider.as_ref().map(|name| name.as_str());
            name == Some(&*self.provider) || one.link.id.to_string() == self.provider
        });
        let found = found.ok_or_else(|| {
            Problem::new(codes::UPSTREAM_LINK_UNKNOWN).detailed(self.provider.as_str())
        })?;
        if !self.yes {
            confirm(&format!(
                "Take the link of {} with {} back? The sessions that it opened end.",
                user.name, found.label,
            ))?;
        }
        let removed = upstream::remove(&app, administrator, user.id, found.link.id).await?;
        context.output.say(&format!(
            "{} is no longer linked with {}",
            user.name, removed.label
        ))
    }
}
