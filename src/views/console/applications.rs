//! Applications: the list, one with its rules, and what would happen to a user who asks.

use std::time::Duration;

use serde::Serialize;

use crate::views::Page;
use keyward_actions::application::{Explanation, Obstacle, Reachable};
use keyward_core::clock::Timestamp;
use keyward_core::domain::application::{
    Application, ApplicationSettings, Denial, Level, Verdict, Who, in_largest_unit,
};

/// An application in the list.
#[derive(Clone, Serialize)]
pub struct ApplicationRow {
    /// The row.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Where it is reached.
    pub hosts: Vec<String>,
    /// How many rules it has.
    pub rules: usize,
    /// How many of them decide nothing.
    pub unreachable: usize,
    /// Whom to ask.
    pub contact: String,
}

impl From<&Application> for ApplicationRow {
    fn from(application: &Application) -> Self {
        let settings = &application.settings;
        Self {
            id: application.id.to_string(),
            name: settings.name.to_string(),
            hosts: settings.hosts.iter().map(ToString::to_string).collect(),
            rules: settings.rules.len(),
            unreachable: settings.unreachable_rules().len(),
            contact: settings.contact.clone(),
        }
    }
}

/// `GET /console/applications`.
#[derive(Clone, Serialize)]
pub struct ApplicationsPage {
    /// The applications by name.
    pub applications: Vec<ApplicationRow>,
}

impl Page for ApplicationsPage {
    const TEMPLATE: &'static str = "console/applications.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let row = ApplicationRow::from(&sample());
        [Vec::new(), vec![row]]
            .map(|applications| Self { applications })
            .into()
    }
}

/// The fields of an application's form, as they were typed or as they stand.
#[derive(Clone, Default, Serialize)]
pub struct ApplicationForm {
    /// What it is called.
    pub name: String,
    /// Where it is reached, one a line.
    pub hosts: String,
    /// Its rules, one a line.
    pub rules: String,
    /// Whom to ask.
    pub contact: String,
    /// Which state of the application this is.
    pub version: i64,
}

impl From<&Application> for ApplicationForm {
    fn from(application: &Application) -> Self {
        let settings = &application.settings;
        Self {
            name: settings.name.to_string(),
            hosts: lines(settings.hosts.iter()),
            rules: lines(settings.rules.iter()),
            contact: settings.contact.clone(),
            version: application.version,
        }
    }
}

fn lines(items: impl Iterator<Item: ToString>) -> String {
    let lines: Vec<String> = items.map(|item| item.to_string()).collect();
    lines.join("\n")
}

/// `GET /console/applications/new`.
#[derive(Clone, Default, Serialize)]
pub struct NewApplicationPage {
    /// What was typed before, where something was refused.
    pub form: ApplicationForm,
}

impl Page for NewApplicationPage {
    const TEMPLATE: &'static str = "console/new-application.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let form = ApplicationForm::from(&sample());
        vec![Self::default(), Self { form }]
    }
}

/// A span in the largest unit that leaves nothing over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// `days`, `hours`, `minutes` or `seconds`.
    pub unit: &'static str,
    /// How many.
    pub count: u64,
}

impl From<Duration> for Span {
    fn from(span: Duration) -> Self {
        let (count, unit) = in_largest_unit(span);
        let unit = match unit {
            'd' => "days",
            'h' => "hours",
            'm' => "minutes",
            _ => "seconds",
        };
        Self { unit, count }
    }
}

/// A rule as a table shows it.
#[derive(Clone, Serialize)]
pub struct RuleRow {
    /// Counted from one.
    pub number: usize,
    /// The methods; empty for all.
    pub methods: String,
    /// The path or pattern.
    pub path: String,
    /// `bypass`, `deny`, `anyone` or `members`.
    pub who: &'static str,
    /// Groups that it names.
    pub groups: Vec<String>,
    /// Users that it names.
    pub users: Vec<String>,
    /// What must be proved; `None` where nothing is asked for.
    pub level: Option<&'static str>,
    /// How long ago at most.
    pub within: Option<Span>,
    /// Whether a program's API token stands for that.
    pub takes_tokens: bool,
    /// The earlier rule that takes all of its requests, counted from one.
    pub covered_by: Option<usize>,
}

