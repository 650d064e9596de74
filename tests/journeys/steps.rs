//! Steps that several journeys take.

use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::server::Server;

/// A browser whose user name field suggests no passkeys, so that the button alone asks for them.
pub const WITHOUT_SUGGESTIONS: &str =
    "PublicKeyCredential.isConditionalMediationAvailable = async () => false;";

/// A server, a user who is signed in with the password, and their browser with an authenticator.
pub async fn signed_in_with(authenticator: Authenticator) -> (Server, Browser) {
    let server = Server::start(At::Sqlite).await;
    let anna = server.user("anna").await;
    let browser = Browser::with(&server.base, authenticator).await;
    types_password(&browser, &anna).await;
    browser.arrives_at("/account").await;
    (server, browser)
}

/// Goes to the sign-in page and gives name and password, hands off the authenticator until then.
pub async fn types_password(browser: &Browser, person: &Person) {
    browser.hands_off().await;
    browser.visit("/sign-in").await;
    browser.fill("Username", &person.name).await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Continue").await;
    browser.leaves("Username").await;
    browser.hands_on().await;
}

/// Opens the dialog that adds a device: `Add passkey` leads to `Add a passkey`.
pub async fn opens_dialog(browser: &Browser, button: &str, heading: &str) {
    browser.visit("/account/devices").await;
    browser.press(button).await;
    browser.sees(heading).await;
    assert!(browser.is_in_a_dialog().await, "`{button}` opens no dialog");
}

/// Adds the plugged authenticator as a passkey, and sees it in the list.
pub async fn adds_passkey(browser: &Browser, name: &str) {
    opens_dialog(browser, "Add passkey", "Add a passkey").await;
    browser.fill("Device name", name).await;
    browser.press("Add passkey").await;
    browser.is_told(&format!("{name} was added.")).await;
}

/// Adds the plugged authenticator as a security key, and sees it in the list.
pub async fn adds_security_key(browser: &Browser, name: &str) {
    opens_dialog(browser, "Add security key", "Add a security key").await;
    browser.fill("Device name", name).await;
    browser.press("Add security key").await;
    browser.is_told(&format!("{name} was added.")).await;
}

/// A superuser with a passkey, and the browser in which they are signed in.
pub async fn at_the_console(server: &Server) -> Browser {
    let anna = server.superuser("anna").await;
    let browser = Browser::with(&server.base, Authenticator::PLATFORM).await;
    types_password(&browser, &anna).await;
    browser.arrives_at("/account/devices/add").await;
    browser.press("Add passkey").await;
    browser.arrives_at("/account/devices/add/passkey").await;
    browser.press("Add passkey").await;
    browser.arrives_at("/account/devices").await;
    browser.visit("/console").await;
    browser
}

/// Signs out, hands off the authenticator from then on.
pub async fn signs_out(browser: &Browser) {
    browser.hands_off().await;
    browser.press("Sign out").await;
    browser.arrives_at("/sign-in").await;
}
