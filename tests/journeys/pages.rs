//! Every page as people see it: pictures in light, dark and as wide as a phone, and nothing that
//! the browser complains about.

use crate::steps::{
    adds_passkey, adds_security_key, at_the_console, opens_dialog, signed_in_with, signs_out,
    types_password,
};
use keyward_test_support::app::App;
use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::person::PASSWORD;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;

/// Looks at the page that is shown.
pub async fn looks_at(browser: &Browser, name: &str) {
    browser.pictures(name).await;
    for width in [320, 390, 768, 1280] {
        let overhang = browser.sideways(width).await;
        assert_eq!(overhang, 0, "{name} is wider than {width} pixels");
    }
    assert_eq!(browser.complaints().await, Vec::<String>::new(), "{name}");
}

#[tokio::test]
async fn the_way_in() {
    let server = Server::start(At::Sqlite).await;
    let browser = Browser::with(&server.base, Authenticator::PLATFORM).await;
    browser.visit(&server.setup_link().await).await;
    looks_at(&browser, "set-up").await;
    browser.fill("Username", "anna").await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Continue").await;
    browser.arrives_at("/account/devices/add").await;
    looks_at(&browser, "set-up-add-device").await;
    browser.press("Add passkey").await;
    browser.arrives_at("/account/devices/add/passkey").await;
    looks_at(&browser, "set-up-add-passkey").await;
    browser.press("Add passkey").await;
    browser.arrives_at("/account/devices").await;
    signs_out(&browser).await;
    looks_at(&browser, "sign-in").await;
    browser.fill("Username", "anna").await;
    browser.fill("Password", "not this one").await;
    browser.press("Continue").await;
    browser.is_told("do not match").await;
    looks_at(&browser, "sign-in-wrong").await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Continue").await;
    browser.leaves("Username").await;
    browser.sees("Sign in with a passkey").await;
    looks_at(&browser, "sign-in-passkey").await;
    browser.hands_on().await;
    browser.user_is_verified(false).await;
    browser.press("Sign in with a passkey").await;
    browser.is_told("Nothing was confirmed").await;
    looks_at(&browser, "sign-in-passkey-cancelled").await;
}

#[tokio::test]
async fn the_devices() {
    let (server, mut browser) = signed_in_with(Authenticator::PLATFORM).await;
    server.holds(&SoftYubikey::numbered(1)).await;
    looks_at(&browser, "account").await;
    browser.visit("/account/devices").await;
    looks_at(&browser, "devices-none").await;
    for (button, heading, name) in [
        ("Add passkey", "Add a passkey", "add-passkey"),
        ("Add security key", "Add a security key", "add-security-key"),
        ("Add YubiKey", "Add a YubiKey", "add-yubikey"),
        (
            "Add authenticator app",
            "Add an authenticator app",
            "add-app",
        ),
    ] {
        opens_dialog(&browser, button, heading).await;
        looks_at(&browser, name).await;
    }
    let app = App::scan(&browser.address_of("otpauth:").await);
    browser.fill("Device name", "Anna's phone").await;
    browser.fill("Code", &app.code(server.app.now())).await;
    browser.press("Confirm").await;
    browser.is_told("was added").await;
    looks_at(&browser, "devices-one").await;
    adds_passkey(&browser, "Anna's laptop").await;
    browser.plug_in(Authenticator::USB_KEY).await;
    adds_security_key(
        &browser,
        "A security key with quite a long name on the key ring",
    )
    .await;
    browser.visit("/account/devices").await;
    looks_at(&browser, "devices-many").await;
    browser.press("Remove").await;
    browser.sees("Keep it").await;
    looks_at(&browser, "device-remove").await;
    browser.visit("/account").await;
    looks_at(&browser, "account-with-devices").await;
    signs_out(&browser).await;
    types_password(&browser, &server.stranger("anna")).await;
    browser.sees("Enter your code").await;
    looks_at(&browser, "sign-in-code").await;
    browser.press("Use another method").await;
    browser.sees("Choose how to continue").await;
    looks_at(&browser, "sign-in-choose").await;
}

#[tokio::test]
async fn the_console() {
    let server = Server::start(At::Sqlite).await;
    for name in [
        "ben",
        "carla",
        "a-user-with-a-name-of-more-than-forty-characters",
    ] {
        let mut person = server.user(name).await;
        person.signs_in().await;
        person.adds_an_app().await;
    }
    server.plain_client().await;
    server.client_at_rate(600).await;
    for number in 0..3 {
        server.holds(&SoftYubikey::numbered(number)).await;
    }
    let browser = at_the_console(&server).await;
    for (path, name) in [
        ("/console", "console"),
        ("/console/users", "console-users"),
        (
            "/console/users?q=nobody-is-called-this",
            "console-users-none",
        ),
        ("/console/users/new", "console-new-user"),
        ("/console/devices", "console-devices"),
        ("/console/clients", "console-clients"),
        ("/console/clients/new", "console-new-client"),
        ("/console/clients/1", "console-client"),
        ("/console/otp-keys", "console-otp-keys"),
        ("/console/services", "console-services-none"),
        ("/console/services/new", "console-new-service"),
        ("/console/audit", "console-audit"),
    ] {
        browser.visit(path).await;
        looks_at(&browser, name).await;
    }
    browser.visit("/console/users").await;
    browser.press("ben").await;
    browser.sees("Disable ben").await;
    looks_at(&browser, "console-user").await;
}

