//! `keyward user groups`

use clap::Args;

use super::{parse_existing_group, parse_group};
use crate::cli::context::Context;
use keyward_actions::user;
use keyward_core::domain::group::GroupName;
use keyward_core::problem::Result;

/// Arguments of `user groups`.
#[derive(Debug, Args)]
pub struct Groups {
    /// Whose
    name: String,
    /// A group to join
    #[arg(long, value_name = "GROUP", value_parser = parse_group)]
    add: Vec<GroupName>,
    /// A group to leave
    #[arg(long, value_name = "GROUP", value_parser = parse_existing_group)]
    remove: Vec<GroupName>,
}

impl Groups {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let user = context.user(&app, &self.name).await?;
        let groups = match self.add.is_empty() && self.remove.is_empty() {
            true => user::groups_of(&app, &context.administrator, user.id).await?,
            false => {
                let administrator = &context.administrator;
                user::change_groups(&app, administrator, user.id, self.add, self.remove).await?
            }
        };
        let names: Vec<&str> = groups.iter().map(GroupName::as_str).collect();
        context.output.show(&names, |names| names.join("\n"))
    }
}
