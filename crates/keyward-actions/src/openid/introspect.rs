//! Token introspection (RFC 7662).

use serde_json::{Value, json};

use super::access_token::shown;
use super::claims::{issuer, subject_of};
use super::client_proof::{ClientCall, authenticated};
use super::failure::Answered;
use super::{refresh, standing};
use crate::App;
use keyward_core::protocols::oauth::{OauthError, Refusal};
use keyward_store::openid_tokens;

/// What a client that proves itself may know of a token. Of one that does not count it is told nothing
/// else (§2.2), and neither of a refresh token of another client.
///
/// # Errors
/// `invalid_client`, `unauthorized_client`
pub async fn introspect(app: &App, call: &ClientCall<'_>) -> Answered<Value> {
    let client = authenticated(app, call).await?;
    // Whoever may ask without proof could try tokens (RFC 7662 §4).
    if client.settings.authentication.is_public() {
        let why = "a client that proves nothing may not ask about tokens";
        return Err(Refusal::new(OauthError::UnauthorizedClient, why).into());
    }
    let token = call.parameters.required("token")?;
    let inactive = json!({ "active": false });
    if let Some((family, own)) = refresh::read(token) {
        let looked_up = family.hash();
        let found = app
            .store
            .look(move |connection| openid_tokens::family(connection, &looked_up))
            .await?;
        let found = found.filter(|found| {
            found.client == client.id && found.current == own.hash() && app.now() < found.expires_at
        });
        let Some(found) = found else {
            return Ok(inactive);
        };
        let Some(standing) = standing::look(app, &client, found.grant).await? else {
            return Ok(inactive);
        };
        let subject = standing
            .person
            .map(|person| subject_of(app, &client, person.user.id));
        return Ok(json!({
            "active": true,
            "client_id": client.settings.client_id.as_str(),
            "sub": subject,
            "scope": standing.grant.scopes.joined(),
            "exp": found.expires_at.seconds(),
            "iss": issuer(app),
        }));
    }
    let Some(shown) = shown(app, token).await? else {
        return Ok(inactive);
    };
    let client_id = shown.client.settings.client_id.as_str();
    let mut told = json!({
        "active": true,
        "token_type": "Bearer",
        "client_id": client_id,
        "sub": client_id,
        "scope": shown.row.scopes.joined(),
        "exp": shown.row.expires_at.seconds(),
        "iss": issuer(app),
    });
    if let Some(person) = &shown.standing.person {
        told["sub"] = subject_of(app, &shown.client, person.user.id).into();
        told["auth_time"] = person.proof.auth_time.seconds().into();
        told["acr"] = person.proof.acr.as_str().into();
    }
    Ok(told)
}
