//! Does what a plan says, a step at a time.

use secrecy::{ExposeSecret as _, SecretString};

use crate::application::ApplicationChange;
use crate::openid_client::ClientChange;
use crate::policy::Announcement;
use crate::validation::NewClientKey;
use crate::validation_service::KeyChange;
use crate::{
    App, application, group, openid_client, policy, validation, validation_service, webhook,
};
use keyward_core::domain::declared::{Action, Change, Declaration, FieldChange, Row, SharedKey};
use keyward_core::domain::openid_client::{ClientId, ClientSecret, ClientSettings};
use keyward_core::domain::policy::{Rules, Scope};
use keyward_core::domain::validation_client::{ValidationClientId, ValidationClientSettings};
use keyward_core::domain::validation_service::ValidationServiceSettings;
use keyward_core::domain::webhook::WebhookSettings;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result};
use keyward_core::protocols::standard_webhooks::WebhookSecret;

/// A secret that was made for something new. It is not shown again.
#[derive(Debug)]
pub struct NewSecret {
    /// What has it.
    pub declaration: Declaration,
    /// The secret.
    pub secret: SecretString,
}

/// Makes the changes of one step of a plan, and gives back the secrets that were made for it. Each step
/// is done whole or not at all, but for a client of the validation server and a webhook, whose settings,
/// secret and state are changed one after the other, and for a policy, which may be left as a draft: the same plan, made
/// anew, goes on from there.
///
/// # Errors
/// Those of the actions that it comes to.
pub async fn carry_out(
    app: &App,
    administrator: &Administrator,
    step: &[Change],
) -> Result<Vec<NewSecret>> {
    let mut secrets = Vec::new();
    let (mut applications, mut clients) = (Vec::new(), Vec::new());
    for change in step {
        if let Declaration::OpenidClient(settings, key) = &change.declaration {
            let changed = openid_client(change, settings, key)?;
            clients.push((settings.client_id.clone(), changed));
            continue;
        }
        if let Declaration::Application(settings) = &change.declaration {
            let settings = settings.clone();
            applications.push(match (change.action, change.row) {
                (Action::Add, _) => ApplicationChange::Add(settings),
                (Action::Change, Row::Application(id, version)) => {
                    ApplicationChange::Change(id, version, settings)
                }
                (Action::Remove, Row::Application(id, _)) => ApplicationChange::Remove(id),
                _ => return Err(no_row()),
            });
            continue;
        }
        let made = alone(app, administrator, change).await?;
        secrets.extend(made.map(|secret| NewSecret {
            declaration: change.declaration.clone(),
            secret,
        }));
    }
    if !applications.is_empty() {
        application::change_together(app, administrator, applications).await?;
    }
    if !clients.is_empty() {
        let made = openid_client::change_together(app, administrator, clients).await?;
        let of = |client_id: &ClientId| {
            let is_it = |change: &&Change| change.declaration.name() == client_id.as_str();
            step.iter()
                .find(is_it)
                .map(|change| change.declaration.clone())
        };
        let made = made.into_iter().filter_map(|(client_id, secret)| {
            Some(NewSecret {
                declaration: of(&client_id)?,
                secret: SecretString::from(secret.expose()),
            })
        });
        secrets.extend(made);
    }
    Ok(secrets)
}

fn openid_client(
    change: &Change,
    settings: &ClientSettings,
    key: &SharedKey,
) -> Result<ClientChange> {
    use openid_client::NewSecret as Secret;
    let secret = || match key {
        SharedKey::Given(text) => ClientSecret::parse(text.expose_secret()).map(Secret::Given),
        SharedKey::Kept | SharedKey::Needed | SharedKey::Absent | SharedKey::Hashed(_) => {
            Ok(Secret::Generate)
        }
    };
    let is_secret = |field: &&FieldChange| field.key == "secret";
    Ok(match (change.action, change.row) {
        (Action::Add, _) => ClientChange::Add(settings.clone(), secret()?),
        (Action::Change, Row::OpenidClient(id, version)) => {
            let fields = &change.fields;
            let differs = fields.iter().any(|field| !is_secret(&field));
            let another = fields.iter().find(is_secret).map(|_| secret());
            let settings = differs.then(|| settings.clone());
            ClientChange::Change(id, version, settings, another.transpose()?)
        }
        (Action::Remove, Row::OpenidClient(id, _)) => ClientChange::Remove(id),
        _ => return Err(no_row()),
    })
}

