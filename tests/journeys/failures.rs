//! Everything that browsers and authenticators report has a sentence of its own that says what to
//! do next.

use std::collections::HashSet;

use crate::steps::{WITHOUT_SUGGESTIONS, signed_in_with, signs_out};
use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::command::keyward;
use keyward_test_support::server::Server;

/// A browser whose authenticator fails as the test says, before or after so long a time.
const FAILS: &str = r#"
const fail = async () => {
    const told = JSON.parse(localStorage.told);
    if (told.unfocused) document.hasFocus = () => false;
    if (told.late) {
        const now = performance.now.bind(performance);
        performance.now = () => now() + told.late;
    }
    throw new DOMException("", told.name);
};
navigator.credentials.create = fail;
navigator.credentials.get = fail;
"#;

/// What a browser reports, and how the sentences begin about a new device and about signing in.
const REPORTS: [(&str, &str, &str); 14] = [
    (
        r#"{"name":"NotAllowedError"}"#,
        "Nothing was added: your browser did not ask you anything",
        "Nothing was confirmed: the question was closed, or there is no passkey of yours here",
    ),
    (
        r#"{"name":"NotAllowedError","late":200}"#,
        "Nothing was added: the question was closed. Try again",
        "Nothing was confirmed: the question was closed, or there is no passkey of yours here",
    ),
    (
        r#"{"name":"AbortError"}"#,
        "The question was closed before it was answered",
        "The question was closed before it was answered",
    ),
    (
        r#"{"name":"NotAllowedError","late":3700000}"#,
        "That took too long",
        "That took too long",
    ),
    (
        r#"{"name":"TimeoutError"}"#,
        "That took too long",
        "That took too long",
    ),
    (
        r#"{"name":"NotAllowedError","unfocused":true}"#,
        "Your browser did not ask, because you were not on this page",
        "Your browser did not ask, because you were not on this page",
    ),
    (
        r#"{"name":"InvalidStateError"}"#,
        "This device is registered already",
        "That did not work",
    ),
    (
        r#"{"name":"ConstraintError"}"#,
        "This key has no PIN or fingerprint, or is too old to have one",
        "This key has no PIN or fingerprint, or is too old to have one",
    ),
    (
        r#"{"name":"NotSupportedError"}"#,
        "This browser cannot use passkeys or security keys",
        "This browser cannot use passkeys or security keys",
    ),
    (
        r#"{"name":"SecurityError"}"#,
        "Passkeys do not belong to the address of this page",
        "Passkeys do not belong to the address of this page",
    ),
    (
        r#"{"name":"UnknownError"}"#,
        "Your device could not be read",
        "Your device could not be read",
    ),
    (
        r#"{"name":"NotReadableError"}"#,
        "Your device could not be read",
        "Your device could not be read",
    ),
    (
        r#"{"name":"OperationError"}"#,
        "Another request for a passkey is still open",
        "Another request for a passkey is still open",
    ),
    (
        r#"{"name":"EncodingError"}"#,
        "That did not work",
        "That did not work",
    ),
];

/// Presses the button while the browser fails like this, and reads what the page says.
async fn fails(browser: &Browser, path: &str, button: &str, report: &str, sentence: &str) {
    browser.visit(path).await;
    let told = format!("localStorage.told = {}", serde_json::json!(report));
    browser.script(&told).await;
    browser.press(button).await;
    browser.is_told(sentence).await;
}

#[tokio::test]
async fn every_report_about_a_new_device_has_its_sentence() {
    let (server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    browser.before_each_page(FAILS).await;
    for (report, sentence, _) in REPORTS {
        let path = "/account/devices/add/passkey";
        fails(&browser, path, "Add passkey", report, sentence).await;
    }
    assert_eq!(server.trail("device.added"), [""; 0]);
    let sentences: HashSet<_> = REPORTS.iter().map(|(_, sentence, _)| sentence).collect();
    assert_eq!(sentences.len(), 12, "two reports share a sentence");
}

#[tokio::test]
async fn every_report_while_signing_in_has_its_sentence() {
    let (server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    signs_out(&browser).await;
    browser.before_each_page(WITHOUT_SUGGESTIONS).await;
    browser.before_each_page(FAILS).await;
    for (report, _, sentence) in REPORTS {
        fails(
            &browser,
            "/sign-in",
            "Sign in with a passkey",
            report,
            sentence,
        )
        .await;
    }
    assert_eq!(server.trail("sign_in.passkey"), [""; 0]);
}

/// A browser that waits for the person not as long as the server says.
const IMPATIENT: &str = r#"
const read = Response.prototype.json;
Response.prototype.json = async function () {
    const told = await read.call(this);
    return told.challenge ? { ...told, timeout: 1500 } : told;
};
"#;

#[tokio::test]
async fn a_question_that_nobody_answers_ends_in_its_own_sentence() {
    let (server, browser) = signed_in_with(Authenticator::USB_KEY).await;
    browser.before_each_page(IMPATIENT).await;
    browser.before_each_page(WITHOUT_SUGGESTIONS).await;
    browser.hands_off().await;
    browser.visit("/account/devices/add/security-key").await;
    browser.press("Add security key").await;
    browser.is_told("That took too long").await;
    browser.visit("/account").await;
    signs_out(&browser).await;
    browser.press("Sign in with a passkey").await;
    browser.is_told("That took too long").await;
    assert_eq!(server.events("device.added"), 0);
}

#[tokio::test]
async fn a_page_that_is_not_secure_and_a_browser_without_passkeys_say_so() {
    for (script, sentence) in [
        (
            "Object.defineProperty(window, 'isSecureContext', { value: false });",
            "Passkeys work on secure pages only",
        ),
        (
            "delete window.PublicKeyCredential;",
            "This browser cannot use passkeys or security keys",
        ),
        (
            "window.fetch = async () => { throw new TypeError('Failed to fetch'); };",
            "Keyward could not be reached",
        ),
    ] {
        let server = Server::start(At::Sqlite).await;
        let browser = Browser::open(&server.base).await;
        browser.before_each_page(script).await;
        browser.visit("/sign-in").await;
        browser.press("Sign in with a passkey").await;
        browser.is_told(sentence).await;
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_key_without_a_pin_is_told_to_get_one_where_policy_requires_verification() {
    let (server, mut browser) = signed_in_with(Authenticator::PLATFORM).await;
    for arguments in [
        &["policy", "set", "--user-verification", "required"][..],
        &["policy", "switch-on"],
    ] {
        keyward(server.folder(), arguments).done();
    }
    for key in [
        Authenticator::U2F_KEY,
        Authenticator::USB_KEY.without_a_pin(),
        Authenticator::USB_KEY.with_a_stranger(),
    ] {
        browser.plug_in(key).await;
        browser.visit("/account/devices/add/security-key").await;
        browser.press("Add security key").await;
        browser.is_told("Set a PIN").await;
    }
    assert_eq!(server.events("device.added"), 0);
    browser.plug_in(Authenticator::USB_KEY).await;
    browser.press("Add security key").await;
    browser.arrives_at("/account/devices").await;
    assert_eq!(server.events("device.added"), 1);
}

#[tokio::test]
async fn the_sign_in_at_another_address_than_ours_leads_back_to_ours() {
    let server = Server::start(At::Sqlite).await;
    let other = server.base.replace("localhost", "127.0.0.1");
    let browser = Browser::open(&other).await;
    browser.visit("/sign-in").await;
    browser.press("Sign in with a passkey").await;
    browser.is_told("Another website sent this request").await;
    assert_eq!(browser.path().await, "/sign-in");
}
