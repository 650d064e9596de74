//! Ceremonies of WebAuthn, each answer by an authenticator made of software.

mod enrol_credential;
mod passwordless;
mod passwordless_attacks;
mod refusals;
mod related_origins;
mod sign_in_credential;
mod suspects;
mod webauthn_settings;

use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

/// A user with a key, at a browser in which no user is signed in.
async fn with_a_key(
    server: &Server,
    name: &str,
    kind: &str,
    key: &mut SoftAuthenticator,
) -> Person {
    let person = server.user(name).await;
    person.signs_in().await;
    let answer = person.registers(kind, key).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    person.elsewhere(&server.base)
}