/// Refuses a plan of which settings forbid a part, before anything of it is done.
///
/// # Errors
/// `webhook.invalid`, naming the webhook; `openid_client.invalid`, naming the client.
pub fn judge(app: &App, changes: &[Change]) -> Result<()> {
    for change in changes {
        if let Declaration::OpenidClient(settings, _) = &change.declaration
            && change.action != Action::Remove
            && let Err(problem) = openid_client::checked(app, ClientSettings::clone(settings))
        {
            let why = problem.detail().unwrap_or_default();
            let why = format!("client {}: {why}", settings.client_id);
            return Err(Problem::new(problem.code()).detailed(why));
        }
        let Declaration::Webhook(settings, _) = &change.declaration else {
            continue;
        };
        let is_sent_to = match change.action {
            Action::Add => true,
            // As in `webhook::change`: one that is switched off may stay as it is.
            Action::Change => settings.is_enabled,
            Action::Remove => false,
        };
        if is_sent_to && let Err(problem) = app.gateways.webhook.can_reach(&settings.url) {
            let why = problem.detail().unwrap_or_default();
            let why = format!("webhook {}: {why}", settings.name);
            return Err(Problem::new(problem.code()).detailed(why));
        }
    }
    Ok(())
}

/// Judges devices and duties again where a change of groups or policies wants that.
///
/// # Errors
/// The store's.
pub async fn settle(app: &App) -> Result<()> {
    policy::judge_again(app).await.map(drop)
}

async fn alone(
    app: &App,
    administrator: &Administrator,
    change: &Change,
) -> Result<Option<SecretString>> {
    match &change.declaration {
        Declaration::Group(name) => match change.action {
            Action::Add => group::create(app, administrator, name.clone()).await?,
            Action::Change => {}
            Action::Remove => group::remove(app, administrator, name.clone()).await?,
        },
        // Those are changed together.
        Declaration::Application(_) | Declaration::OpenidClient(..) => {}
        Declaration::Policy { scope, rules, mail } => match change.action {
            Action::Add | Action::Change => {
                put_in_force(app, administrator, scope, rules, *mail).await?;
            }
            Action::Remove => policy::remove(app, administrator, scope.clone()).await?,
        },
        Declaration::ValidationService(settings, key) => {
            service(app, administrator, change, settings, key).await?;
        }
        Declaration::ValidationClient {
            id,
            settings,
            is_active,
            key,
        } => return client(app, administrator, change, (*id, settings, *is_active, key)).await,
        Declaration::Webhook(settings, secret) => {
            return hook(app, administrator, change, settings, secret).await;
        }
    }
    Ok(None)
}

async fn put_in_force(
    app: &App,
    administrator: &Administrator,
    scope: &Scope,
    rules: &Rules,
    mail: Option<bool>,
) -> Result<()> {
    let before = policy::find(app, administrator, scope.clone()).await?;
    let is_quiet = mail.map(|mail| !mail);
    let is_quiet = is_quiet.unwrap_or_else(|| before.is_some_and(|before| before.is_quiet));
    let announcement = match is_quiet {
        true => Announcement::None,
        false => Announcement::ByMail,
    };
    let draft = policy::draft(app, administrator, scope.clone(), rules.clone()).await?;
    let (scope, version) = (scope.clone(), draft.version);
    policy::switch_on_and_tell(app, administrator, scope, version, announcement)
        .await
        .map(drop)
}

