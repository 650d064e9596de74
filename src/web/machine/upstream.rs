//! `/upstream/{name}/backchannel-logout`: another OpenID provider says which sessions ended there
//! (OpenID Connect Back-Channel Logout 1.0 §2.5). It proves itself by what it signs.

use actix_web::HttpResponse;
use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

use crate::web::Site;
use crate::web::answer::{Answer, status};
use crate::web::extract::client::Caller;
use keyward_actions::upstream;
use keyward_core::domain::upstream::UpstreamName;
use keyward_core::problem::{Fault, codes};

#[derive(Deserialize)]
pub struct SignOutFields {
    #[serde(rename = "logout_token")]
    token: String,
}

/// Ends the sessions here.
pub async fn end_sessions(
    site: Data<Site>,
    path: Path<String>,
    Form(fields): Form<SignOutFields>,
    Caller(client): Caller,
) -> Answer {
    let name = UpstreamName::parse(&path).ok_or(codes::UPSTREAM_UNKNOWN)?;
    match upstream::end_sessions(&site.app, &name, &fields.token, &client).await {
        Ok(_) => Ok(HttpResponse::Ok().finish()),
        // As §2.8 has it, for a provider that reads why.
        Err(problem) if problem.fault() == Fault::Malformed => {
            let refused = serde_json::json!({
                "error": "invalid_request",
                "error_description": problem.detail().unwrap_or_default(),
            });
            Ok(HttpResponse::build(status(problem.fault())).json(refused))
        }
        Err(problem) => Err(problem.into()),
    }
}
