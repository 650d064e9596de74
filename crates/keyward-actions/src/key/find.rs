//! Looking keys up.

use crate::App;
use keyward_core::domain::event::RecordedEvent;
use keyward_core::domain::key::{
    Key, KeyFilter, KeyId, KeyLinks, KeyPlace, KeySearch, KeyState, KeySummary, SerialNumber,
};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{MayLookUp, SignedIn};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::yubico::PublicId;
use keyward_store::{keys, users};

/// More keys than anybody has.
const MOST_OF_ONE: i64 = 100;

/// What a search means: the public id of a slot that is on a key, or else what serial numbers begin with.
///
/// # Errors
/// The store's.
pub async fn searched(app: &App, _: &MayLookUp, typed: &str) -> Result<KeySearch> {
    let typed = typed.trim();
    if let Some(public_id) = PublicId::parse(typed) {
        let public_id = public_id.to_string();
        let known = public_id.clone();
        let found = app
            .store
            .look(move |connection| keys::key_of_slot(connection, &known))
            .await?;
        if found.is_some() {
            return Ok(KeySearch::PublicId(public_id));
        }
    }
    // What is no serial number is the beginning of none.
    let begins = SerialNumber::parse(typed).map(|serial| serial.to_string());
    let begins = begins.unwrap_or_else(|_| "\u{7f}".to_owned());
    Ok(KeySearch::Serial(begins))
}

/// Keys in the order of their serial numbers, at most so many after a place.
///
/// # Errors
/// The store's.
pub async fn list(
    app: &App,
    _: &MayLookUp,
    filter: KeyFilter,
    after: Option<KeyPlace>,
    limit: i64,
) -> Result<Vec<KeySummary>> {
    app.store
        .read(move |connection| keys::list(connection, &filter, after.as_ref(), limit))
        .await
}

/// The keys of a user, in the order of their serial numbers, at most a hundred.
///
/// # Errors
/// The store's.
pub async fn of_user(app: &App, by: &MayLookUp, user: UserId) -> Result<Vec<KeySummary>> {
    let filter = KeyFilter {
        owner: Some(user),
        ..KeyFilter::default()
    };
    list(app, by, filter, None, MOST_OF_ONE).await
}

/// The keys that a user was given or sent, and those that they lost, in the order of their serial numbers.
///
/// # Errors
/// The store's.
pub async fn own(app: &App, signed_in: &SignedIn) -> Result<Vec<Key>> {
    let owner = signed_in.user().id;
    let filter = KeyFilter {
        owner: Some(owner),
        ..KeyFilter::default()
    };
    let found = app
        .store
        .look(move |connection| keys::list(connection, &filter, None, MOST_OF_ONE))
        .await?;
    let keys = found.into_iter().map(|summary| summary.key);
    // What is kept for somebody is no business of theirs before it is on its way.
    Ok(keys.filter(|key| key.state != KeyState::Stock).collect())
}

/// The key of this row.
///
/// # Errors
/// `key.unknown`
pub async fn find(app: &App, _: &MayLookUp, id: KeyId) -> Result<Key> {
    app.store
        .look(move |connection| keys::by_id(connection, id))
        .await?
        .ok_or_else(|| codes::KEY_UNKNOWN.into())
}

/// The key of this serial number, or of this row; of one maker where that is said.
///
/// # Errors
/// `key.unknown`, and `key.ambiguous` where several makers have one
pub async fn find_by_serial(
    app: &App,
    by: &MayLookUp,
    typed: &str,
    maker: Option<&str>,
) -> Result<Key> {
    if let Some(id) = KeyId::parse(typed) {
        return find(app, by, id).await;
    }
    let unknown = || Problem::new(codes::KEY_UNKNOWN).detailed(typed);
    let serial = SerialNumber::parse(typed).map_err(|_| unknown())?;
    let maker = maker.map(str::to_owned);
    let mut found = app
        .store
        .look(move |connection| keys::by_serial(connection, &serial, maker.as_deref()))
        .await?;
    match (found.pop(), found.is_empty()) {
        (Some(key), true) => Ok(key),
        (Some(_), false) => Err(Problem::new(codes::KEY_AMBIGUOUS).detailed(typed)),
        (None, _) => Err(unknown()),
    }
}

/// A key as lists have it.
///
/// # Errors
/// `key.unknown`
pub async fn summary(app: &App, _: &MayLookUp, id: KeyId) -> Result<KeySummary> {
    app.store
        .look(move |connection| {
            let key = keys::by_id(connection, id)?.ok_or(codes::KEY_UNKNOWN)?;
            let owner = match key.owner {
                Some(owner) => users::by_id(connection, owner)?.map(|user| user.name.to_string()),
                None => None,
            };
            let row = id.to_string();
            let mut slots = keys::public_ids(connection, std::slice::from_ref(&row))?;
            Ok(KeySummary {
                key,
                owner,
                public_ids: slots.remove(&row).unwrap_or_default(),
            })
        })
        .await
}

/// What is on a key.
///
/// # Errors
/// The store's.
pub async fn links(app: &App, _: &MayLookUp, id: KeyId) -> Result<KeyLinks> {
    app.store
        .look(move |connection| keys::links_of(connection, id))
        .await
}

/// What happened to a key, the newest first, at most so many.
///
/// # Errors
/// The store's.
pub async fn history(
    app: &App,
    _: &MayLookUp,
    id: KeyId,
    limit: i64,
) -> Result<Vec<RecordedEvent>> {
    app.store
        .read(move |connection| keys::of_key(connection, id, limit))
        .await
}
