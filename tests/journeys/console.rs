//! A superuser at the console.

use crate::steps::at_the_console;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::yubiserver::Yubiserver;

#[tokio::test]
async fn a_validation_service_is_added_tested_with_a_touch_and_removed() {
    let mut key = SoftYubikey::numbered(1);
    let service = Yubiserver::start(&[&key]);
    let server = Server::start(At::Sqlite).await;
    let browser = at_the_console(&server).await;
    browser.visit("/console/services").await;
    browser.press("Add service").await;
    browser.fill("Name", "Ours").await;
    browser.fill("Addresses", &service.url()).await;
    browser
        .fill("Client ID", &service.client_id().to_string())
        .await;
    browser.fill("API key", &service.api_key_base64()).await;
    browser.press("Save").await;
    browser.is_told("Ours was added").await;

    browser.visit("/console/services").await;
    browser.press("Ours").await;
    browser.fill("YubiKey", &key.touch()).await;
    browser.press("Test").await;
    browser.sees("Confirmed").await;
    assert_eq!(server.events("validation_service.tested"), 1);

    browser.press("Remove").await;
    browser.sees("Remove Ours?").await;
    browser.press("Remove").await;
    browser.is_told("Ours was removed").await;
    browser.sees("No validation service yet").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_new_user_chooses_a_password_by_the_link_that_the_superuser_hands_over() {
    let server = Server::start(At::Sqlite).await;
    let browser = at_the_console(&server).await;
    browser.visit("/console/users").await;
    browser.press("Add user").await;
    browser.fill("Username", "ben").await;
    browser.press("Save").await;
    browser.is_told("ben was added").await;
    browser.sees("ben cannot sign in yet").await;
    browser.press("Make a link for a password").await;
    let shown = browser.word_with("/recover/").await;
    let link = shown.strip_prefix(&server.base).expect("a link of ours");

    let bens = Browser::open(&server.base).await;
    bens.visit(link).await;
    bens.fill("New password", "a first password").await;
    bens.press("Save").await;
    bens.visit("/sign-in").await;
    bens.fill("Username", "ben").await;
    bens.fill("Password", "a first password").await;
    bens.press("Continue").await;
    bens.arrives_at("/account").await;

    browser.visit("/console/users").await;
    browser.press("ben").await;
    browser.press("Disable ben").await;
    browser.sees("One open session ends").await;
    browser.press("Disable ben").await;
    browser.is_told("can no longer sign in").await;
    bens.visit("/account").await;
    bens.arrives_at("/sign-in").await;
}
