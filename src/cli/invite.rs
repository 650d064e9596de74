//! `keyward invite`

use clap::Args;

use super::context::Context;
use super::user::{parse_email, parse_group};
use crate::domain::group::GroupName;
use crate::domain::user::EmailAddress;
use crate::problem::Result;

/// Arguments of `invite`.
#[derive(Debug, Args)]
pub struct Invite {
    /// The address, which the account will have
    #[arg(value_name = "EMAIL", value_parser = parse_email)]
    email: EmailAddress,
    /// A group that the account will belong to
    #[arg(long, value_name = "GROUP", value_parser = parse_group)]
    group: Vec<GroupName>,
}

impl Invite {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let keyward = context.open().await?;
        let said = format!(
            "an invitation to {} waits in the outbox; the server sends it",
            self.email.as_str()
        );
        keyward
            .invite(&context.administrator, self.email, self.group)
            .await?;
        context.output.say(&said)
    }
}
