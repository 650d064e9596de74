//! Keys that nobody uses.

use std::time::Duration;

use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;

on_every_database! {
    async fn a_key_is_unused_where_nothing_on_it_was_used_for_so_many_days(at: At) {
        let server = Server::start(at).await;
        let mut keys = [1, 2].map(SoftYubikey::numbered);
        for key in &keys {
            server.holds(key).await;
        }
        let folder = server.folder();
        for serial in ["101", "102", "103", "104"] {
            keyward(folder, &["key", "add", serial]).done();
        }
        keyward(folder, &["key", "link", "101", &keys[0].public_id]).done();
        keyward(folder, &["key", "link", "102", &keys[1].public_id]).done();
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        anna.adds_a_yubikey(&keys[1].touch()).await;
        let app = server.database.text("SELECT id FROM devices WHERE kind = 'totp'");
        // Whatever an administrator says to be on a key counts as its use.
        server.database.execute(&format!(
            "INSERT INTO key_devices (device_id, key_id, linked_at) \
             SELECT '{app}', id, 1 FROM keys WHERE serial = '103'"
        ));
        let program = server.program(&["keys:read"]).await;
        let unused = async |days: u32| {
            let listed = program.gets(&format!("/keys?unused_days={days}")).await.json();
            let items = listed["items"].as_array().expect("items").clone();
            let serials = items.iter().map(|key| key["serial"].as_str().expect("one").to_owned());
            serials.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(unused(10).await, "101 104", "a slot that was never used, and nothing at all");
        server.clock.turn(Duration::from_hours(24 * 30));
        assert_eq!(unused(10).await, "101 102 103 104");
        let client = server.plain_client().await;
        assert_eq!(client.asks(&keys[0].touch()).await.status(), "OK");
        assert_eq!(unused(10).await, "102 103 104");
        let elsewhere = anna.elsewhere(&server.base);
        elsewhere.types_password().await;
        let page = elsewhere.visits("/sign-in?method=totp").await;
        elsewhere.types_code(&page, &anna.code()).await;
        assert!(elsewhere.is_in().await);
        assert_eq!(unused(10).await, "102 104");
        assert_eq!(unused(40).await, "104", "longer ago than that, only what never was");
    }
}
