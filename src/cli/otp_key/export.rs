//! `keyward validation otp-key export`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::context::Context;
use crate::cli::written_file::WrittenFile;
use keyward_actions::App;
use keyward_actions::otp_key::{self, counter_record};
use keyward_core::domain::event_detail::ExportContents;
use keyward_core::problem::Result;
use keyward_core::protocols::provisioning::{ykksm, ykval};

/// Arguments of `validation otp-key export`.
#[derive(Debug, Args)]
pub struct Export {
    /// The format: keys for the reference key-storage module, or counters for the reference
    /// validation server
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ExportFormat::Ykksm)]
    format: ExportFormat,
    /// Write private ids, AES keys and lock codes too; their columns are empty otherwise
    #[arg(long)]
    secrets: bool,
    /// A new file to write, which its owner alone may read; standard output otherwise
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    Ykksm,
    Ykval,
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let contents = match (self.format, self.secrets) {
            (ExportFormat::Ykval, _) => ExportContents::Counters,
            (ExportFormat::Ykksm, true) => ExportContents::Secrets,
            (ExportFormat::Ykksm, false) => ExportContents::Facts,
        };
        let mut file = WrittenFile::create(&self.out, 0o600)?;
        otp_key::begin_export(&app, &context.administrator, contents).await?;
        match contents {
            ExportContents::Counters => counters(&app, context, &mut file).await?,
            ExportContents::Facts => facts(&app, context, &mut file).await?,
            ExportContents::Secrets => secrets(&app, context, &mut file).await?,
        }
        file.finish()
    }
}

async fn counters(app: &App, context: &Context, file: &mut WrittenFile) -> Result<()> {
    let mut last = None;
    loop {
        let keys = otp_key::keys_after(app, &context.administrator, last).await?;
        for key in &keys {
            file.write(&format!("{}\n", ykval::row(&counter_record(key))))?;
        }
        let Some(key) = keys.last() else {
            return Ok(());
        };
        last = Some(key.public_id.clone());
    }
}

async fn facts(app: &App, context: &Context, file: &mut WrittenFile) -> Result<()> {
    file.write(&format!("{}\n# without secrets\n", ykksm::FIRST_LINE))?;
    file.write(&format!("{}\n", ykksm::COLUMNS))?;
    let mut last = None;
    loop {
        let keys = otp_key::keys_after(app, &context.administrator, last).await?;
        for key in &keys {
            let (created, accessed) = (Some(key.created_at), key.last_used_at);
            let row = ykksm::withheld_row(key.serial, &key.public_id, created, accessed);
            file.write(&format!("{row}\n"))?;
        }
        let Some(key) = keys.last() else {
            return Ok(());
        };
        last = Some(key.public_id.clone());
    }
}

async fn secrets(app: &App, context: &Context, file: &mut WrittenFile) -> Result<()> {
    file.write(&format!("{}\n{}\n", ykksm::FIRST_LINE, ykksm::COLUMNS))?;
    let mut last = None;
    loop {
        let records = otp_key::secrets_after(app, &context.administrator, last).await?;
        for record in &records {
            let mut row = ykksm::row(record);
            row.push('\n');
            file.write(&row)?;
        }
        let Some(record) = records.last() else {
            return Ok(());
        };
        last = Some(record.public_id.clone());
    }
}
