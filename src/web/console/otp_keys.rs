//! `/console/otp-keys`

use actix_web::HttpRequest;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use super::paging::{self, ROWS};
use crate::views::Notice;
use crate::views::console::{OtpKeyRow, OtpKeysPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use crate::web::form_pages::list_or;
use keyward_actions::validation;
use keyward_core::domain::session::Client;
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, Superuser};
use keyward_core::problem::{Result, codes};
use keyward_core::protocols::yubico::PublicId;

#[derive(Deserialize)]
pub struct Filter {
    q: Option<String>,
    after: Option<String>,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    Query(filter): Query<Filter>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let query = paging::typed(filter.q)?.unwrap_or_default();
    let after = paging::read(filter.after, PublicId::parse)?;
    let is_first_page = after.is_none();
    let found = validation::otp_keys(&site.app, &by, &query, after, ROWS).await?;
    let last = found.keys.last().map(|key| key.public_id.to_string());
    let page = OtpKeysPage {
        query,
        keys: found.keys.iter().map(OtpKeyRow::from).collect(),
        next: last.filter(|_| found.is_more),
        is_first_page,
    };
    reader.at_console(&auditor).show(&page)
}

/// Takes one into use.
pub async fn activate(
    request: HttpRequest,
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let name = switch(&site, &superuser, &path, client, true).await?;
    reader.tell(
        &list_or(&request, "/console/otp-keys".to_owned()),
        Notice::KeyActivated { name },
    )
}

/// Takes one out of use.
pub async fn deactivate(
    request: HttpRequest,
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let name = switch(&site, &superuser, &path, client, false).await?;
    reader.tell(
        &list_or(&request, "/console/otp-keys".to_owned()),
        Notice::KeyDeactivated { name },
    )
}

async fn switch(
    site: &Site,
    superuser: &Superuser,
    path: &str,
    client: Client,
    is_active: bool,
) -> Result<String> {
    let administrator = Administrator::at_console(superuser, client);
    let public_id = PublicId::parse(path).ok_or(codes::OTP_KEY_UNKNOWN)?;
    let name = public_id.to_string();
    validation::switch_otp_key(&site.app, &administrator, public_id, is_active).await?;
    Ok(name)
}
