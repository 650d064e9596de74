//! `/account/keys/{id}/lost`: what somebody does whose key is lost

use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

use crate::views::Notice;
use crate::views::pages::LostKeyPage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::key;
use keyward_core::domain::key::KeyId;
use keyward_core::flows::permit::SignedIn;
use keyward_core::problem::{Result, codes};

#[derive(Deserialize)]
pub struct NoteField {
    #[serde(default)]
    note: String,
}

/// Asks, with what it will do.
pub async fn ask(
    site: Data<Site>,
    Permit(signed_in): Permit<SignedIn>,
    path: Path<String>,
    reader: Reader,
) -> Answer {
    let page = page(&site, &signed_in, id(&path)?).await?;
    reader.is(&signed_in).show(&page)
}

/// Does it.
pub async fn report(
    site: Data<Site>,
    Permit(signed_in): Permit<SignedIn>,
    path: Path<String>,
    Form(fields): Form<NoteField>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let id = id(&path)?;
    let before = page(&site, &signed_in, id).await?;
    let note = &fields.note;
    match key::report_own_lost(&site.app, &signed_in, id, note, &client).await {
        Ok((lost, _)) => {
            let name = lost.label();
            // Where this session has ended, the way there leads past the sign-in.
            reader.tell("/account/devices", Notice::KeyReportedLost { name })
        }
        Err(problem) => reader.is(&signed_in).show_again(problem, || LostKeyPage {
            note: fields.note.clone(),
            ..before
        }),
    }
}

fn id(path: &str) -> Result<KeyId> {
    KeyId::parse(path).ok_or_else(|| codes::KEY_UNKNOWN.into())
}

async fn page(site: &Site, signed_in: &SignedIn, id: KeyId) -> Result<LostKeyPage> {
    let (key, foreseen) = key::foresee_own_loss(&site.app, signed_in, id).await?;
    let name = signed_in.user().name.as_str();
    Ok(LostKeyPage {
        id,
        key: key.label(),
        signs_out: key::ends_with(&site.app, signed_in, id).await?,
        is_bare: foreseen.left_bare.iter().any(|one| one == name),
        stops: foreseen.stopped,
        note: String::new(),
    })
}
