//! The inventory of keys, as whoever keeps the stock sees it.

use std::time::Duration;

use keyward_test_support::backends::At;
use keyward_test_support::command::keyward;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;

use crate::pages::looks_at;
use crate::steps::{adds_passkey, adds_security_key, at_the_console, types_password};
use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::browser::Browser;

/// A server with some keys.
async fn with_keys() -> Server {
    let server = Server::start(At::Sqlite).await;
    for name in ["ben", "maria-magdalena.von-hohenstein-waldburg"] {
        server.user(name).await;
    }
    let call = |arguments: &[&str]| keyward(server.folder(), arguments).done();
    for number in 0..24 {
        let serial = (12_345_600 + number).to_string();
        let model = [
            "YubiKey 5 NFC",
            "YubiKey 5C Nano FIPS",
            "Security Key NFC by Yubico, black",
        ][number % 3];
        call(&[
            "key",
            "add",
            &serial,
            "--model",
            model,
            "--firmware",
            "5.7.1",
            "--place",
            "Cabinet 3, second drawer",
        ]);
    }
    for (serial, name) in [
        ("12345601", "ben"),
        ("12345602", "maria-magdalena.von-hohenstein-waldburg"),
    ] {
        call(&["key", "assign", serial, name]);
        call(&["key", "ship", serial, "--note", "by post, letter 17"]);
    }
    call(&[
        "key",
        "link",
        "12345601",
        &SoftYubikey::numbered(1).public_id,
    ]);
    call(&["key", "lost", "12345603", "--yes"]);
    server
}

#[tokio::test]
async fn the_pages_of_the_inventory() {
    let server = with_keys().await;
    let browser = at_the_console(&server).await;
    browser.visit("/console/keys").await;
    looks_at(&browser, "console-keys").await;
    browser.visit("/console/keys/new").await;
    looks_at(&browser, "console-key-new").await;
    browser.visit("/console/keys?search=12345601").await;
    let key = browser.address_of("/console/keys/0").await;
    browser.visit(&key).await;
    browser.sees("letter 17").await;
    looks_at(&browser, "console-key").await;
    browser.visit(&format!("{key}/moves/take-back")).await;
    looks_at(&browser, "console-key-take-back").await;
    // What people have that the inventory does not know.
    let mut old = SoftYubikey::numbered(7);
    server.holds(&old).await;
    let clara = server.user("clara").await;
    clara.signs_in().await;
    clara.adds_a_yubikey(&old.touch()).await;
    browser.visit("/console/key-proposals").await;
    browser.sees("clara").await;
    looks_at(&browser, "console-key-proposals").await;
    browser.ticks(&old.public_id).await;
    browser.press("Take in what is ticked").await;
    browser.is_told("Keys taken into the inventory: 1.").await;
    browser.visit("/console/key-cases").await;
    browser.sees("Open").await;
    looks_at(&browser, "console-key-cases").await;
    browser.visit("/console/keys?search=12345603").await;
    let lost = browser.address_of("/console/keys/0").await;
    browser.visit(&lost).await;
    browser.sees("The case is open").await;
    looks_at(&browser, "console-key-lost").await;
}

#[tokio::test]
async fn a_lost_key_is_replaced_by_a_spare_one_and_found_again() {
    let server = with_keys().await;
    let console = at_the_console(&server).await;
    let ben = server.stranger("ben");
    let bens = Browser::with(&server.base, Authenticator::USB_KEY).await;
    types_password(&bens, &ben).await;
    bens.arrives_at("/account").await;
    adds_security_key(&bens, "Key on the ring").await;
    let device = server
        .database
        .text("SELECT id FROM devices WHERE kind = 'security-key'");
    let call = |arguments: &[&str]| keyward(server.folder(), arguments).done();
    call(&["key", "hand-over", "12345601"]);
    call(&["key", "link", "12345601", &device]);
    bens.visit("/account/devices").await;
    bens.sees("Your keys").await;
    looks_at(&bens, "devices-own-keys").await;

    // He rings; the desk reports it, keeps a spare one for him and reads the pass out to him.
    console.visit("/console/keys?search=12345601").await;
    let key = console.address_of("/console/keys/0").await;
    console.visit(&key).await;
    console.press("Report lost").await;
    console
        .sees("One device on it signs nobody in any more.")
        .await;
    console.sees("ben has no other device then.").await;
    looks_at(&console, "console-key-loss").await;
    console.fill("Spare key", "12345612").await;
    console.ticks("Issue a temporary pass").await;
    console.press("Report lost").await;
    console.sees("Temporary pass for ben").await;
    let pass = console
        .script("return document.querySelector('#secret').textContent")
        .await;
    let pass = pass.as_str().unwrap_or_default().trim().to_owned();
    bens.visit("/account/devices").await;
    bens.arrives_at("/sign-in").await;

    // It turns up after all.
    console.visit(&key).await;
    console.sees("In its place is kept").await;
    console.press("Give back").await;
    console.sees("what is on it works again").await;
    console.press("Give back").await;
    console.is_told("was saved").await;
    types_password(&bens, &ben).await;
    bens.press("Use my security key").await;
    bens.arrives_at("/account").await;

    // He loses it again, and says so himself.
    bens.visit("/account/devices").await;
    bens.press("I lost it").await;
    bens.sees("You are signed out here too").await;
    looks_at(&bens, "own-key-lost").await;
    bens.press("Report lost").await;
    bens.arrives_at("/sign-in").await;
    bens.is_told("was reported lost").await;
    assert!(!pass.is_empty(), "a pass was shown");
    assert_eq!(
        server.events("key.lost"),
        3,
        "with the one that was lost before"
    );
}

