//! A copy of a key: the console shows what happened, and an administrator decides.

use crate::pages::looks_at;
use crate::steps::{adds_security_key, at_the_console, signs_out, types_password};
use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;

/// Ben's key was copied before it was used twice; the copy is in the browser now.
async fn robbed(server: &Server) -> (Person, Browser) {
    let ben = server.user("ben").await;
    let bens = Browser::with(&server.base, Authenticator::USB_KEY).await;
    types_password(&bens, &ben).await;
    bens.arrives_at("/account").await;
    adds_security_key(&bens, "Ben's key").await;
    let copied = bens.credentials().await.remove(0);
    signs_out(&bens).await;
    for _ in 0..2 {
        types_password(&bens, &ben).await;
        bens.press("Use my security key").await;
        bens.arrives_at("/account").await;
        signs_out(&bens).await;
    }
    bens.put_credential(&copied).await;
    types_password(&bens, &ben).await;
    bens.press("Use my security key").await;
    bens.sees("may be a copy of it").await;
    (ben, bens)
}

#[tokio::test]
async fn a_key_on_hold_is_looked_at_and_taken_off_hold() {
    let server = Server::start(At::Sqlite).await;
    let (_, bens) = robbed(&server).await;
    let browser = at_the_console(&server).await;
    browser.press("1 on hold").await;
    browser.sees("after it had reached").await;
    looks_at(&browser, "console-devices-on-hold").await;
    browser.press("ben").await;
    browser.sees("after it had reached").await;
    looks_at(&browser, "console-user-on-hold").await;
    browser.press("Use again").await;
    browser.is_told("Ben's key can be used again.").await;
    assert!(!browser.text().await.contains("after it had reached"));
    assert_eq!(server.events("device.released"), 1);

    // The key itself, whose counter is ahead, signs in again.
    let mut key = bens.credentials().await.remove(0);
    key["signCount"] = serde_json::json!(1000);
    bens.put_credential(&key).await;
    bens.visit("/sign-in").await;
    bens.press("Use my security key").await;
    bens.arrives_at("/account").await;
}

#[tokio::test]
async fn a_key_on_hold_is_removed_for_good() {
    let server = Server::start(At::Sqlite).await;
    let (ben, bens) = robbed(&server).await;
    let browser = at_the_console(&server).await;
    browser.press("1 on hold").await;
    browser.press("Remove").await;
    browser.sees("Remove Ben's key?").await;
    browser.press("Remove").await;
    browser.is_told("Ben's key was removed.").await;
    assert_eq!(server.events("device.removed"), 1);
    types_password(&bens, &ben).await;
    bens.arrives_at("/account").await;
}
