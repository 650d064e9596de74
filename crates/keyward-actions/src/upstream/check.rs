//! Whether the providers of the settings can be asked.

use crate::check::{Finding, State};
use crate::services::Upstreams;
use keyward_core::clock::{Clock as _, SystemClock};
use keyward_core::problem::Result;
use keyward_settings::Settings;

/// Asks each provider what it says of itself, and for its keys.
pub(crate) async fn check_providers(settings: &Settings) -> Vec<Finding> {
    let mend = "look at `[[upstream]]` of the settings, and at the way there";
    let upstreams = match Upstreams::new(settings) {
        Ok(upstreams) => upstreams,
        Err(problem) => return vec![Finding::new("upstream", State::Wrong(problem, mend))],
    };
    let mut findings = Vec::new();
    for upstream in upstreams.iter() {
        let provider = &upstream.provider;
        let now = SystemClock.now();
        let asked: Result<usize> = async {
            upstream.metadata(now).await?;
            Ok(upstream.keys(false, now).await?.keys().len())
        }
        .await;
        let state = match asked {
            Ok(keys) => {
                let keys = match keys {
                    1 => "1 key".to_owned(),
                    more => format!("{more} keys"),
                };
                State::Fine(format!(
                    "{} has {keys}; its answers go to {}",
                    provider.issuer, provider.redirect_uri
                ))
            }
            Err(problem) => State::Wrong(problem, mend),
        };
        findings.push(Finding::new(format!("upstream {}", provider.name), state));
    }
    findings
}