#[tokio::test]
async fn a_desk_with_a_scanner_finds_one_key_after_the_other_without_a_mouse() {
    let server = with_keys().await;
    let browser = at_the_console(&server).await;
    browser.visit("/console/keys").await;
    // A scanner types, and presses Enter; so does a key that is touched.
    let touch = SoftYubikey::numbered(1).touch();
    for (typed, shown, other) in [
        ("12345610", "12345610", "12345601"),
        (touch.as_str(), "12345601", "12345610"),
        ("12345602", "maria-magdalena", "12345601"),
    ] {
        browser.types(&format!("{typed}\n")).await;
        browser.sees("Found for").await;
        browser.sees(shown).await;
        assert!(
            !browser.text().await.contains(other),
            "{other} is not what was typed"
        );
        assert!(browser.script("return document.activeElement.id").await == "search");
    }
    let address = browser.script("return location.href").await;
    assert!(!address.to_string().contains(&touch), "{address}");
}

#[tokio::test]
async fn the_page_of_reports() {
    let server = with_keys().await;
    for _ in 0..30 {
        server.clock.turn(Duration::from_hours(24));
        let counted = keyward_actions::report::count_where_due(&server.app).await;
        counted.expect("a database").expect("it was due");
        server
            .user(&format!(
                "user-{}",
                server.database.number("SELECT COUNT(*) FROM users")
            ))
            .await;
    }
    server.database.execute(
        "UPDATE coverage SET with_device = users - 1, two_devices = users / 2, \
         phishing_resistant = users * 2 / 3, hardware_only = users / 4",
    );
    let browser = at_the_console(&server).await;
    browser.visit("/console/reports?days=400").await;
    browser.sees("Day by day").await;
    looks_at(&browser, "console-reports").await;
}

#[tokio::test]
async fn a_touch_tells_the_desk_whose_key_lies_on_the_table() {
    let server = with_keys().await;
    let mut console = at_the_console(&server).await;
    let ben = server.stranger("ben");
    let bens = Browser::with(&server.base, Authenticator::PLATFORM).await;
    types_password(&bens, &ben).await;
    bens.arrives_at("/account").await;
    adds_passkey(&bens, "Key on the ring").await;
    let device = server.database.text(
        "SELECT devices.id FROM devices JOIN users ON users.id = user_id WHERE users.name = 'ben'",
    );
    let call = |arguments: &[&str]| keyward(server.folder(), arguments).done();
    call(&["key", "hand-over", "12345601"]);
    call(&["key", "link", "12345601", &device]);
    let key = bens.credentials().await.remove(0);
    console.unplug().await;
    console.plug_in(Authenticator::PLATFORM).await;
    console.take_credential(&key).await;
    console.visit("/console/keys").await;
    console.press("Touch a passkey or security key").await;
    console.sees("Key on the ring").await;
    console.sees("Yubico 12345601").await;
    console.visit("/console").await;
    console.sees("anna").await;
    // Nobody else's is told of as somebody's.
    call(&["key", "unlink", "12345601", &device]);
    console.visit("/console/keys").await;
    console.press("Touch a passkey or security key").await;
    console
        .is_told("The key that was touched is Key on the ring")
        .await;
    looks_at(&console, "console-user-touched").await;
}

