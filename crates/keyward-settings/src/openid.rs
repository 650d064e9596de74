//! `[openid]`

use std::time::Duration;

use ipnet::IpNet;

use super::forms::{algorithms, days, duration, list, network};
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
        /// Networks in which public keys of clients are fetched although they are loopback, link-local, private
        /// or a cloud's metadata service. By plain http no others are asked.
        networks "networks": Vec<IpNet> = list(network(), "a list of networks such as `10.0.0.0/8`").or("[]");
    }
}
