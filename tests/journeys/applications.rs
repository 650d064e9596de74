//! The way to an application behind Debian's nginx, and back to it past what its rules ask for.

use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::forward::{Application, Front};
use keyward_test_support::person::PASSWORD;
use keyward_test_support::server::Server;

const HOST: &str = "wiki.localhost";

/// An application behind nginx with these rules, and the address at which browsers reach it.
async fn protected(server: &Server, rules: &[&str]) -> (Front, String) {
    server.protects("Wiki", HOST, rules).await;
    let behind = Application::start();
    let front = Front::of_nginx_at_its_port(&server.base, HOST, &behind.address);
    let address = format!("http://{HOST}:{}", front.port);
    (front, address)
}

/// Types name and password where the browser was led to.
async fn signs_in(browser: &Browser, name: &str) {
    browser.arrives_at("/sign-in").await;
    browser.fill("Username", name).await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Continue").await;
}

#[tokio::test]
async fn whoever_goes_to_an_application_signs_in_and_is_there() {
    let server = Server::start(At::Sqlite).await;
    server.user("anna").await;
    let (_front, there) = protected(&server, &["/ anyone"]).await;
    let browser = Browser::open(&server.base).await;
    browser.visit(&format!("{there}/page?x=1")).await;
    signs_in(&browser, "anna").await;
    browser.sees("\"remote-user\":[\"anna\"]").await;
    assert_eq!(browser.path().await, "/page?x=1");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.visit("/account").await;
    browser.press("Sign out").await;
    browser.arrives_at("/sign-in").await;
    browser.visit(&format!("{there}/page")).await;
    browser.arrives_at("/sign-in").await;
}

#[tokio::test]
async fn whoever_has_no_device_for_an_application_adds_one_and_goes_on() {
    let server = Server::start(At::Sqlite).await;
    server.user("anna").await;
    let (_front, there) = protected(&server, &["/ anyone phishing-resistant"]).await;
    let browser = Browser::with(&server.base, Authenticator::USB_KEY).await;
    browser.hands_off().await;
    browser.visit(&format!("{there}/slips")).await;
    signs_in(&browser, "anna").await;
    browser
        .sees("Wiki asks for a device that you do not have yet")
        .await;
    browser.hands_on().await;
    browser.press("Add a device").await;
    browser
        .arrives_at("/account/devices/add/security-key")
        .await;
    browser.fill("Device name", "Key").await;
    browser.press("Add security key").await;
    browser.is_told("Key was added.").await;
    browser.press("Go on to Wiki").await;
    // Adding it has proved it.
    browser.sees("\"remote-acr\":[\"phr\"]").await;
    assert_eq!(browser.path().await, "/slips");
}

#[tokio::test]
async fn without_scripts_the_way_to_an_application_is_the_same() {
    let server = Server::start(At::Sqlite).await;
    server.user("anna").await;
    let (_front, there) = protected(&server, &["/ anyone"]).await;
    let browser = Browser::open(&server.base).await;
    browser.without_scripts().await;
    browser.visit(&format!("{there}/page")).await;
    signs_in(&browser, "anna").await;
    browser.sees("\"remote-user\":[\"anna\"]").await;
}
