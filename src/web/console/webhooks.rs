//! `/console/webhooks`

use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

use super::confirming::ConfirmingSuperuser;
use crate::views::Notice;
use crate::views::console::{
    ConfirmationPage, Consequence, NewWebhookPage, Question, TestAnswer, WebhookForm, WebhookPage,
    WebhookRow, WebhookSecretPage, WebhooksPage,
};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::webhook::{self, TestOutcome};
use keyward_core::domain::webhook::{WantedEvents, WebhookId, WebhookSettings};
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, SteppedUp, Superuser};
use keyward_core::problem::{Result, codes};

const HERE: &str = "/console/webhooks";

/// How many of the events that were given up a page shows.
const SHOWN: i64 = 50;

#[derive(Deserialize)]
pub struct FormData {
    name: String,
    url: String,
    #[serde(default)]
    events: String,
    is_enabled: Option<String>,
}

/// Which event is sent again.
#[derive(Deserialize)]
pub struct Again {
    delivery: Option<i64>,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let webhooks = webhook::list(&site.app, &by).await?;
    let page = WebhooksPage {
        webhooks: webhooks.iter().map(WebhookRow::from).collect(),
    };
    reader.at_console(&auditor).show(&page)
}

/// Asks for a new one.
pub async fn ask_for_new(
    Permit(superuser): Permit<Superuser>,
    Permit(_): Permit<SteppedUp>,
    reader: Reader,
) -> Answer {
    let page = NewWebhookPage::default();
    reader.at_console(&superuser).show(&page)
}

/// Adds one, and answers with its secret: nothing could carry it to another page but the database.
pub async fn add(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let added = match fields.settings() {
        Ok(settings) => webhook::add(&site.app, &administrator, settings).await,
        Err(problem) => Err(problem),
    };
    match added {
        Ok((id, secret)) => {
            let page = WebhookSecretPage {
                id,
                name: fields.name.trim().to_owned(),
                secret: secret.expose().to_string(),
                former_until: None,
            };
            reader.at_console(&superuser).show(&page)
        }
        Err(problem) => reader
            .at_console(&superuser)
            .show_again(problem, || NewWebhookPage {
                form: fields.typed(),
            }),
    }
}

/// One webhook.
pub async fn show(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let page = page(&site, &by, id(&path)?).await?;
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
    let before = page(&site, &administrator, id).await?;
    let changed = match fields.settings() {
        Ok(settings) => webhook::change(&site.app, &administrator, id, settings).await,
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(()) => {
            let name = fields.name.trim().to_owned();
            reader.tell(&address(id), Notice::WebhookSaved { name })
        }
        Err(problem) => reader
            .at_console(&superuser)
            .show_again(problem, || WebhookPage {
                form: fields.typed(),
                ..before
            }),
    }
}

/// Sends an event to it, and shows what came of that.
pub async fn test(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    let refusal = match webhook::test(&site.app, &administrator, id).await? {
        TestOutcome::Taken => None,
        TestOutcome::Refused(why) => Some(why),
    };
    let page = WebhookPage {
        answer: Some(TestAnswer { refusal }),
        ..page(&site, &administrator, id).await?
    };
    reader.at_console(&superuser).show(&page)
}

/// Asks before it gets a new secret.
pub async fn ask_to_rotate(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    path: Path<String>,
) -> Answer {
    let id = id(&path)?;
    let found = webhook::find(&site.app, &asked.administrator, id).await?;
    let now = site.app.now();
    let former = found.former_until.filter(|until| *until > now);
    let both = Consequence::plain("both");
    let stops = former.map(|_| Consequence::plain("former"));
    let back = address(id);
    let page = ConfirmationPage {
        question: Question::RotateWebhook,
        name: found.settings.name,
        consequences: [both].into_iter().chain(stops).collect(),
        action: format!("{back}/rotate"),
        fields: Vec::new(),
        back,
    };
    asked.reader.show(&page)
}

/// Gives it a new secret, and answers with that.
pub async fn rotate(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    let found = webhook::find(&site.app, &administrator, id).await?;
    let (secret, until) = webhook::rotate(&site.app, &administrator, id).await?;
    let page = WebhookSecretPage {
        id,
        name: found.settings.name,
        secret: secret.expose().to_string(),
        former_until: Some(until),
    };
    reader.at_console(&superuser).show(&page)
}

/// Sends again what it was given up for.
pub async fn resend(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    Form(again): Form<Again>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    webhook::resend(&site.app, &administrator, id, again.delivery).await?;
    reader.tell(&address(id), Notice::WebhookResent)
}

/// Asks before it is removed.
pub async fn ask_to_remove(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    path: Path<String>,
) -> Answer {
    let id = id(&path)?;
    let found = webhook::find(&site.app, &asked.administrator, id).await?;
    let count = |number: i64| number.try_into().unwrap_or_default();
    let back = address(id);
    let page = ConfirmationPage {
        question: Question::RemoveWebhook,
        name: found.settings.name,
        consequences: vec![
            Consequence::plain("no-more"),
            Consequence::of("waiting", count(found.waiting + found.dead)),
        ],
        action: format!("{back}/remove"),
        fields: Vec::new(),
        back,
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
    let removed = webhook::remove(&site.app, &administrator, id(&path)?).await?;
    let name = removed.settings.name;
    reader.tell(HERE, Notice::WebhookRemoved { name })
}

async fn page(site: &Site, by: &MayAudit, id: WebhookId) -> Result<WebhookPage> {
    let found = webhook::find(&site.app, by, id).await?;
    let dead = webhook::dead(&site.app, by, id, SHOWN).await?;
    Ok(WebhookPage::of(&found, &dead, site.app.now()))
}

fn address(id: WebhookId) -> String {
    format!("{HERE}/{id}")
}

fn id(path: &str) -> Result<WebhookId> {
    WebhookId::parse(path).ok_or_else(|| codes::WEBHOOK_UNKNOWN.into())
}

impl FormData {
    fn is_enabled(&self) -> bool {
        self.is_enabled.as_deref() == Some("true")
    }

    fn typed(self) -> WebhookForm {
        let is_enabled = self.is_enabled();
        WebhookForm::of(self.name, self.url, self.events, is_enabled)
    }

    fn settings(&self) -> Result<WebhookSettings> {
        Ok(WebhookSettings {
            name: self.name.clone(),
            url: WebhookSettings::parse_url(&self.url)?,
            events: WantedEvents::parse(&self.events)?,
            is_enabled: self.is_enabled(),
        })
    }
}
