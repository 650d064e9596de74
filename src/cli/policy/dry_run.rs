//! `keyward policy dry-run`

use clap::Args;
use serde::Serialize;

use super::{ScopeArgs, named};
use crate::cli::context::Context;
use crate::cli::output::table;
use crate::cli::progress::Bar;
use keyward_actions::policy::{self, Affected};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Result, codes};

/// How often the bar moves.
const LOOK: std::time::Duration = std::time::Duration::from_millis(500);

/// Arguments of `policy dry-run`.
#[derive(Debug, Args)]
pub struct DryRun {
    #[command(flatten)]
    whose: ScopeArgs,
    /// How many people to list
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// The id of the last person of the list before
    #[arg(long, value_name = "ID", value_parser = parse_user)]
    after: Option<UserId>,
}

#[derive(Serialize)]
struct Report {
    people: u64,
    devices: u64,
    enrolling: u64,
    reminded: u64,
    browsers: u64,
    mails: u64,
    affected: u64,
    list: Vec<Row>,
    next: Option<String>,
}

#[derive(Serialize)]
struct Row {
    user: String,
    can_sign_in: bool,
    must_enrol: bool,
    should_have: Option<u16>,
    devices: Vec<Device>,
    browsers: Vec<String>,
}

#[derive(Serialize)]
struct Device {
    kind: &'static str,
    name: String,
    reasons: Vec<String>,
}

impl From<&Affected> for Row {
    fn from(affected: &Affected) -> Self {
        let devices = affected.devices.iter().map(|device| Device {
            kind: device.kind.as_str(),
            name: device.name.clone(),
            reasons: device
                .reasons
                .iter()
                .map(|violation| {
                    format!(
                        "{}: {}",
                        named(&violation.scope),
                        violation.reason.rule.as_str()
                    )
                })
                .collect(),
        });
        Self {
            user: affected.name.clone(),
            can_sign_in: !affected.is_shut_out,
            must_enrol: affected.must_enrol,
            should_have: affected.should_have,
            devices: devices.collect(),
            browsers: affected.browsers.clone(),
        }
    }
}

impl Row {
    /// A row of the table for each device that would stop, and for what the person is asked.
    fn cells(&self) -> Vec<Vec<String>> {
        let signs_in = if self.can_sign_in { "yes" } else { "no" };
        let cells = |device: &str, kind: &str, why: String| {
            let cells = [&self.user, signs_in, device, kind, &why];
            cells.map(str::to_owned).to_vec()
        };
        let stopping = self
            .devices
            .iter()
            .map(|device| cells(&device.name, device.kind, device.reasons.join(", ")));
        let enrols = self
            .must_enrol
            .then(|| cells("", "", "must add a device".to_owned()));
        let more = self
            .should_have
            .map(|least| cells("", "", format!("asked to have {least} devices")));
        let browsers = self
            .browsers
            .iter()
            .map(|name| cells(name, "trusted browser", "not trusted any more".to_owned()));
        stopping.chain(enrols).chain(more).chain(browsers).collect()
    }
}

impl Report {
    fn lines(&self) -> String {
        let mut text = format!(
            "{} people could not sign in, {} devices would stop",
            self.people, self.devices
        );
        if self.enrolling + self.reminded > 0 {
            text.push_str(&format!(
                "\n{} people without a device must add one, {} are asked to have more",
                self.enrolling, self.reminded
            ));
        }
        if self.browsers > 0 {
            text.push_str(&format!(
                "\n{} browsers would not be trusted any more",
                self.browsers
            ));
        }
        if self.mails > 0 {
            text.push_str(&format!(
                "\n{} people would get one mail each; `switch-on --no-mail` sends none",
                self.mails
            ));
        }
        let rows: Vec<Vec<String>> = self.list.iter().flat_map(Row::cells).collect();
        if !rows.is_empty() {
            let heading = ["user", "signs in", "device", "kind", "why"];
            text.push_str(&format!("\n{}", table(&heading, &rows)));
        }
        if let Some(next) = &self.next {
            text.push_str(&format!("\nmore: --after {next}"));
        }
        text
    }
}

impl DryRun {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        let scope = self.whose.scope();
        let record = policy::find(&app, administrator, scope.clone()).await?;
        let draft = record.and_then(|record| record.draft);
        let draft = draft.ok_or(codes::POLICY_NO_DRAFT)?;
        let scan = policy::begin_dry_run(&app, administrator, scope, draft, self.after).await?;
        let bar = Bar::new(&context.output, "people");
        let run = loop {
            let (after, limit) = (self.after, self.limit);
            let run = policy::dry_run_so_far(&app, &scan, after, limit, Some(LOOK)).await?;
            if run.is_over {
                break run;
            }
            let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
            bar.show(whole(run.looked_at), whole(run.of));
        };
        drop(bar);
        let report = Report {
            people: run.people,
            devices: run.devices,
            enrolling: run.enrolling,
            reminded: run.reminded,
            browsers: run.browsers,
            mails: run.mails,
            affected: run.affected,
            list: run.list.iter().map(Row::from).collect(),
            next: run.next.map(|id| id.to_string()),
        };
        context.output.show(&report, Report::lines)
    }
}

fn parse_user(text: &str) -> std::result::Result<UserId, String> {
    UserId::parse(text).ok_or_else(|| format!("\"{text}\" is no id"))
}
