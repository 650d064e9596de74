//! The side of OpenID Connect that asks: where a provider is asked, how, and what its answers say.
//!
//! Nothing here believes anything: what a token proves is decided in `factors/upstream.rs`.

mod authorization;
mod discovery;
mod token_answer;

pub use authorization::{AuthorizationAnswer, AuthorizationRequest, Prompt};
pub use discovery::{ClientAuthentication, ProviderMetadata};
pub use token_answer::{TokenAnswer, TokenRequest};
