//! Codes by mail and to a phone: added in a dialog, and typed at the sign-in.

use crate::pages::looks_at;
use crate::steps::{opens_dialog, signs_out, types_password};
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::codes::{MAILBOX, MASKED, next_code};
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::server::Server;
use keyward_test_support::twilio::Twilio;

async fn signed_in(settings: &[(&str, String)]) -> (Server, Browser) {
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    let server = Server::with(At::Sqlite, &settings).await;
    let anna = server.user("anna").await;
    let browser = Browser::open(&server.base).await;
    browser.visit("/sign-in").await;
    types_password(&browser, &anna).await;
    browser.arrives_at("/account").await;
    (server, browser)
}

#[tokio::test]
async fn a_mailbox_is_added_in_a_dialog_and_signs_in() {
    let mailbox = Mailbox::start();
    let (server, browser) = signed_in(&mailbox.settings()).await;
    opens_dialog(&browser, "Add email", "Add an email address").await;
    looks_at(&browser, "add-email").await;
    browser.fill("Email", MAILBOX).await;
    browser.press("Send code").await;
    browser.sees("Type the code").await;
    assert!(browser.is_in_a_dialog().await, "the dialog is gone");
    looks_at(&browser, "add-email-code").await;
    let code = next_code(&mailbox, 0).await;
    browser.fill("Device name", "Mail at home").await;
    browser.fill("Code", &code).await;
    browser.press("Confirm").await;
    browser.is_told("Mail at home was added.").await;
    browser.sees(MASKED).await;
    looks_at(&browser, "devices-email").await;
    signs_out(&browser).await;
    types_password(&browser, &server.stranger("anna")).await;
    browser.sees("Get a code by email").await;
    looks_at(&browser, "sign-in-email").await;
    browser.press("Send code").await;
    browser.sees("Enter your code").await;
    looks_at(&browser, "sign-in-email-code").await;
    let code = next_code(&mailbox, 1).await;
    browser.fill("Code", &code).await;
    browser.press("Continue").await;
    browser.arrives_at("/account").await;
}

#[tokio::test]
async fn a_phone_is_added_in_a_dialog_and_signs_in() {
    let twilio = Twilio::start();
    let (server, browser) = signed_in(&twilio.settings()).await;
    opens_dialog(&browser, "Add phone", "Add a phone").await;
    looks_at(&browser, "add-phone").await;
    browser.fill("Phone number", "06 12").await;
    browser.press("Send code").await;
    browser.is_told("not a phone number").await;
    browser.fill("Phone number", "06 12345658").await;
    browser.press("Send code").await;
    browser.sees("Type the code").await;
    browser.sees("+31 6 12345658").await;
    looks_at(&browser, "add-phone-code").await;
    let sent = twilio.next(0).await;
    browser.fill("Device name", "My mobile").await;
    browser.fill("Code", &sent.code()).await;
    browser.press("Confirm").await;
    browser.is_told("My mobile was added.").await;
    browser.sees("+31 * ******58").await;
    signs_out(&browser).await;
    types_password(&browser, &server.stranger("anna")).await;
    browser.sees("Get a code on your phone").await;
    browser.press("Send code").await;
    browser.sees("Enter your code").await;
    looks_at(&browser, "sign-in-phone-code").await;
    let sent = twilio.next(1).await;
    browser.fill("Code", &sent.code()).await;
    browser.press("Continue").await;
    browser.arrives_at("/account").await;
}
