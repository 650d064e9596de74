//! The pages on the way to applications and from other providers, as people see them.

use keyward_core::domain::openid_client::GrantType;
use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::openid_provider::OpenidProvider;
use keyward_test_support::server::Server;

use crate::pages::looks_at;
use crate::steps::{at_the_console, types_password};

#[tokio::test]
async fn the_pages_of_applications_that_people_sign_in_to() {
    let server = Server::start(At::Sqlite).await;
    let anna = server.user("anna").await;
    let wiki = server
        .registers("wiki", |settings| {
            settings.asks_consent = true;
            settings.name = "Wiki of the example organisation".to_owned();
            settings.grants.insert(GrantType::DeviceCode);
        })
        .await;
    let browser = Browser::with(&server.base, Authenticator::PLATFORM).await;
    browser.visit(&wiki.path(&[])).await;
    browser.asks_for("Username").await;
    looks_at(&browser, "sign-in-to-an-application").await;
    types_password(&browser, &anna).await;
    browser.arrives_at("/account").await;
    browser.visit(&wiki.path(&[])).await;
    browser.sees("Go on to Wiki").await;
    looks_at(&browser, "openid-consent").await;
    browser.visit("/device").await;
    looks_at(&browser, "openid-device").await;
    browser.fill("Code", "BCDF-GHJK").await;
    browser.press("Continue").await;
    browser.sees("No device waits").await;
    looks_at(&browser, "openid-device-wrong").await;
    let begun = wiki
        .calls("/oauth2/device", &[("scope", "openid profile email")])
        .await;
    let code = begun.json()["user_code"]
        .as_str()
        .expect("a code")
        .to_owned();
    browser.fill("Code", &code.to_lowercase()).await;
    browser.press("Continue").await;
    browser.sees("Sign in to Wiki").await;
    looks_at(&browser, "openid-device-consent").await;
    browser.press("Continue").await;
    browser.sees("You can go back to your device").await;
    looks_at(&browser, "openid-device-done").await;
    browser.visit("/oauth2/end-session?client_id=wiki").await;
    browser.sees("Sign out?").await;
    looks_at(&browser, "openid-end-session").await;
}

#[tokio::test]
async fn the_pages_of_other_providers() {
    let provider = OpenidProvider::entra("11111111-2222-4333-8444-555555555555");
    let settings = provider.settings("name = \"Example & Sons\"");
    let server = Server::with(At::Sqlite, &[("upstream", &settings)]).await;
    let anna = server.user("anna").await;
    let browser = Browser::with(&server.base, Authenticator::PLATFORM).await;
    browser.visit("/sign-in").await;
    looks_at(&browser, "sign-in-with-a-provider").await;
    types_password(&browser, &anna).await;
    browser.arrives_at("/account").await;
    browser.visit("/account/upstream").await;
    looks_at(&browser, "account-providers").await;
}

#[tokio::test]
async fn the_console_of_clients() {
    let server = Server::start(At::Sqlite).await;
    server
        .registers("wiki", |settings| {
            settings.name = "Wiki of the example organisation and its friends".to_owned();
            settings.asks_consent = true;
        })
        .await;
    server.registers_public("command-line-tool").await;
    let browser = at_the_console(&server).await;
    browser.visit("/console/openid-clients").await;
    looks_at(&browser, "console-openid-clients").await;
    browser.visit("/console/openid-clients/new").await;
    looks_at(&browser, "console-openid-client-new").await;
    browser.visit("/console/openid-clients").await;
    let client = browser.address_of("/console/openid-clients/01").await;
    browser.visit(&client).await;
    browser.sees("openid-configuration").await;
    looks_at(&browser, "console-openid-client").await;
}
