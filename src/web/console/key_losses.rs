//! `/console/keys/{id}/moves/lost` and `/console/key-cases`: lost keys

use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

use super::confirming::ConfirmingHelpDesk;
use super::keys::{HERE, id, saved};
use super::passes;
use super::wanted::Wanted;
use crate::lists::{KeyCases, List as _};
use crate::views::console::{
    ConfirmationPage, Consequence, KeyCaseRow, KeyCasesPage, KeyLossPage, Question,
};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::key::{self, Loss, LossReport};
use keyward_core::domain::key::KeyId;
use keyward_core::domain::pass::PassPlan;
use keyward_core::flows::permit::{HelpDesk, MayHelp, MayLookUp, Staff};
use keyward_core::problem::Result;

#[derive(Deserialize)]
pub struct LossData {
    #[serde(default)]
    spare: String,
    pass: Option<String>,
    #[serde(default)]
    note: String,
    version: i64,
}

#[derive(Deserialize)]
pub struct SpareData {
    #[serde(default)]
    spare: String,
}

/// Asks before a key is reported lost.
pub async fn ask(site: Data<Site>, asked: ConfirmingHelpDesk, path: Path<String>) -> Answer {
    let page = page(&site, &asked.helper, id(&path)?).await?;
    asked.reader.show(&page)
}

/// Reports it.
pub async fn report(
    site: Data<Site>,
    Permit(help_desk): Permit<HelpDesk>,
    path: Path<String>,
    Form(fields): Form<LossData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayHelp::at_console(&help_desk, client);
    let id = id(&path)?;
    let before = page(&site, &by, id).await?;
    match reported(&site, &by, id, &fields).await {
        Ok(Loss {
            pass: Some(pass), ..
        }) => reader
            .at_console(&help_desk)
            .show(&passes::issued_page(&site, &pass)),
        Ok(_) => saved(&site, &by, &reader, id).await,
        Err(problem) => reader
            .at_console(&help_desk)
            .show_again(problem, || KeyLossPage {
                spare: fields.spare,
                wants_pass: fields.pass.is_some(),
                note: fields.note,
                ..before
            }),
    }
}

async fn reported(site: &Site, by: &MayHelp, id: KeyId, fields: &LossData) -> Result<Loss> {
    let spare = match fields.spare.trim() {
        "" => None,
        serial => Some(key::find_by_serial(&site.app, by, serial, None).await?),
    };
    let report = LossReport {
        version: Some(fields.version),
        note: fields.note.clone(),
        spare: spare.map(|spare| spare.id),
        pass: fields.pass.as_ref().map(|_| PassPlan::default()),
    };
    key::report_lost(&site.app, by, id, report).await
}

/// Keeps a key from stock for whoever lost one.
pub async fn keep_spare(
    site: Data<Site>,
    Permit(help_desk): Permit<HelpDesk>,
    path: Path<String>,
    Form(fields): Form<SpareData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayHelp::at_console(&help_desk, client);
    let (app, id) = (&site.app, id(&path)?);
    let kept = match key::find_by_serial(app, &by, fields.spare.trim(), None).await {
        Ok(spare) => key::keep_spare(app, &by, id, spare.id).await,
        Err(problem) => Err(problem),
    };
    match kept {
        Ok(()) => saved(&site, &by, &reader, id).await,
        Err(problem) => {
            let before = super::keys::page(&site, &by, id).await?;
            let spare = fields.spare;
            reader
                .at_console(&help_desk)
                .show_again(problem, || before.with_spare(spare))
        }
    }
}

/// Asks before the case is closed of somebody who has another key.
pub async fn ask_to_close(
    site: Data<Site>,
    asked: ConfirmingHelpDesk,
    path: Path<String>,
) -> Answer {
    let id = id(&path)?;
    let found = key::find(&site.app, &asked.helper, id).await?;
    let links = key::links(&site.app, &asked.helper, id).await?;
    let devices = links.devices.len().try_into().unwrap_or_default();
    let back = format!("{HERE}/{id}");
    let page = ConfirmationPage {
        question: Question::CloseKeyCase,
        name: found.label(),
        consequences: vec![
            Consequence::of("devices", devices),
            Consequence::plain("key"),
        ],
        action: format!("{back}/replaced"),
        fields: Vec::new(),
        back,
    };
    asked.reader.show(&page)
}

/// Closes it.
pub async fn close(
    site: Data<Site>,
    Permit(help_desk): Permit<HelpDesk>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayHelp::at_console(&help_desk, client);
    let id = id(&path)?;
    key::close_replaced(&site.app, &by, id, "").await?;
    saved(&site, &by, &reader, id).await
}

/// The cases.
pub async fn list(
    site: Data<Site>,
    Permit(staff): Permit<Staff>,
    wanted: Wanted<KeyCases>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayLookUp::at_console(&staff, client);
    let found = wanted.page(&site.app, &by).await?;
    let page = KeyCasesPage {
        state: match found.list.is_open {
            None => "",
            Some(true) => "open",
            Some(false) => "closed",
        },
        user: found.typed("user"),
        are_more_meant: found.list.are_more_meant(),
        cases: found.items.iter().map(KeyCaseRow::from).collect(),
        next: found.next,
        is_first_page: found.is_first_page,
    };
    reader.at_console(&staff).show(&page)
}

async fn page(site: &Site, by: &MayHelp, id: KeyId) -> Result<KeyLossPage> {
    let found = key::summary(&site.app, by, id).await?;
    let foreseen = key::foresee_loss(&site.app, by, id).await?;
    Ok(KeyLossPage::new(&found, foreseen))
}
