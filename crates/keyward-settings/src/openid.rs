//! `[openid]`

use std::time::Duration;

use super::form::{Form, Given};
use super::forms::{days, duration};
use super::section::section;
use keyward_core::domain::json_web_key::SigningAlgorithm;

section! {
    /// The OpenID provider, by which people sign in to applications.
    Openid = "openid" {
        /// How ID tokens may be signed, and so which keys are published: `ES256`, `RS256`, `EdDSA`. Some
        /// applications read no other than `RS256`; each client says which it gets.
        algorithms "algorithms": Vec<SigningAlgorithm> = algorithms().or("[\"ES256\", \"RS256\"]");
        /// How long a key signs before the next one takes its place, which was published ahead. What
        /// it signed is verified for `session.absolute` and a day more.
        key_rotation "key_rotation": Duration = duration(days(1)..=days(3650)).or("90d");
    }
}

fn algorithms() -> Form<Vec<SigningAlgorithm>> {
    let one = Form::new("an algorithm", |given: &Given| {
        let name = given.text()?.trim();
        SigningAlgorithm::parse(name).ok_or_else(|| {
            let names = SigningAlgorithm::ALL
                .map(SigningAlgorithm::as_str)
                .join(", ");
            format!("\"{name}\" is none of {names}")
        })
    });
    Form::new("a list of algorithms", move |given: &Given| {
        let mut all = Vec::new();
        for value in given.list()? {
            let algorithm = one.read(&value)?;
            if all.contains(&algorithm) {
                return Err(format!("names {} twice", algorithm.as_str()));
            }
            all.push(algorithm);
        }
        match all.is_empty() {
            true => Err("must name one at least".to_owned()),
            false => Ok(all),
        }
    })
}
