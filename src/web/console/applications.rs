//! `/console/applications`

use actix_web::HttpResponse;
use actix_web::web::{Data, Form, Path, Query};
use serde::Deserialize;

use super::confirming::ConfirmingSuperuser;
use crate::views::console::{
    ApplicationForm, ApplicationPage, ApplicationRow, ApplicationsPage, ExplainPage, Explained,
    NewApplicationPage, RemoveApplicationPage,
};
use crate::views::{Notice, Page};
use crate::web::Site;
use crate::web::answer::{Answer, Refused};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::application;
use keyward_core::domain::application::{
    ApplicationId, ApplicationName, ApplicationSettings, HostPattern, Rule,
};
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, SteppedUp, Superuser};
use keyward_core::problem::{Fault, Problem, Result, codes};

const HERE: &str = "/console/applications";

#[derive(Deserialize)]
pub struct FormData {
    name: String,
    hosts: String,
    rules: String,
    contact: String,
    /// Which state of the application the form was filled in from.
    #[serde(default)]
    version: i64,
}

#[derive(Deserialize)]
pub struct Question {
    user: Option<String>,
    url: Option<String>,
    method: Option<String>,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let all = application::list(&site.app, &by).await?;
    let page = ApplicationsPage {
        applications: all.iter().map(ApplicationRow::from).collect(),
    };
    reader.at_console(&auditor).show(&page)
}

/// Asks for a new one.
pub async fn ask_for_new(
    Permit(superuser): Permit<Superuser>,
    Permit(_): Permit<SteppedUp>,
    reader: Reader,
) -> Answer {
    let page = NewApplicationPage {
        form: ApplicationForm {
            rules: "/ anyone second-factor".to_owned(),
            ..ApplicationForm::default()
        },
    };
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
    let added = match fields.settings() {
        Ok(settings) => application::add(&site.app, &administrator, settings).await,
        Err(problem) => Err(problem),
    };
    match added {
        Ok(id) => {
            let name = fields.name.trim().to_owned();
            reader.tell(&address(id), Notice::ApplicationAdded { name })
        }
        Err(problem) => again(reader.at_console(&superuser), problem, || {
            NewApplicationPage {
                form: fields.typed(),
            }
        }),
    }
}

/// One application.
pub async fn show(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let found = application::find(&site.app, &by, id(&path)?).await?;
    let page = ApplicationPage {
        is_beyond_proof: application::is_beyond_proof(&site.app, &found.settings).await?,
        ..ApplicationPage::from(&found)
    };
    reader.at_console(&auditor).show(&page)
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
    let found = application::find(&site.app, &administrator, id).await?;
    let changed = match fields.settings() {
        Ok(settings) => {
            application::change(&site.app, &administrator, id, fields.version, settings).await
        }
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(()) => {
            let name = fields.name.trim().to_owned();
            reader.tell(&address(id), Notice::ApplicationSaved { name })
        }
        Err(problem) => again(reader.at_console(&superuser), problem, || ApplicationPage {
            form: fields.typed(),
            ..ApplicationPage::from(&found)
        }),
    }
}

/// Asks whether it shall be removed.
pub async fn ask_to_remove(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    path: Path<String>,
) -> Answer {
    let found = application::find(&site.app, &asked.administrator, id(&path)?).await?;
    let page = RemoveApplicationPage {
        id: found.id.to_string(),
        name: found.settings.name.to_string(),
        hosts: found
            .settings
            .hosts
            .iter()
            .map(ToString::to_string)
            .collect(),
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
    let removed = application::remove(&site.app, &administrator, id(&path)?).await?;
    let name = removed.settings.name.to_string();
    reader.tell(HERE, Notice::ApplicationRemoved { name })
}

/// Says what would happen if a user asked for an address.
pub async fn explain(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    Query(asked): Query<Question>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let typed = |field: &Option<String>| field.clone().unwrap_or_default();
    let mut page = ExplainPage {
        user: typed(&asked.user),
        url: typed(&asked.url),
        method: asked.method.clone().unwrap_or_else(|| "GET".to_owned()),
        explained: None,
    };
    let reader = reader.at_console(&auditor);
    if page.user.is_empty() || page.url.is_empty() {
        return reader.show(&page);
    }
    let found = application::explain(&site.app, &by, &page.user, &page.url, &page.method).await;
    match found {
        Ok(found) => {
            page.explained = Some(Explained::of(&found));
            reader.show(&page)
        }
        Err(problem) if matches!(problem.fault(), Fault::Missing | Fault::Malformed) => {
            reader.show_refused(&page, &problem)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// A name of a group or a user that is not there is mended in the form too.
fn again<P: Page>(
    reader: Reader,
    problem: Problem,
    page: impl FnOnce() -> P,
) -> Result<HttpResponse, Refused> {
    match problem.code() {
        codes::GROUP_UNKNOWN | codes::USER_UNKNOWN => reader.show_refused(&page(), &problem),
        _ => reader.show_again(problem, page),
    }
}

fn address(id: ApplicationId) -> String {
    format!("{HERE}/{id}")
}

fn id(path: &str) -> Result<ApplicationId, Problem> {
    ApplicationId::parse(path).ok_or_else(|| codes::APPLICATION_UNKNOWN.into())
}

/// Says in which line of a field it is wrong.
fn in_line(number: usize, problem: Problem) -> Problem {
    let why = problem.detail().unwrap_or_default();
    let why = format!("line {number}: {why}");
    problem.detailed(why)
}

impl FormData {
    fn typed(&self) -> ApplicationForm {
        ApplicationForm {
            name: self.name.clone(),
            hosts: self.hosts.clone(),
            rules: self.rules.clone(),
            contact: self.contact.clone(),
            version: self.version,
        }
    }

    fn settings(&self) -> Result<ApplicationSettings, Problem> {
        let words = self.hosts.split(|c: char| c == ',' || c.is_whitespace());
        let hosts = words
            .filter(|word| !word.is_empty())
            .map(HostPattern::parse);
        let lines = (1..).zip(self.rules.lines().map(str::trim));
        let rules = lines
            .filter(|(_, line)| !line.is_empty())
            .map(|(number, line)| {
                line.parse::<Rule>()
                    .map_err(|problem| in_line(number, problem))
            });
        ApplicationSettings {
            name: ApplicationName::parse(&self.name)?,
            contact: self.contact.clone(),
            hosts: hosts.collect::<Result<_, Problem>>()?,
            rules: rules.collect::<Result<_, Problem>>()?,
        }
        .checked()
    }
}
