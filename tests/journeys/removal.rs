//! Renaming, choosing and removing devices.

use crate::steps::{
    adds_passkey, adds_security_key, at_the_console, signed_in_with, signs_out, types_password,
};
use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::backends::At;
use keyward_test_support::server::Server;

#[tokio::test]
async fn a_removed_device_no_longer_signs_in() {
    let (server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    adds_passkey(&browser, "Laptop").await;
    browser.visit("/account/devices").await;
    browser.press("Remove").await;
    browser.sees("Remove Laptop?").await;
    assert!(browser.is_in_a_dialog().await, "nothing asks first");
    browser.press("Keep it").await;
    assert!(!browser.is_in_a_dialog().await);
    browser.press("Remove").await;
    browser.sees("Remove Laptop?").await;
    browser.press("Remove").await;
    browser.is_told("Laptop was removed.").await;
    browser.sees("No devices yet").await;
    assert_eq!(server.events("device.removed"), 1);

    signs_out(&browser).await;
    types_password(&browser, &server.stranger("anna")).await;
    browser.arrives_at("/account").await;
}

#[tokio::test]
async fn the_last_device_stays_where_policy_asks_for_one() {
    let server = Server::start(At::Sqlite).await;
    let browser = at_the_console(&server).await;
    browser.visit("/account/devices").await;
    browser.press("Remove").await;
    browser.sees("Add another one first").await;
    assert_eq!(server.events("device.removed"), 0);
}

#[tokio::test]
async fn a_device_is_renamed_and_made_the_first_to_be_asked_for() {
    let (server, mut browser) = signed_in_with(Authenticator::PLATFORM).await;
    adds_passkey(&browser, "Laptop").await;
    browser.plug_in(Authenticator::USB_KEY).await;
    adds_security_key(&browser, "Key").await;
    browser.visit("/account/devices").await;
    browser.press("Make default").await;
    browser.is_told("Key is now asked for first.").await;
    browser.press("Rename").await;
    browser.fill("Device name", "Old laptop").await;
    browser.press("Save").await;
    browser
        .is_told("The device is now called Old laptop.")
        .await;
    browser.sees("Old laptop").await;
    signs_out(&browser).await;
    types_password(&browser, &server.stranger("anna")).await;
    browser.sees("Touch Key").await;
    browser.press("Use my security key").await;
    browser.arrives_at("/account").await;
}
