//! `keyward key`: the inventory of keys

mod add;
mod adopt;
mod assign;
mod export;
mod found_reports;
mod import;
mod link;
mod lost;
mod moves;
mod show;

use clap::{Args, Subcommand};

use super::context::Context;
use super::list::List;
use super::otp_key::FormerKeyCommand;
use crate::lists::{FoundReports, KeyCases, KeyProposals, Keys};
use keyward_actions::{App, key};
use keyward_core::domain::key::{Key, KeyMove};
use keyward_core::problem::Result;

/// The inventory of keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// List keys in the order of their serial numbers
    List(List<Keys>),
    /// Show a key with what is on it and what happened to it
    Show(show::Show),
    /// Add a key: in stock, and nobody's
    Add(add::Add),
    /// Take over a list of keys: values separated by commas, semicolons or tabs, with a heading line
    Import(import::Import),
    /// Write all keys into a file that can be imported elsewhere
    Export(export::Export),
    /// List keys that people had before the inventory, with what is known of them
    Proposals(List<KeyProposals>),
    /// Take such keys into the inventory
    Adopt(adopt::Adopt),
    /// Say something else of a key
    Set(add::Set),
    /// Keep a key in stock for somebody
    Assign(assign::Assign),
    /// Send a key to whom it is kept for
    Ship(moves::Plain),
    /// Give a key to somebody, or to whom it is kept for
    HandOver(moves::ToOwner),
    /// Say that its owner uses a key
    Activate(moves::Plain),
    /// Take a key back into stock, or keep it for nobody any more
    TakeBack(moves::Asked),
    /// Report a key lost: what is on it works no more, and what it had opened ends
    Lost(lost::Lost),
    /// Keep a key from stock for whoever lost one
    Spare(lost::Spare),
    /// Give a lost key that was found back to its owner: what is on it works again
    GiveBack(moves::Plain),
    /// Close the case of a lost key whose owner has another one: what is on it is removed
    Replaced(lost::Replaced),
    /// List the cases of lost keys, the newest first
    Cases(List<KeyCases>),
    /// List what finders say of keys, the newest first
    FoundReports(List<FoundReports>),
    /// Say that a report of a found key was dealt with
    CloseFoundReport(found_reports::CloseFoundReport),
    /// Take a lost key that was found into stock
    Found(moves::Plain),
    /// Take a key out of use for good
    Retire(moves::Asked),
    /// Say that an OTP slot, a passkey or a security key is on a key
    Link(link::Link),
    /// Say that something is on a key no more
    Unlink(link::Link),
    #[command(flatten)]
    Former(FormerKeyCommand),
}

impl KeyCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::Show(show) => show.run(context).await,
            Self::Add(add) => add.run(context).await,
            Self::Import(import) => import.run(context).await,
            Self::Export(export) => export.run(context).await,
            Self::Proposals(list) => list.run(context).await,
            Self::Adopt(adopt) => adopt.run(context).await,
            Self::Set(set) => set.run(context).await,
            Self::Assign(assign) => assign.run(context).await,
            Self::Ship(one) => one.run(context, KeyMove::Ship).await,
            Self::HandOver(one) => one.run(context, KeyMove::HandOver).await,
            Self::Activate(one) => one.run(context, KeyMove::Activate).await,
            Self::TakeBack(one) => one.run(context, KeyMove::TakeBack).await,
            Self::Lost(lost) => lost.run(context).await,
            Self::Spare(spare) => spare.run(context).await,
            Self::GiveBack(one) => one.run(context, KeyMove::GiveBack).await,
            Self::Replaced(replaced) => replaced.run(context).await,
            Self::Cases(list) => list.run(context).await,
            Self::FoundReports(list) => list.run(context).await,
            Self::CloseFoundReport(close) => close.run(context).await,
            Self::Found(one) => one.run(context, KeyMove::Found).await,
            Self::Retire(one) => one.run(context, KeyMove::Retire).await,
            Self::Link(link) => link.run(context, true).await,
            Self::Unlink(link) => link.run(context, false).await,
            Self::Former(command) => command.run(context).await,
        }
    }
}

/// Which key.
#[derive(Debug, Args)]
struct Which {
    /// Its serial number, or its id
    serial: String,
    /// Who made it, where keys of several makers have the number
    #[arg(long, value_name = "NAME")]
    maker: Option<String>,
}

impl Which {
    async fn find(&self, app: &App, context: &Context) -> Result<Key> {
        let maker = self.maker.as_deref();
        key::find_by_serial(app, &context.administrator, &self.serial, maker).await
    }
}
