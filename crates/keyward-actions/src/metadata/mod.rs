//! FIDO metadata: what is known of authenticator models.

mod import;
mod show;
pub use import::import;
pub use import::refresh;
pub use import::update;
pub use show::edition;
pub use show::model;
pub use show::model_icon;
pub use show::model_pictures;

pub use import::Import;
pub use show::ModelDetails;
pub(crate) use show::name_models;
