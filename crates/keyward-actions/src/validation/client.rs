//! Adding, changing, revoking and listing clients of the validation server.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::App;
use crate::grounds;
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::edition::Edition;
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::validation_client::{
    ValidationClient, ValidationClientId, ValidationClientSettings,
};
use keyward_core::flows::permit::{Administrator, MayAudit};
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::validation_clients;

/// The key that a new client shares with us.
#[derive(Debug)]
pub enum NewClientKey {
    /// A new one of 20 random bytes, as the reference server makes them.
    Generate,
    /// One that the client has already, in base64: it moves here from another server.
    Given(SecretString),
}

/// The longest key that a client may bring, in bytes: the block of SHA-1.
const LONGEST_KEY: usize = 64;

/// Adds a client with this number, or with the next one, and gives back its number and its key
/// in base64, which is not shown again.
///
/// # Errors
/// `validation_client.invalid`, `validation_client.taken`
pub async fn add_client(
    app: &App,
    administrator: &Administrator,
    id: Option<ValidationClientId>,
    settings: ValidationClientSettings,
    api_key: NewClientKey,
) -> Result<(ValidationClientId, SecretString)> {
    let settings = settings.checked()?;
    if id.is_some_and(|id| id > ValidationClientId::GREATEST) {
        return Err(Problem::new(codes::CLIENT_INVALID)
            .detailed("a number has at most ten digits: no client can ask with more"));
    }
    let api_key = bytes_of(app, api_key)?;
    let told = SecretString::from(data_encoding::BASE64.encode(&api_key));
    let event = administrator.does(EventKind::ValidationClientAdded);
    let (context, master_key) = (app.context(), Arc::clone(&app.master_key));
    let created = |(id, key): &(ValidationClientId, SecretString)| Created {
        id: id.to_string(),
        secret: Some(Zeroizing::new(key.expose_secret().to_owned())),
    };
    grounds::create_for(app, administrator, created, move |connection| {
        let id = match id {
            Some(id) => id,
            None => validation_clients::next_id(connection)?,
        };
        let sealing = (&*master_key, &*context.entropy);
        validation_clients::insert(connection, id, &settings, &api_key, context.now, sealing)?;
        context.record(connection, &event.detailed(named(id, &settings)))?;
        Ok((id, told))
    })
    .await
}

fn bytes_of(app: &App, api_key: NewClientKey) -> Result<Zeroizing<Vec<u8>>> {
    let invalid = |why: &str| Problem::new(codes::CLIENT_INVALID).detailed(why);
    let bytes = match api_key {
        NewClientKey::Generate => app.entropy.bytes::<20>().to_vec(),
        NewClientKey::Given(text) => data_encoding::BASE64
            .decode(text.expose_secret().trim().as_bytes())
            .map_err(|_| invalid("the key is not base64"))?,
    };
    let bytes = Zeroizing::new(bytes);
    if !(1..=LONGEST_KEY).contains(&bytes.len()) {
        return Err(invalid("a key has 1 to 64 bytes"));
    }
    Ok(bytes)
}

/// Changes a client; its key stays.
///
/// # Errors
/// `validation_client.unknown`, `validation_client.invalid`; `resource.overtaken` where another edition is
/// there than is named.
pub async fn change_client(
    app: &App,
    administrator: &Administrator,
    id: ValidationClientId,
    settings: ValidationClientSettings,
    edition: Option<Edition>,
) -> Result<()> {
    let settings = settings.checked()?;
    let event = administrator.does(EventKind::ValidationClientChanged);
    let (context, event) = (app.context(), event.detailed(named(id, &settings)));
    grounds::write_for(app, administrator.grounds(), move |connection| {
        if edition.is_some() {
            validation_clients::hold(connection, id)?;
            let before = validation_clients::by_id(connection, id)?;
            let before = before.ok_or_else(|| unknown(id))?;
            before.edition().require(edition.as_ref())?;
        }
        if !validation_clients::update(connection, id, &settings)? {
            return Err(unknown(id));
        }
        context.record(connection, &event)
    })
    .await
}

/// Gives a client another key, in base64. The one before is not taken any more.
///
/// # Errors
/// `validation_client.unknown`, `validation_client.invalid`
pub async fn replace_client_key(
    app: &App,
    administrator: &Administrator,
    id: ValidationClientId,
    api_key: SecretString,
) -> Result<()> {
    let api_key = bytes_of(app, NewClientKey::Given(api_key))?;
    let event = administrator.does(EventKind::ValidationClientChanged);
    let (context, master_key) = (app.context(), Arc::clone(&app.master_key));
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let sealing = (&*master_key, &*context.entropy);
        if !validation_clients::replace_key(connection, id, &api_key, sealing)? {
            return Err(unknown(id));
        }
        let client = validation_clients::by_id(connection, id)?;
        let client = client.ok_or_else(|| unknown(id))?;
        context.record(connection, &event.detailed(named(id, &client.settings)))
    })
    .await
}

/// All clients with their keys in base64, in the order of their numbers.
///
/// # Errors
/// The store's; `master_key.wrong` where a key does not open.
pub(crate) async fn clients_with_keys(
    app: &App,
    _: &Administrator,
) -> Result<Vec<(ValidationClient, SecretString)>> {
    let master_key = Arc::clone(&app.master_key);
    app.store
        .read(move |connection| {
            let mut found = Vec::new();
            for client in validation_clients::all(connection)? {
                let key = validation_clients::key_of(connection, client.id, &master_key)?;
                let key = key.ok_or_else(|| unknown(client.id))?;
                let key = SecretString::from(data_encoding::BASE64.encode(&key));
                found.push((client, key));
            }
            Ok(found)
        })
        .await
}

/// Revokes a client, or takes that back. It works from the next request on, on every server:
/// clients are looked up at each.
///
/// # Errors
/// `validation_client.unknown`
pub async fn switch_client(
    app: &App,
    administrator: &Administrator,
    id: ValidationClientId,
    is_active: bool,
) -> Result<ValidationClient> {
    let event = administrator.does(if is_active {
        EventKind::ValidationClientRestored
    } else {
        EventKind::ValidationClientRevoked
    });
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        if !validation_clients::set_active(connection, id, is_active)? {
            return Err(unknown(id));
        }
        let client = validation_clients::by_id(connection, id)?;
        let client = client.ok_or_else(|| unknown(id))?;
        context.record(connection, &event.detailed(named(id, &client.settings)))?;
        Ok(client)
    })
    .await
}

/// All clients, revoked ones too, in the order of their numbers.
///
/// # Errors
/// The store's.
pub async fn clients(app: &App, _: &MayAudit) -> Result<Vec<ValidationClient>> {
    app.store.read(validation_clients::all).await
}

/// The client of this number.
///
/// # Errors
/// `validation_client.unknown`
pub async fn client(app: &App, _: &MayAudit, id: ValidationClientId) -> Result<ValidationClient> {
    app.store
        .look(move |connection| validation_clients::by_id(connection, id))
        .await?
        .ok_or_else(|| unknown(id))
}

fn unknown(id: ValidationClientId) -> Problem {
    Problem::new(codes::CLIENT_UNKNOWN).detailed(id.to_string())
}

fn named(id: ValidationClientId, settings: &ValidationClientSettings) -> EventDetail {
    EventDetail::Client {
        client: id,
        note: settings.note.clone(),
    }
}
