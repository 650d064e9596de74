//! Signing tokens.

use std::sync::Arc;

use serde::Serialize;

use super::ring::signing;
use crate::App;
use keyward_core::domain::json_web_key::SigningAlgorithm;
use keyward_core::problem::{Problem, Result};
use keyward_core::protocols::jose;

/// Signs claims by the key of an algorithm; `typ` as [`jose::sign`] has it. RSA, which takes most of a
/// millisecond, does so off the async threads.
///
/// # Errors
/// The store's; `master_key.wrong` where the key does not open.
pub async fn sign<T>(
    app: &App,
    algorithm: SigningAlgorithm,
    typ: &'static str,
    claims: T,
) -> Result<String>
where
    T: Serialize + Send + 'static,
{
    let key = signing(app, algorithm).await?;
    match algorithm {
        SigningAlgorithm::Es256 | SigningAlgorithm::EdDsa => jose::sign(&claims, typ, &key),
        SigningAlgorithm::Rs256 => {
            let key = Arc::clone(&key);
            tokio::task::spawn_blocking(move || jose::sign(&claims, typ, &key))
                .await
                .map_err(Problem::internal)?
        }
    }
}
