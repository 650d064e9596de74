//! `keyward pass issue`

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use keyward_actions::pass;
use keyward_core::domain::pass::PassPlan;
use keyward_core::problem::Result;

/// Arguments of `pass issue`.
#[derive(Debug, Args)]
pub struct Issue {
    /// Whose
    name: String,
    /// For how many minutes it works; `pass.lasting` where nothing is said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    minutes: Option<u32>,
    /// It works once
    #[arg(long)]
    once: bool,
}

#[derive(Serialize)]
struct Shown {
    user: String,
    pass: String,
    expires_at: String,
    once: bool,
}

impl Issue {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let user = context.user(&app, &self.name).await?;
        let plan = PassPlan {
            lasting: self
                .minutes
                .map(|minutes| Duration::from_secs(60 * u64::from(minutes))),
            is_once: self.once,
        };
        let issued = pass::issue(&app, &context.administrator.helps(), user.id, plan).await?;
        let shown = Shown {
            user: issued.user.name.to_string(),
            pass: issued.code.expose(),
            expires_at: issued.pass.expires_at.rfc3339(),
            once: issued.pass.is_once,
        };
        context.output.show(&shown, |shown| {
            let once = if shown.once { ", once" } else { "" };
            let (pass, user, until) = (&shown.pass, &shown.user, &shown.expires_at);
            format!("{pass}\nfor {user} at /sign-in?method=pass, until {until}{once}")
        })
    }
}
