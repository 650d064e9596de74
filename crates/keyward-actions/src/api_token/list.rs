//! Which tokens there are.

use crate::App;
use keyward_core::domain::api_token::{ApiTokenId, ApiTokenSummary};
use keyward_core::domain::user::User;
use keyward_core::flows::permit::{Administrator, MayAudit};
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{api_tokens, users};

/// A page of tokens in the order in which they were made, after one.
///
/// # Errors
/// The store's.
pub async fn list(
    app: &App,
    _: &MayAudit,
    after: Option<ApiTokenId>,
    limit: i64,
) -> Result<Vec<ApiTokenSummary>> {
    app.store
        .read(move |connection| api_tokens::page(connection, after, limit))
        .await
}

/// The token of this name.
///
/// # Errors
/// `api_token.unknown`
pub async fn find_by_name(app: &App, _: &MayAudit, name: &str) -> Result<ApiTokenSummary> {
    let wanted = name.to_owned();
    let found = app
        .store
        .look(move |connection| api_tokens::by_name(connection, &wanted))
        .await?;
    found.ok_or_else(|| Problem::new(codes::API_TOKEN_UNKNOWN).detailed(name))
}

/// Whose a token is where nobody says so: the only superuser's.
///
/// # Errors
/// `api_token.invalid` where there are several, or none.
pub async fn usual_owner(app: &App, _: &Administrator) -> Result<User> {
    let mut superusers = app.store.look(users::superusers).await?;
    match (superusers.pop(), superusers.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(Problem::new(codes::API_TOKEN_INVALID).detailed("say whose it shall be")),
    }
}

/// The token of this id.
///
/// # Errors
/// `api_token.unknown`
pub async fn find(app: &App, _: &MayAudit, id: ApiTokenId) -> Result<ApiTokenSummary> {
    let found = app
        .store
        .look(move |connection| api_tokens::by_id(connection, id))
        .await?;
    found.ok_or_else(|| codes::API_TOKEN_UNKNOWN.into())
}
