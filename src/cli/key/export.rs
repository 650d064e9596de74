//! `keyward key export`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::cli::context::Context;
use crate::cli::written_file::WrittenFile;
use crate::lists;
use crate::rows::{ListedKeyRow, Row as _};
use keyward_actions::key::{self, ExportedKey};
use keyward_core::problem::{Problem, Result};
use keyward_core::protocols::yubico::SlotSecret;

/// Arguments of `key export`.
#[derive(Debug, Args)]
pub struct Export {
    /// How it is written; `key import` takes csv
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Write the private ids and AES keys of OTP slots too, as far as they are held here
    #[arg(long)]
    with_secrets: bool,
    /// A new file to write, which its owner alone may read; standard output otherwise
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Csv,
    Json,
}

/// A key with the secrets of its slots, as `key import` reads them.
#[derive(Serialize)]
struct WithSecrets<'a> {
    #[serde(flatten)]
    row: &'a ListedKeyRow,
    private_id: &'a str,
    aes_key: &'a str,
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let by = &context.administrator;
        let mut file = WrittenFile::create(&self.out, 0o600)?;
        let name = match self.format {
            Format::Csv => "keys.csv",
            Format::Json => "keys.json",
        };
        key::begin_export(&app, by, name, self.with_secrets).await?;
        file.write(&self.beginning())?;
        let (mut after, mut is_first) = (None, true);
        loop {
            let keys = key::exported_after(&app, by, after, self.with_secrets).await?;
            for key in &keys {
                file.write(&self.row(key, is_first)?)?;
                is_first = false;
            }
            match keys.last() {
                Some(key) => after = Some(key.summary.place()),
                None => break,
            }
        }
        if self.format == Format::Json {
            file.write("\n]\n")?;
        }
        file.finish()
    }

    fn beginning(&self) -> String {
        match self.format {
            Format::Json => "[".to_owned(),
            Format::Csv => {
                let mut fields = ListedKeyRow::FIELDS.to_vec();
                if self.with_secrets {
                    fields.extend(["private_id", "aes_key"]);
                }
                lists::heading(&fields)
            }
        }
    }

    fn row(&self, key: &ExportedKey, is_first: bool) -> Result<Zeroizing<String>> {
        let row = ListedKeyRow::from(&key.summary);
        let private_id = joined(&key.secrets, SlotSecret::expose_private_id);
        let aes_key = joined(&key.secrets, SlotSecret::expose_aes_key);
        let json = |parted: &str, json: serde_json::Result<String>| {
            let json = Zeroizing::new(json.map_err(Problem::internal)?);
            Ok(Zeroizing::new(format!("{parted}\n{}", *json)))
        };
        let parted = if is_first { "" } else { "," };
        match (self.format, self.with_secrets) {
            (Format::Csv, false) => lists::line(&row, ListedKeyRow::FIELDS).map(Zeroizing::new),
            (Format::Csv, true) => {
                let line = lists::line(&row, ListedKeyRow::FIELDS)?;
                let line = line.trim_end();
                // Semicolons part cells in some spreadsheets.
                let cells = format!("{line},\"{}\",\"{}\"\r\n", *private_id, *aes_key);
                Ok(Zeroizing::new(cells))
            }
            (Format::Json, false) => json(parted, serde_json::to_string(&row)),
            (Format::Json, true) => {
                let with = WithSecrets {
                    row: &row,
                    private_id: &private_id,
                    aes_key: &aes_key,
                };
                json(parted, serde_json::to_string(&with))
            }
        }
    }
}

/// A part of each secret, with semicolons between them; nothing for a slot whose secret is not held here, and nothing
/// at all where none is.
fn joined(
    secrets: &[Option<SlotSecret>],
    part: impl Fn(&SlotSecret) -> Zeroizing<String>,
) -> Zeroizing<String> {
    let mut joined = Zeroizing::new(String::new());
    if secrets.iter().all(Option::is_none) {
        return joined;
    }
    for (place, secret) in secrets.iter().enumerate() {
        if place > 0 {
            joined.push(';');
        }
        if let Some(secret) = secret {
            joined.push_str(&part(secret));
        }
    }
    joined
}
