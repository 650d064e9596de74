//! From the set-up link to the console.

use crate::steps::{signs_out, types_password};
use crate::support::authenticator::Authenticator;
use crate::support::backends::At;
use crate::support::browser::Browser;
use crate::support::person::PASSWORD;
use crate::support::server::Server;

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