fn rule_rows(settings: &ApplicationSettings) -> Vec<RuleRow> {
    let unreachable = settings.unreachable_rules();
    let rules = settings.rules.iter().enumerate();
    rules
        .map(|(at, rule)| {
            let methods: Vec<&str> = rule.methods.iter().map(|method| method.as_str()).collect();
            let (who, groups, users) = match &rule.who {
                Who::Bypass => ("bypass", Vec::new(), Vec::new()),
                Who::Deny => ("deny", Vec::new(), Vec::new()),
                Who::Anyone => ("anyone", Vec::new(), Vec::new()),
                Who::Members { groups, users } => (
                    "members",
                    groups
                        .iter()
                        .map(|group| group.as_str().to_owned())
                        .collect(),
                    users.iter().map(|user| user.name.clone()).collect(),
                ),
            };
            let asks = matches!(rule.who, Who::Anyone | Who::Members { .. });
            RuleRow {
                number: at + 1,
                methods: methods.join(", "),
                path: rule.path.as_str().to_owned(),
                who,
                groups,
                users,
                level: asks.then(|| rule.requires.level.as_str()),
                within: rule.requires.within.map(Span::from),
                takes_tokens: rule.takes_tokens,
                covered_by: unreachable
                    .iter()
                    .find(|(later, _)| *later == at)
                    .map(|(_, earlier)| earlier + 1),
            }
        })
        .collect()
}

/// `GET /console/applications/{id}`.
#[derive(Clone, Serialize)]
pub struct ApplicationPage {
    /// The row.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// Its rules in words.
    pub rules: Vec<RuleRow>,
    /// Whether they ask for what no user can prove here.
    pub is_beyond_proof: bool,
    /// The settings.
    pub form: ApplicationForm,
}

impl From<&Application> for ApplicationPage {
    fn from(application: &Application) -> Self {
        Self {
            id: application.id.to_string(),
            name: application.settings.name.to_string(),
            created_at: application.created_at,
            rules: rule_rows(&application.settings),
            is_beyond_proof: false,
            form: ApplicationForm::from(application),
        }
    }
}

impl Page for ApplicationPage {
    const TEMPLATE: &'static str = "console/application.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let full = Self::from(&sample());
        let mut bare = full.clone();
        bare.rules = Vec::new();
        bare.is_beyond_proof = true;
        vec![full, bare]
    }
}

/// `GET /console/applications/{id}/remove`.
#[derive(Clone, Serialize)]
pub struct RemoveApplicationPage {
    /// The row.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Where it is reached.
    pub hosts: Vec<String>,
}

impl Page for RemoveApplicationPage {
    const TEMPLATE: &'static str = "console/remove-application.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let row = ApplicationRow::from(&sample());
        vec![Self {
            id: row.id,
            name: row.name,
            hosts: row.hosts,
        }]
    }
}

/// What would happen.
#[derive(Clone, Serialize)]
pub struct Explained {
    /// A case of `explained-…`.
    pub case: &'static str,
    /// `allowed`, `denied`, or `needs` where the way leads on once a device is added.
    pub outcome: &'static str,
    /// The application.
    pub application: Option<String>,
    /// Its row.
    pub id: Option<String>,
    /// The rule that decides.
    pub rule: Option<RuleRow>,
    /// What the user can prove at best; `None` where the account is switched off.
    pub reachable: Option<&'static str>,
}

