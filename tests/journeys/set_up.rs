//! From the set-up link to the console.

use crate::steps::{signs_out, types_password};
use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::person::PASSWORD;
use keyward_test_support::server::Server;

#[tokio::test]
async fn the_first_administrator_sets_keyward_up_with_a_passkey() {
    let server = Server::start(At::Sqlite).await;
    let browser = Browser::with(&server.base, Authenticator::PLATFORM).await;
    browser.visit(&server.setup_link().await).await;
    browser.fill("Username", "anna").await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Continue").await;
    browser.arrives_at("/account/devices/add").await;
    browser.press("Add passkey").await;
    browser.arrives_at("/account/devices/add/passkey").await;
    browser.fill("Device name", "Anna's laptop").await;
    browser.press("Add passkey").await;
    browser.arrives_at("/account/devices").await;
    browser.is_told("Anna's laptop was added.").await;

    signs_out(&browser).await;
    types_password(&browser, &server.stranger("anna")).await;
    browser.press("Sign in with a passkey").await;
    browser.arrives_at("/account").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
