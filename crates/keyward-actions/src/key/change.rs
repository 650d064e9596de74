//! Adding keys, and saying something else of them.

use super::{judge_owners, record};
use crate::App;
use crate::grounds;
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::key::{Key, KeyChange, KeyFacts, KeyId, KeyState};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::keys;

/// Adds a key to the inventory. It is in stock, and nobody's.
///
/// # Errors
/// `key.invalid`, also where neither a serial number nor a model is given; `key.taken`
pub async fn add(app: &App, administrator: &Administrator, said: KeyChange) -> Result<KeyId> {
    let mut facts = KeyFacts::unknown();
    said.apply(&mut facts)?;
    let facts = told_apart(facts)?;
    let context = app.context();
    let key = Key {
        id: KeyId::generate(context.now, &*context.entropy),
        facts,
        state: KeyState::Stock,
        owner: None,
        created_at: context.now,
        changed_at: context.now,
        state_since: context.now,
        version: 0,
    };
    let event = administrator.does(EventKind::KeyAdded);
    let created = |id: &KeyId| Created::plain(id);
    grounds::create_for(app, administrator, created, move |connection| {
        keys::insert(connection, &key)?;
        record(&context, connection, &key, event, "")?;
        // A certificate may have told its serial number before.
        let links = keys::links_of(connection, key.id)?;
        judge_owners(connection, &context, &links)?;
        Ok(key.id)
    })
    .await
}

/// Says something else of a key that is of this version still.
///
/// # Errors
/// `key.unknown`, `key.changed`, `key.invalid`, `key.taken`
pub async fn change(
    app: &App,
    administrator: &Administrator,
    id: KeyId,
    version: i64,
    said: KeyChange,
) -> Result<()> {
    let context = app.context();
    let event = administrator.does(EventKind::KeyFactsChanged);
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let mut key = keys::by_id(connection, id)?.ok_or(codes::KEY_UNKNOWN)?;
        let mut links = keys::links_of(connection, id)?;
        said.apply(&mut key.facts)?;
        key.facts = told_apart(key.facts)?;
        if !keys::change(connection, id, version, &key.facts, context.now)? {
            return Err(codes::KEY_CHANGED.into());
        }
        record(&context, connection, &key, event, "")?;
        // Under another number it is another key, for those before and those now.
        let now = keys::links_of(connection, id)?.devices;
        links.devices.extend(now);
        judge_owners(connection, &context, &links)
    })
    .await
}

/// Facts by which people can tell a key from others.
fn told_apart(facts: KeyFacts) -> Result<KeyFacts> {
    match facts.label() {
        Some(_) => Ok(facts),
        None => {
            Err(Problem::new(codes::KEY_INVALID).detailed("a serial number or a model is needed"))
        }
    }
}
