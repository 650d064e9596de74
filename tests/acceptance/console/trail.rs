//! The trail at the console.

use keyward_core::clock::SystemEntropy;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventIds, EventKind, Refusal};
use keyward_core::domain::event_detail::EndedSessions;
use keyward_core::problem::codes;
use keyward_store::events;

use super::{at_console, crowd, page_of, rows_of, user, walk, with_app};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

/// So many events about a user, by somebody.
pub(super) async fn happened(server: &Server, count: usize, event: Event) {
    let now = server.app.now();
    let store = server.database.store();
    let recorded = store.write(move |connection| {
        let ids = EventIds::default();
        let next = || ids.next(now, &SystemEntropy);
        (0..count).try_for_each(|_| events::record(connection, next(), &event, now))
    });
    recorded.await.expect("a database");
}

on_every_database! {
    async fn the_trail_is_read_a_page_at_a_time_under_every_filter(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let people = crowd(&server, 2).await;
        let [one, two] = [people[0], people[1]];
        let signed_in = Event::new(EventKind::SignedIn);
        happened(&server, 70, signed_in.clone().by(Actor::User(one)).about(one)).await;
        let wrong = Event::new(EventKind::PasswordChecked).refused(Refusal::WrongPassword);
        happened(&server, 60, wrong.about(one)).await;
        let disabled = Event::new(EventKind::UserDisabled).by(Actor::User(one));
        happened(&server, 55, disabled.about(two)).await;
        happened(&server, 5, Event::new(EventKind::LockoutsCleared).by(Actor::User(one))).await;
        let before = walk(&anna, "/console/audit", "Older").await.0.len();
        assert!(before > 190, "{before}");
        for (filter, count, pages) in [
            ("user=USER000", 190, 4),
            ("user=user000&kind=", 190, 4),
            ("user=user000&kind=sign_in.password", 60, 2),
            ("user=user000&kind=user.disabled", 55, 2),
            ("user=user000&kind=lockout.cleared", 5, 1),
            ("user=user001", 55, 2),
            ("user=user001&kind=sign_in.password", 0, 1),
            ("kind=user.disabled", 55, 2),
            ("kind=lockout.cleared&user=", 5, 1),
            ("user=nobody", 0, 1),
        ] {
            let path = format!("/console/audit?{filter}");
            let (rows, seen) = walk(&anna, &path, "Older").await;
            assert_eq!((rows.len(), seen), (count, pages), "{filter}");
        }
    }

    async fn a_users_page_tells_what_happened_to_them_with_the_reasons(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let ben = with_app(&server, "ben").await;
        let id = user(&server, "ben").await.id;
        happened(&server, 60, Event::new(EventKind::SignedOut).by(Actor::User(id)).about(id)).await;
        server.clock.turn(std::time::Duration::from_secs(60));
        let half = ben.elsewhere(&server.base);
        let page = half.types_password().await;
        half.types_code(&page, "000000").await;
        let mut guesser = ben.elsewhere(&server.base);
        guesser.password = "a wrong guess".to_owned();
        guesser.types_password().await;

        let path = page_of(&server, "ben").await;
        let page = anna.visits(&path).await;
        let text = page.text();
        for part in ["Wrong password", "Wrong code", "127.0.0.1", "Authenticator app"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let newest = rows_of(&page);
        assert!(newest.iter().any(|row| row.starts_with("Password checked")), "{newest:?}");
        let (all, pages) = walk(&anna, &path, "Older").await;
        assert!(pages == 2 && all.iter().any(|row| row.starts_with("Device added")), "{all:?}");
        let older = page.link("Older").expect("older events");
        let older = anna.visits(&older).await;
        assert_eq!(older.link("Back to the first page"), Some(path));
    }

    async fn cases_are_told_in_words_and_an_old_row_as_the_text_that_it_is(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let totp = EventDetail::Device { kind: DeviceKind::Totp, name: None };
        let taken = Event::new(EventKind::DeviceAdded).refused(Refusal::Taken).detailed(totp);
        happened(&server, 1, taken).await;
        let fixed = Event::new(EventKind::UserRenamed).refused(codes::ACCOUNT_FIXED);
        happened(&server, 1, fixed).await;
        let ended = EventDetail::SessionsEnded { whose: EndedSessions::Everybody, sessions: 7 };
        happened(&server, 1, Event::new(EventKind::SessionEnded).detailed(ended)).await;
        happened(&server, 1, Event::new(EventKind::GroupAdded)).await;
        let hostile = r#"user:x until <b>\"{{ 7 * 7 }}\"</b>, taken"#;
        server.database.execute(&format!(
            "UPDATE events SET detail = '{hostile}', refusal = 'no_such_reason' \
             WHERE kind = 'group.added'"
        ));
        let page = anna.visits("/console/audit").await;
        let text = page.text();
        for part in [
            "In use already",
            "Authenticator app",
            "Sessions of everybody: 7",
            hostile,
            "another version of Keyward",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let rows = rows_of(&page);
        assert!(rows.iter().all(|row| !row.contains("\"case\"") && !row.contains("account.fixed")), "{rows:?}");
    }
}
