//! What password managers are told of passkeys that were removed, renamed or are not known here.

use keyward_actions::two_factor;
use keyward_actions::user;
use keyward_core::flows::permit::Administrator;
use serde_json::json;

use crate::steps::{adds_passkey, signed_in_with, signs_out};
use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::server::Server;

/// An administrator removes all devices of a user.
async fn removes_devices_of(server: &Server, name: &str) {
    let administrator = Administrator::at_command_line();
    let user = user::find_by_name(&server.app, &administrator, name).await;
    let user = user.expect("a database").expect("a user");
    let removed = two_factor::disable(&server.app, &administrator, user.id).await;
    removed.expect("a database");
}

#[tokio::test]
async fn a_removed_passkey_is_forgotten_by_its_authenticator() {
    let (_server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    adds_passkey(&browser, "Laptop").await;
    browser.holds(1).await;
    browser.visit("/account/devices").await;
    browser.holds(1).await;
    browser.press("Remove").await;
    browser.sees("Remove Laptop?").await;
    browser.press("Remove").await;
    browser.is_told("Laptop was removed.").await;
    browser.holds(0).await;
}

#[tokio::test]
async fn a_passkey_that_somebody_else_removed_is_forgotten_at_the_next_visit() {
    let (server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    adds_passkey(&browser, "Laptop").await;
    removes_devices_of(&server, "anna").await;
    browser.holds(1).await;
    // The removal ended the session: so does the next one begin.
    crate::steps::types_password(&browser, &server.stranger("anna")).await;
    browser.arrives_at("/account").await;
    browser.holds(0).await;
}

#[tokio::test]
async fn a_passkey_carries_the_name_that_its_user_has_here() {
    let (_server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    adds_passkey(&browser, "Laptop").await;
    let mut held = browser.credentials().await.remove(0);
    held["userName"] = json!("anna.before");
    held["userDisplayName"] = json!("Anna before");
    browser.put_credential(&held).await;
    assert_eq!(browser.credentials().await[0]["userName"], "anna.before");
    browser.visit("/account/devices").await;
    browser.press("Rename").await;
    browser.fill("Device name", "Old laptop").await;
    browser.press("Save").await;
    browser
        .is_told("The device is now called Old laptop.")
        .await;
    let credential = &browser.credentials().await[0];
    assert_eq!(credential["userName"], "anna");
    assert_eq!(credential["userDisplayName"], "anna");
}

#[tokio::test]
async fn an_unknown_passkey_is_refused_in_words_and_not_offered_again() {
    let (server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    adds_passkey(&browser, "Laptop").await;
    signs_out(&browser).await;
    removes_devices_of(&server, "anna").await;
    // Once among the suggestions; what it answered is not known here.
    browser.visit_with_hands_on("/sign-in").await;
    browser.is_told("not registered to you here").await;
    browser.holds(0).await;
    assert_eq!(
        server.trail("sign_in.passkey"),
        ["ceremony.unknown_credential"]
    );
    assert_eq!(browser.path().await, "/sign-in");
}
