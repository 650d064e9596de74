//! Joining by invitation, and coming back by a temporary pass.

use keyward_actions::invitation;
use keyward_actions::pass;
use keyward_actions::user;
use keyward_core::domain::pass::PassPlan;
use keyward_core::domain::user::EmailAddress;
use keyward_core::flows::permit::Administrator;

use crate::steps::{WITHOUT_SUGGESTIONS, at_the_console, signs_out};
use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::server::Server;

/// Looks at the page that is shown: pictures, and nothing wider than a phone.
async fn looks_at(browser: &Browser, name: &str) {
    browser.pictures(name).await;
    for width in [320, 390, 768] {
        let overhang = browser.sideways(width).await;
        assert_eq!(overhang, 0, "{name} is wider than {width} pixels");
    }
    assert_eq!(browser.complaints().await, Vec::<String>::new(), "{name}");
}

#[tokio::test]
async fn somebody_who_is_invited_joins_with_a_passkey_alone() {
    let mailbox = Mailbox::start();
    let settings = mailbox.settings();
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    let server = Server::with(At::Sqlite, &settings).await;
    let email = EmailAddress::parse("anna@example.org").expect("an address");
    let administrator = Administrator::at_command_line();
    let invited = invitation::invite(&server.app, &administrator, email, Vec::new());
    invited.await.expect("an invitation");
    let mail = mailbox.about("Create your account").await;
    let browser = Browser::with(&server.base, Authenticator::PLATFORM).await;
    browser.visit(&mail.link(&server.base, "/invite/")).await;
    browser.sees("anna@example.org").await;
    looks_at(&browser, "invite").await;
    browser.fill("Username", "anna").await;
    browser.fill("Password", "abc").await;
    browser.sees("Guessed at once").await;
    looks_at(&browser, "invite-typed").await;
    browser.press("Use a passkey instead").await;
    browser.arrives_at("/account/devices/add").await;
    looks_at(&browser, "invite-first-device").await;
    browser.press("Add passkey").await;
    browser.arrives_at("/account/devices/add/passkey").await;
    browser.fill("Device name", "Anna's laptop").await;
    browser.press("Add passkey").await;
    browser.arrives_at("/account/devices").await;
    browser.is_told("Anna's laptop was added.").await;

    signs_out(&browser).await;
    browser.before_each_page(WITHOUT_SUGGESTIONS).await;
    browser.visit_with_hands_on("/sign-in").await;
    browser.press("Sign in with a passkey").await;
    browser.arrives_at("/account").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn somebody_who_lost_everything_adds_a_device_by_a_temporary_pass() {
    let server = Server::start(At::Sqlite).await;
    let mut anna = server.user("anna").await;
    anna.signs_in().await;
    anna.adds_an_app().await;
    let administrator = Administrator::at_command_line();
    let user = user::find_by_name(&server.app, &administrator, "anna").await;
    let id = user.expect("a database").expect("a user").id;
    let plan = PassPlan::default();
    let issued = pass::issue(&server.app, &administrator.helps(), id, plan).await;
    let pass = issued.expect("a pass").code.expose();
    let browser = Browser::with(&server.base, Authenticator::PLATFORM).await;
    browser.hands_off().await;
    browser.visit("/sign-in").await;
    browser.press("I have a temporary pass").await;
    browser.sees("Use a temporary pass").await;
    looks_at(&browser, "pass").await;
    browser.fill("Username", "anna").await;
    browser.fill("Temporary pass", "abcd efgh jkmn").await;
    browser.press("Continue").await;
    browser.is_told("do not match").await;
    looks_at(&browser, "pass-wrong").await;
    browser.fill("Temporary pass", &pass.to_lowercase()).await;
    browser.press("Continue").await;
    browser.arrives_at("/account/devices/add").await;
    browser.hands_on().await;
    looks_at(&browser, "pass-first-device").await;
    browser.press("Choose a new password").await;
    browser.arrives_at("/account/password/new").await;
    looks_at(&browser, "pass-new-password").await;
    browser.press("Add a device").await;
    browser.arrives_at("/account/devices/add").await;
    browser.press("Add passkey").await;
    browser.arrives_at("/account/devices/add/passkey").await;
    browser.press("Add passkey").await;
    browser.arrives_at("/account/devices").await;
    assert_eq!(server.events("pass.used"), 1);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_administrator_invites_and_issues_a_pass() {
    let server = Server::start(At::Sqlite).await;
    server.user("ben").await;
    let browser = at_the_console(&server).await;
    browser.press("Invitations").await;
    browser.sees("Nobody was invited yet").await;
    browser.press("Invite somebody").await;
    looks_at(&browser, "console-new-invite").await;
    browser.fill("Email", "carla@example.org").await;
    browser.fill("New groups", "staff, printers").await;
    browser.press("Send invitation").await;
    // No mail leaves this server: whoever invites hands the link over.
    browser.sees("/invite/").await;
    looks_at(&browser, "console-invited").await;
    browser.visit("/console/invites").await;
    looks_at(&browser, "console-invites").await;
    browser.press("Send again").await;
    browser.sees("/invite/").await;
    browser.visit("/console/invites").await;
    browser.press("Revoke").await;
    browser.is_told("was revoked").await;
    browser.visit("/console/users").await;
    browser.press("ben").await;
    browser.fill("Minutes", "10").await;
    browser.press("Issue a temporary pass").await;
    browser.sees("It is shown this once").await;
    looks_at(&browser, "console-pass-issued").await;
    browser.press("I have handed it over").await;
    browser.sees("ben has a temporary pass").await;
    looks_at(&browser, "console-user-with-pass").await;
    browser.visit("/console/passes").await;
    looks_at(&browser, "console-passes").await;
    browser.press("Revoke").await;
    browser.is_told("The pass of ben was revoked.").await;
}