/// What of the tables' buttons, and of the page itself, lies outside of the window.
const OUT_OF_SIGHT: &str = r#"
    const out = [];
    for (const button of document.querySelectorAll("main table :is(button, a)")) {
        const { left, right, width } = button.getBoundingClientRect();
        const frame = button.closest(".table-wrap").getBoundingClientRect();
        if (!width || left < Math.max(0, frame.left) - 1 || right > Math.min(innerWidth, frame.right) + 1)
            out.push(button.textContent.trim());
    }
    const current = document.querySelector(".menu-button");
    const inMenu = document.querySelector(".sidebar [aria-current]");
    const seen = [current, inMenu].some((place) => place?.checkVisibility()
        && place.getBoundingClientRect().right <= innerWidth
        && place.getBoundingClientRect().bottom <= innerHeight);
    if (!seen) out.push("where one is");
    return out.join(", ");
"#;

#[tokio::test]
async fn no_action_of_a_table_is_out_of_sight_however_long_the_names() {
    let server = Server::start(At::Sqlite).await;
    for name in [
        "wilhelmina.featherstonehaugh-van-der-westhuizen.engineering",
        "a-user-with-a-name-of-more-than-forty-characters",
    ] {
        let mut person = server.user(name).await;
        person.signs_in().await;
        person.adds_an_app().await;
    }
    server.holds(&SoftYubikey::numbered(1)).await;
    let browser = at_the_console(&server).await;
    for path in ["users", "devices", "sessions", "otp-keys", "audit"] {
        browser.visit(&format!("/console/{path}")).await;
        for width in [1920, 1280, 1100, 800, 390, 320] {
            browser.is_wide(width).await;
            let out = browser.script(OUT_OF_SIGHT).await;
            assert_eq!(out.as_str(), Some(""), "/console/{path} at {width} pixels");
        }
    }
}

#[tokio::test]
async fn a_name_without_a_place_to_break_it_fits_on_every_page() {
    let server = Server::start(At::Sqlite).await;
    let long = "n".repeat(64);
    let mut person = server.user(&long).await;
    person.signs_in().await;
    person.adds_an_app().await;
    let id = server
        .database
        .text("SELECT id FROM users WHERE name LIKE 'nnnn%'");
    let browser = at_the_console(&server).await;
    for part in ["", "/edit", "/delete", "/disable", "/superuser?grant=true"] {
        browser.visit(&format!("/console/users/{id}{part}")).await;
        browser.sees(&long).await;
        for width in [320, 390, 768, 1280] {
            let overhang = browser.sideways(width).await;
            assert_eq!(overhang, 0, "`{part}` is wider than {width} pixels");
        }
    }
}

#[tokio::test]
async fn the_menu_of_a_phone_opens_without_a_script_of_ours() {
    let server = Server::start(At::Sqlite).await;
    let browser = at_the_console(&server).await;
    browser.is_wide(390).await;
    browser.without_scripts().await;
    browser.visit("/console/devices").await;
    browser.press("Menu: Devices").await;
    browser.press("OTP keys").await;
    browser.arrives_at("/console/otp-keys").await;
}

#[tokio::test]
async fn exact_times_are_reached_by_keyboard_and_kept_for_the_next_page() {
    let (_server, browser) = signed_in_with(Authenticator::PLATFORM).await;
    browser.visit("/account/sessions").await;
    browser.sees("just now").await;
    browser
        .script("document.querySelector('[data-exact-times]').focus()")
        .await;
    browser.types(" ").await;
    let year = browser
        .script(
            "return String(new Date(document.querySelector('main time').dateTime).getFullYear())",
        )
        .await;
    let year = year.as_str().expect("a year").to_owned();
    browser.sees(&year).await;
    browser.visit("/account/sessions").await;
    browser.sees(&year).await;
}

#[tokio::test]
async fn what_went_wrong() {
    let server = Server::start(At::Sqlite).await;
    let browser = Browser::open(&server.base).await;
    for (path, name) in [
        ("/nothing-here", "problem-not-found"),
        ("/setup?token=x", "problem-set-up-link"),
    ] {
        browser.visit(path).await;
        browser.pictures(name).await;
    }
}
