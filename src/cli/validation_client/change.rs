//! `keyward validation client change`

use std::num::NonZeroU32;

use clap::Args;
use ipnet::IpNet;

use super::add::parse_network;
use super::parse_id;
use crate::cli::context::Context;
use keyward_actions::validation;
use keyward_core::domain::validation_client::ValidationClientId;
use keyward_core::problem::Result;

/// Arguments of `validation client change`.
#[derive(Debug, Args)]
pub struct Change {
    /// Its number
    #[arg(value_parser = parse_id)]
    id: ValidationClientId,
    /// What it is
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Who answers for it
    #[arg(long, value_name = "TEXT")]
    owner: Option<String>,
    /// A network from which it may ask; those named replace those that were
    #[arg(long, value_name = "NETWORK", value_parser = parse_network)]
    allow: Vec<IpNet>,
    /// Let it ask from anywhere
    #[arg(long, conflicts_with = "allow")]
    allow_any: bool,
    /// How many requests a minute are answered
    #[arg(long, value_name = "N")]
    rate_limit: Option<NonZeroU32>,
    /// Answer any number of requests
    #[arg(long, conflicts_with = "rate_limit")]
    no_rate_limit: bool,
    /// Refuse requests without a signature, or not
    #[arg(long, value_name = "BOOL")]
    must_sign: Option<bool>,
    /// Tell it which user a key belongs to, or not
    #[arg(long, value_name = "BOOL")]
    may_see_user: Option<bool>,
}

impl Change {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        let client = validation::client(&app, administrator, self.id).await?;
        let mut settings = client.settings;
        settings.note = self.note.unwrap_or(settings.note);
        settings.owner = self.owner.unwrap_or(settings.owner);
        if self.allow_any || !self.allow.is_empty() {
            settings.addresses = self.allow;
        }
        if self.no_rate_limit || self.rate_limit.is_some() {
            settings.rate_limit = self.rate_limit;
        }
        settings.must_sign = self.must_sign.unwrap_or(settings.must_sign);
        settings.may_see_user = self.may_see_user.unwrap_or(settings.may_see_user);
        validation::change_client(&app, administrator, self.id, settings, None).await?;
        context
            .output
            .say(&format!("client {} was changed", self.id))
    }
}
