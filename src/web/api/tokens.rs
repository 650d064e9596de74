//! `/api/v1/tokens`
//!
//! No token makes another: what a stolen one had made would work on after its revocation.

use actix_web::http::Method;

use super::call::{Call, done};
use super::lists::list;
use super::operation::{Operation, to};
use crate::lists::ApiTokens;
use crate::rows::ApiTokenRow;
use crate::web::answer::Answer;
use keyward_actions::api_token;
use keyward_core::domain::api_token::{ApiScope, ApiTokenId};
use keyward_core::problem::{Result, codes};

const ONE: &str = "/tokens/{id}";

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::TokensRead, ApiScope::TokensWrite);
    let unknown = &[codes::API_TOKEN_UNKNOWN];
    vec![
        list::<ApiTokens>("tokens.list", reads),
        Operation::new(
            Method::GET,
            ONE,
            "tokens.read",
            reads,
            "One API token",
            || to(read),
        )
        .reads::<ApiTokenRow>()
        .refuses(unknown),
        Operation::new(
            Method::DELETE,
            ONE,
            "tokens.revoke",
            writes,
            "Revokes an API token from its next use on",
            || to(revoke),
        )
        .refuses(unknown),
    ]
}

fn token_of(call: &Call) -> Result<ApiTokenId> {
    let id = call.path("id", |text| Some(ApiTokenId::parse(text)))?;
    id.ok_or_else(|| codes::API_TOKEN_UNKNOWN.into())
}

async fn read(call: Call) -> Answer {
    let found = api_token::find(call.app(), &call.audits()?, token_of(&call)?).await?;
    call.read(&ApiTokenRow::from(&found), None)
}

async fn revoke(call: Call) -> Answer {
    api_token::revoke(call.app(), &call.administrator()?, token_of(&call)?).await?;
    done()
}
