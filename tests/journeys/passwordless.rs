//! A passkey in place of user name and password: by the button, and among the suggestions of the
//! user name field.

use crate::steps::{
    WITHOUT_SUGGESTIONS, adds_passkey, adds_security_key, signed_in_with, signs_out,
};
use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::person::PASSWORD;

/// Notes how passkeys are asked for, beyond the page that asks.
const NOTES_QUESTIONS: &str = r#"
const get = navigator.credentials.get.bind(navigator.credentials);
navigator.credentials.get = (options) => {
    const asked = JSON.parse(sessionStorage.asked ?? "[]");
    asked.push(`${options.mediation ?? "modal"} ${options.publicKey.allowCredentials.length}`);
    sessionStorage.asked = JSON.stringify(asked);
    return get(options);
};
"#;

#[tokio::test]
async fn the_button_signs_in_without_name_and_password() {
    for authenticator in [Authenticator::PLATFORM, Authenticator::SYNCED] {
        let (server, browser) = signed_in_with(authenticator).await;
        adds_passkey(&browser, "Anna's laptop").await;
        signs_out(&browser).await;
        browser.before_each_page(WITHOUT_SUGGESTIONS).await;
        browser.before_each_page(NOTES_QUESTIONS).await;
        browser.visit_with_hands_on("/account/devices").await;
        browser.arrives_at("/sign-in").await;
        browser.press("Sign in with a passkey").await;
        browser.arrives_at("/account/devices").await;
        browser.sees("Anna's laptop").await;
        let asked = browser.script("return sessionStorage.asked").await;
        assert_eq!(asked, r#"["modal 0"]"#);
        assert_eq!(server.trail("sign_in.passkey"), ["done"]);
        assert_eq!(
            server.trail("sign_in.password"),
            ["done"],
            "the first time's"
        );
        let methods = "SELECT methods FROM sessions ORDER BY id DESC LIMIT 1";
        assert!(server.database.text(methods).ends_with("user mfa"));
    }
}

#[tokio::test]
async fn a_passkey_among_the_suggestions_of_the_name_field_signs_in() {
    let (server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    adds_passkey(&browser, "Anna's laptop").await;
    signs_out(&browser).await;
    browser.before_each_page(NOTES_QUESTIONS).await;
    // Untouched, the question waits, and disturbs nobody who types.
    browser.visit("/sign-in").await;
    browser.fill("Username", "anna").await;
    browser.fill("Password", "wrong").await;
    browser.press("Continue").await;
    browser.is_told("do not match").await;
    let field = "return document.querySelector('[data-passwordless-name]').autocomplete";
    assert_eq!(browser.script(field).await, "username webauthn");
    // Chosen among the suggestions, the passkey answers it.
    browser.visit_with_hands_on("/sign-in").await;
    browser.arrives_at("/account").await;
    let asked = browser.script("return sessionStorage.asked").await;
    let asked = asked.as_str().unwrap_or_default();
    assert!(
        asked.contains("conditional 0") && !asked.contains("modal"),
        "{asked}"
    );
    assert_eq!(server.trail("sign_in.passkey"), ["done"]);
}

#[tokio::test]
async fn the_button_works_while_the_suggestions_wait() {
    let (server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    adds_passkey(&browser, "Anna's laptop").await;
    signs_out(&browser).await;
    browser.before_each_page(NOTES_QUESTIONS).await;
    browser.visit("/sign-in").await;
    browser.user_is_verified(false).await;
    browser.hands_on().await;
    browser.press("Sign in with a passkey").await;
    browser.is_told("Nothing was confirmed").await;
    browser.user_is_verified(true).await;
    // Either may answer now: the question that waits again, or the button.
    browser.press_if_offered("Sign in with a passkey").await;
    browser.arrives_at("/account").await;
    assert_eq!(server.trail("sign_in.passkey"), ["done"]);
}

#[tokio::test]
async fn a_key_from_before_passkeys_answers_after_the_name_and_the_password_follows() {
    let (server, browser) = signed_in_with(Authenticator::U2F_KEY).await;
    adds_security_key(&browser, "Old key").await;
    signs_out(&browser).await;
    browser.before_each_page(WITHOUT_SUGGESTIONS).await;
    browser.visit_with_hands_on("/sign-in").await;
    browser.fill("Username", "anna").await;
    browser.press("Sign in with a passkey").await;
    browser.sees("Now your password").await;
    browser.visit("/account").await;
    browser.arrives_at("/sign-in").await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Continue").await;
    browser.arrives_at("/account").await;
    assert_eq!(server.trail("sign_in.passkey"), ["done"]);
}
