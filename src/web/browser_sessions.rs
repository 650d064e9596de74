//! Browser sessions in our database, for actix-session. The cookie holds a random key; the row is
//! found by the key's hash, and what it holds (tokens of journeys and sign-ins) is sealed for that
//! row, so that a copied database opens nobody's session.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use keyward_actions::App;
use keyward_core::clock::{SharedClock, SharedEntropy, Timestamp};
use keyward_core::problem::{Problem, Result};
use keyward_core::secret::{MasterKey, Place, Token};
use keyward_store::{Store, browser_sessions};

type State = HashMap<String, String>;

/// The session store.
#[derive(Clone)]
pub struct BrowserSessions {
    store: Store,
    clock: SharedClock,
    entropy: SharedEntropy,
    master_key: Arc<MasterKey>,
}

impl BrowserSessions {
    /// A store in the house's database, by the house's clock.
    pub fn new(app: &App) -> Self {
        Self {
            store: app.store.clone(),
            clock: app.clock.clone(),
            entropy: app.entropy.clone(),
            master_key: Arc::clone(&app.master_key),
        }
    }

    async fn get(&self, key: &SessionKey) -> Result<Option<State>> {
        let row = hash(key);
        let (wanted, over, master_key) = (row.clone(), row.clone(), Arc::clone(&self.master_key));
        let found = self
            .store
            .cached_read("browser_sessions", &row, move |connection| {
                let found = browser_sessions::get(connection, &wanted)?;
                let open = |(sealed, end): (String, Timestamp)| {
                    Ok((open(&master_key, &wanted, &sealed)?, end))
                };
                found.map(open).transpose()
            })
            .await?;
        let now = self.clock.now();
        match found {
            Some((state, end)) if end > now => Ok(Some(state)),
            None => Ok(None),
            // Over for good: a clock that is set back does not bring it back.
            Some(_) => {
                self.store
                    .write_unsynced(move |connection| browser_sessions::delete(connection, &over))
                    .await?;
                Ok(None)
            }
        }
    }

    async fn insert(&self, state: State, ttl: &Duration) -> Result<SessionKey> {
        let token = Token::generate(&*self.entropy);
        let key = SessionKey::try_from(token.expose().to_string())
            .map_err(|error| Problem::internal(error.to_string()))?;
        let (row, expires_at) = (hash(&key), self.end(ttl));
        let text = self.seal(&row, &state)?;
        self.store
            .write_unsynced(move |connection| {
                browser_sessions::insert(connection, &row, &text, expires_at)
            })
            .await?;
        Ok(key)
    }

    async fn replace(&self, key: SessionKey, state: State, ttl: &Duration) -> Result<SessionKey> {
        let (row, expires_at) = (hash(&key), self.end(ttl));
        let text = self.seal(&row, &state)?;
        let updated = self
            .store
            .write_unsynced(move |connection| {
                browser_sessions::update(connection, &row, &text, expires_at)
            })
            .await?;
        // The session ended meanwhile; it must not come back under the same key.
        if updated {
            Ok(key)
        } else {
            self.insert(state, ttl).await
        }
    }

    fn seal(&self, row: &str, state: &State) -> Result<String> {
        let plain = Zeroizing::new(serde_json::to_vec(state).map_err(Problem::internal)?);
        let sealed = self.master_key.seal(&*self.entropy, place(row), &plain);
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    fn end(&self, ttl: &Duration) -> Timestamp {
        let seconds = u64::try_from(ttl.whole_seconds()).unwrap_or_default();
        self.clock.now() + std::time::Duration::from_secs(seconds)
    }
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

fn hash(key: &SessionKey) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(key.as_ref().as_bytes()))
}

impl SessionStore for BrowserSessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        self.get(key)
            .await
            .map_err(|problem| LoadError::Other(problem.into()))
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        self.insert(state, ttl)
            .await
            .map_err(|problem| SaveError::Other(problem.into()))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: State,
        ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        self.replace(key, state, ttl)
            .await
            .map_err(|problem| UpdateError::Other(problem.into()))
    }

    fn update_ttl(
        &self,
        key: &SessionKey,
        ttl: &Duration,
    ) -> impl Future<Output = anyhow::Result<()>> {
        let (row, expires_at) = (hash(key), self.end(ttl));
        let store = self.store.clone();
        async move {
            store
                .write_unsynced(move |connection| {
                    browser_sessions::extend(connection, &row, expires_at)
                })
                .await
                .map_err(Into::into)
        }
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        let row = hash(key);
        self.store
            .write(move |connection| browser_sessions::delete(connection, &row))
            .await
            .map_err(Into::into)
    }
}
