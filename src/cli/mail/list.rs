//! `keyward mail list`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use keyward_core::domain::letter::{LetterRecord, LetterState};
use keyward_core::problem::Result;

/// Arguments of `mail list`.
#[derive(Debug, Args)]
pub struct List {
    /// With those that were sent
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    limit: Limit,
}

#[derive(Serialize)]
struct Shown {
    id: String,
    topic: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
    state: &'static str,
    tries: u32,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl From<LetterRecord> for Shown {
    fn from(letter: LetterRecord) -> Self {
        let waits = letter.state == LetterState::Waiting;
        Self {
            id: letter.id.to_string(),
            topic: letter.topic,
            recipient: letter.recipient.map(|to| to.as_str().to_owned()),
            state: letter.state.as_str(),
            tries: letter.tries,
            created_at: letter.created_at.rfc3339(),
            due_at: waits.then(|| letter.due_at.rfc3339()),
            failure: letter.failure,
        }
    }
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let keyward = context.open().await?;
        let letters = keyward
            .letters(&context.administrator, self.all, self.limit.rows())
            .await?;
        let mut rows: Vec<Shown> = letters.into_iter().map(Shown::from).collect();
        self.limit.cut(&mut rows, &context.output);
        context.output.show(&rows, |rows| {
            let heading = [
                "topic",
                "recipient",
                "state",
                "tries",
                "written",
                "next try",
                "failure",
            ];
            let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
            table(&heading, &rows)
        })
    }
}

fn cells(letter: &Shown) -> Vec<String> {
    vec![
        letter.topic.clone(),
        letter.recipient.clone().unwrap_or_default(),
        letter.state.to_owned(),
        letter.tries.to_string(),
        letter.created_at.clone(),
        letter.due_at.clone().unwrap_or_default(),
        letter.failure.clone().unwrap_or_default(),
    ]
}
