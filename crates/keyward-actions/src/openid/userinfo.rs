//! The userinfo endpoint (OpenID Connect Core 1.0 §5.3).

use serde_json::{Map, Value};

use super::access_token::shown;
use super::claims::{of_person, subject_of};
use super::failure::Answered;
use crate::App;
use keyward_core::domain::openid_client::Scope;
use keyward_core::protocols::oauth::{OauthError, Refusal};

/// What a client may know of the user behind an access token.
///
/// # Errors
/// `invalid_token`, `insufficient_scope` (RFC 6750 §3.1)
pub async fn userinfo(app: &App, token: &str) -> Answered<Map<String, Value>> {
    let none = || Refusal::new(OauthError::InvalidToken, "the token is none, or is over");
    let shown = shown(app, token).await?.ok_or_else(none)?;
    let openid = || Refusal::new(OauthError::InsufficientScope, "the token is not for openid");
    let person = shown.standing.person.as_ref();
    let person = person
        .filter(|_| shown.row.scopes.contains(Scope::OPENID))
        .ok_or_else(openid)?;
    let named = &shown.standing.grant.claims.userinfo;
    let mut claims = of_person(app, &shown.client, person, &shown.row.scopes, named).await?;
    let subject = subject_of(app, &shown.client, person.user.id);
    claims.insert("sub".to_owned(), subject.into());
    Ok(claims)
}
