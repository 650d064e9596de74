//! `[openid]`

use std::time::Duration;

use super::forms::{algorithms, days, duration};
use super::section::section;
use keyward_core::domain::json_web_key::SigningAlgorithm;

section! {
    /// The OpenID provider, by which people sign in to applications.
    Openid = "openid" {
        /// How ID tokens may be signed, and so which keys are published: `ES256`, `RS256`, `EdDSA`. Some
        /// applications read no other than `RS256`; each client says which it gets.
        algorithms "algorithms": Vec<SigningAlgorithm> = algorithms(&SigningAlgorithm::ALL, SigningAlgorithm::as_str).or("[\"ES256\", \"RS256\"]");
        /// How long a key signs before the next one takes its place, which was published ahead. What
        /// it signed is verified for `session.absolute` and a day more.
        key_rotation "key_rotation": Duration = duration(days(1)..=days(3650)).or("90d");
    }
}
