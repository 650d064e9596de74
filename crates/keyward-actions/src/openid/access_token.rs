//! Access tokens: made, and looked at when they are shown.

use serde_json::json;

use super::claims::{issuer, subject_of, verified};
use super::standing::{Standing, standing_of};
use crate::App;
use crate::openid_client::registered_clients;
use crate::openid_key::sign;
use keyward_core::clock::Timestamp;
use keyward_core::domain::openid_client::{AccessTokenFormat, OpenidClient, RegisteredClient};
use keyward_core::domain::openid_grant::{ACCESS_TOKEN_LASTS, Grant, Scopes};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;
use keyward_core::secret::{Token, TokenHash};
use keyward_store::openid_grants;
use keyward_store::openid_tokens::{self, AccessToken};
use std::sync::Arc;
use zeroize::Zeroizing;

/// A token that is being made: what is stored of it, and what it will say.
pub(super) struct NewAccessToken {
    token: Token,
    pub row: AccessToken,
    issued_at: Timestamp,
}

impl NewAccessToken {
    /// A token for a grant, which covers this of it.
    pub fn draw(app: &App, grant: &Grant, scopes: Scopes) -> Self {
        let token = Token::generate(&*app.entropy);
        let now = app.now();
        Self {
            row: AccessToken {
                hash: token.hash(),
                grant: grant.id,
                scopes,
                expires_at: now + ACCESS_TOKEN_LASTS,
            },
            issued_at: now,
            token,
        }
    }

    /// The token in the form that the client gets: the random text, or a JWT (RFC 9068 §2). That is called by
    /// the hash, which is shown to nobody in the token's place: its id may stand in the log of whoever it is
    /// shown to.
    pub async fn written(
        &self,
        app: &App,
        client: &OpenidClient,
        user: Option<UserId>,
    ) -> Result<Zeroizing<String>> {
        if client.settings.access_token == AccessTokenFormat::Opaque {
            return Ok(self.token.expose());
        }
        let client_id = client.settings.client_id.as_str();
        // A client that acts for itself is its own subject (RFC 9068 §2.2).
        let subject = match user {
            Some(user) => subject_of(app, client, user),
            None => client_id.to_owned(),
        };
        let claims = json!({
            "iss": issuer(app),
            "sub": subject,
            "aud": issuer(app),
            "client_id": client_id,
            "scope": self.row.scopes.joined(),
            "jti": self.row.hash.as_str(),
            "iat": self.issued_at.seconds(),
            "exp": self.row.expires_at.seconds(),
        });
        let algorithm = client.settings.id_token_algorithm;
        sign(app, algorithm, "at+jwt", claims)
            .await
            .map(Zeroizing::new)
    }
}

/// An access token that counts now.
pub(super) struct Shown {
    pub client: Arc<RegisteredClient>,
    pub row: AccessToken,
    pub standing: Standing,
}

/// The types of access tokens that are JWTs.
const TYPES: &[Option<&str>] = &[Some("at+jwt")];

/// What is stored of a token that is shown; `None` where it is none of ours.
pub(super) async fn find(app: &App, text: &str) -> Result<Option<AccessToken>> {
    let Some(hash) = hash_of(app, text).await? else {
        return Ok(None);
    };
    app.store
        .look(move |connection| openid_tokens::access_by_hash(connection, &hash))
        .await
}

/// The hash of a token, by which a JWT of ours is called.
async fn hash_of(app: &App, text: &str) -> Result<Option<TokenHash>> {
    if !text.contains('.') {
        return Ok(Token::parse(text).map(|token| token.hash()));
    }
    let read = verified(app, text, &issuer(app), TYPES, false).await?;
    Ok(read.and_then(|read| Some(TokenHash::from_stored(read.id.as_deref()?))))
}

/// Looks at a token that is shown; `None` where it does not count: it is none, its time is over, or what it
/// hangs on has ended.
pub(super) async fn shown(app: &App, text: &str) -> Result<Option<Shown>> {
    let Some(hash) = hash_of(app, text).await? else {
        return Ok(None);
    };
    let (clients, settings, now) = (
        registered_clients(app).await?,
        app.settings.clone(),
        app.now(),
    );
    app.store
        .look(move |connection| {
            let row = openid_tokens::access_by_hash(connection, &hash)?;
            let Some(row) = row.filter(|row| now < row.expires_at) else {
                return Ok(None);
            };
            let Some(grant) = openid_grants::by_id(connection, row.grant)? else {
                return Ok(None);
            };
            let client = clients.iter().find(|one| one.client.id == grant.client);
            let Some(client) = client.cloned() else {
                return Ok(None);
            };
            let standing = standing_of(connection, &settings, &client, grant, now)?;
            Ok(standing.map(|standing| Shown {
                row: AccessToken {
                    scopes: row.scopes.within(&standing.grant.scopes),
                    ..row
                },
                client,
                standing,
            }))
        })
        .await
}
