//! What would happen if a user asked for an address.

use serde::Serialize;
use utoipa::ToSchema;

use keyward_actions::application::{Explanation, Obstacle, Reachable};
use keyward_core::domain::application::{Denial, Verdict, print_span};

/// What would happen, and by which rule.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Explanation)]
pub struct ExplanationRow {
    /// `allowed`, `denied`, or `needs` where something is asked for that the user has not got and can add.
    pub outcome: &'static str,
    /// The application; null where none has the host.
    pub application: Option<String>,
    /// The rule that decides, counted from one.
    pub rule: Option<usize>,
    /// That rule as it is written.
    pub rule_text: Option<String>,
    /// What it asks for.
    pub level: Option<&'static str>,
    /// How fresh that must be.
    pub within_seconds: Option<u64>,
    /// What the user can prove at best; null where they may not sign in.
    pub user_can: Option<&'static str>,
    /// The same for people, and what is lacking.
    pub reason: String,
}

impl ExplanationRow {
    /// What would happen to this user.
    pub fn of(user: &str, found: &Explanation) -> Self {
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
        Verdict::Insufficient { .. } => match found.obstacle {
            None => ("needs", lacking(user, found)),
            Some(obstacle) => ("denied", never(user, found, obstacle)),
        },
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

fn never(user: &str, found: &Explanation, obstacle: Obstacle) -> String {
    let level = found.requires.unwrap_or_default().level.as_str();
    match obstacle {
        Obstacle::NoMetadata => format!(
            "{user} can never prove {level} here: there is no FIDO metadata to verify it by; set \
             metadata.url, or import it with keyward metadata import"
        ),
        Obstacle::NoKind => format!(
            "{user} has no device for {level}, and may add none: policy or the settings allow them no \
             kind that proves it; keyward policy show --user {user} says what holds"
        ),
    }
}

fn denied(user: &str, denial: Denial) -> String {
    match denial {
        Denial::NoPath => "the path is none".to_owned(),
        Denial::AmbiguousPath => {
            "the path can be read in two ways, which come to two rules".to_owned()
        }
        Denial::TooManySegments => {
            "the path has more segments than are compared with so many rules".to_owned()
        }
        Denial::NoRule => "no rule is about this".to_owned(),
        Denial::ByRule { .. } => "the rule denies it to everybody".to_owned(),
        Denial::NotAmong { .. } => format!("{user} is not among those whom the rule lets pass"),
    }
}
