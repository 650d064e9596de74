//! The console: for superusers with a second factor, and for nobody else. Every handler here takes
//! a `Superuser`.

use actix_web::web::ServiceConfig;

/// The console's addresses.
pub fn routes(_app: &mut ServiceConfig) {}
