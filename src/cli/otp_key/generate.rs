//! `keyward validation otp-key generate`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::cli::context::Context;
use crate::cli::progress::Bar;
use crate::cli::written_file::WrittenFile;
use keyward_actions::otp_key::{self, NewKeys};
use keyward_core::problem::Result;
use keyward_core::protocols::provisioning::script::{self, Slot, Tool};
use keyward_core::protocols::provisioning::{KeyRecord, ykksm};

/// How many keys one transaction takes.
const BATCH: usize = 500;

/// Arguments of `validation otp-key generate`.
#[derive(Debug, Args)]
pub struct Generate {
    /// How many keys
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(NewKeys::MOST)))]
    count: u32,
    /// The format: rows as ykman writes them, a shell script around ykman or ykpersonalize that
    /// programs one key after another, or rows for the reference key-storage module
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = KeyFormat::Csv)]
    format: KeyFormat,
    /// The new file to write, which its owner alone may read; - is standard output, and
    /// yubikeys-TIME with the format's ending is what it is called otherwise
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What the public ids begin with, up to ten modhex letters
    #[arg(long, value_name = "MODHEX", default_value = "vv")]
    prefix: String,
    /// Count the public ids up from this number after the prefix; they are random otherwise
    #[arg(long, value_name = "NUMBER")]
    start: Option<u64>,
    /// Give the keys serial numbers, counted up from this one
    #[arg(long, value_name = "NUMBER")]
    serial_start: Option<u64>,
    /// The slot that a script programs: 1 for a short touch, 2 for a long one
    #[arg(long, value_name = "SLOT", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    slot: u8,
    /// Protect the slots from being programmed again by anybody without a code that is in the file
    #[arg(long)]
    lock_codes: bool,
    /// Do not hold the keys here
    #[arg(long)]
    no_import: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KeyFormat {
    Csv,
    Ykman,
    Ykpersonalize,
    Ykksm,
}

#[derive(Serialize)]
struct Made {
    file: String,
    imported: bool,
    public_ids: Vec<String>,
}

impl Generate {
    fn path(&self, now: keyward_core::clock::Timestamp) -> PathBuf {
        let ending = match self.format {
            KeyFormat::Csv => "csv",
            KeyFormat::Ykman | KeyFormat::Ykpersonalize => "sh",
            KeyFormat::Ykksm => "txt",
        };
        let time = now.rfc3339().replace([':', '-'], "");
        let usual = || PathBuf::from(format!("yubikeys-{time}.{ending}"));
        self.out.clone().unwrap_or_else(usual)
    }

    fn text(&self, records: &[KeyRecord]) -> Zeroizing<String> {
        let slot = if self.slot == 2 { Slot::Two } else { Slot::One };
        let mut text = Zeroizing::new(String::with_capacity(512 + records.len() * 128));
        let row: fn(&KeyRecord) -> Zeroizing<String> = match self.format {
            KeyFormat::Ykman => return script::print(Tool::Ykman, slot, records),
            KeyFormat::Ykpersonalize => return script::print(Tool::Ykpersonalize, slot, records),
            KeyFormat::Csv => ykksm::yubico_row,
            KeyFormat::Ykksm => {
                text.push_str(&format!("{}\n{}\n", ykksm::FIRST_LINE, ykksm::COLUMNS));
                ykksm::row
            }
        };
        for record in records {
            text.push_str(&row(record));
            text.push('\n');
        }
        text
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let wanted = NewKeys {
            count: self.count,
            prefix: self.prefix.to_ascii_lowercase(),
            first: self.start,
            first_serial: self.serial_start,
            with_lock_codes: self.lock_codes,
        };
        let path = self.path(app.now());
        let mut file = WrittenFile::create(&path, self.mode())?;
        let records = otp_key::generate(&app, &context.administrator, &wanted).await?;
        file.write(&self.text(&records))?;
        // The file first: a key that is held here and can be programmed from nowhere is lost.
        file.finish()?;
        if !self.no_import {
            let bar = Bar::new(&context.output, "keys");
            for (index, batch) in records.chunks(BATCH).enumerate() {
                otp_key::import_keys(&app, &context.administrator, batch.to_vec()).await?;
                bar.show(index * BATCH + batch.len(), records.len());
            }
        }
        self.tell(context, &path, &records)
    }

    /// Scripts are for running, by their owner alone.
    fn mode(&self) -> u32 {
        match self.format {
            KeyFormat::Ykman | KeyFormat::Ykpersonalize => 0o700,
            KeyFormat::Csv | KeyFormat::Ykksm => 0o600,
        }
    }

    fn tell(&self, context: &Context, path: &std::path::Path, records: &[KeyRecord]) -> Result<()> {
        // Standard output is the file then.
        if path == std::path::Path::new("-") {
            return Ok(());
        }
        let made = Made {
            file: path.display().to_string(),
            imported: !self.no_import,
            public_ids: records
                .iter()
                .map(|record| record.public_id.to_string())
                .collect(),
        };
        context.output.show(&made, |made| {
            let held = if made.imported {
                "; they are held here"
            } else {
                ""
            };
            let count = made.public_ids.len();
            format!("{count} keys in {}{held}. The file holds their secrets: erase it once they are programmed.", made.file)
        })
    }
}
