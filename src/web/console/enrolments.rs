//! `/console/keys/{id}/enrolments`: what is registered for the owner of a key

use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

use super::confirming::ConfirmingSuperuser;
use super::keys::{HERE, id};
use super::user_address;
use crate::views::Notice;
use crate::views::console::{ActivationCodePage, EnrolKeyPage};
use crate::views::enrolments::EnrolmentRow;
use crate::web::Site;
use crate::web::answer::{Answer, redirect};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::key;
use keyward_core::domain::key::{EnrolmentFilter, EnrolmentId, KeyId};
use keyward_core::flows::permit::{Administrator, Superuser};
use keyward_core::problem::{Fault, Result, codes};

/// How many enrolments of a key are shown.
const SHOWN: i64 = 100;

#[derive(Deserialize)]
pub struct SerialField {
    #[serde(default)]
    serial: String,
}

pub(in crate::web) fn address(key: KeyId) -> String {
    format!("{HERE}/{key}/enrolments")
}

/// What is registered on a key, with the ceremony for more. It asks for a fresh proof before the key is touched.
pub async fn show(site: Data<Site>, asked: ConfirmingSuperuser, path: Path<String>) -> Answer {
    let (id, administrator) = (id(&path)?, &asked.administrator);
    let found = key::summary(&site.app, administrator, id).await?;
    let (Some(owner), Some(name)) = (found.key.owner, found.owner.clone()) else {
        return Err(codes::KEY_OWNER_NEEDED.into());
    };
    let filter = EnrolmentFilter {
        key: Some(id),
        ..EnrolmentFilter::default()
    };
    let waiting = key::enrolments(&site.app, administrator, filter, None, SHOWN).await?;
    let now = site.app.now();
    let page = EnrolKeyPage {
        key_id: id,
        label: found.key.label(),
        owner_id: owner,
        owner: name,
        waiting: waiting
            .iter()
            .map(|summary| EnrolmentRow::new(&summary.enrolment, now))
            .collect(),
    };
    asked.reader.show(&page)
}

/// Keeps the key of a serial number for a user, and goes on to its ceremony.
pub async fn keep_for(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    Form(fields): Form<SerialField>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let user = user_address::id(&path)?;
    match key::keep_for(&site.app, &administrator, fields.serial.trim(), user).await {
        Ok(id) => Ok(redirect(&address(id))),
        Err(problem) if matches!(problem.fault(), Fault::Malformed | Fault::Stale) => {
            reader.tell(&user_address::address(user), Notice::refused(&problem))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Makes a code, and shows it: this answer alone holds it.
pub async fn issue_code(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<(String, String)>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let (key, enrolment) = ids(&path)?;
    let issued = key::issue_activation_code(&site.app, &administrator, enrolment).await?;
    let found = key::summary(&site.app, &administrator, issued.enrolment.key).await?;
    let mut activate = site.app.settings().server.public_url.clone();
    activate.set_path("/activate");
    let page = ActivationCodePage {
        key_id: key,
        label: found.key.label(),
        owner: found.owner.unwrap_or_default(),
        code: issued.code.expose(),
        address: activate.into(),
        expires_at: issued.expires_at,
        expires_on: issued.expires_at.rfc3339().chars().take(10).collect(),
        organisation: site.app.settings().organisation().to_owned(),
    };
    reader.at_console(&superuser).show(&page)
}

/// Withdraws one.
pub async fn withdraw(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<(String, String)>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let (key, enrolment) = ids(&path)?;
    key::withdraw_enrolment(&site.app, &administrator, enrolment).await?;
    reader.tell(&address(key), Notice::EnrolmentWithdrawn)
}

fn ids((key, enrolment): &(String, String)) -> Result<(KeyId, EnrolmentId)> {
    let enrolment = EnrolmentId::parse(enrolment).ok_or(codes::ENROLMENT_UNKNOWN)?;
    Ok((id(key)?, enrolment))
}