#[tokio::test]
async fn the_help_desk_works_by_keyboard() {
    let server = with_keys().await;
    let call = |arguments: &[&str]| keyward(server.folder(), arguments).done();
    call(&["key", "hand-over", "12345601"]);
    let carl = server.user("carl").await;
    let desk = Browser::with(&server.base, Authenticator::PLATFORM).await;
    types_password(&desk, &carl).await;
    desk.arrives_at("/account").await;
    adds_passkey(&desk, "Work laptop").await;
    call(&["role", "grant", "carl", "help-desk"]);
    desk.visit("/console").await;
    desk.sees("Users").await;
    looks_at(&desk, "help-desk-users").await;
    assert!(!desk.offers("New user").await, "it makes no users");
    // The cursor is in the search field of the page of keys, and Enter sends it.
    desk.visit("/console/keys").await;
    desk.types("12345601\n").await;
    desk.sees("Found for 12345601").await;
    goes_on_by_keyboard(&desk, "12345601").await;
    desk.sees("Report lost").await;
    looks_at(&desk, "help-desk-key").await;
    goes_on_by_keyboard(&desk, "Report lost").await;
    desk.sees("Spare key").await;
    goes_on_by_keyboard(&desk, "Report lost").await;
    desk.sees("The case is open").await;
    let state = server
        .database
        .text("SELECT state FROM keys WHERE serial = '12345601'");
    assert_eq!(state, "lost");
    looks_at(&desk, "help-desk-key-lost").await;
}

/// Walks by the tabulator to what has this text, and presses Enter.
async fn goes_on_by_keyboard(browser: &Browser, text: &str) {
    for _ in 0..80 {
        browser.types("\t").await;
        let here = browser
            .script("return (document.activeElement.textContent || '').trim()")
            .await;
        if here
            .as_str()
            .is_some_and(|here| here.contains(text) && here.len() < 80)
        {
            return browser.types("\n").await;
        }
    }
    panic!("the tabulator does not come to {text}");
}

#[tokio::test]
async fn a_key_is_imported_registered_for_its_owner_shipped_and_activated() {
    let server = Server::start(At::Sqlite).await;
    server.user("ben").await;
    let call = |arguments: &[&str]| keyward(server.folder(), arguments).done();
    let list = server.folder().join("order.csv");
    let rows = "serial;model;order\n10000017;YubiKey 5C NFC;PO-7\n10000018;YubiKey 5C NFC;PO-7\n";
    std::fs::write(&list, rows).expect("a file");
    call(&["key", "import", list.to_str().expect("a path")]);
    // At the desk, with the key in hand.
    let desk = at_the_console(&server).await;
    let owner = server
        .database
        .text("SELECT id FROM users WHERE name = 'ben'");
    desk.visit(&format!("/console/users/{owner}")).await;
    desk.fill("Register a key for them", "10000017").await;
    desk.press("Register").await;
    desk.sees("Register a key for ben").await;
    looks_at(&desk, "enrol-key").await;
    desk.press("Register").await;
    desk.sees("New code").await;
    desk.press("New code").await;
    desk.sees("Activation code for ben").await;
    looks_at(&desk, "activation-code").await;
    let code = desk
        .script("return document.querySelector('#secret').textContent")
        .await;
    let code = code.as_str().unwrap_or_default().trim().to_owned();
    call(&["key", "ship", "10000017", "--note", "letter 18"]);
    // The owner gets the key by one way and the code by another.
    let held = desk.credentials().await;
    let its_handle = |one: &&serde_json::Value| one["userName"] == "ben";
    let bens = Browser::with(&server.base, Authenticator::PLATFORM).await;
    let credential = held.iter().find(its_handle).unwrap_or(&held[1]);
    bens.take_credential(credential).await;
    bens.visit("/activate").await;
    looks_at(&bens, "activate").await;
    bens.fill("Activation code", &code).await;
    bens.press("Continue").await;
    bens.arrives_at("/activate/key").await;
    looks_at(&bens, "activate-key").await;
    bens.press("Use the key").await;
    bens.arrives_at("/sign-in").await;
    let state = "SELECT state FROM keys WHERE serial = '10000017'";
    assert_eq!(server.database.text(state), "active");
    bens.press_if_offered("Sign in with a passkey").await;
    bens.arrives_at("/account").await;
    bens.sees("ben").await;
}
