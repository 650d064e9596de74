//! `keyward key adopt`

use clap::Args;
use serde::Serialize;

use crate::cli::context::{Context, confirm};
use keyward_actions::key::{self, MOST_ADOPTED};
use keyward_core::domain::key::ProposalId;
use keyward_core::problem::{Problem, Result, codes};

/// Arguments of `key adopt`.
#[derive(Debug, Args)]
pub struct Adopt {
    /// Which, as `key proposals` tells them: `slot:` with a public id, or `device:` with an id
    #[arg(value_name = "PROPOSAL", required_unless_present = "all")]
    proposals: Vec<String>,
    /// All that are proposed
    #[arg(long, conflicts_with = "proposals")]
    all: bool,
    /// Do not ask first
    #[arg(long)]
    yes: bool,
}

#[derive(Default, Serialize)]
struct Told {
    added: usize,
    linked: usize,
    refused: Vec<Refused>,
}

#[derive(Serialize)]
struct Refused {
    proposal: String,
    code: &'static str,
}

impl Adopt {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let by = &context.administrator;
        let unknown = |text: &str| Problem::new(codes::KEY_UNKNOWN).detailed(text);
        let named = self.proposals.iter().map(|text| {
            let id = ProposalId::parse(text);
            id.ok_or_else(|| unknown(text))
        });
        let named = named.collect::<Result<Vec<_>>>()?;
        if !self.yes {
            let how_many = match self.all {
                true => "all keys that are proposed".to_owned(),
                false => format!("{} proposed keys", named.len()),
            };
            confirm(&format!(
                "{how_many} come into the inventory, each in use by whose device is on it?"
            ))?;
        }
        let mut told = Told::default();
        if self.all {
            let size = i64::try_from(MOST_ADOPTED).unwrap_or(1);
            let mut after = None;
            loop {
                let page = key::proposals(&app, by, after, size).await?;
                let ids: Vec<ProposalId> = page.into_iter().map(|one| one.id).collect();
                let Some(last) = ids.last().cloned() else {
                    break;
                };
                told.take(key::adopt(&app, by, ids).await?);
                after = Some(last);
            }
        } else {
            for some in named.chunks(MOST_ADOPTED) {
                told.take(key::adopt(&app, by, some.to_vec()).await?);
            }
        }
        context.output.show(&told, |told| {
            let mut text = format!("added: {}, linked: {}", told.added, told.linked);
            for one in &told.refused {
                text.push_str(&format!("\n{}: {}", one.proposal, one.code));
            }
            text
        })
    }
}

impl Told {
    fn take(&mut self, adopted: key::Adopted) {
        self.added += adopted.added.len();
        self.linked += adopted.linked.len();
        let refused = adopted.refused.into_iter().map(|(id, problem)| Refused {
            proposal: id.to_string(),
            code: problem.code().name,
        });
        self.refused.extend(refused);
    }
}
