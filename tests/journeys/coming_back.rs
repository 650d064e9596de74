//! Coming back: by a backup code, in a trusted browser, after a forgotten password.

use std::time::Duration;

use keyward_core::clock::Clock;

use crate::steps::{signs_out, types_password};
use keyward_test_support::app::App;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::server::Server;

/// Longer than a code of an app lasts.
const A_WHILE: Duration = Duration::from_secs(90);

/// A picture, and nothing that hangs over on a phone or that the browser complains about.
async fn looks_at(browser: &Browser, name: &str) {
    browser.pictures(name).await;
    assert_eq!(
        browser.sideways(320).await,
        0,
        "{name} is wider than a phone"
    );
    assert_eq!(browser.complaints().await, Vec::<String>::new(), "{name}");
}

/// Somebody with an app, signed in.
async fn with_an_app(server: &Server, anna: &Person) -> (Browser, App) {
    let browser = Browser::open(&server.base).await;
    types_password(&browser, anna).await;
    browser.arrives_at("/account").await;
    browser.visit("/account/devices/add/totp").await;
    let app = App::scan(&browser.address_of("otpauth:").await);
    browser.fill("Code", &app.code(server.clock.now())).await;
    browser.press("Confirm").await;
    browser.is_told("was added").await;
    server.clock.turn(A_WHILE);
    (browser, app)
}

#[tokio::test]
async fn a_backup_code_from_paper_signs_in() {
    let server = Server::start(At::Sqlite).await;
    let anna = server.user("anna").await;
    let (browser, _) = with_an_app(&server, &anna).await;
    browser.visit("/account/backup-codes").await;
    looks_at(&browser, "backup-codes-none").await;
    browser.press("Make 10 new codes").await;
    browser.sees("Download").await;
    looks_at(&browser, "backup-codes-new").await;
    let code = browser
        .script("return document.querySelector('.codes code').textContent")
        .await;
    let code = code.as_str().expect("a code").to_owned();
    browser.visit("/account/backup-codes").await;
    browser.sees("10 codes are left").await;
    looks_at(&browser, "backup-codes-left").await;
    signs_out(&browser).await;
    types_password(&browser, &anna).await;
    browser.press("Use another method").await;
    browser.sees("Choose how to continue").await;
    looks_at(&browser, "sign-in-choose-backup").await;
    let address = browser.address_of("/sign-in?method=backup-codes").await;
    browser.visit(&address).await;
    browser.sees("Enter a backup code").await;
    looks_at(&browser, "sign-in-backup-code").await;
    browser.fill("Code", "AAAA-BBBB-CCCC-DDDD").await;
    browser.press("Continue").await;
    browser.is_told("code").await;
    browser.fill("Code", &code).await;
    browser.press("Continue").await;
    browser.arrives_at("/account").await;
    browser.visit("/account/backup-codes").await;
    browser.sees("9 codes are left").await;
}

#[tokio::test]
async fn a_browser_that_is_remembered_asks_for_the_password_alone() {
    let settings = [("trusted_browser.age", "\"30d\"")];
    let server = Server::with(At::Sqlite, &settings).await;
    let anna = server.user("anna").await;
    let (browser, app) = with_an_app(&server, &anna).await;
    signs_out(&browser).await;
    types_password(&browser, &anna).await;
    browser.sees("Code").await;
    assert!(
        !browser.asks_for("Browser name").await,
        "it is on before anybody said so"
    );
    browser
        .script("document.getElementById('remember').click()")
        .await;
    browser.fill("Browser name", "Anna's laptop").await;
    looks_at(&browser, "sign-in-remember").await;
    browser.fill("Code", &app.code(server.clock.now())).await;
    browser.press("Continue").await;
    browser.arrives_at("/account").await;
    browser.visit("/account/browsers").await;
    looks_at(&browser, "trusted-browsers").await;
    browser.visit("/account/sessions").await;
    looks_at(&browser, "sessions").await;
    signs_out(&browser).await;
    server.clock.turn(A_WHILE);
    types_password(&browser, &anna).await;
    browser.arrives_at("/account").await;
    // For what is dangerous a device is asked for all the same.
    browser.visit("/account/password").await;
    browser.sees("code").await;
    assert!(browser.path().await.starts_with("/step-up"));
    looks_at(&browser, "step-up-code").await;
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_mail() {
    let mailbox = Mailbox::start();
    let settings = mailbox.settings();
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    let server = Server::with(At::Sqlite, &settings).await;
    let anna = server.reachable("anna", "anna@example.org").await;
    let browser = Browser::open(&server.base).await;
    browser.visit("/recover").await;
    looks_at(&browser, "recover").await;
    browser.fill("Email", "anna@example.org").await;
    browser.press("Continue").await;
    browser.arrives_at("/sign-in").await;
    let mail = mailbox.about("Choose a new password").await;
    browser.visit(&mail.link(&server.base, "/recover/")).await;
    browser.fill("New password", "password1").await;
    browser.sees("guess").await;
    looks_at(&browser, "recover-weak-password").await;
    browser
        .fill("New password", "five other words entirely here")
        .await;
    looks_at(&browser, "recover-strong-password").await;
    browser.press("Save").await;
    browser.arrives_at("/sign-in").await;
    browser.fill("Username", "anna").await;
    browser
        .fill("Password", "five other words entirely here")
        .await;
    browser.press("Continue").await;
    browser.arrives_at("/account").await;
    looks_at(&browser, "account-without-device").await;
    browser.visit("/account/password").await;
    looks_at(&browser, "password").await;
    assert_ne!(anna.password, "five other words entirely here");
    assert_eq!(anna.password, PASSWORD);
    // The mail about it has a link to object.
    let mail = mailbox.about("password was changed").await;
    browser.visit(&mail.link(&server.base, "/objection/")).await;
    browser.sees("Was this not you?").await;
    looks_at(&browser, "objection").await;
    browser.press("This was not me").await;
    browser.arrives_at("/recover").await;
    browser.is_told("choose a new one").await;
}
