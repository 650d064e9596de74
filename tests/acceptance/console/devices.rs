//! Everybody's devices.

use keyward_actions::device;
use keyward_actions::two_factor;
use keyward_core::domain::device::{DeviceKind, DeviceState};
use keyward_core::flows::permit::Administrator;
use keyward_store::devices;

use super::{at_console, crowd, enrolled, page_of, told, user, walk, with_app};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

/// The address of the only device of a user.
async fn device_of(server: &Server, name: &str) -> keyward_core::domain::device::DeviceId {
    let id = user(server, name).await.id;
    let administrator = Administrator::at_command_line();
    let devices = device::of_user(&server.app, &administrator, id).await;
    devices.expect("a database")[0].id
}

async fn suspect(server: &Server, name: &str) {
    let id = device_of(server, name).await;
    let store = server.database.store();
    let marked = store.write(move |connection| {
        devices::change_state(connection, id, DeviceState::Active, DeviceState::Suspect)
    });
    assert!(marked.await.expect("a database"));
}

on_every_database! {
    async fn devices_are_listed_a_page_at_a_time_under_every_filter(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let people = crowd(&server, 70).await;
        enrolled(&server, &people, DeviceKind::SecurityKey, 100).await;
        enrolled(&server, &people[..60], DeviceKind::Passkey, 40).await;
        enrolled(&server, &vec![people[0]; 55], DeviceKind::Yubikey, 10).await;
        let count = async |filter: &str| {
            let path = format!("/console/devices?{filter}");
            let (mut rows, pages) = walk(&anna, &path, "Next page").await;
            let shown = rows.len();
            rows.sort_unstable();
            rows.dedup();
            assert_eq!(rows.len(), shown, "{filter} shows a device twice");
            (shown, pages)
        };
        for (filter, expected) in [
            ("", (186, 4)),
            ("kind=security-key", (70, 2)),
            ("kind=passkey&user=&unused_days=", (60, 2)),
            ("kind=totp", (1, 1)),
            ("unused_days=30", (130, 3)),
            ("unused_days=90", (70, 2)),
            ("unused_days=101", (0, 1)),
            ("kind=passkey&unused_days=90", (0, 1)),
            ("kind=passkey&unused_days=30", (60, 2)),
            ("user=USER000", (57, 2)),
            ("user=user001", (2, 1)),
            ("user=user000&kind=yubikey", (55, 2)),
            ("user=user000&kind=yubikey&unused_days=9", (55, 2)),
            ("user=user000&unused_days=30", (2, 1)),
            ("user=nobody", (0, 1)),
            ("state=suspect", (0, 1)),
        ] {
            assert_eq!(count(filter).await, expected, "{filter}");
        }
        suspect(&server, "user001").await;
        for (filter, expected) in [
            ("state=suspect", 1),
            ("state=suspect&user=user001&kind=security-key&unused_days=30", 1),
            ("state=suspect&kind=totp", 0),
            ("state=suspect&user=user002", 0),
        ] {
            assert_eq!(count(filter).await.0, expected, "{filter}");
        }
        let text = anna.visits("/console").await.text();
        for number in ["71 users", "186 devices", "1 on hold"] {
            assert!(text.contains(number), "{number}: {text}");
        }
    }

    async fn a_device_is_removed_after_a_question_and_its_sessions_end(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let mut ben = with_app(&server, "ben").await;
        let text = anna.visits("/console").await.text();
        assert!(!text.contains("without a device"), "{text}");

        let page = anna.visits("/console/devices?user=ben").await;
        let page = anna.presses(&page, "Remove").await;
        for part in ["ben", "1 open session ends."] {
            assert!(page.text().contains(part), "{part}: {}", page.text());
        }
        assert_eq!(server.events("device.removed"), 0, "the question alone removed it");
        let page = anna.presses(&page, "Remove").await;
        assert_eq!(page.path, page_of(&server, "ben").await);
        assert!(page.notice().contains("was removed."), "{}", page.notice());
        assert_eq!(told(&server, "device.removed", "anna", Some("ben"), "").await, 1);

        assert_eq!(ben.visits("/account").await.path, "/sign-in?next=%2Faccount");
        ben.app = None;
        assert_eq!(ben.signs_in().await.path, "/account", "without a device the password will do");
        let text = anna.visits("/console").await.text();
        assert!(text.contains("1 without a device"), "{text}");
    }

    async fn a_superuser_keeps_the_last_device_of_their_own(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let path = format!("/console/devices/{}/remove", device_of(&server, "anna").await);
        let page = anna.visits(&path).await;
        assert!(page.notice().contains("this is its last device"), "{}", page.text());
        assert!(page.path.starts_with("/console/users/"), "a removal is promised: {}", page.path);
        let answer = anna.browser.post(&path, &[]).await;
        let page = anna.browser.follow(answer).await;
        assert!(page.notice().contains("this is its last device"), "{}", page.notice());
        assert_eq!(told(&server, "device.removed", "anna", Some("anna"), "device.last").await, 1);
        assert_eq!(anna.browser.get("/console").await.status, 200);
    }

    async fn a_suspect_device_is_found_and_taken_off_hold(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        with_app(&server, "ben").await;
        suspect(&server, "ben").await;

        let page = anna.visits("/console").await;
        let held = page.link("1 on hold").expect("a way to the devices on hold");
        let page = anna.visits(&held).await;
        let page = anna.presses(&page, "Use again").await;
        assert!(page.notice().contains("can be used again."), "{}", page.notice());
        assert!(page.try_form("Use again").is_none());
        assert_eq!(told(&server, "device.released", "anna", Some("ben"), "").await, 1);

        let path = format!("/console/devices/{}/release", device_of(&server, "ben").await);
        assert_eq!(anna.browser.post(&path, &[]).await.status, 303);
        assert_eq!(server.events("device.released"), 1, "nothing was done the second time");
    }

    async fn the_number_of_devices_stays_right(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let people = crowd(&server, 3).await;
        enrolled(&server, &[people[0], people[0], people[1]], DeviceKind::Passkey, 1).await;
        let drift = "SELECT COUNT(*) FROM users WHERE device_count <> \
                     (SELECT COUNT(*) FROM devices WHERE devices.user_id = users.id)";
        assert_eq!(server.database.number(drift), 0);
        let page = anna.visits("/console/devices?user=user000").await;
        let question = anna.presses(&page, "Remove").await;
        let twice = [0, 1].map(|_| anna.browser.press(&question, "Remove"));
        let statuses = futures_util::future::join_all(twice).await;
        let done = statuses.iter().filter(|page| page.status == 303).count();
        assert_eq!(done, 1, "one of two removals of the same device");
        assert_eq!(server.events("device.removed"), 1);
        assert_eq!(server.database.number(drift), 0);
        let administrator = Administrator::at_command_line();
        for person in people {
            let emptied = two_factor::disable(&server.app, &administrator, person).await;
            emptied.expect("a database");
        }
        assert_eq!(server.database.number(drift), 0);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users WHERE device_count = 0"), 3);
    }
}
