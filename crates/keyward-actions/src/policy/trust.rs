//! Which browsers a policy would not trust any more.

use std::collections::HashMap;

use super::policy_set::{Person, PolicySet};
use keyward_core::clock::Timestamp;
use keyward_core::domain::policy::Effective;
use keyward_core::domain::trusted_browser::{TrustTerms, TrustedBrowser};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;
use keyward_store::{AnyConnection, trusted_browsers};

/// The trusted browsers of these people.
pub(super) fn browsers_of(
    connection: &mut AnyConnection,
    people: &[UserId],
    now: Timestamp,
) -> Result<HashMap<UserId, Vec<TrustedBrowser>>> {
    let mut browsers: HashMap<UserId, Vec<TrustedBrowser>> = HashMap::new();
    for browser in trusted_browsers::of_users(connection, people, now)? {
        browsers.entry(browser.user_id).or_default().push(browser);
    }
    Ok(browsers)
}

/// The names of a person's browsers that the present policies trust and the draft would not.
pub(super) fn ending(
    person: &Person,
    present: &mut PolicySet,
    settings: &keyward_settings::TrustedBrowser,
    browsers: &[TrustedBrowser],
    now: Timestamp,
) -> Vec<String> {
    let Some(age) = settings.age else {
        return Vec::new();
    };
    let most = settings.max_per_user;
    let kept = |effective: &Effective| {
        let terms = TrustTerms { age, most }.under(effective.rules());
        terms.map_or_else(Vec::new, |terms| terms.keep(browsers, now))
    };
    let trusted = kept(&present.effective(&person.groups));
    let staying = kept(&person.effective);
    let end =
        |browser: &&TrustedBrowser| trusted.contains(&browser.id) && !staying.contains(&browser.id);
    let ending = browsers.iter().filter(end);
    ending
        .map(|browser| browser.name.as_str().to_owned())
        .collect()
}
