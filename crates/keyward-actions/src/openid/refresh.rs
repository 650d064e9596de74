//! Refresh tokens, which change at each use (RFC 9700 §4.14.2).
//!
//! A token has two halves: its family's and its own. Whoever shows the family's half with an own half that
//! is not the present one has a token that was replaced: either they or whoever replaced it is an attacker,
//! and the family ends with all that hangs on its grant.
//!
//! An answer can be lost on its way. A client that proves itself and shows the token before the present one
//! within [`ROTATION_GRACE`], while nobody has used the present one, gets another in its place. A public
//! client proves nothing, so nothing tells it from an attacker who copied its token, and it gets none.
//!
//! [`ROTATION_GRACE`]: keyward_core::domain::openid_grant::ROTATION_GRACE

use std::sync::Arc;

use zeroize::Zeroizing;

use super::access_token::NewAccessToken;
use super::client_proof::ClientCall;
use super::code::named;
use super::failure::{Answered, Failure};
use super::standing::standing;
use super::token::{Giving, Tokens, given, narrowed};
use crate::App;
use keyward_core::domain::event::{Actor, Event, EventKind};
use keyward_core::domain::openid_client::RegisteredClient;
use keyward_core::protocols::oauth::Refusal;
use keyward_core::secret::Token;
use keyward_store::openid_grants;
use keyward_store::openid_tokens::{self, RefreshFamily};

/// Both halves of a new token.
pub(super) fn draw(app: &App) -> (Token, Token) {
    let half = || Token::generate(&*app.entropy);
    (half(), half())
}

/// The token as the client gets it.
pub(super) fn written(family: &Token, own: &Token) -> Zeroizing<String> {
    let mut text = family.expose();
    text.push('.');
    text.push_str(&own.expose());
    text
}

/// Both halves of a token that is shown; `None` where it is none by its form.
pub(super) fn read(text: &str) -> Option<(Token, Token)> {
    let (family, own) = text.split_once('.')?;
    Some((Token::parse(family)?, Token::parse(own)?))
}

/// What became of a token in the transaction.
enum Rotated {
    Given(Box<Giving>),
    Over,
    Refused(Refusal),
}

/// Gives new tokens for a refresh token, which is replaced.
///
/// # Errors
/// `invalid_grant`, `invalid_scope`
pub(super) async fn by_refresh_token(
    app: &App,
    client: &Arc<RegisteredClient>,
    call: &ClientCall<'_>,
) -> Answered<Tokens> {
    let over = || Failure::grant("the refresh token is none, was replaced, or is over");
    let shown = call.parameters.required("refresh_token")?;
    let (family, own) = read(shown).ok_or_else(over)?;
    let looked_up = family.hash();
    // A stranger's token, which is none, does not come to the one writer.
    let found = app
        .store
        .look(move |connection| openid_tokens::family(connection, &looked_up))
        .await?;
    let found = found
        .filter(|found| found.client == client.id)
        .ok_or_else(over)?;
    match rotate(app, client, call, found, family, own).await? {
        Rotated::Given(giving) => given(app, client, *giving).await,
        Rotated::Over => Err(over()),
        Rotated::Refused(refusal) => Err(refusal.into()),
    }
}

async fn rotate(
    app: &App,
    client: &Arc<RegisteredClient>,
    call: &ClientCall<'_>,
    row: RefreshFamily,
    family: Token,
    own: Token,
) -> keyward_core::problem::Result<Rotated> {
    let (settings, context, now) = (app.settings.clone(), app.context(), app.now());
    let (client, from) = (Arc::clone(client), call.from.clone());
    let parameters = call.parameters.clone();
    let app = app.clone();
    let store = app.store.clone();
    store
        .write(move |connection| {
            let Some(standing) = standing(connection, &settings, &client, row.grant, now)? else {
                return Ok(Rotated::Over);
            };
            // Before anything is spent: a client that asks for too much keeps its token.
            let scopes = match narrowed(&parameters, &standing.grant.scopes) {
                Ok(scopes) => scopes,
                Err(refusal) => return Ok(Rotated::Refused(refusal)),
            };
            let (shown, next) = (own.hash(), Token::generate(&*app.entropy));
            let proves_itself = !client.settings.authentication.is_public();
            let is_replaced = openid_tokens::rotate(connection, &row, &shown, &next.hash(), now)?
                || proves_itself
                    && openid_tokens::rotate_again(connection, &row, &shown, &next.hash(), now)?;
            if !is_replaced {
                if now < row.expires_at && openid_grants::end(connection, row.grant, now)? {
                    let event = Event::new(EventKind::OpenidRefreshReused)
                        .by(Actor::Anonymous)
                        .from(&from)
                        .detailed(named(&client));
                    let event = match standing.grant.user {
                        Some(user) => event.about(user),
                        None => event,
                    };
                    context.record(connection, &event)?;
                }
                return Ok(Rotated::Over);
            }
            let access = NewAccessToken::draw(&app, &standing.grant, scopes);
            openid_tokens::insert_access(connection, &access.row)?;
            Ok(Rotated::Given(Box::new(Giving {
                standing,
                access,
                refresh: Some((family, next)),
                nonce: None,
            })))
        })
        .await
}