async fn service(
    app: &App,
    administrator: &Administrator,
    change: &Change,
    settings: &ValidationServiceSettings,
    key: &SharedKey,
) -> Result<()> {
    let mut settings = settings.clone();
    let mut key_change = KeyChange::Replace;
    match key {
        SharedKey::Given(key) => settings.api_key = Some(key.clone()),
        SharedKey::Absent => settings.api_key = None,
        SharedKey::Kept | SharedKey::Needed | SharedKey::Hashed(_) => key_change = KeyChange::Keep,
    }
    match (change.action, change.row) {
        (Action::Add, _) => validation_service::add(app, administrator, settings)
            .await
            .map(drop),
        (Action::Change, Row::ValidationService(id)) => {
            validation_service::change(app, administrator, id, settings, key_change, None).await
        }
        (Action::Remove, Row::ValidationService(id)) => {
            validation_service::remove(app, administrator, id)
                .await
                .map(drop)
        }
        _ => Err(no_row()),
    }
}

type Client<'a> = (
    ValidationClientId,
    &'a ValidationClientSettings,
    bool,
    &'a SharedKey,
);

async fn client(
    app: &App,
    administrator: &Administrator,
    change: &Change,
    (id, settings, is_active, key): Client<'_>,
) -> Result<Option<SecretString>> {
    let differs = |keys: &[&str]| change.fields.iter().any(|field| keys.contains(&field.key));
    let settings = settings.clone();
    let mut made = None;
    match change.action {
        Action::Remove => {
            validation::switch_client(app, administrator, id, false).await?;
        }
        Action::Add => {
            let (given, is_made) = match key {
                SharedKey::Given(key) => (NewClientKey::Given(key.clone()), false),
                SharedKey::Kept | SharedKey::Needed | SharedKey::Absent | SharedKey::Hashed(_) => {
                    (NewClientKey::Generate, true)
                }
            };
            let added = validation::add_client(app, administrator, Some(id), settings, given);
            made = Some(added.await?.1).filter(|_| is_made);
            if !is_active {
                validation::switch_client(app, administrator, id, false).await?;
            }
        }
        Action::Change => {
            // A request that is to be refused is refused first.
            if differs(&["active"]) && !is_active {
                validation::switch_client(app, administrator, id, false).await?;
            }
            if change
                .fields
                .iter()
                .any(|field| !matches!(field.key, "active" | "api_key"))
            {
                validation::change_client(app, administrator, id, settings, None).await?;
            }
            if let SharedKey::Given(key) = key
                && differs(&["api_key"])
            {
                validation::replace_client_key(app, administrator, id, key.clone()).await?;
            }
            if differs(&["active"]) && is_active {
                validation::switch_client(app, administrator, id, true).await?;
            }
        }
    }
    Ok(made)
}

async fn hook(
    app: &App,
    administrator: &Administrator,
    change: &Change,
    settings: &WebhookSettings,
    secret: &SharedKey,
) -> Result<Option<SecretString>> {
    let given = match secret {
        SharedKey::Given(text) => WebhookSecret::parse(text.expose_secret()),
        SharedKey::Kept | SharedKey::Needed | SharedKey::Absent | SharedKey::Hashed(_) => None,
    };
    let settings = settings.clone();
    match (change.action, change.row) {
        (Action::Add, _) => match given {
            Some(secret) => {
                webhook::add_with(app, administrator, settings, secret).await?;
            }
            None => {
                let (_, secret) = webhook::add(app, administrator, settings).await?;
                return Ok(Some(SecretString::from(secret.expose().as_str())));
            }
        },
        (Action::Change, Row::Webhook(id)) => {
            let (secrets, others): (Vec<_>, Vec<_>) = change
                .fields
                .iter()
                .partition(|field| field.key == "secret");
            if !others.is_empty() {
                webhook::change(app, administrator, id, settings).await?;
            }
            // What went to a receiver that is signed anew is signed with both for a while.
            if let Some(secret) = given.filter(|_| !secrets.is_empty()) {
                webhook::rotate_to(app, administrator, id, secret).await?;
            }
        }
        (Action::Remove, Row::Webhook(id)) => {
            webhook::remove(app, administrator, id).await?;
        }
        _ => return Err(no_row()),
    }
    Ok(None)
}

/// What is changed or goes has the row that it was found in.
fn no_row() -> Problem {
    Problem::internal("a planned change has no row of its kind")
}