impl Explained {
    /// In the words of the page.
    pub fn of(found: &Explanation) -> Self {
        let application = found.application.as_deref();
        let rule = found.verdict.and_then(Verdict::rule);
        let rule = application
            .zip(rule)
            .and_then(|(found, at)| rule_rows(&found.settings).into_iter().nth(at));
        let (case, outcome) = match found.verdict {
            None => ("no-host", "denied"),
            Some(Verdict::Bypassed { .. }) => ("bypassed", "allowed"),
            Some(Verdict::Granted { .. }) => ("granted", "allowed"),
            Some(Verdict::SignIn { .. }) => ("disabled", "denied"),
            Some(Verdict::Insufficient { .. }) => match found.obstacle {
                None => ("insufficient", "needs"),
                Some(Obstacle::NoMetadata) => ("no-metadata", "denied"),
                Some(Obstacle::NoKind) => ("no-kind", "denied"),
            },
            Some(Verdict::Denied(denial)) => (
                match denial {
                    Denial::NoPath => "no-path",
                    Denial::AmbiguousPath => "ambiguous-path",
                    Denial::TooManySegments => "too-many-segments",
                    Denial::NoRule => "no-rule",
                    Denial::ByRule { .. } => "denied",
                    Denial::NotAmong { .. } => "not-among",
                },
                "denied",
            ),
        };
        Self {
            case,
            outcome,
            application: application.map(|found| found.settings.name.to_string()),
            id: application.map(|found| found.id.to_string()),
            rule,
            reachable: match found.reachable {
                Reachable::Disabled => None,
                Reachable::UpTo(level) => Some(Level::as_str(level)),
            },
        }
    }
}

/// `GET /console/applications/explain`.
#[derive(Clone, Serialize)]
pub struct ExplainPage {
    /// Who asks.
    pub user: String,
    /// For what.
    pub url: String,
    /// In which way.
    pub method: String,
    /// What would happen.
    pub explained: Option<Explained>,
}

impl Page for ExplainPage {
    const TEMPLATE: &'static str = "console/explain.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let rule = rule_rows(&sample().settings).into_iter().next();
        let cases = [
            "no-host",
            "bypassed",
            "granted",
            "disabled",
            "insufficient",
            "no-metadata",
            "no-kind",
            "no-path",
            "ambiguous-path",
            "too-many-segments",
            "no-rule",
            "denied",
            "not-among",
        ];
        let asked = |explained| Self {
            user: "anna".to_owned(),
            url: "https://wiki.example.org/admin?a=\"b\"".to_owned(),
            method: "GET".to_owned(),
            explained,
        };
        let mut pages: Vec<Self> = cases
            .into_iter()
            .map(|case| {
                asked(Some(Explained {
                    case,
                    outcome: match case {
                        "bypassed" | "granted" => "allowed",
                        "insufficient" => "needs",
                        _ => "denied",
                    },
                    application: Some("Wiki <one>".to_owned()),
                    id: Some("0190b7a0-0000-7000-8000-000000000001".to_owned()),
                    rule: rule.clone(),
                    reachable: Some("hardware"),
                }))
            })
            .collect();
        pages.push(asked(None));
        pages
    }
}

#[cfg(test)]
fn sample() -> Application {
    use keyward_core::domain::application::{ApplicationId, ApplicationName, HostPattern};
    let id = "0190b7a0-0000-7000-8000-000000000001";
    let rules = [
        "GET,POST /admin group:staff,user:anna hardware within 1h or token",
        "/public bypass",
        "/ anyone second-factor",
        "/late deny",
        "/soon anyone within 90s",
        "/once anyone within 10m",
        "/ever anyone within 7d",
    ];
    Application {
        id: ApplicationId::parse(id).expect("an id"),
        settings: ApplicationSettings {
            name: ApplicationName::parse("Wiki \"west\" <one>").expect("a name"),
            contact: "it@example.org".to_owned(),
            hosts: ["wiki.example.org", "*.apps.example.org"]
                .map(|host| HostPattern::parse(host).expect("a host"))
                .into(),
            rules: rules.map(|rule| rule.parse().expect("a rule")).into(),
        },
        version: 3,
        created_at: Timestamp::from_seconds(1_795_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_the_largest_unit_that_leaves_nothing_over() {
        for (seconds, count, unit) in [
            (60, 1, "minutes"),
            (90, 90, "seconds"),
            (600, 10, "minutes"),
            (3600, 1, "hours"),
            (5400, 90, "minutes"),
            (86_400, 1, "days"),
            (90_000, 25, "hours"),
            (7 * 86_400, 7, "days"),
        ] {
            let span = Span::from(Duration::from_secs(seconds));
            assert_eq!(span, Span { unit, count }, "{seconds} s");
        }
    }
}
