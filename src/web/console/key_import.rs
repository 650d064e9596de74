//! `/console/keys/import`: a list of keys that is pasted

use actix_web::web::{Data, Form};
use serde::Deserialize;

use crate::import::report::Report;
use crate::import::{Options, inventory};
use crate::views::Notice;
use crate::views::console::{BadRow, ImportedRows, KeyImportPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_core::flows::permit::{Administrator, SteppedUp, Superuser};
use keyward_core::problem::codes;

#[derive(Deserialize)]
pub struct Fields {
    #[serde(default)]
    list: String,
    #[serde(default)]
    skip_bad: Option<String>,
    #[serde(default)]
    decision: Decision,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Decision {
    /// Say what the list would do.
    #[default]
    Check,
    /// Take it over as it was checked.
    Import,
    /// Show it again, to be changed.
    Change,
}

/// Asks for a list.
pub async fn ask(
    Permit(superuser): Permit<Superuser>,
    Permit(_): Permit<SteppedUp>,
    reader: Reader,
) -> Answer {
    reader
        .at_console(&superuser)
        .show(&KeyImportPage::default())
}

/// Says what it would do, or does it.
pub async fn import(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(fields): Form<Fields>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let options = Options {
        dry_run: fields.decision != Decision::Import,
        skip_bad: fields.skip_bad.is_some(),
    };
    let page = KeyImportPage {
        list: fields.list,
        skips_bad: options.skip_bad,
        checked: None,
    };
    if fields.decision == Decision::Change {
        return reader.at_console(&superuser).show(&page);
    }
    match inventory::import_text(&site.app, &administrator, &page.list, options).await {
        Ok(report) if report.accepted && !report.dry_run => {
            let (added, changed) = (report.total.added, report.total.changed);
            let name = (added + changed).to_string();
            reader.tell(super::keys::HERE, Notice::KeysImported { name })
        }
        // Also where a row has become bad since it was checked.
        Ok(report) => reader.at_console(&superuser).show(&KeyImportPage {
            checked: Some(checked(&report)),
            ..page
        }),
        // Secrets that were refused do not go back into the page.
        Err(problem) if problem.code() == codes::IMPORT_FORMAT => reader
            .at_console(&superuser)
            .show_again(problem, || KeyImportPage {
                list: String::new(),
                ..page
            }),
        Err(problem) => reader.at_console(&superuser).show_again(problem, || page),
    }
}

fn checked(report: &Report) -> ImportedRows {
    let errors = report.files.iter().flat_map(|file| &file.errors);
    let bad: Vec<BadRow> = errors
        .map(|error| BadRow {
            line: error.line,
            code: error.code,
            meaning: error.meaning,
        })
        .collect();
    ImportedRows {
        added: report.total.added,
        changed: report.total.changed,
        unchanged: report.total.unchanged,
        bad,
    }
}
