//! `keyward policy set`

use std::path::{Path, PathBuf};

use clap::Args;

use super::ScopeArgs;
use super::rule_options::{RuleOptions, rule_parser};
use super::show::lines;
use crate::cli::context::Context;
use keyward_actions::policy;
use keyward_core::domain::assurance_level::AssuranceLevel;
use keyward_core::domain::policy::{Rule, Rules};
use keyward_core::problem::{Problem, Result, codes};

/// Arguments of `policy set`. What is not named stays as it is in the draft, or else in the policy
/// in force.
#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    whose: ScopeArgs,
    /// Begin with no rule at all
    #[arg(long)]
    empty: bool,
    /// Begin with the rules of a level of NIST SP 800-63B-4: aal1, aal2, aal3
    #[arg(long, value_name = "LEVEL", value_parser = parse_preset, conflicts_with_all = ["empty", "rules"])]
    preset: Option<AssuranceLevel>,
    /// Begin with the rules of a file, in JSON as `policy show --json` prints them
    #[arg(long, value_name = "FILE", conflicts_with = "empty")]
    rules: Option<PathBuf>,
    /// Leave a rule unsaid
    #[arg(long, value_name = "RULE", value_parser = rule_parser())]
    clear: Vec<Rule>,
    #[command(flatten)]
    given: RuleOptions,
}

impl Set {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        let scope = self.whose.scope();
        let present = policy::find(&app, administrator, scope.clone()).await?;
        let present = present.and_then(|record| record.draft.or(record.rules));
        let name = self.whose.name();
        let rules = self.changed(present.unwrap_or_default())?;
        let record = policy::draft(&app, administrator, scope, rules).await?;
        let draft = record.draft.unwrap_or_default();
        context.output.show(&draft, |draft| {
            format!(
                "The draft of the policy for {name}; nothing changes before it is switched on:\n{}",
                lines(draft)
            )
        })
    }

    fn changed(self, present: Rules) -> Result<Rules> {
        let mut rules = match &self.rules {
            _ if self.empty => Rules::default(),
            _ if self.preset.is_some() => self.preset.map(Rules::for_level).unwrap_or_default(),
            None => present,
            Some(path) => read(path)?,
        };
        for rule in self.clear {
            rules.clear(rule);
        }
        self.given.set(&mut rules)?;
        Ok(rules)
    }
}

fn read(path: &Path) -> Result<Rules> {
    let invalid = |why: String| {
        Problem::new(codes::POLICY_INVALID).detailed(format!("{}: {why}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| invalid(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))
}

fn parse_preset(text: &str) -> std::result::Result<AssuranceLevel, String> {
    AssuranceLevel::parse(text).ok_or_else(|| format!("\"{text}\" is none of aal1, aal2, aal3"))
}
