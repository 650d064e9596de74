//! `keyward validation otp-key list`, `activate` and `deactivate`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use keyward_actions::validation;
use keyward_core::factors::otp_key::OtpKey;
use keyward_core::problem::Result;
use keyward_core::protocols::yubico::PublicId;

/// Arguments of `validation otp-key list`.
#[derive(Debug, Args)]
pub struct List {
    /// Those whose public ids begin so
    #[arg(long, value_name = "LETTERS", default_value = "")]
    prefix: String,
    #[command(flatten)]
    limit: Limit,
}

/// Arguments of `validation otp-key activate` and `deactivate`.
#[derive(Debug, Args)]
pub struct Which {
    /// The public id, as it stands before each one-time password
    #[arg(value_parser = parse_public_id)]
    public_id: PublicId,
}

fn parse_public_id(text: &str) -> std::result::Result<PublicId, String> {
    PublicId::parse(text).ok_or_else(|| "not a public id: 1 to 16 letters of modhex".to_owned())
}

#[derive(Serialize)]
struct Row {
    public_id: String,
    serial: Option<u64>,
    active: bool,
    counter: Option<u16>,
    session_use: Option<u8>,
    note: String,
    created_at: String,
    last_used_at: Option<String>,
}

impl From<&OtpKey> for Row {
    fn from(key: &OtpKey) -> Self {
        Self {
            public_id: key.public_id.to_string(),
            serial: key.serial,
            active: key.is_active,
            counter: key.progress.map(|progress| progress.usage.counter),
            session_use: key.progress.map(|progress| progress.usage.session_use),
            note: key.note.clone(),
            created_at: key.created_at.rfc3339(),
            last_used_at: key
                .last_used_at
                .map(keyward_core::clock::Timestamp::rfc3339),
        }
    }
}

impl Which {
    pub(super) async fn switch(self, context: &Context, is_active: bool) -> Result<()> {
        let app = context.open().await?;
        let public_id = self.public_id;
        validation::switch_otp_key(&app, &context.administrator, public_id.clone(), is_active)
            .await?;
        let done = if is_active { "in use" } else { "out of use" };
        context.output.say(&format!("{public_id} is {done}"))
    }
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let mut rows: Vec<Row> = Vec::new();
        let mut after = None;
        loop {
            let limit = self.limit.page(rows.len());
            if limit == 0 {
                break;
            }
            let page =
                validation::otp_keys(&app, &context.administrator, &self.prefix, after, limit)
                    .await?;
            rows.extend(page.keys.iter().map(Row::from));
            match page.keys.last() {
                Some(last) if page.is_more => after = Some(last.public_id.clone()),
                _ => break,
            }
        }
        self.limit.cut(&mut rows, &context.output);
        context.output.show(&rows, |rows| {
            let heading = [
                "public id",
                "serial",
                "active",
                "counter",
                "use",
                "last used",
                "note",
            ];
            let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
            table(&heading, &rows)
        })
    }
}

fn cells(row: &Row) -> Vec<String> {
    fn or_dash(number: Option<impl ToString>) -> String {
        number.map_or_else(|| "-".to_owned(), |number| number.to_string())
    }
    vec![
        row.public_id.clone(),
        or_dash(row.serial),
        if row.active { "yes" } else { "no" }.to_owned(),
        or_dash(row.counter),
        or_dash(row.session_use),
        row.last_used_at
            .clone()
            .unwrap_or_else(|| "never".to_owned()),
        row.note.clone(),
    ]
}
