//! `keyward key assign`, `ship`, `hand-over` and whatever else becomes of a key

use clap::Args;

use super::Which;
use crate::cli::context::{Context, confirm};
use crate::rows::KeyRow;
use keyward_actions::key::{self, WantedMove};
use keyward_core::domain::key::KeyMove;
use keyward_core::problem::Result;

/// Arguments of `key hand-over`.
#[derive(Debug, Args)]
pub struct ToOwner {
    #[command(flatten)]
    which: Which,
    /// Whose it shall be, by user name; whom it is kept for where nobody is named
    user: Option<String>,
    #[command(flatten)]
    remark: Remark,
}

/// Arguments of what is done at once.
#[derive(Debug, Args)]
pub struct Plain {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    remark: Remark,
}

/// Arguments of what is asked about first.
#[derive(Debug, Args)]
pub struct Asked {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    remark: Remark,
    /// Do not ask first
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct Remark {
    /// What there is to say about it, for the key's history
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) note: String,
}

impl ToOwner {
    pub(super) async fn run(self, context: &Context, what: KeyMove) -> Result<()> {
        done(
            context,
            &self.which,
            what,
            self.user.as_deref(),
            self.remark,
            None,
        )
        .await
    }
}

impl Plain {
    pub(super) async fn run(self, context: &Context, what: KeyMove) -> Result<()> {
        done(context, &self.which, what, None, self.remark, None).await
    }
}

impl Asked {
    pub(super) async fn run(self, context: &Context, what: KeyMove) -> Result<()> {
        let question = match what {
            KeyMove::Retire => "goes out of use for good?",
            _ => "is back in stock, and nobody's?",
        };
        let question = (!self.yes).then_some(question);
        done(context, &self.which, what, None, self.remark, question).await
    }
}

pub(super) async fn done(
    context: &Context,
    which: &Which,
    what: KeyMove,
    user: Option<&str>,
    remark: Remark,
    question: Option<&str>,
) -> Result<()> {
    let app = context.open().await?;
    let by = &context.administrator;
    let found = which.find(&app, context).await?;
    let owner = match user {
        Some(name) => Some(context.user(&app, name).await?.id),
        None => None,
    };
    if let Some(question) = question {
        let before = key::summary(&app, by, found.id).await?;
        let whose = before.owner.as_deref().unwrap_or("nobody");
        let (label, state) = (found.label(), found.state.as_str());
        confirm(&format!("{label} ({state}, {whose}'s) {question}"))?;
    }
    let wanted = WantedMove {
        what,
        owner,
        version: Some(found.version),
        note: remark.note,
    };
    key::make_move(&app, &by.helps(), found.id, wanted).await?;
    let after = key::summary(&app, by, found.id).await?;
    let row = KeyRow::from(&after);
    context.output.show(&row, |row| {
        let whose = row.owner.as_deref().unwrap_or("nobody");
        format!("{}: {}, {whose}'s", after.key.label(), row.state)
    })
}
