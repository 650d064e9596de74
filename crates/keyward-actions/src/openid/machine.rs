//! Tokens of a client for itself (RFC 6749 §4.4).

use std::sync::Arc;

use super::access_token::NewAccessToken;
use super::client_proof::ClientCall;
use super::clients::own;
use super::failure::Answered;
use super::standing::Standing;
use super::token::{Giving, Tokens, given};
use crate::App;
use keyward_core::domain::openid_client::{RegisteredClient, Scope};
use keyward_core::domain::openid_grant::{ACCESS_TOKEN_LASTS, Grant, GrantId, NamedClaims};
use keyward_core::protocols::oauth::{OauthError, Refusal};
use keyward_store::{openid_grants, openid_tokens};

/// Gives a client a token for itself. There is no refresh token: it can ask again (§4.4.3).
///
/// # Errors
/// `invalid_scope`
pub(super) async fn by_client_credentials(
    app: &App,
    client: &Arc<RegisteredClient>,
    call: &ClientCall<'_>,
) -> Answered<Tokens> {
    let asked = call.parameters.get("scope")?;
    let all = client.settings.scopes.iter().map(Scope::as_str);
    let scopes = match asked {
        Some(asked) => own(client, asked.split(' ')),
        None => own(client, all),
    };
    let is_whole = asked.is_none_or(|asked| {
        let mut words = asked.split(' ').filter(|word| !word.is_empty());
        words.all(|word| scopes.contains(word))
    });
    if !is_whole || scopes.is_empty() {
        let why = "a scope is none that this client may have for itself";
        return Err(Refusal::new(OauthError::InvalidScope, why).into());
    }
    let now = app.now();
    let grant = Grant {
        id: GrantId::generate(now, &*app.entropy),
        client: client.id,
        user: None,
        session: None,
        sid: String::new(),
        scopes: scopes.clone(),
        claims: NamedClaims::default(),
        proof: None,
        created_at: now,
        ended_at: None,
    };
    let access = NewAccessToken::draw(app, &grant, scopes);
    let (row, kept) = (access.row.clone(), grant.clone());
    app.store
        .write(move |connection| {
            openid_grants::insert(connection, &kept, now + ACCESS_TOKEN_LASTS)?;
            openid_tokens::insert_access(connection, &row)
        })
        .await?;
    let giving = Giving {
        standing: Standing {
            grant,
            person: None,
        },
        access,
        refresh: None,
        nonce: None,
    };
    given(app, client, giving).await
}
