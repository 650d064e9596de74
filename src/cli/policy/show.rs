//! `keyward policy show`

use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;

use super::named;
use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::rows::PolicyRow;
use keyward_actions::policy::{self, DevicePolicyStates};
use keyward_core::domain::policy::Rules;
use keyward_core::problem::Result;

/// Arguments of `policy show`.
#[derive(Debug, Args)]
pub struct Show {
    /// What holds for this person, and whose policy says so
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    #[command(flatten)]
    limit: Limit,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        if let Some(name) = &self.user {
            let user = context.user(&app, name).await?;
            let policy_states = policy::device_states(&app, user.id).await?;
            return context
                .output
                .show(&Holds::from(&policy_states), Holds::lines);
        }
        let mut overview = policy::list(&app, &context.administrator).await?;
        self.limit.cut(&mut overview.policies, &context.output);
        let shown: Vec<PolicyRow> = overview.policies.iter().map(PolicyRow::from).collect();
        let names = overview.policies.iter().map(|record| named(&record.scope));
        let names: Vec<String> = names.collect();
        context.output.show(&shown, |shown| {
            if shown.is_empty() {
                return "There is no policy".to_owned();
            }
            let parts = shown.iter().zip(&names).flat_map(|(policy, name)| {
                let part = |what: &str, rules: &Rules| format!("{name}, {what}:\n{}", lines(rules));
                let in_force = policy
                    .in_force
                    .as_ref()
                    .map(|rules| part("in force", rules));
                let draft = policy.draft.as_ref().map(|rules| part("draft", rules));
                [in_force, draft].into_iter().flatten()
            });
            parts.collect::<Vec<_>>().join("\n")
        })
    }
}

/// What holds for one person.
#[derive(Serialize)]
struct Holds {
    rules: Rules,
    policies: Vec<String>,
    devices: BTreeMap<String, StoppingDevice>,
}

#[derive(Serialize)]
struct StoppingDevice {
    works_until: String,
    reasons: Vec<String>,
}

impl From<&DevicePolicyStates> for Holds {
    fn from(policy_states: &DevicePolicyStates) -> Self {
        let members = policy_states.effective.members().iter();
        let stopping = policy_states.stopping.iter();
        Self {
            rules: policy_states.effective.rules().clone(),
            policies: members.map(|(scope, _)| named(scope)).collect(),
            devices: stopping
                .map(|(id, policy_state)| {
                    let reasons = policy_state.reasons.iter().map(|violation| {
                        format!(
                            "{}: {}",
                            named(&violation.scope),
                            violation.reason.rule.as_str()
                        )
                    });
                    let device = StoppingDevice {
                        works_until: policy_state.deadline.rfc3339(),
                        reasons: reasons.collect(),
                    };
                    (id.to_string(), device)
                })
                .collect(),
        }
    }
}

impl Holds {
    fn lines(&self) -> String {
        let mut text = match self.policies.as_slice() {
            [] => "No policy concerns this person".to_owned(),
            policies => format!("{}:\n{}", policies.join(", "), lines(&self.rules)),
        };
        for (id, device) in &self.devices {
            let reasons = device.reasons.join(", ");
            text.push_str(&format!(
                "\n{id} works until {}: {reasons}",
                device.works_until
            ));
        }
        text
    }
}

/// Rules for people, one a line; only those that ask for something.
pub(super) fn lines(rules: &Rules) -> String {
    let (Ok(said), Ok(nothing)) = (
        serde_json::to_value(rules),
        serde_json::to_value(Rules::default()),
    ) else {
        return String::new();
    };
    let said = said.as_object().into_iter().flatten();
    let lines: Vec<String> = said
        .filter(|(name, value)| nothing.get(name.as_str()) != Some(value))
        .map(|(name, value)| format!("  {}: {value}", name.replace('_', "-")))
        .collect();
    match lines.as_slice() {
        [] => "  no rule".to_owned(),
        lines => lines.join("\n"),
    }
}
