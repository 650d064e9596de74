//! What clients find out by themselves (OpenID Connect Discovery 1.0 §3, RFC 8414 §2).

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use serde_json::json;

use crate::web::Site;
use keyward_core::domain::authentication_context::ContextClass;
use keyward_core::domain::json_web_key::SigningAlgorithm;
use keyward_core::domain::openid_client::{ClientAuthentication, GrantType, Scope, SubjectType};
use keyward_core::domain::openid_grant::ClaimName;

/// The document.
pub async fn show(site: Data<Site>) -> HttpResponse {
    let origin = site.app.settings().server.origin();
    let at = |path: &str| format!("{origin}/oauth2/{path}");
    let fixed = [
        "iss",
        "sub",
        "aud",
        "azp",
        "exp",
        "iat",
        "auth_time",
        "nonce",
        "acr",
        "amr",
        "sid",
        "at_hash",
    ];
    let named = ClaimName::ALL.into_iter().map(|(_, name, _)| name);
    let claims: Vec<&str> = fixed.into_iter().chain(named).collect();
    // Where TLS ends at a proxy, no certificate comes here (RFC 8705 §2.1).
    let asks = site.app.settings().server.asks_for_certificates();
    let ways = ClientAuthentication::NAMES.into_iter();
    let ways = ways.filter(|name| asks || *name != ClientAuthentication::TLS);
    let ways: Vec<&str> = ways.collect();
    let proved = ways.iter().filter(|name| **name != "none");
    let signs = &site.app.settings().openid.algorithms;
    let signs = signs.iter().copied().map(SigningAlgorithm::as_str);
    let document = json!({
        "issuer": origin,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at("jwks"),
        "introspection_endpoint": at("introspect"),
        "revocation_endpoint": at("revoke"),
        "pushed_authorization_request_endpoint": at("par"),
        "require_pushed_authorization_requests": false,
        "device_authorization_endpoint": at("device"),
        "end_session_endpoint": at("end-session"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": GrantType::ALL.map(GrantType::registered),
        "scopes_supported": Scope::OF_USERS,
        "claims_supported": claims,
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "subject_types_supported": SubjectType::ALL.map(SubjectType::as_str),
        "id_token_signing_alg_values_supported": signs.collect::<Vec<_>>(),
        "acr_values_supported": ContextClass::ALL.map(ContextClass::as_str),
        "ui_locales_supported": ["en"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ways,
        "token_endpoint_auth_signing_alg_values_supported":
            ["ES256", "ES384", "RS256", "PS256", "EdDSA"],
        "revocation_endpoint_auth_methods_supported": ways,
        "introspection_endpoint_auth_methods_supported": proved.collect::<Vec<_>>(),
        "authorization_response_iss_parameter_supported": true,
    });
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .json(document)
}
