//! `keyward apply`

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::context::{Context, confirm};
use crate::apply;
use keyward_actions::declared::{self, NewSecret};
use keyward_core::domain::declared::{Action, Change, FieldChange, Kind, Plan};
use keyward_core::problem::{Problem, Result};

/// What a dry run ends with where it would change something.
const DIFFERS: u8 = 3;

/// Make groups, applications, clients of the OpenID provider, policies, validation services and clients,
/// and webhooks what files declare
///
/// Prints first what differs, and changes that alone. What a file does not speak of stays as it is.
#[derive(Debug, Args)]
pub struct Apply {
    /// Files of declared configuration, .toml or .yaml, which count as one; - for TOML on standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Change nothing, and exit 3 where something would change
    #[arg(long)]
    dry_run: bool,
    /// Remove what is not declared, of the kinds that the files speak of
    #[arg(long)]
    prune: bool,
    /// Do not ask before something is removed; without a terminal nothing is asked
    #[arg(long)]
    yes: bool,
}

impl Apply {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode> {
        let mut declared = apply::read(&self.files)?;
        let app = context.open().await?;
        let administrator = &context.administrator;
        let present = declared::present(&app, administrator, declared.users()).await?;
        let plan = declared.plan(&present, self.prune)?;
        declared::judge(&app, &plan.changes)?;
        let output = &context.output;
        if !output.is_json() {
            output.say(&told(&plan))?;
        }
        if self.dry_run || plan.changes.is_empty() {
            if output.is_json() {
                output.show(&document(&plan, self.dry_run, 0, &[]), |_| String::new())?;
            }
            return Ok(match plan.changes.is_empty() {
                true => ExitCode::SUCCESS,
                false => ExitCode::from(DIFFERS),
            });
        }
        self.ask(&plan)?;
        self.carry_out(context, &app, &plan).await?;
        Ok(ExitCode::SUCCESS)
    }

    fn ask(&self, plan: &Plan) -> Result<()> {
        let removed = count(plan, Action::Remove);
        if removed == 0 || self.yes || !std::io::stdin().is_terminal() {
            return Ok(());
        }
        confirm(&format!("Remove {removed} of these?"))
    }

    async fn carry_out(
        &self,
        context: &Context,
        app: &keyward_actions::App,
        plan: &Plan,
    ) -> Result<()> {
        let output = &context.output;
        let (mut done, mut secrets, mut failed) = (0, Vec::new(), None);
        for step in plan.steps() {
            match declared::carry_out(app, &context.administrator, step).await {
                Ok(made) => {
                    done += step.len();
                    secrets.extend(made);
                }
                Err(problem) => {
                    failed = Some(problem);
                    break;
                }
            }
        }
        let is_judged =
            |change: &Change| matches!(change.declaration.kind(), Kind::Group | Kind::Policy);
        let settled = match plan.changes.iter().take(done).any(is_judged) {
            true => declared::settle(app).await,
            false => Ok(()),
        };
        if output.is_json() {
            output.show(&document(plan, false, done, &secrets), |_| String::new())?;
        } else {
            say_made(context, &secrets)?;
            output.say(&ended(plan, done))?;
        }
        if let Some(problem) = failed {
            for change in plan.changes.iter().skip(done) {
                output.note(&format!("not done: {}", heading(change)));
            }
            return Err(told_where(problem, plan.changes.get(done)));
        }
        settled
    }
}

/// What failed, with what it failed at.
fn told_where(problem: Problem, change: Option<&Change>) -> Problem {
    let Some(change) = change else {
        return problem;
    };
    let name = heading(change);
    let detail = match problem.detail() {
        Some(detail) => format!("{name}: {detail}"),
        None => name,
    };
    problem.detailed(detail)
}

fn say_made(context: &Context, secrets: &[NewSecret]) -> Result<()> {
    for made in secrets {
        let (noun, name) = (made.declaration.kind().noun(), made.declaration.name());
        let secret = made.secret.expose_secret();
        context.output.say(&format!(
            "The secret of the {noun} {name} is shown this once\n{secret}"
        ))?;
    }
    Ok(())
}

fn count(plan: &Plan, action: Action) -> usize {
    let changes = plan.changes.iter();
    changes.filter(|change| change.action == action).count()
}

fn told(plan: &Plan) -> String {
    if plan.changes.is_empty() {
        return "Nothing differs".to_owned();
    }
    let mut lines = Vec::new();
    for change in &plan.changes {
        lines.push(heading(change));
        for field in &change.fields {
            lines.push(format!("    {}", difference(change.action, field)));
        }
    }
    lines.push(format!(
        "{} to add, {} to change, {} to remove",
        count(plan, Action::Add),
        count(plan, Action::Change),
        count(plan, Action::Remove),
    ));
    lines.join("\n")
}

fn heading(change: &Change) -> String {
    let sign = match change.action {
        Action::Add => '+',
        Action::Change => '~',
        Action::Remove => '-',
    };
    let declaration = &change.declaration;
    format!(
        "{sign} {} {}",
        declaration.kind().noun(),
        declaration.name()
    )
}

fn difference(action: Action, field: &FieldChange) -> String {
    let key = field.key;
    match (action, &field.before, &field.after) {
        (Action::Add, _, after) => format!("{key}: {}", short(after)),
        // Of long lists only what goes and what comes.
        (_, Value::Array(before), Value::Array(after)) => {
            let gone = before.iter().filter(|value| !after.contains(value));
            let come = after.iter().filter(|value| !before.contains(value));
            let gone = gone.map(|value| format!("\n      - {}", short(value)));
            let come = come.map(|value| format!("\n      + {}", short(value)));
            let lines: String = gone.chain(come).collect();
            match lines.is_empty() {
                true => format!("{key}: in another order"),
                false => format!("{key}:{lines}"),
            }
        }
        (_, before, after) => format!("{key}: {} -> {}", short(before), short(after)),
    }
}

/// A value on one line.
fn short(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.trim_end().replace('\n', " "),
        Value::Array(values) => match values.is_empty() {
            true => "none".to_owned(),
            false => values.iter().map(short).collect::<Vec<_>>().join(" | "),
        },
        other => other.to_string(),
    }
}

fn ended(plan: &Plan, done: usize) -> String {
    let all = plan.changes.len();
    match done == all {
        true => format!("{all} changes were made"),
        false => format!("{done} of {all} changes were made; a further run goes on from there"),
    }
}

fn document(plan: &Plan, is_dry: bool, done: usize, secrets: &[NewSecret]) -> Value {
    let change = |(index, change): (usize, &Change)| {
        json!({
            "action": change.action,
            "kind": change.declaration.kind(),
            "name": change.declaration.name(),
            "fields": change.fields,
            "done": index < done,
        })
    };
    let secret = |made: &NewSecret| {
        json!({
            "kind": made.declaration.kind(),
            "name": made.declaration.name(),
            "secret": made.secret.expose_secret(),
        })
    };
    json!({
        "dry_run": is_dry,
        "changes": plan.changes.iter().enumerate().map(change).collect::<Vec<_>>(),
        "secrets": secrets.iter().map(secret).collect::<Vec<_>>(),
    })
}
