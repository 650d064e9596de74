//! Signing in with what was enrolled.

use crate::steps::{adds_passkey, adds_security_key, signed_in_with, signs_out, types_password};
use keyward_test_support::authenticator::Authenticator;

#[tokio::test]
async fn a_passkey_of_this_device_signs_in() {
    let (server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    adds_passkey(&browser, "Anna's laptop").await;
    let held = browser.credentials().await;
    assert_eq!(held.len(), 1);
    assert_eq!(
        held[0]["isResidentCredential"], true,
        "the passkey is not discoverable"
    );
    let handle = held[0]["userHandle"].as_str().expect("a user handle");
    assert_eq!(
        handle.len(),
        44,
        "the user handle is not 32 bytes: {handle}"
    );

    signs_out(&browser).await;
    let before = server.events("sign_in.completed");
    types_password(&browser, &server.stranger("anna")).await;
    browser.sees("Use Anna's laptop").await;
    browser.press("Sign in with a passkey").await;
    browser.arrives_at("/account").await;
    assert_eq!(server.events("sign_in.completed"), before + 1);
}

#[tokio::test]
async fn a_synced_passkey_signs_in() {
    let (server, browser) = signed_in_with(Authenticator::SYNCED).await;
    adds_passkey(&browser, "Anna's phone").await;
    signs_out(&browser).await;
    types_password(&browser, &server.stranger("anna")).await;
    browser.press("Sign in with a passkey").await;
    browser.arrives_at("/account").await;
}

#[tokio::test]
async fn a_security_key_on_usb_signs_in() {
    let (server, browser) = signed_in_with(Authenticator::USB_KEY).await;
    adds_security_key(&browser, "Key on the key ring").await;
    signs_out(&browser).await;
    types_password(&browser, &server.stranger("anna")).await;
    browser.sees("Touch Key on the key ring").await;
    browser.press("Use my security key").await;
    browser.arrives_at("/account").await;
}

#[tokio::test]
async fn a_u2f_key_signs_in() {
    let (server, browser) = signed_in_with(Authenticator::U2F_KEY).await;
    adds_security_key(&browser, "Old key").await;
    signs_out(&browser).await;
    types_password(&browser, &server.stranger("anna")).await;
    browser.press("Use my security key").await;
    browser.arrives_at("/account").await;
}

#[tokio::test]
async fn a_clone_whose_counter_went_back_is_refused_and_put_on_hold() {
    let (server, browser) = signed_in_with(Authenticator::USB_KEY).await;
    adds_security_key(&browser, "Anna's key").await;
    let copied = browser.credentials().await.remove(0);
    let anna = server.stranger("anna");
    signs_out(&browser).await;
    for _ in 0..2 {
        types_password(&browser, &anna).await;
        browser.press("Use my security key").await;
        browser.arrives_at("/account").await;
        signs_out(&browser).await;
    }

    let before = server.events("sign_in.completed");
    browser.put_credential(&copied).await;
    types_password(&browser, &anna).await;
    browser.press("Use my security key").await;
    browser.sees("may be a copy of it").await;
    browser.visit("/account").await;
    browser.arrives_at("/sign-in").await;
    assert_eq!(server.events("device.suspect"), 1);

    // On hold it proves nothing any more, with whatever counter.
    let mut raised = copied;
    raised["signCount"] = serde_json::json!(1000);
    browser.put_credential(&raised).await;
    browser.visit("/account").await;
    browser.arrives_at("/sign-in").await;
    assert!(
        !browser.offers("Use my security key").await,
        "a suspect key is still offered"
    );
    assert_eq!(server.events("sign_in.completed"), before);
}

#[tokio::test]
async fn somebody_who_cancels_can_try_again() {
    let (server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    adds_passkey(&browser, "Anna's laptop").await;
    signs_out(&browser).await;
    let anna = server.stranger("anna");
    types_password(&browser, &anna).await;
    // The finger is not the right one, or the question is closed: browsers do not tell which.
    browser.user_is_verified(false).await;
    browser.press("Sign in with a passkey").await;
    browser.is_told("Nothing was confirmed").await;
    browser.user_is_verified(true).await;
    browser.press("Sign in with a passkey").await;
    browser.arrives_at("/account").await;
}

#[tokio::test]
async fn somebody_elses_key_does_not_sign_in() {
    let (server, mut browser) = signed_in_with(Authenticator::USB_KEY).await;
    adds_security_key(&browser, "Anna's key").await;
    signs_out(&browser).await;
    browser.plug_in(Authenticator::USB_KEY).await;
    types_password(&browser, &server.stranger("anna")).await;
    browser.press("Use my security key").await;
    browser.is_told("Nothing was confirmed").await;
    browser.visit("/account").await;
    browser.arrives_at("/sign-in").await;
}

#[tokio::test]
async fn the_back_button_does_not_lead_past_the_second_factor() {
    let (server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    adds_passkey(&browser, "Anna's laptop").await;
    browser.visit("/account").await;
    signs_out(&browser).await;
    browser.go_back().await;
    browser.arrives_at("/sign-in").await;
    types_password(&browser, &server.stranger("anna")).await;
    browser.sees("Use Anna's laptop").await;
    for _ in 0..3 {
        browser.go_back().await;
        let text = browser.text().await;
        assert!(
            !text.contains("Hello, anna"),
            "the back button shows the account"
        );
    }
}
