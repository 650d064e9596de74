//! Making and revoking.

use crate::{App, grounds};
use keyward_core::domain::api_token::{
    ApiScope, ApiToken, ApiTokenId, ApiTokenPlan, ApiTokenSecret,
};
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::event_detail::TokenScopes;
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{api_tokens, users};

/// Makes a token for a user, and gives back its secret, which is not shown again.
///
/// # Errors
/// `api_token.invalid`, `api_token.name_taken`, `user.unknown`; `api_token.owner` where its scopes are
/// more than its owner may.
pub async fn add(
    app: &App,
    administrator: &Administrator,
    owner: UserId,
    plan: ApiTokenPlan,
) -> Result<(ApiToken, ApiTokenSecret)> {
    let context = app.context();
    let secret = ApiTokenSecret::generate(&*context.entropy);
    let token = ApiToken {
        id: ApiTokenId::generate(context.now, &*context.entropy),
        owner,
        plan: plan.checked(context.now)?,
        created_at: context.now,
        last_used_at: None,
    };
    let event = administrator.does(EventKind::ApiTokenAdded).about(owner);
    let event = event.detailed(told(&token.plan));
    let (hash, refusal) = (secret.hash(), event.clone());
    let added = grounds::write_for(app, administrator.grounds(), move |connection| {
        let user = users::expect(connection, owner)?;
        let asks = |scope: &ApiScope| scope.needs_superuser();
        if !user.is_enabled || (token.plan.scopes.iter().any(asks) && !user.is_superuser) {
            return Err(Problem::new(codes::API_TOKEN_OWNER)
                .detailed(format!("{} is no superuser who may sign in", user.name)));
        }
        api_tokens::insert(connection, &token, &hash)?;
        context.record(connection, &event)?;
        Ok(token)
    })
    .await;
    let token = app.or_refusal(refusal, added).await?;
    Ok((token, secret))
}

/// Revokes a token from its next use on, on every server, and gives it back.
///
/// # Errors
/// `api_token.unknown`
pub async fn revoke(app: &App, administrator: &Administrator, id: ApiTokenId) -> Result<ApiToken> {
    let event = administrator.does(EventKind::ApiTokenRevoked);
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let found = api_tokens::by_id(connection, id)?;
        let token = found.ok_or(codes::API_TOKEN_UNKNOWN)?.token;
        if !api_tokens::remove(connection, id)? {
            return Err(codes::API_TOKEN_UNKNOWN.into());
        }
        let event = event.about(token.owner).detailed(told(&token.plan));
        context.record(connection, &event)?;
        Ok(token)
    })
    .await
}

/// What the trail says of a token.
fn told(plan: &ApiTokenPlan) -> EventDetail {
    let scopes = plan.scopes.iter().map(|scope| scope.as_str().to_owned());
    EventDetail::ApiToken(TokenScopes {
        name: plan.name.clone(),
        scopes: scopes.collect(),
    })
}
