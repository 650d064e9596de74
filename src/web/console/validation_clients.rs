//! `/console/clients`

use std::num::NonZeroU32;

use actix_web::web::{Data, Form, Path};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::views::Notice;
use crate::views::console::{
    NewValidationClientPage, ValidationClientAddedPage, ValidationClientForm, ValidationClientPage,
    ValidationClientRow, ValidationClientsPage,
};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::validation::{self, NewClientKey};
use keyward_core::domain::session::Client;
use keyward_core::domain::validation_client::{
    ValidationClientId, ValidationClientSettings, parse_addresses,
};
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, SteppedUp, Superuser};
use keyward_core::problem::{Problem, Result, codes};

const HERE: &str = "/console/clients";

#[derive(Deserialize)]
pub struct FormData {
    #[serde(default)]
    id: String,
    api_key: Option<SecretString>,
    note: String,
    owner: String,
    addresses: String,
    rate_limit: String,
    must_sign: Option<String>,
    may_see_user: Option<String>,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let clients = validation::clients(&site.app, &by).await?;
    let page = ValidationClientsPage {
        clients: clients.iter().map(ValidationClientRow::from).collect(),
    };
    reader.at_console(&auditor).show(&page)
}

/// Asks for a new one.
pub async fn ask_for_new(
    Permit(superuser): Permit<Superuser>,
    Permit(_): Permit<SteppedUp>,
    reader: Reader,
) -> Answer {
    let page = NewValidationClientPage::default();
    reader.at_console(&superuser).show(&page)
}

/// Adds one, and answers with its key: nothing could carry it to another page but the database.
pub async fn add(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let added = match fields.new_client() {
        Ok((id, settings, api_key)) => {
            validation::add_client(&site.app, &administrator, id, settings, api_key).await
        }
        Err(problem) => Err(problem),
    };
    match added {
        Ok((id, api_key)) => {
            let page = ValidationClientAddedPage {
                id: id.to_string(),
                api_key: api_key.expose_secret().to_owned(),
                address: format!("{}/wsapi/2.0/verify", site.app.settings().server.origin()),
            };
            reader.at_console(&superuser).show(&page)
        }
        Err(problem) => {
            reader
                .at_console(&superuser)
                .show_again(problem, || NewValidationClientPage {
                    form: fields.typed(),
                })
        }
    }
}

/// One client.
pub async fn show(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let found = validation::client(&site.app, &by, id(&path)?).await?;
    reader
        .at_console(&auditor)
        .show(&ValidationClientPage::from(&found))
}

/// Changes it.
pub async fn change(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    let found = validation::client(&site.app, &administrator, id).await?;
    let changed = match fields.settings() {
        Ok(settings) => {
            validation::change_client(&site.app, &administrator, id, settings, None).await
        }
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(()) => {
            let name = id.to_string();
            reader.tell(&address(id), Notice::ClientSaved { name })
        }
        Err(problem) => {
            reader
                .at_console(&superuser)
                .show_again(problem, || ValidationClientPage {
                    form: fields.typed(),
                    ..ValidationClientPage::from(&found)
                })
        }
    }
}

/// Revokes it.
pub async fn revoke(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let name = switch(&site, &superuser, &path, client, false).await?;
    reader.tell(HERE, Notice::ClientRevoked { name })
}

/// Takes the revocation back.
pub async fn restore(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let name = switch(&site, &superuser, &path, client, true).await?;
    reader.tell(HERE, Notice::ClientRestored { name })
}

async fn switch(
    site: &Site,
    superuser: &Superuser,
    path: &str,
    client: Client,
    is_active: bool,
) -> Result<String> {
    let administrator = Administrator::at_console(superuser, client);
    let id = id(path)?;
    validation::switch_client(&site.app, &administrator, id, is_active).await?;
    Ok(id.to_string())
}

fn address(id: ValidationClientId) -> String {
    format!("{HERE}/{id}")
}

fn id(path: &str) -> Result<ValidationClientId> {
    ValidationClientId::parse(path).ok_or_else(|| codes::CLIENT_UNKNOWN.into())
}

impl FormData {
    /// What was typed, save the key.
    fn typed(self) -> ValidationClientForm {
        ValidationClientForm {
            must_sign: is_ticked(&self.must_sign),
            may_see_user: is_ticked(&self.may_see_user),
            id: self.id,
            note: self.note,
            owner: self.owner,
            addresses: self.addresses,
            rate_limit: self.rate_limit,
        }
    }

    fn new_client(
        &self,
    ) -> Result<(
        Option<ValidationClientId>,
        ValidationClientSettings,
        NewClientKey,
    )> {
        let id = match self.id.trim() {
            "" => None,
            text => Some(
                ValidationClientId::parse(text)
                    .ok_or_else(|| invalid("the number is not one above zero"))?,
            ),
        };
        let given = self
            .api_key
            .as_ref()
            .map_or("", |key| key.expose_secret().trim());
        let api_key = match given {
            "" => NewClientKey::Generate,
            key => NewClientKey::Given(SecretString::from(key)),
        };
        Ok((id, self.settings()?, api_key))
    }

    fn settings(&self) -> Result<ValidationClientSettings> {
        let rate_limit = match self.rate_limit.trim() {
            "" => None,
            text => Some(
                text.parse::<NonZeroU32>()
                    .map_err(|_| invalid("the rate limit is not a number above zero"))?,
            ),
        };
        Ok(ValidationClientSettings {
            note: self.note.clone(),
            owner: self.owner.clone(),
            addresses: parse_addresses(&self.addresses)?,
            rate_limit,
            must_sign: is_ticked(&self.must_sign),
            may_see_user: is_ticked(&self.may_see_user),
        })
    }
}

fn is_ticked(field: &Option<String>) -> bool {
    field.as_deref() == Some("true")
}

fn invalid(why: &str) -> Problem {
    Problem::new(codes::CLIENT_INVALID).detailed(why)
}
