//! `keyward application explain`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use keyward_actions::application::{self, Explanation, Reachable};
use keyward_core::domain::application::{Denial, Verdict, print_span};
use keyward_core::problem::Result;

/// Arguments of `application explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// Who asks
    #[arg(long, value_name = "NAME")]
    user: String,
    /// For what
    #[arg(long, value_name = "ADDRESS")]
    url: String,
    /// In which way
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    method: String,
}

#[derive(Serialize)]
struct Explained {
    /// `allowed`, `denied`, or `needs` where something is asked for that the user has not got.
    outcome: &'static str,
    application: Option<String>,
    /// Counted from one.
    rule: Option<usize>,
    rule_text: Option<String>,
    /// What must be proved.
    level: Option<&'static str>,
    within_seconds: Option<u64>,
    /// What the user can prove at best.
    user_can: Option<&'static str>,
    reason: String,
}

impl Explain {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        let found =
            application::explain(&app, administrator, &self.user, &self.url, &self.method).await?;
        let explained = Explained::of(&self.user, &found);
        context.output.show(&explained, |explained| {
            let mut lines = vec![format!("{}: {}", explained.outcome, explained.reason)];
            if let Some(name) = &explained.application {
                lines.push(format!("application {name}"));
            }
            if let (Some(rule), Some(text)) = (explained.rule, &explained.rule_text) {
                lines.push(format!("rule {rule}: {text}"));
            }
            lines.join("\n")
        })
    }
}

impl Explained {
    fn of(user: &str, found: &Explanation) -> Self {
        let rule = found.verdict.and_then(Verdict::rule);
        let settings = found.application.as_ref().map(|found| &found.settings);
        let text = settings
            .zip(rule)
            .and_then(|(settings, rule)| settings.rules.get(rule))
            .map(ToString::to_string);
        let (outcome, reason) = reason(user, found);
        Self {
            outcome,
            application: settings.map(|settings| settings.name.to_string()),
            rule: rule.map(|rule| rule + 1),
            rule_text: text,
            level: found.requires.map(|requires| requires.level.as_str()),
            within_seconds: found
                .requires
                .and_then(|requires| requires.within)
                .map(|within| within.as_secs()),
            user_can: match found.reachable {
                Reachable::Disabled => None,
                Reachable::UpTo(level) => Some(level.as_str()),
            },
            reason,
        }
    }
}

fn reason(user: &str, found: &Explanation) -> (&'static str, String) {
    let Some(verdict) = found.verdict else {
        return ("denied", "no application has this host".to_owned());
    };
    match verdict {
        Verdict::Bypassed { .. } => ("allowed", "whoever asks passes".to_owned()),
        Verdict::Granted { .. } => ("allowed", after_proof(user, found)),
        Verdict::SignIn { .. } => ("denied", format!("{user} cannot sign in")),
        Verdict::Insufficient { .. } => ("needs", lacking(user, found)),
        Verdict::Denied(denial) => ("denied", denied(user, denial)),
    }
}

fn after_proof(user: &str, found: &Explanation) -> String {
    let Some(requires) = found.requires else {
        return format!("{user} passes");
    };
    let level = requires.level.as_str();
    match requires.within {
        Some(within) => format!(
            "{user} passes once they have proved themselves ({level}) within {}",
            print_span(within)
        ),
        None => format!("{user} passes once they have signed in ({level})"),
    }
}

fn lacking(user: &str, found: &Explanation) -> String {
    let level = found.requires.unwrap_or_default().level.as_str();
    format!("{user} has no device for {level}, and is asked to add one")
}

fn denied(user: &str, denial: Denial) -> String {
    match denial {
        Denial::NoPath => "the path is none".to_owned(),
        Denial::AmbiguousPath => {
            "the path can be read in two ways, which come to two rules".to_owned()
        }
        Denial::NoRule => "no rule is about this".to_owned(),
        Denial::ByRule { .. } => "the rule denies it to everybody".to_owned(),
        Denial::NotAmong { .. } => format!("{user} is not among those whom the rule lets pass"),
    }
}
