//! `/api/v1/applications`

use actix_web::http::Method;
use serde::Deserialize;
use utoipa::ToSchema;

use super::call::{Call, done};
use super::lists::list;
use super::operation::{Operation, to};
use crate::lists::Applications;
use crate::rows::{ApplicationRow, ExplanationRow};
use crate::web::answer::Answer;
use keyward_actions::application;
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::application::{
    ApplicationId, ApplicationName, ApplicationSettings, HostPattern, Rule,
};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Code, Problem, Result, codes};

const ONE: &str = "/applications/{id}";
const INVALID: &[Code] = &[
    codes::APPLICATION_INVALID,
    codes::APPLICATION_TAKEN,
    codes::GROUP_UNKNOWN,
    codes::USER_UNKNOWN,
];

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::ApplicationsRead, ApiScope::ApplicationsWrite);
    let unknown = &[codes::APPLICATION_UNKNOWN];
    vec![
        list::<Applications>("applications.list", reads),
        Operation::new(
            Method::POST,
            "/applications",
            "applications.create",
            writes,
            "Adds an application",
            || to(create),
        )
        .takes::<NewApplication>()
        .creates::<ApplicationRow>()
        .refuses(INVALID),
        Operation::new(
            Method::POST,
            "/applications/explain",
            "applications.explain",
            reads,
            "Says what would happen if a user asked for an address, and by which rule; changes nothing",
            || to(explain),
        )
        .takes::<AskedAddress>()
        .tells::<ExplanationRow>("What would happen to a user who proves as much as they can.")
        .refuses(&[codes::USER_UNKNOWN, codes::APPLICATION_INVALID]),
        Operation::new(
            Method::GET,
            ONE,
            "applications.read",
            reads,
            "One application",
            || to(read),
        )
        .reads::<ApplicationRow>()
        .tagged()
        .refuses(unknown),
        Operation::new(
            Method::PATCH,
            ONE,
            "applications.change",
            writes,
            "Changes an application",
            || to(change),
        )
        .takes::<ApplicationChange>()
        .tells::<ApplicationRow>("The application as it is now.")
        .tagged()
        .conditional()
        .refuses(unknown)
        .refuses(INVALID),
        Operation::new(
            Method::DELETE,
            ONE,
            "applications.delete",
            writes,
            "Removes an application: its hosts are denied to everybody",
            || to(remove),
        )
        .refuses(unknown),
    ]
}

/// A new application.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewApplication {
    /// What it is called.
    name: String,
    /// Where it is reached: `wiki.example.org`, or `*.apps.example.org` for all below that.
    hosts: Vec<String>,
    /// Who may go where, one rule each, such as `/admin group:staff hardware`; the first that matches
    /// decides.
    #[serde(default)]
    rules: Vec<String>,
    /// Whom to ask by people who may not go on.
    #[serde(default)]
    contact: String,
}

/// Who asks for what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskedAddress {
    /// Who, by name.
    user: String,
    /// For what.
    url: String,
    /// In which way; `GET` where nothing is said.
    #[serde(default = "get")]
    method: String,
}

fn get() -> String {
    Method::GET.to_string()
}

/// What shall be different; what is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ApplicationChange {
    /// What it is called.
    #[serde(default)]
    #[schema(nullable = false)]
    name: Option<String>,
    /// All hosts.
    #[serde(default)]
    #[schema(nullable = false)]
    hosts: Option<Vec<String>>,
    /// All rules.
    #[serde(default)]
    #[schema(nullable = false)]
    rules: Option<Vec<String>>,
    /// Whom to ask.
    #[serde(default)]
    #[schema(nullable = false)]
    contact: Option<String>,
}

fn hosts(texts: &[String]) -> Result<Vec<HostPattern>> {
    texts.iter().map(|text| HostPattern::parse(text)).collect()
}

fn rules(texts: &[String]) -> Result<Vec<Rule>> {
    texts.iter().map(|text| text.parse::<Rule>()).collect()
}

fn application_of(call: &Call) -> Result<ApplicationId> {
    let id = call.path("id", |text| Some(ApplicationId::parse(text)))?;
    id.ok_or_else(|| codes::APPLICATION_UNKNOWN.into())
}

async fn create(call: Call) -> Answer {
    let new: NewApplication = call.body()?;
    let settings = ApplicationSettings {
        name: ApplicationName::parse(&new.name)?,
        contact: new.contact,
        hosts: hosts(&new.hosts)?,
        rules: rules(&new.rules)?,
    };
    let app = call.app();
    let created = async |by| {
        application::add(app, &by, settings)
            .await
            .map(Created::plain)
    };
    let shown = async |by: &Administrator, created: &Created| {
        let id = ApplicationId::parse(&created.id).ok_or(codes::INTERNAL)?;
        let found = application::find(app, by, id).await?;
        Ok((format!("/applications/{id}"), ApplicationRow::from(&found)))
    };
    call.create(created, shown).await
}

async fn read(call: Call) -> Answer {
    let found = application::find(call.app(), &call.audits()?, application_of(&call)?).await?;
    call.read(&ApplicationRow::from(&found), Some(&found.edition()))
}

async fn change(call: Call) -> Answer {
    let (by, id, edition) = (
        call.administrator()?,
        application_of(&call)?,
        call.if_match()?,
    );
    let change: ApplicationChange = call.body()?;
    let app = call.app();
    let before = application::find(app, &by, id).await?;
    before.edition().require(edition.as_ref())?;
    let mut settings = before.settings;
    if let Some(name) = &change.name {
        settings.name = ApplicationName::parse(name)?;
    }
    if let Some(texts) = &change.hosts {
        settings.hosts = hosts(texts)?;
    }
    if let Some(texts) = &change.rules {
        settings.rules = rules(texts)?;
    }
    settings.contact = change.contact.unwrap_or(settings.contact);
    // The version is asked for once more by the statement that changes it.
    let changed = application::change(app, &by, id, before.version, settings).await;
    changed.map_err(|problem| match problem.code() {
        codes::APPLICATION_CHANGED => Problem::new(codes::RESOURCE_OVERTAKEN),
        _ => problem,
    })?;
    let found = application::find(app, &by, id).await?;
    call.changed(&ApplicationRow::from(&found), Some(&found.edition()))
}

async fn remove(call: Call) -> Answer {
    application::remove(call.app(), &call.administrator()?, application_of(&call)?).await?;
    done()
}

async fn explain(call: Call) -> Answer {
    let asked: AskedAddress = call.body()?;
    let (app, by) = (call.app(), call.administrator()?);
    let AskedAddress { user, url, method } = &asked;
    let found = application::explain(app, &by, user, url, method).await?;
    call.changed(&ExplanationRow::of(user, &found), None)
}
