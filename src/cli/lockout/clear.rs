//! `keyward lockout clear`

use std::net::IpAddr;

use clap::Args;

use crate::cli::context::Context;
use keyward_actions::lockout::{self, Lockouts};
use keyward_core::problem::Result;

/// Arguments of `lockout clear`.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Clear {
    /// Only those of this user name
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Only that of this address
    #[arg(long, value_name = "IP")]
    address: Option<IpAddr>,
    /// Only those that lock nobody any more
    #[arg(long)]
    expired: bool,
}

impl Clear {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let which = match (self.user, self.address, self.expired) {
            (Some(name), _, _) => Lockouts::Name(name),
            (_, Some(address), _) => Lockouts::Address(address),
            (_, _, true) => Lockouts::Expired,
            _ => Lockouts::All,
        };
        let app = context.open().await?;
        let count = lockout::clear(&app, &context.administrator, which).await?;
        context.output.say(&format!("{count} lockouts cleared"))
    }
}
