//! `keyward group members`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::user::parse_existing_group;
use keyward_actions::group;
use keyward_actions::user;
use keyward_core::domain::group::GroupName;
use keyward_core::problem::Result;

/// Arguments of `group members`.
#[derive(Debug, Args)]
pub struct Members {
    /// The group
    #[arg(value_parser = parse_existing_group)]
    name: GroupName,
    /// A user who joins
    #[arg(long, value_name = "NAME")]
    add: Vec<String>,
    /// A user who leaves
    #[arg(long, value_name = "NAME")]
    remove: Vec<String>,
    #[command(flatten)]
    limit: Limit,
}

impl Members {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        for (names, joins) in [(&self.add, true), (&self.remove, false)] {
            for name in names {
                let user = context.user(&app, name).await?;
                let group = vec![self.name.clone()];
                let (join, leave) = match joins {
                    true => (group, Vec::new()),
                    false => (Vec::new(), group),
                };
                user::change_groups(&app, administrator, user.id, join, leave).await?;
            }
        }
        let mut names: Vec<String> = Vec::new();
        let mut after = None;
        loop {
            let group = self.name.clone();
            let limit = self.limit.page(names.len());
            let page = group::members(
                &app,
                administrator,
                group,
                after,
                i64::try_from(limit).unwrap_or(i64::MAX),
            )
            .await?;
            after = page.last().map(|member| member.id);
            names.extend(page.into_iter().map(|member| member.name));
            if after.is_none() {
                break;
            }
        }
        self.limit.cut(&mut names, &context.output);
        names.sort_unstable();
        context.output.show(&names, |names| names.join("\n"))
    }
}
