//! Requests and refusals of OAuth 2.0 and OpenID Connect, as they are written: parameters, PKCE, the
//! words of errors, and how clients prove themselves. What a request comes to is decided elsewhere.

mod authorization;
mod claims_request;
mod client_proof;
mod parameters;
mod pkce;
mod refusal;

pub use authorization::{AcrRequest, AuthorizationRequest, Prompts, ResponseMode};
pub use claims_request::ClaimsRequest;
pub use client_proof::ClientProof;
pub use parameters::Parameters;
pub use pkce::{CodeChallenge, code_challenge};
pub use refusal::{OauthError, Refusal};
