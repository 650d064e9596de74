//! FIDO metadata: what is known of authenticator models.

mod import;
mod show;

pub use import::Import;
pub use show::ModelShown;
pub(crate) use show::name_models;
