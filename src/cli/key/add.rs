//! `keyward key add` and `keyward key set`

use clap::Args;

use super::Which;
use crate::cli::context::Context;
use crate::rows::KeyRow;
use keyward_actions::key;
use keyward_core::domain::key::KeyChange;
use keyward_core::problem::Result;

/// Arguments of `key add`.
#[derive(Debug, Args)]
pub struct Add {
    /// The number printed on it; may be left out where a model is given
    serial: Option<String>,
    /// Who made it; Yubico where nothing is said
    #[arg(long, value_name = "NAME")]
    maker: Option<String>,
    #[command(flatten)]
    facts: Facts,
}

/// Arguments of `key set`.
#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    which: Which,
    /// Another serial number; empty for none
    #[arg(long, value_name = "NUMBER")]
    serial_number: Option<String>,
    #[command(flatten)]
    facts: Facts,
}

/// What can be said of a key.
#[derive(Debug, Args)]
struct Facts {
    /// What its maker calls it
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// The version of its firmware
    #[arg(long, value_name = "VERSION")]
    firmware: Option<String>,
    /// What it is plugged into, or how it looks
    #[arg(long, value_name = "TEXT")]
    form_factor: Option<String>,
    /// The batch that it was made or delivered in
    #[arg(long, value_name = "TEXT")]
    batch: Option<String>,
    /// The order by which it was bought
    #[arg(long, value_name = "TEXT")]
    order: Option<String>,
    /// Where it lies
    #[arg(long, value_name = "TEXT")]
    place: Option<String>,
    /// Whatever else there is to say
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl Facts {
    fn change(self, maker: Option<String>, serial: Option<String>) -> KeyChange {
        KeyChange {
            maker,
            serial,
            model: self.model,
            firmware: self.firmware,
            form_factor: self.form_factor,
            batch: self.batch,
            order: self.order,
            place: self.place,
            note: self.note,
        }
    }
}

impl Add {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let by = &context.administrator;
        let id = key::add(&app, by, self.facts.change(self.maker, self.serial)).await?;
        let found = key::summary(&app, by, id).await?;
        let label = found.key.label();
        context
            .output
            .show(&KeyRow::from(&found), |_| format!("{label} was added"))
    }
}

impl Set {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let by = &context.administrator;
        let found = self.which.find(&app, context).await?;
        let change = self.facts.change(None, self.serial_number);
        key::change(&app, by, found.id, found.version, change).await?;
        let found = key::summary(&app, by, found.id).await?;
        let label = found.key.label();
        context
            .output
            .show(&KeyRow::from(&found), |_| format!("{label} was changed"))
    }
}
