//! What machines ask: no session, no pages.

pub mod assets;
pub mod forward_auth;
pub mod health;
pub mod jwks;
pub mod metrics;
pub mod models;
pub mod openapi;
pub mod openid;
pub mod phone;
pub mod upstream;
pub mod well_known;
pub mod wsapi;
