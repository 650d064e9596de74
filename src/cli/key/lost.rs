//! `keyward key lost` and `keyward key replaced`

use clap::Args;
use serde::Serialize;

use super::Which;
use super::moves::Remark;
use crate::cli::context::{Context, confirm};
use keyward_actions::App;
use keyward_actions::key::{self, ForeseenLoss, LossReport};
use keyward_core::domain::event_detail::StoppedByLoss;
use keyward_core::domain::key::Key;
use keyward_core::domain::pass::PassPlan;
use keyward_core::problem::Result;

/// Arguments of `key lost`.
#[derive(Debug, Args)]
pub struct Lost {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    remark: Remark,
    /// Keep this key from stock for whoever lost theirs, by its serial number or its id
    #[arg(long, value_name = "SERIAL")]
    spare: Option<String>,
    /// Issue them a temporary pass, which is printed this once
    #[arg(long)]
    pass: bool,
    /// Do not ask first
    #[arg(long)]
    yes: bool,
}

#[derive(Serialize)]
struct Reported {
    key: String,
    case_id: String,
    stopped: StoppedByLoss,
    #[serde(skip_serializing_if = "Option::is_none")]
    pass: Option<String>,
}

impl Lost {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let by = &context.administrator;
        let found = self.which.find(&app, context).await?;
        let spare = match &self.spare {
            Some(serial) => Some(key::find_by_serial(&app, by, serial, None).await?.id),
            None => None,
        };
        if !self.yes {
            let foreseen = key::foresee_loss(&app, &by.helps(), found.id).await?;
            confirm(&question(&app, context, &found, &foreseen).await?)?;
        }
        let report = LossReport {
            version: Some(found.version),
            note: self.remark.note,
            spare,
            pass: self.pass.then(PassPlan::default),
        };
        let loss = key::report_lost(&app, &by.helps(), found.id, report).await?;
        let reported = Reported {
            key: found.label(),
            case_id: loss.case.to_string(),
            stopped: loss.stopped,
            pass: loss.pass.map(|pass| pass.code.expose()),
        };
        context.output.show(&reported, |reported| {
            let mut text = format!("{}: lost; {}", reported.key, ended(&reported.stopped));
            if let Some(pass) = &reported.pass {
                text.push_str(&format!("\npass: {pass}"));
            }
            text
        })
    }
}

async fn question(
    app: &App,
    context: &Context,
    key: &Key,
    foreseen: &ForeseenLoss,
) -> Result<String> {
    let found = key::summary(app, &context.administrator, key.id).await?;
    let whose = found.owner.as_deref().unwrap_or("nobody");
    let (label, state) = (key.label(), key.state.as_str());
    let ends = ended(&foreseen.stopped);
    let bare = match foreseen.left_bare.as_slice() {
        [] => String::new(),
        names => format!("; without another device then: {}", names.join(", ")),
    };
    Ok(format!(
        "{label} ({state}, {whose}'s) is lost? {ends}{bare}"
    ))
}

fn ended(stopped: &StoppedByLoss) -> String {
    let StoppedByLoss {
        devices,
        slots,
        sessions,
        browsers,
        grants,
    } = stopped;
    format!(
        "out of use: devices {devices}, OTP slots {slots}; ended: sessions {sessions}, trusted browsers \
         {browsers}, grants to applications {grants}"
    )
}

/// Arguments of `key replaced`.
#[derive(Debug, Args)]
pub struct Replaced {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    remark: Remark,
}

impl Replaced {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let found = self.which.find(&app, context).await?;
        let by = &context.administrator;
        key::close_replaced(&app, &by.helps(), found.id, &self.remark.note).await?;
        let label = found.label();
        context.output.say(&format!(
            "{label}: the case is closed, its owner has another key"
        ))
    }
}

/// Arguments of `key spare`.
#[derive(Debug, Args)]
pub struct Spare {
    #[command(flatten)]
    which: Which,
    /// The key from stock, by its serial number or its id
    #[arg(long, value_name = "SERIAL")]
    by: String,
}

impl Spare {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let by = &context.administrator;
        let found = self.which.find(&app, context).await?;
        let spare = key::find_by_serial(&app, by, &self.by, None).await?;
        key::keep_spare(&app, &by.helps(), found.id, spare.id).await?;
        let (lost, spare) = (found.label(), spare.label());
        context
            .output
            .say(&format!("{spare}: kept in place of {lost}"))
    }
}
