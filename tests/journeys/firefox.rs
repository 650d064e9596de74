//! Firefox, which keeps no passkeys on Linux and reaches no phone: what it says, and what works.

use keyward_test_support::backends::At;
use keyward_test_support::firefox::Firefox;
use keyward_test_support::person::PASSWORD;
use keyward_test_support::server::Server;

/// A server, and Firefox with its user signed in by the password.
async fn signed_in() -> (Server, Firefox) {
    let server = Server::start(At::Sqlite).await;
    server.user("anna").await;
    let firefox = Firefox::open(&server.base).await;
    types_password(&firefox).await;
    firefox.arrives_at("/account").await;
    (server, firefox)
}

async fn types_password(firefox: &Firefox) {
    firefox.visit("/sign-in").await;
    firefox.fill("Username", "anna").await;
    firefox.fill("Password", PASSWORD).await;
    firefox.press("Continue").await;
}

#[tokio::test]
async fn a_browser_that_keeps_no_passkeys_says_so_and_a_key_keeps_one() {
    let (server, mut firefox) = signed_in().await;
    firefox.visit("/account/devices/add/passkey").await;
    firefox.is_told("This browser keeps no passkeys").await;
    firefox.sees("Add security key").await;
    // The same in the dialog over the devices.
    firefox.visit("/account/devices").await;
    firefox.press("Add passkey").await;
    firefox.is_told("This browser keeps no passkeys").await;
    // A key is asked all the same: nothing was asked for that only a platform has.
    firefox.plug_in("ctap2", "usb").await;
    firefox.fill("Device name", "Anna's key").await;
    firefox.press("Add passkey").await;
    firefox.is_told("Anna's key was added.").await;
    assert_eq!(server.events("device.added"), 1);
    firefox.press("Sign out").await;
    firefox.arrives_at("/sign-in").await;
    firefox.press("Sign in with a passkey").await;
    firefox.arrives_at("/account").await;
    assert_eq!(server.events("sign_in.passkey"), 1);
}

#[tokio::test]
async fn a_passkey_of_the_device_itself_signs_in_where_there_is_one() {
    let (server, mut firefox) = signed_in().await;
    firefox.plug_in("ctap2", "internal").await;
    firefox.visit("/account/devices/add/passkey").await;
    firefox.press("Add passkey").await;
    firefox.arrives_at("/account/devices").await;
    firefox.press("Sign out").await;
    firefox.arrives_at("/sign-in").await;
    firefox.press("Sign in with a passkey").await;
    firefox.arrives_at("/account").await;
    assert_eq!(server.events("device.added"), 1);
}

/// Its counter begins at 0.
#[tokio::test]
async fn a_key_from_before_fido2_is_a_second_factor() {
    let (server, mut firefox) = signed_in().await;
    firefox.plug_in("ctap1/u2f", "usb").await;
    firefox.visit("/account/devices/add/security-key").await;
    firefox.press("Add security key").await;
    firefox.arrives_at("/account/devices").await;
    for times in 1..=2 {
        firefox.press("Sign out").await;
        firefox.arrives_at("/sign-in").await;
        types_password(&firefox).await;
        firefox.press("Use my security key").await;
        firefox.arrives_at("/account").await;
        assert_eq!(server.events("sign_in.second_factor"), times);
        firefox.visit("/account/devices").await;
    }
}
