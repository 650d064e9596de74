//! One set of passkeys under two addresses: Chromium asks the server of the first one whether the
//! second may use them.

use crate::steps::{WITHOUT_SUGGESTIONS, adds_passkey, signs_out, types_password};
use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::server::Server;

const OURS: &str = "login.example.org";
const RELATED: &str = "login.example.de";
const SETTINGS: [(&str, &str); 2] = [
    ("server.public_url", "\"https://login.example.org\""),
    ("webauthn.related_origins", "[\"https://login.example.de\"]"),
];

#[tokio::test]
async fn a_passkey_of_one_address_signs_in_at_the_related_one() {
    let server = Server::over_tls_with(At::Sqlite, &SETTINGS).await;
    let anna = server.user("anna").await;
    let mut browser = Browser::knowing(&[OURS, RELATED], &server).await;
    browser.plug_in(Authenticator::PLATFORM).await;
    types_password(&browser, &anna).await;
    browser.arrives_at("/account").await;
    adds_passkey(&browser, "Anna's laptop").await;
    assert_eq!(browser.credentials().await[0]["rpId"], OURS);
    signs_out(&browser).await;
    browser.before_each_page(WITHOUT_SUGGESTIONS).await;
    let page = format!("https://{RELATED}/sign-in?next=/account/devices");
    browser.visit_with_hands_on(&page).await;
    browser.press("Sign in with a passkey").await;
    browser.arrives_at("/account/devices").await;
    browser.sees("Anna's laptop").await;
    let host = browser.script("return location.host").await;
    assert_eq!(host, RELATED);
    assert_eq!(server.trail("sign_in.passkey"), ["done"]);
}

#[tokio::test]
async fn a_passkey_is_made_at_the_related_address_for_both() {
    let server = Server::over_tls_with(At::Sqlite, &SETTINGS).await;
    let anna = server.user("anna").await;
    let mut browser = Browser::knowing(&[RELATED, OURS], &server).await;
    browser.plug_in(Authenticator::PLATFORM).await;
    types_password(&browser, &anna).await;
    browser.arrives_at("/account").await;
    adds_passkey(&browser, "Anna's laptop").await;
    assert_eq!(browser.credentials().await[0]["rpId"], OURS);
}

#[tokio::test]
async fn where_the_browser_cannot_ask_the_page_says_that_its_address_is_the_wrong_one() {
    let server = Server::over_tls_with(At::Sqlite, &SETTINGS).await;
    let mut browser = Browser::knowing(&[RELATED], &server).await;
    browser.plug_in(Authenticator::PLATFORM).await;
    browser.before_each_page(WITHOUT_SUGGESTIONS).await;
    browser.visit("/sign-in").await;
    browser.press("Sign in with a passkey").await;
    browser
        .is_told("Passkeys do not belong to the address of this page")
        .await;
    assert_eq!(server.trail("sign_in.passkey"), [""; 0]);
}
