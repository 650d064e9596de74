//! Token revocation (RFC 7009).

use super::access_token::find;
use super::client_proof::{ClientCall, authenticated};
use super::code::named;
use super::failure::Answered;
use super::refresh;
use crate::App;
use keyward_core::domain::event::{Actor, Event, EventKind};
use keyward_store::{openid_grants, openid_tokens};

/// Ends a token of the client that calls: an access token alone, a refresh token with its grant and all
/// that hangs on it (§2.1). Whether there was such a token is told to nobody (§2.2).
///
/// # Errors
/// `invalid_client`
pub async fn revoke(app: &App, call: &ClientCall<'_>) -> Answered<()> {
    let client = authenticated(app, call).await?;
    let token = call.parameters.required("token")?;
    let (id, now) = (client.id, app.now());
    if let Some((family, _)) = refresh::read(token) {
        let hash = family.hash();
        let event = Event::new(EventKind::OpenidRevoked)
            .by(Actor::Anonymous)
            .from(call.from)
            .detailed(named(&client));
        let context = app.context();
        let found = app
            .store
            .look(move |connection| openid_tokens::family(connection, &hash))
            .await?;
        if let Some(found) = found.filter(|found| found.client == id) {
            app.store
                .write(move |connection| {
                    let grant = openid_grants::by_id(connection, found.grant)?;
                    if !openid_grants::end(connection, found.grant, now)? {
                        return Ok(());
                    }
                    let event = match grant.and_then(|grant| grant.user) {
                        Some(user) => event.about(user),
                        None => event,
                    };
                    context.record(connection, &event)
                })
                .await?;
        }
        return Ok(());
    }
    let Some(row) = find(app, token).await? else {
        return Ok(());
    };
    app.store
        .write(move |connection| {
            let grant = openid_grants::by_id(connection, row.grant)?;
            match grant.is_some_and(|grant| grant.client == id) {
                true => openid_tokens::remove_access(connection, &row.hash).map(drop),
                false => Ok(()),
            }
        })
        .await?;
    Ok(())
}
