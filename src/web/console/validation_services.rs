//! `/console/services`

use std::time::Duration;

use actix_web::web::{Data, Form, Path};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::confirming::ConfirmingSuperuser;
use crate::views::Notice;
use crate::views::console::{
    NewValidationServicePage, RemoveValidationServicePage, ServerRow, ValidationServiceForm,
    ValidationServicePage, ValidationServiceRow, ValidationServicesPage,
};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::validation_service::{self, KeyChange};
use keyward_core::domain::outgoing::AuthorityCertificates;
use keyward_core::domain::validation_service::{
    SyncLevel, ValidationService, ValidationServiceId, ValidationServiceSettings,
};
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, SteppedUp, Superuser};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::yubico::Otp;

const HERE: &str = "/console/services";

#[derive(Deserialize)]
pub struct FormData {
    name: String,
    urls: String,
    client_id: String,
    api_key: SecretString,
    #[serde(default)]
    ca_file: String,
    sync_level: String,
    timeout_seconds: String,
    is_enabled: Option<String>,
}

#[derive(Deserialize)]
pub struct Touch {
    otp: SecretString,
}

/// The list.
pub async fn list(site: Data<Site>, Permit(auditor): Permit<Auditor>, reader: Reader) -> Answer {
    let services = validation_service::list(&site.app).await?;
    let page = ValidationServicesPage {
        services: services.iter().map(ValidationServiceRow::from).collect(),
    };
    reader.at_console(&auditor).show(&page)
}

/// Asks for a new one.
pub async fn ask_for_new(
    Permit(superuser): Permit<Superuser>,
    Permit(_): Permit<SteppedUp>,
    reader: Reader,
) -> Answer {
    let page = NewValidationServicePage::default();
    reader.at_console(&superuser).show(&page)
}

/// Adds one.
pub async fn add(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let added = match settings(&fields) {
        Ok(settings) => validation_service::add(&site.app, &administrator, settings).await,
        Err(problem) => Err(problem),
    };
    match added {
        Ok(id) => {
            let name = fields.name.trim().to_owned();
            reader.tell(&address(id), Notice::ServiceAdded { name })
        }
        Err(problem) => {
            reader
                .at_console(&superuser)
                .show_again(problem, || NewValidationServicePage {
                    form: fields.typed(),
                })
        }
    }
}

/// One service.
pub async fn show(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let id = id(&path)?;
    let service = validation_service::find(&site.app, &by, id).await?;
    reader.at_console(&auditor).show(&page(id, &service))
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
    let service = validation_service::find(&site.app, &administrator, id).await?;
    let changed = match settings(&fields) {
        Ok(settings) => {
            let key = match settings.api_key {
                None => KeyChange::Keep,
                Some(_) => KeyChange::Replace,
            };
            validation_service::change(&site.app, &administrator, id, settings, key, None).await
        }
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(()) => {
            let name = fields.name.trim().to_owned();
            reader.tell(&address(id), Notice::ServiceSaved { name })
        }
        Err(problem) => {
            reader
                .at_console(&superuser)
                .show_again(problem, || ValidationServicePage {
                    form: fields.typed(),
                    ..page(id, &service)
                })
        }
    }
}

/// Asks its servers about a touch, and shows what each of them said.
pub async fn test(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    Form(touch): Form<Touch>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    let service = validation_service::find(&site.app, &administrator, id).await?;
    let Some(otp) = Otp::parse(touch.otp.expose_secret()) else {
        return reader.tell(&address(id), Notice::NotAnOtp);
    };
    let reports = validation_service::test(&site.app, &administrator, &service, &otp).await?;
    let mut page = page(id, &service);
    page.answers = reports.iter().map(ServerRow::from).collect();
    reader.at_console(&superuser).show(&page)
}

/// Asks before it is removed.
pub async fn ask_to_remove(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    path: Path<String>,
) -> Answer {
    let id = id(&path)?;
    let removal = validation_service::foresee_removal(&site.app, &asked.administrator, id).await?;
    let page = RemoveValidationServicePage {
        id,
        name: removal.service.settings.name,
        remaining: removal.remaining,
        yubikeys: removal.yubikeys,
    };
    asked.reader.show(&page)
}

/// Removes it.
pub async fn remove(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let service = validation_service::remove(&site.app, &administrator, id(&path)?).await?;
    let name = service.settings.name;
    reader.tell(HERE, Notice::ServiceRemoved { name })
}

fn page(id: ValidationServiceId, service: &ValidationService) -> ValidationServicePage {
    ValidationServicePage {
        id,
        name: service.settings.name.clone(),
        form: ValidationServiceForm::from(&service.settings),
        has_api_key: service.settings.api_key.is_some(),
        answers: Vec::new(),
    }
}

fn address(id: ValidationServiceId) -> String {
    format!("{HERE}/{id}")
}

fn id(path: &str) -> Result<ValidationServiceId> {
    ValidationServiceId::parse(path).ok_or_else(|| codes::SERVICE_UNKNOWN.into())
}

impl FormData {
    /// What was typed, save the key.
    fn typed(self) -> ValidationServiceForm {
        ValidationServiceForm {
            is_enabled: self.is_enabled(),
            name: self.name,
            urls: self.urls,
            client_id: self.client_id,
            ca_file: self.ca_file,
            sync_level: self.sync_level,
            timeout_seconds: self.timeout_seconds,
        }
    }

    fn is_enabled(&self) -> bool {
        self.is_enabled.as_deref() == Some("true")
    }
}

fn settings(fields: &FormData) -> Result<ValidationServiceSettings> {
    let invalid = |why: &str| Problem::new(codes::SERVICE_INVALID).detailed(why);
    let lines = fields.urls.lines().map(str::trim);
    let urls = lines.filter(|line| !line.is_empty()).map(Url::parse);
    // As large as the column takes.
    let client_id: Option<u64> = fields.client_id.trim().parse().ok();
    let client_id = client_id.filter(|id| i64::try_from(*id).is_ok());
    let api_key = fields.api_key.expose_secret().trim();
    let sync_level = match fields.sync_level.trim() {
        "" => None,
        text => Some(SyncLevel::parse(text).ok_or_else(|| invalid("the sync level is unknown"))?),
    };
    let ca = match fields.ca_file.trim() {
        "" => None,
        text => Some(
            AuthorityCertificates::parse(text)
                .ok_or_else(|| invalid("the CA certificates are no PEM"))?,
        ),
    };
    Ok(ValidationServiceSettings {
        ca,
        name: fields.name.trim().to_owned(),
        urls: urls
            .collect::<Result<_, _>>()
            .map_err(|_| invalid("an address cannot be read"))?,
        client_id: client_id.ok_or_else(|| invalid("the client id is not a number"))?,
        api_key: (!api_key.is_empty()).then(|| SecretString::from(api_key)),
        sync_level,
        timeout: seconds(&fields.timeout_seconds)
            .ok_or_else(|| invalid("the timeout is not a number of seconds"))?,
        is_enabled: fields.is_enabled(),
    })
}

/// A number of seconds in whole milliseconds, which is what is kept of it.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    let exact = Duration::try_from_secs_f64(seconds).ok()?;
    Some(Duration::from_millis(exact.as_millis().try_into().ok()?))
}
