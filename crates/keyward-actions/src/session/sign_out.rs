//! Signing out.

use crate::App;
use keyward_core::domain::event::{Actor, Event, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::problem::Result;
use keyward_core::secret::Token;
use keyward_store::sessions;

/// Ends the session of this identifier. Ending what has ended is no mistake.
///
/// # Errors
/// The store's.
pub async fn sign_out(app: &App, identifier: &Token, client: &Client) -> Result<()> {
    let hash = identifier.hash();
    let (context, client) = (app.context(), client.clone());
    app.store
        .write(move |connection| {
            let Some(session) = sessions::by_identifier(connection, &hash)? else {
                return Ok(());
            };
            sessions::end(connection, session.id)?;
            let event = Event::new(EventKind::SignedOut)
                .by(Actor::User(session.user_id))
                .about(session.user_id)
                .from(&client);
            context.record(connection, &event)
        })
        .await
}
