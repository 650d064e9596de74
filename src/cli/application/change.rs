//! `keyward application add`, `change` and `remove`

use clap::Args;

use super::{parse_host, parse_rule};
use crate::cli::context::Context;
use keyward_actions::{App, application};
use keyward_core::domain::application::{ApplicationName, ApplicationSettings, HostPattern, Rule};
use keyward_core::problem::Result;

/// Arguments of `application add`.
#[derive(Debug, Args)]
pub struct Add {
    /// What it is called
    name: String,
    /// Where it is reached: app.example.org, or *.apps.example.org for all below that
    #[arg(long, value_name = "HOST", required = true, value_parser = parse_host)]
    host: Vec<HostPattern>,
    /// Who may go where; the first that matches decides: "[METHOD,…] PATH WHO [LEVEL] [within SPAN]
    /// [or token]", where WHO is anyone, bypass, deny, or names such as group:staff,user:anna, and LEVEL
    /// second-factor, phishing-resistant or hardware
    #[arg(long, value_name = "RULE", value_parser = parse_rule)]
    rule: Vec<Rule>,
    /// Whom to ask by people who may not go on
    #[arg(long, value_name = "TEXT", default_value = "")]
    contact: String,
}

impl Add {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let settings = ApplicationSettings {
            name: ApplicationName::parse(&self.name)?,
            contact: self.contact,
            hosts: self.host,
            rules: self.rule,
        };
        let name = settings.name.clone();
        let app = context.open().await?;
        warn(context, &app, &settings).await?;
        application::add(&app, &context.administrator, settings).await?;
        context.output.say(&format!("{name} was added"))
    }
}

/// Arguments of `application change`.
#[derive(Debug, Args)]
pub struct Change {
    /// What it is called
    name: String,
    /// What it is called from now on
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    /// Where it is reached
    #[arg(long, value_name = "HOST", value_parser = parse_host)]
    host: Vec<HostPattern>,
    /// Who may go where, in place of all rules there are
    #[arg(long, value_name = "RULE", value_parser = parse_rule)]
    rule: Vec<Rule>,
    /// Whom to ask by people who may not go on
    #[arg(long, value_name = "TEXT")]
    contact: Option<String>,
}

impl Change {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        let found = application::find_by_name(&app, administrator, &self.name).await?;
        let mut settings = found.settings;
        if let Some(name) = self.rename {
            settings.name = ApplicationName::parse(&name)?;
        }
        if !self.host.is_empty() {
            settings.hosts = self.host;
        }
        if !self.rule.is_empty() {
            settings.rules = self.rule;
        }
        settings.contact = self.contact.unwrap_or(settings.contact);
        warn(context, &app, &settings).await?;
        let name = settings.name.clone();
        application::change(&app, administrator, found.id, found.version, settings).await?;
        context.output.say(&format!("{name} was changed"))
    }
}

/// Points out rules that no request comes to, and those that no user can meet.
async fn warn(context: &Context, app: &App, settings: &ApplicationSettings) -> Result<()> {
    for (later, earlier) in settings.unreachable_rules() {
        let rule = settings.rules.get(later);
        let text = rule.map(ToString::to_string).unwrap_or_default();
        context.output.say(&format!(
            "rule {} ({text}) decides nothing: whatever it is about comes to rule {} first",
            later + 1,
            earlier + 1
        ))?;
    }
    if application::is_beyond_proof(app, settings).await? {
        for (at, rule) in settings.rules_of_hardware() {
            context.output.say(&format!(
                "rule {} ({rule}) asks for attested hardware, which nobody can prove before there is \
                 FIDO metadata: set metadata.url, or run keyward metadata import",
                at + 1
            ))?;
        }
    }
    Ok(())
}

/// Arguments of `application remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// What it is called
    name: String,
}

impl Remove {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        let found = application::find_by_name(&app, administrator, &self.name).await?;
        application::remove(&app, administrator, found.id).await?;
        context
            .output
            .say(&format!("{} was removed", found.settings.name))
    }
}
