//! `keyward validation client add`

use std::num::NonZeroU32;

use clap::Args;
use ipnet::IpNet;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::parse_id;
use crate::cli::context::{Context, secret_line};
use keyward_actions::validation::{self, NewClientKey};
use keyward_core::domain::validation_client::{
    ValidationClientId, ValidationClientSettings, parse_addresses,
};
use keyward_core::problem::Result;

/// Arguments of `validation client add`.
#[derive(Debug, Args)]
pub struct Add {
    /// Its number, for a client that has one already; the next free one otherwise
    #[arg(long, value_name = "N", value_parser = parse_id)]
    id: Option<ValidationClientId>,
    /// Read its key, in base64, from standard input; a new one is made otherwise
    #[arg(long)]
    api_key_stdin: bool,
    /// What it is
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Who answers for it
    #[arg(long, value_name = "TEXT", default_value = "")]
    owner: String,
    /// A network from which it may ask, such as 192.0.2.0/24; from anywhere where none is named
    #[arg(long, value_name = "NETWORK", value_parser = parse_network)]
    allow: Vec<IpNet>,
    /// How many requests a minute are answered; any number where none is given
    #[arg(long, value_name = "N")]
    rate_limit: Option<NonZeroU32>,
    /// Refuse requests without a signature
    #[arg(long)]
    must_sign: bool,
    /// Tell it which user a key belongs to
    #[arg(long)]
    may_see_user: bool,
}

pub(in crate::cli) fn parse_network(text: &str) -> std::result::Result<IpNet, String> {
    let wrong = || "neither an address nor a network such as 192.0.2.0/24".to_owned();
    let networks = parse_addresses(text).map_err(|_| wrong())?;
    match networks.as_slice() {
        [network] => Ok(*network),
        _ => Err(wrong()),
    }
}

impl Add {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let api_key = match self.api_key_stdin {
            true => NewClientKey::Given(secret_line("an API key")?),
            false => NewClientKey::Generate,
        };
        let settings = ValidationClientSettings {
            note: self.note,
            owner: self.owner,
            addresses: self.allow,
            rate_limit: self.rate_limit,
            must_sign: self.must_sign,
            may_see_user: self.may_see_user,
        };
        let app = context.open().await?;
        let (id, api_key) =
            validation::add_client(&app, &context.administrator, self.id, settings, api_key)
                .await?;
        let api_key = api_key.expose_secret();
        let shown = json!({ "id": id.number(), "api_key": api_key });
        context.output.show(&shown, |_| {
            format!("client {id} was added; its key is shown this once\n{api_key}")
        })
    }
}
