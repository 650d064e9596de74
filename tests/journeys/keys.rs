//! The inventory of keys, as whoever keeps the stock sees it.

use keyward_test_support::backends::At;
use keyward_test_support::command::keyward;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;

use crate::pages::looks_at;
use crate::steps::at_the_console;

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
