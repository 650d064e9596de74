//! `keyward mail list`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use keyward_actions::outbox;
use keyward_core::domain::message::{MessageRecord, MessageState};
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

impl From<MessageRecord> for Shown {
    fn from(message: MessageRecord) -> Self {
        let waits = message.state == MessageState::Waiting;
        Self {
            id: message.id.to_string(),
            topic: message.topic,
            recipient: message.recipient.map(|to| to.as_str().to_owned()),
            state: message.state.as_str(),
            tries: message.tries,
            created_at: message.created_at.rfc3339(),
            due_at: waits.then(|| message.due_at.rfc3339()),
            failure: message.failure,
        }
    }
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let messages =
            outbox::list(&app, &context.administrator, self.all, self.limit.rows()).await?;
        let mut rows: Vec<Shown> = messages.into_iter().map(Shown::from).collect();
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

fn cells(message: &Shown) -> Vec<String> {
    vec![
        message.topic.clone(),
        message.recipient.clone().unwrap_or_default(),
        message.state.to_owned(),
        message.tries.to_string(),
        message.created_at.clone(),
        message.due_at.clone().unwrap_or_default(),
        message.failure.clone().unwrap_or_default(),
    ]
}
