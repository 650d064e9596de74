//! `/webauthn/touch`: which key is this? For administrators; it opens nothing.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Query};
use serde::Deserialize;

use super::lead_to;
use crate::views::Notice;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::key;
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{HelpDesk, MayHelp};
use keyward_core::problem::codes;

#[derive(Deserialize)]
pub struct Params {
    user: Option<String>,
}

/// The input of `parseRequestOptionsFromJSON`; with `user`, for keys of theirs that keep no credential of their own
/// too.
pub async fn options(
    site: Data<Site>,
    Permit(help_desk): Permit<HelpDesk>,
    Query(asked): Query<Params>,
    Caller(client): Caller,
) -> Answer {
    let by = MayHelp::at_console(&help_desk, client);
    let of = asked.user.as_deref().filter(|id| !id.is_empty()).map(|id| {
        let id = UserId::parse(id);
        id.ok_or(codes::USER_UNKNOWN)
    });
    let options = key::touch_options(&site.app, &by, of.transpose()?).await?;
    Ok(HttpResponse::Ok().json(options))
}

/// The `toJSON()` of the credential that answered.
pub async fn verify(
    site: Data<Site>,
    Permit(help_desk): Permit<HelpDesk>,
    body: Bytes,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayHelp::at_console(&help_desk, client.clone());
    let told = key::touched(&site.app, &by, &body, &client).await?;
    match told.key {
        Some(key) => Ok(lead_to(&format!("/console/keys/{}", key.id))),
        None => {
            let address = format!("/console/users/{}", told.owner.id);
            reader.tell_script(&address, Notice::TouchedDevice { name: told.device })
        }
    }
}
