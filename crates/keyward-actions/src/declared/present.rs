//! Everything that is there of what can be declared.

use std::collections::HashMap;

use secrecy::SecretString;

use crate::{
    App, application, group, openid_client, policy, user, validation, validation_service, webhook,
};
use keyward_core::domain::application::RuleUser;
use keyward_core::domain::declared::{Declaration, Existing, Present, Row, SharedKey};
use keyward_core::domain::validation_service::ValidationService;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;

/// What is there, and those of `users` who exist.
///
/// # Errors
/// The store's; `master_key.wrong` where a key does not open.
pub async fn present(
    app: &App,
    administrator: &Administrator,
    users: impl IntoIterator<Item = String>,
) -> Result<Present> {
    let mut all = Vec::new();
    let named = |declaration| Existing {
        declaration,
        row: Row::Named,
    };
    let groups = group::names(app, administrator, usize::MAX).await?;
    all.extend(groups.into_iter().map(Declaration::Group).map(named));
    for found in application::list(app, administrator).await? {
        all.push(Existing {
            row: Row::Application(found.id, found.version),
            declaration: Declaration::Application(found.settings),
        });
    }
    for found in openid_client::list_with_secrets(app, administrator).await? {
        let mut secrets = found.secrets.into_iter();
        let held = secrets.find(|secret| secret.expires_at.is_none());
        let held = held.map_or(SharedKey::Absent, |secret| SharedKey::Hashed(secret.hash));
        all.push(Existing {
            row: Row::OpenidClient(found.client.id, found.client.version),
            declaration: Declaration::OpenidClient(Box::new(found.client.settings), held),
        });
    }
    // A draft is in force for nobody.
    for record in policy::list(app, administrator).await?.policies {
        all.extend(record.rules.map(|rules| {
            named(Declaration::Policy {
                scope: record.scope,
                rules: Box::new(rules),
                mail: Some(!record.is_quiet),
            })
        }));
    }
    let mut services_of_settings = Vec::new();
    for found in validation_service::list(app).await? {
        match found.id {
            Some(id) => all.push(Existing {
                row: Row::ValidationService(id),
                declaration: service(found),
            }),
            None => services_of_settings.push(found.settings.name),
        }
    }
    for (client, key) in validation::clients_with_keys(app, administrator).await? {
        all.push(named(Declaration::ValidationClient {
            id: client.id,
            settings: client.settings,
            is_active: client.is_active,
            key: SharedKey::Given(key),
        }));
    }
    for (found, secret) in webhook::list_with_secrets(app, administrator).await? {
        let secret = SharedKey::Given(SecretString::from(secret.expose().as_str()));
        all.push(Existing {
            row: Row::Webhook(found.id),
            declaration: Declaration::Webhook(found.settings, secret),
        });
    }
    Ok(Present {
        all,
        users: existing(app, administrator, users).await?,
        services_of_settings,
    })
}

fn service(found: ValidationService) -> Declaration {
    let mut settings = found.settings;
    let key: Option<SecretString> = settings.api_key.take();
    let key = key.map_or(SharedKey::Absent, SharedKey::Given);
    Declaration::ValidationService(Box::new(settings), key)
}

async fn existing(
    app: &App,
    administrator: &Administrator,
    names: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, RuleUser>> {
    let mut found = HashMap::new();
    for name in names {
        if let Some(user) = user::find_by_name(app, administrator, &name).await? {
            let user = RuleUser {
                name: user.name.to_string(),
                id: Some(user.id),
            };
            found.insert(name, user);
        }
    }
    Ok(found)
}
