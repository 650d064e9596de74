//! Adding devices: each in a dialog over the devices, and as a page of its own.

use crate::steps::{
    adds_passkey, adds_security_key, opens_dialog, signed_in_with, signs_out, types_password,
};
use keyward_test_support::app::App;
use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::yubiserver::Yubiserver;

#[tokio::test]
async fn a_key_that_is_already_registered_is_refused_with_a_clear_sentence() {
    let (server, browser) = signed_in_with(Authenticator::USB_KEY).await;
    adds_security_key(&browser, "Anna's key").await;
    opens_dialog(&browser, "Add security key", "Add a security key").await;
    browser.press("Add security key").await;
    browser.is_told("This device is registered already").await;
    assert_eq!(browser.credentials().await.len(), 1);
    assert_eq!(server.events("device.added"), 1);
}

#[tokio::test]
async fn somebody_who_cancels_the_enrolment_can_try_again() {
    let (server, browser) = signed_in_with(Authenticator::PLATFORM.with_a_stranger()).await;
    opens_dialog(&browser, "Add passkey", "Add a passkey").await;
    browser.press("Add passkey").await;
    browser.is_told("Nothing was added").await;
    assert_eq!(server.events("device.added"), 0);
    browser.user_is_verified(true).await;
    browser.press("Add passkey").await;
    browser.is_told("was added.").await;
    assert_eq!(server.events("device.added"), 1);
}

#[tokio::test]
async fn closing_the_dialog_gives_the_question_up() {
    let (server, browser) = signed_in_with(Authenticator::USB_KEY.untouched()).await;
    opens_dialog(&browser, "Add security key", "Add a security key").await;
    browser.press("Add security key").await;
    browser.is_told("Follow what your browser").await;
    browser.press("Cancel").await;
    assert!(!browser.is_in_a_dialog().await);
    browser.key_is_touched(true).await;
    adds_security_key(&browser, "Anna's key").await;
    assert_eq!(server.events("device.added"), 1);
}

#[tokio::test]
async fn a_device_without_a_name_is_called_after_what_it_is() {
    let (_server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    opens_dialog(&browser, "Add passkey", "Add a passkey").await;
    browser.press("Add passkey").await;
    browser.is_told("was added.").await;
    assert!(
        !browser.notice().await.starts_with(" was added"),
        "it has no name"
    );
}

#[tokio::test]
async fn an_app_is_added_in_a_dialog_after_a_wrong_code_and_a_right_one() {
    let (server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    opens_dialog(
        &browser,
        "Add authenticator app",
        "Add an authenticator app",
    )
    .await;
    let app = App::scan(&browser.address_of("otpauth:").await);
    browser.fill("Code", "000000").await;
    browser.press("Confirm").await;
    browser.is_told("That code is not right").await;
    assert!(browser.is_in_a_dialog().await, "the dialog is gone");
    browser.fill("Code", &app.code(server.app.now())).await;
    browser.press("Confirm").await;
    browser.is_told("was added.").await;
    assert_eq!(server.events("device.added"), 1);
}

#[tokio::test]
async fn a_touch_of_a_yubikey_adds_it_and_another_one_signs_in() {
    let mut key = SoftYubikey::numbered(1);
    let service = Yubiserver::start(&[&key]);
    let services = service.as_setting();
    let server = Server::with(At::Sqlite, &[("yubikey.services", &services)]).await;
    let anna = server.user("anna").await;
    let browser = Browser::open(&server.base).await;
    types_password(&browser, &anna).await;
    browser.arrives_at("/account").await;
    opens_dialog(&browser, "Add YubiKey", "Add a YubiKey").await;
    browser.types(&format!("{}\n", key.touch())).await;
    browser.is_told("was added.").await;

    signs_out(&browser).await;
    let before = server.events("sign_in.completed");
    types_password(&browser, &anna).await;
    browser.sees("Plug it in and touch the metal contact").await;
    browser.types(&format!("{}\n", key.touch())).await;
    browser.arrives_at("/account").await;
    assert_eq!(server.events("sign_in.completed"), before + 1);
}

#[tokio::test]
async fn without_scripts_each_device_that_needs_none_can_be_added() {
    let (server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    browser.without_scripts().await;
    browser.visit("/account/devices").await;
    browser.press("Add authenticator app").await;
    browser.arrives_at("/account/devices/add/totp").await;
    let app = App::scan(&browser.address_of("otpauth:").await);
    browser.fill("Device name", "Anna's phone").await;
    browser.fill("Code", &app.code(server.app.now())).await;
    browser.press("Confirm").await;
    browser.is_told("Anna's phone was added.").await;
}

#[tokio::test]
async fn several_devices_stand_side_by_side() {
    let (_server, mut browser) = signed_in_with(Authenticator::PLATFORM).await;
    adds_passkey(&browser, "Laptop").await;
    browser.plug_in(Authenticator::USB_KEY).await;
    adds_security_key(&browser, "Key").await;
    browser.visit("/account/devices").await;
    browser.sees("Laptop").await;
    browser.sees("Key").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
