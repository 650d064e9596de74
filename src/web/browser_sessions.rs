//! Browser sessions in our database, as actix-session asks for them.

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;

use keyward_actions::App;
use keyward_actions::browser_session::{self, State};
use keyward_core::problem::{Problem, Result};

/// The session store.
#[derive(Clone)]
pub struct BrowserSessions {
    app: App,
}

impl BrowserSessions {
    /// A store in the database of `app`, by its clock.
    pub fn new(app: &App) -> Self {
        Self { app: app.clone() }
    }

    async fn insert(&self, state: &State, ttl: &Duration) -> Result<SessionKey> {
        let token = browser_session::insert(&self.app, state, span(ttl)).await?;
        SessionKey::try_from(token.expose().to_string())
            .map_err(|error| Problem::internal(error.to_string()))
    }

    async fn replace(&self, key: SessionKey, state: &State, ttl: &Duration) -> Result<SessionKey> {
        match browser_session::update(&self.app, key.as_ref(), state, span(ttl)).await? {
            true => Ok(key),
            false => self.insert(state, ttl).await,
        }
    }
}

fn span(ttl: &Duration) -> std::time::Duration {
    std::time::Duration::from_secs(u64::try_from(ttl.whole_seconds()).unwrap_or_default())
}

impl SessionStore for BrowserSessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        browser_session::load(&self.app, key.as_ref())
            .await
            .map_err(|problem| LoadError::Other(problem.into()))
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        self.insert(&state, ttl)
            .await
            .map_err(|problem| SaveError::Other(problem.into()))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: State,
        ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        self.replace(key, &state, ttl)
            .await
            .map_err(|problem| UpdateError::Other(problem.into()))
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &Duration) -> anyhow::Result<()> {
        let extended = browser_session::extend(&self.app, key.as_ref(), span(ttl));
        extended.await.map_err(Into::into)
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        let deleted = browser_session::delete(&self.app, key.as_ref());
        deleted.await.map_err(Into::into)
    }
}
