//! What browsers bring back, whichever user they are of: the rows behind their cookies. A cookie holds a
//! random key; the row is found by the key's hash, and its state (tokens of journeys and sessions)
//! is sealed for that row, so that a copied database opens no user's session.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{App, journey};
use keyward_core::clock::Timestamp;
use keyward_core::problem::{Problem, Result};
use keyward_core::secret::{KeyPurpose, MasterKey, Place, Token, TokenHash};
use keyward_store::browser_sessions;

/// What a browser session holds: values by their names.
pub type State = HashMap<String, String>;

/// The name under which a state has the identifier of the session that it opens.
pub const IDENTIFIER: &str = "identifier";

/// How many of a user's browser sessions there are for each session that may be open: those whose
/// session ended tell the user who comes back that it did.
const FOR_EACH: i64 = 2;
/// How long a sign-in under way is remembered after its end, as its journey is.
const LATE: Duration = Duration::from_hours(1);

/// What cookies are encrypted and signed with: the same on every server of one database.
pub fn cookie_key(app: &App) -> Zeroizing<[u8; 64]> {
    app.master_key.derive(KeyPurpose::Cookie)
}

/// The state under a cookie's key; `None` where there is none, or where it is over.
///
/// # Errors
/// The store's.
pub async fn load(app: &App, key: &str) -> Result<Option<State>> {
    let row = hash(key);
    let (wanted, over, master_key) = (row.clone(), row.clone(), Arc::clone(&app.master_key));
    let found = app
        .store
        .cached_read("browser_sessions", &row, move |connection| {
            let found = browser_sessions::get(connection, &wanted)?;
            let open = |(sealed, end): (String, Timestamp)| {
                Ok((open(&master_key, &wanted, &sealed)?, end))
            };
            found.map(open).transpose()
        })
        .await?;
    match found {
        Some((state, end)) if end > app.now() => Ok(Some(state)),
        None => Ok(None),
        // Over for good: a clock that is set back does not bring it back.
        Some(_) => {
            app.store
                .write_unsynced(move |connection| browser_sessions::delete(connection, &over))
                .await?;
            Ok(None)
        }
    }
}

/// The identifier of the session that the state under a cookie's key opens; `None` where no user is
/// signed in there.
///
/// # Errors
/// The store's.
pub async fn identifier_of(app: &App, key: &str) -> Result<Option<Token>> {
    let state = load(app, key).await?;
    Ok(state.as_ref().and_then(identifier_token))
}

/// Keeps a state for so long under a new key. Of one user's states the latest stay.
///
/// # Errors
/// The store's.
pub async fn insert(app: &App, state: &State, lasts: Duration) -> Result<Token> {
    let token = Token::generate(&*app.entropy);
    let (row, expires_at) = (hash(&token.expose()), end(app, state, lasts));
    let text = seal(app, &row, state)?;
    let identifier = identifier_in(state);
    let most = i64::from(app.settings.session.max_per_user).saturating_mul(FOR_EACH);
    app.store
        .write_unsynced(move |connection| {
            let identifier = identifier.as_ref();
            browser_sessions::insert(connection, &row, &text, expires_at, identifier, most)
        })
        .await?;
    Ok(token)
}

/// Puts a state in place of the one under a key, for so long from now on; `false` where that session
/// ended meanwhile: it must not come back under the same key.
///
/// # Errors
/// The store's.
#[must_use = "a session that ended has not kept the state"]
pub async fn update(app: &App, key: &str, state: &State, lasts: Duration) -> Result<bool> {
    let (row, expires_at) = (hash(key), end(app, state, lasts));
    let text = seal(app, &row, state)?;
    app.store
        .write_unsynced(move |connection| {
            browser_sessions::update(connection, &row, &text, expires_at)
        })
        .await
}

/// Keeps the state under a key for so long from now on.
///
/// # Errors
/// The store's.
pub async fn extend(app: &App, key: &str, lasts: Duration) -> Result<()> {
    let (row, expires_at) = (hash(key), app.now() + lasts);
    app.store
        .write_unsynced(move |connection| browser_sessions::extend(connection, &row, expires_at))
        .await
}

/// Forgets the state under a key.
///
/// # Errors
/// The store's.
pub async fn delete(app: &App, key: &str) -> Result<()> {
    let row = hash(key);
    app.store
        .write(move |connection| browser_sessions::delete(connection, &row))
        .await
}

/// When a state is over: one in which no user is signed in is there for what began in it.
fn end(app: &App, state: &State, lasts: Duration) -> Timestamp {
    if state.contains_key(IDENTIFIER) {
        return app.now() + lasts;
    }
    let sign_in = app.settings.session.sign_in_timeout;
    app.now() + lasts.min(sign_in.unwrap_or(journey::LONGEST) + LATE)
}

/// What the user who is signed in here is known by.
fn identifier_in(state: &State) -> Option<TokenHash> {
    identifier_token(state).map(|identifier| identifier.hash())
}

fn identifier_token(state: &State) -> Option<Token> {
    let text: String = serde_json::from_str(state.get(IDENTIFIER)?).ok()?;
    Token::parse(&text)
}

fn seal(app: &App, row: &str, state: &State) -> Result<String> {
    let plain = Zeroizing::new(serde_json::to_vec(state).map_err(Problem::internal)?);
    let sealed = app.master_key.seal(&*app.entropy, place(row), &plain);
    Ok(URL_SAFE_NO_PAD.encode(sealed))
}

fn open(master_key: &MasterKey, row: &str, sealed: &str) -> Result<State> {
    let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(Problem::internal)?;
    let plain = master_key.open(place(row), &sealed)?;
    serde_json::from_slice(&plain).map_err(Problem::internal)
}

fn place(row: &str) -> Place<'_> {
    Place {
        table: "browser_sessions",
        column: "state",
        row,
    }
}

fn hash(key: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(key.as_bytes()))
}
