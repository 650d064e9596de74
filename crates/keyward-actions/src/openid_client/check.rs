//! What is wrong with clients as they are, so that people cannot sign in to them.

use crate::check::{Finding, State};
use keyward_core::clock::{Clock as _, SystemClock, Timestamp};
use keyward_core::domain::application::Level;
use keyward_core::domain::openid_client::{ClientKeys, RedirectUri, RegisteredClient};
use keyward_core::problem::Result;
use keyward_gateways::client_keys::ClientKeysGateway;
use keyward_settings::Settings;
use keyward_store::{Store, metadata, openid_client_secrets, openid_clients};

const CHANGE: &str = "change it at the console, or with `keyward client set`";
const NAME_SOMEBODY: &str = "say who may sign in: `keyward client set --access`";
const ROTATE: &str = "give it one: `keyward client rotate`";
const KEYS: &str = "look at its address, at the way there, and at `openid.networks`";
const ASK: &str = "set `server.tls.client_ca`, or give it another way: `keyward client set`";
const METADATA: &str = "set `metadata.url`, or run `keyward metadata import`";

/// Looks at every client that can be read; rows that cannot are told of beside all others.
pub(crate) async fn check_clients(store: &Store, settings: &Settings) -> Vec<Finding> {
    let now = SystemClock.now();
    let read = store
        .read(|connection| {
            Ok((
                openid_client_secrets::registered(connection)?,
                openid_clients::named_nobody(connection)?,
                metadata::edition(connection)?.is_some(),
            ))
        })
        .await;
    let (clients, named_nobody, can_prove_hardware) = match read {
        Ok(read) => read,
        Err(problem) => {
            let state = State::Wrong(problem, "look whether the database is damaged");
            return vec![Finding::new("OpenID clients", state)];
        }
    };
    let gateway = ClientKeysGateway::new(&settings.openid);
    let mut found = Vec::new();
    for client in &clients {
        let name = &client.settings.name;
        let mut look = |said: String, mend| found.push((format!("{name} {said}"), mend));
        if let Some(why) = refused_today(client) {
            look(format!("could not be saved as it is: {why}"), CHANGE);
        }
        if lacks_a_secret(client, now) {
            look("proves itself by a secret, and has none".to_owned(), ROTATE);
        }
        let is_by_certificate = client.settings.authentication.certificate().is_some();
        if is_by_certificate && !settings.server.asks_for_certificates() {
            let said = "proves itself by a certificate, which nobody is asked for here";
            look(said.to_owned(), ASK);
        }
        if let Some(ClientKeys::At(address)) = client.settings.authentication.keys() {
            let fetched = match &gateway {
                Ok(gateway) => gateway.fetch(address).await,
                Err(problem) => Err(problem.to_string()),
            };
            match fetched {
                Ok(keys) if keys.keys().is_empty() => {
                    look(format!("has no key that verifies at {address}"), KEYS);
                }
                Ok(_) => {}
                Err(why) => look(
                    format!("has no keys that can be read: {address} {why}"),
                    KEYS,
                ),
            }
        }
        let algorithm = client.settings.id_token_algorithm;
        if !settings.openid.algorithms.contains(&algorithm) {
            let algorithm = algorithm.as_str();
            let said = format!("gets ID tokens by {algorithm}, which `openid.algorithms` lacks");
            look(said, CHANGE);
        }
        if client.settings.requires.level == Level::Hardware && !can_prove_hardware {
            let said = "asks for attested hardware, which nobody can prove without FIDO metadata";
            look(said.to_owned(), METADATA);
        }
    }
    found.extend(named_nobody.into_iter().map(|name| {
        let said = format!("{name} lets nobody in: the groups and users that it named are gone");
        (said, NAME_SOMEBODY)
    }));
    let finding = |(said, mend)| Finding::new("OpenID clients", State::ToLookAt(said, mend));
    found.into_iter().map(finding).collect()
}

/// Why the rule for what is typed would not take it, where it would not.
fn refused_today(client: &RegisteredClient) -> Option<String> {
    let settings = &client.settings;
    let uris = settings.redirect_uris.iter();
    let uris = uris.chain(&settings.post_logout_redirect_uris);
    let uris: Result<Vec<RedirectUri>> = uris.map(|uri| RedirectUri::parse(uri.as_str())).collect();
    let refused = uris.and_then(|_| settings.clone().checked()).err()?;
    Some(refused.detail().unwrap_or_default().to_owned())
}

fn lacks_a_secret(client: &RegisteredClient, now: Timestamp) -> bool {
    let is_by_secret = client.settings.authentication.is_by_secret();
    is_by_secret && !client.secrets.iter().any(|secret| secret.is_good(now))
}
