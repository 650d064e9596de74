//! Fetches FIDO metadata. What comes is believed by its signature alone, so that any address will
//! do, and so that redirects are followed.

use std::time::Duration;

use reqwest::redirect;
use url::Url;

use crate::problem::{Problem, Result, codes};
use crate::protocols::mds::LARGEST;

/// How long a whole answer may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// Fetches a blob.
///
/// # Errors
/// `metadata.unreachable`, also for an answer that is too large or no success.
pub async fn fetch(url: &Url) -> Result<Vec<u8>> {
    let unreachable = |why: String| Problem::new(codes::METADATA_UNREACHABLE).detailed(why);
    let client = reqwest::Client::builder()
        .user_agent(concat!("keyward/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::limited(3))
        .timeout(PATIENCE)
        .build()
        .map_err(Problem::internal)?;
    let mut answer = client
        .get(url.clone())
        .send()
        .await
        .map_err(|error| unreachable(format!("{url} cannot be reached")).caused_by(error))?;
    if !answer.status().is_success() {
        return Err(unreachable(format!("{url} answers {}", answer.status())));
    }
    let mut blob = Vec::new();
    let stopped =
        |error: reqwest::Error| unreachable(format!("{url} stopped answering")).caused_by(error);
    while let Some(part) = answer.chunk().await.map_err(stopped)? {
        if blob.len() + part.len() > LARGEST {
            return Err(unreachable(format!(
                "{url} sends more than {LARGEST} bytes"
            )));
        }
        blob.extend_from_slice(&part);
    }
    Ok(blob)
}
