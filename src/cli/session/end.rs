//! `keyward session end`

use clap::Args;

use crate::cli::context::{Context, confirm};
use keyward_actions::session;
use keyward_core::domain::session::SessionId;
use keyward_core::problem::Result;

/// Arguments of `session end`.
#[derive(Debug, Args)]
pub struct End {
    #[command(flatten)]
    which: Which,
    /// Do not ask before everybody is signed out
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The sessions, as `session list` prints them
    #[arg(value_name = "ID", value_parser = parse_id)]
    id: Vec<SessionId>,
    /// All sessions of this user, with the trust in their browsers and their recovery links
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Everybody's sessions, with every trusted browser and recovery link
    #[arg(long)]
    everybody: bool,
}

fn parse_id(text: &str) -> std::result::Result<SessionId, String> {
    SessionId::parse(text).ok_or_else(|| "not an id of a session".to_owned())
}

impl End {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        if self.which.everybody {
            if !self.yes {
                confirm("Sign everybody out, on every browser?")?;
            }
            let count = session::end_everybodys(&app, administrator).await?;
            return context.output.say(&format!("{count} sessions ended"));
        }
        let count = match &self.which.user {
            Some(name) => {
                let user = context.user(&app, name).await?;
                session::end_all_of(&app, administrator, user.id).await?
            }
            None => {
                for id in &self.which.id {
                    session::end(&app, administrator, *id).await?;
                }
                self.which.id.len()
            }
        };
        context.output.say(&format!("{count} sessions ended"))
    }
}
