//! Public keys of OpenID clients that are at an address of theirs: fetched when they are needed, kept for a
//! while, and asked for by one request at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use url::Url;

use keyward_core::clock::Timestamp;
use keyward_core::domain::json_web_key::JwkSet;
use keyward_gateways::client_keys::ClientKeysGateway;

/// How long keys are kept: for so long one that its client takes back may still count.
const KEPT: Duration = Duration::from_mins(5);
/// How long an address is let alone after it was asked, whatever it answered: a stranger can show assertions
/// that name another key as often as they like.
const REST: Duration = Duration::from_mins(1);

/// What was fetched, by its address. Addresses are those of clients, which administrators alone make.
#[derive(Default)]
pub(crate) struct ClientKeysCache(StdMutex<HashMap<Url, Arc<Mutex<Fetched>>>>);

#[derive(Default)]
struct Fetched {
    keys: Option<(Timestamp, Arc<JwkSet>)>,
    asked_at: Option<Timestamp>,
}

impl ClientKeysCache {
    /// The keys at an address, among which is the one that an assertion names, as far as can be known;
    /// `None` where there are none.
    pub(crate) async fn at(
        &self,
        gateway: &ClientKeysGateway,
        address: &Url,
        is_among: impl Fn(&JwkSet) -> bool,
        now: Timestamp,
    ) -> Option<Arc<JwkSet>> {
        let fetched = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(address.clone()).or_default())
        };
        let mut fetched = fetched.lock().await;
        let kept = fetched
            .keys
            .as_ref()
            .filter(|(at, _)| is_within(*at, now, KEPT))
            .map(|(_, keys)| Arc::clone(keys));
        if kept.as_ref().is_some_and(|keys| is_among(keys)) {
            return kept;
        }
        if fetched.asked_at.is_some_and(|at| is_within(at, now, REST)) {
            return kept;
        }
        fetched.asked_at = Some(now);
        match gateway.fetch(address).await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                fetched.keys = Some((now, Arc::clone(&keys)));
                Some(keys)
            }
            Err(why) => {
                tracing::warn!("the keys of an OpenID client were not fetched: {address} {why}");
                kept
            }
        }
    }
}

/// Whether something of that moment is younger than this; nothing is that is of a later one, whatever the
/// clock was set to.
fn is_within(at: Timestamp, now: Timestamp, lasting: Duration) -> bool {
    at <= now && now.since(at) < lasting
}
