//! Fetches FIDO metadata. What comes is believed by its signature alone, so that nearly any address
//! will do, and so that redirects are followed.

use std::time::Duration;

use url::Url;

use super::outgoing::{Outgoing, Proxies, Redirects, obstacle};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::mds::LARGEST;

/// How long a whole answer may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// Fetches a blob.
///
/// # Errors
/// `metadata.unreachable`, also for an answer that is too large or no success.
pub async fn fetch(url: &Url) -> Result<Vec<u8>> {
    let unreachable = |why: String| Problem::new(codes::METADATA_UNREACHABLE).detailed(why);
    let stopped = |error: reqwest::Error| {
        let why = obstacle(&error).words();
        unreachable(format!("{url} {why}")).caused_by(error)
    };
    let http = Outgoing::new(Redirects::AtMost(3), Proxies::OfEnvironment, PATIENCE)?;
    let request = http
        .get(url)
        .map_err(|obstacle| unreachable(format!("{url} {}", obstacle.words())))?;
    let mut answer = request.send().await.map_err(stopped)?;
    if !answer.status().is_success() {
        return Err(unreachable(format!("{url} answers {}", answer.status())));
    }
    let mut blob = Vec::new();
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
