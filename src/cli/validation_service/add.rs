//! `keyward validation service add`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use secrecy::SecretString;
use url::Url;

use crate::cli::context::{Context, secret_line};
use keyward_actions::validation_service;
use keyward_core::domain::outgoing::AuthorityCertificates;
use keyward_core::domain::validation_service::{SyncLevel, ValidationServiceSettings};
use keyward_core::problem::{Problem, Result, codes};

/// Arguments of `validation service add`.
#[derive(Debug, Args)]
pub struct Add {
    /// Its unique name
    name: String,
    /// The verify address of a server; all are asked at once
    #[arg(long, value_name = "URL", required = true)]
    url: Vec<Url>,
    /// Our id as its client
    #[arg(long, value_name = "N")]
    client_id: u64,
    /// Read the API key, in base64, from standard input
    #[arg(long, conflicts_with = "api_key_file")]
    api_key_stdin: bool,
    /// Read the API key from a file; without a key requests are not signed and answers not checked
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// A file of certificates as PEM that its servers' may be signed with, besides those that
    /// browsers trust
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// How many of its peers a server must ask first: fast, secure or a percentage
    #[arg(long, value_name = "LEVEL", value_parser = parse_level)]
    sl: Option<SyncLevel>,
    /// Seconds to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value_t = ValidationServiceSettings::USUAL_TIMEOUT.as_secs())]
    timeout: u64,
    /// Add it without asking it yet
    #[arg(long)]
    disabled: bool,
}

fn parse_level(text: &str) -> std::result::Result<SyncLevel, String> {
    SyncLevel::parse(text).ok_or_else(|| "neither fast, secure nor a number up to 100".to_owned())
}

impl Add {
    fn api_key(&self) -> Result<Option<SecretString>> {
        if self.api_key_stdin {
            return secret_line("an API key").map(Some);
        }
        let Some(path) = &self.api_key_file else {
            return Ok(None);
        };
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Some(SecretString::from(text.trim()))),
            Err(error) => Err(Problem::new(codes::COMMAND_INPUT)
                .detailed(format!("{} cannot be read: {error}", path.display()))),
        }
    }

    fn ca(&self) -> Result<Option<AuthorityCertificates>> {
        let Some(path) = &self.ca_file else {
            return Ok(None);
        };
        let refused = |why: String| {
            Problem::new(codes::COMMAND_INPUT).detailed(format!("{} {why}", path.display()))
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| refused(format!("cannot be read: {error}")))?;
        AuthorityCertificates::parse(&text)
            .map(Some)
            .ok_or_else(|| refused("holds no certificates as PEM".to_owned()))
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let settings = ValidationServiceSettings {
            api_key: self.api_key()?,
            ca: self.ca()?,
            name: self.name,
            urls: self.url,
            client_id: self.client_id,
            sync_level: self.sl,
            timeout: Duration::from_secs(self.timeout),
            is_enabled: !self.disabled,
        };
        let said = format!("{} was added", settings.name);
        let app = context.open().await?;
        validation_service::add(&app, &context.administrator, settings).await?;
        context.output.say(&said)
    }
}
