//! What strangers and plain users can write into the trail, and how long it is kept.

use std::time::Duration;

use serde_json::json;

use keyward_actions::sweep;
use keyward_actions::sweep::remove_expired;

use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

on_every_database! {
    async fn a_plain_user_at_the_console_writes_a_few_events_and_a_number(at: At) {
        let server = Server::start(at).await;
        let (anna, root) = (server.user("anna").await, server.superuser("root").await);
        anna.signs_in().await;
        for _ in 0..40 {
            assert_eq!(anna.browser.get("/console").await.status, 403);
        }
        assert_eq!(server.written("access.refused", "not_superuser"), 3);
        assert_eq!(server.refusals("access.refused", "not_superuser"), 40);
        let mut root = root;
        root.signs_in().await;
        root.adds_an_app().await;
        let page = root.visits("/console/audit").await;
        assert!(page.text().contains("37 times more"), "{}", page.text());
    }

    async fn answers_of_strangers_are_counted_and_not_written_without_end(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        for _ in 0..260 {
            let answer = browser.post_json("/webauthn/authentication/verify", &json!({})).await;
            assert_eq!(answer.status, 400, "{}", answer.body);
        }
        assert_eq!(server.written("sign_in.passkey", "ceremony.malformed"), 100);
        assert_eq!(server.refusals("sign_in.passkey", "ceremony.malformed"), 260);
        // An hour later they are written again.
        server.clock.turn(Duration::from_mins(61));
        browser.post_json("/webauthn/authentication/verify", &json!({})).await;
        assert_eq!(server.written("sign_in.passkey", "ceremony.malformed"), 101);
    }

    async fn what_somebody_changes_without_end_is_told_sixty_times_an_hour_and_then_refused(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let codes = async || anna.browser.post("/account/backup-codes", &[]).await;
        for _ in 1..60 {
            assert_eq!(codes().await.status, 200);
        }
        let made = server.database.text("SELECT MIN(code_hash) FROM backup_codes");
        for _ in 0..10 {
            let refused = codes().await;
            assert_eq!(refused.status, 429, "{}", refused.body);
            assert_eq!(refused.header("retry-after"), "3600");
            assert!(refused.text().contains("very often"), "{}", refused.text());
        }
        assert_eq!(server.database.text("SELECT MIN(code_hash) FROM backup_codes"), made);
        let told = "SELECT COUNT(*) FROM outbox WHERE topic = 'device.added'";
        assert_eq!(server.database.number(told), 60);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM objections"), 60);
        server.clock.turn(Duration::from_mins(61));
        let page = anna.visits("/step-up?next=/account/backup-codes").await;
        anna.types_code(&page, &anna.code()).await;
        assert_eq!(codes().await.status, 200);
        assert_eq!(server.database.number(told), 61);
    }

    async fn who_comes_in_from_everywhere_is_told_sixty_times_an_hour_and_let_in(at: At) {
        let server = Server::with(at, &[("server.trusted_proxies", "1")]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        let fields = [("username", "anna"), ("password", anna.password.as_str())];
        for number in 0..64 {
            let browser = server.browser();
            let request = browser.our_post("/sign-in/password").form(&fields);
            let request = request.header("x-forwarded-for", format!("10.{number}.0.1"));
            let answer = browser.send(request).await;
            assert_eq!(answer.location(), Some("/account"), "{}", answer.body);
        }
        let told = "SELECT COUNT(*) FROM outbox WHERE topic = 'sign_in.unusual_place'";
        assert_eq!(server.database.number(told), 60);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM objections"), 60);
        assert_eq!(server.events("sign_in.unusual_place"), 63);
    }

    async fn browsers_that_nobody_signs_out_of_leave_a_bounded_number_of_rows(at: At) {
        let server = Server::with(at, &[("session.max_per_user", "3")]).await;
        let mut anna = server.user("anna").await;
        let ben = server.user("ben").await;
        ben.signs_in().await;
        for _ in 0..20 {
            anna.elsewhere(&server.base).signs_in().await;
        }
        let rows = "SELECT COUNT(*) FROM browser_sessions";
        assert_eq!(server.database.number(rows), 7);
        assert!(ben.is_in().await);
        // Sign-ins that nobody goes on with are gone with what they waited for.
        anna.signs_in().await;
        anna.adds_an_app().await;
        for _ in 0..5 {
            anna.elsewhere(&server.base).types_password().await;
        }
        server.clock.turn(Duration::from_mins(80));
        sweep::remove_expired(&server.app).await.expect("a database");
        assert_eq!(server.database.number(rows), 7);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM journeys"), 0);
    }

    async fn events_are_kept_as_long_as_the_settings_say(at: At) {
        let server = Server::with(at, &[("audit.retention", "\"30d\"")]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let events = "SELECT COUNT(*) FROM events";
        let before = server.database.number(events);
        let old = "INSERT INTO events (id, at, kind, actor) VALUES ";
        let rows: Vec<String> = (0..1_203)
            .map(|number| format!("('00000000-0000-7000-8000-{number:012}', {number}, 'user.created', 'anonymous')"))
            .collect();
        server.database.execute(&format!("{old}{}", rows.join(",")));
        server.database.execute("INSERT INTO event_repeats VALUES ('00000000-0000-7000-8000-000000000007', 3, 9)");
        remove_expired(&server.app).await.expect("a database");
        assert_eq!(server.database.number(events), before);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM event_repeats"), 0);
        server.clock.turn(Duration::from_hours(24 * 31));
        remove_expired(&server.app).await.expect("a database");
        assert_eq!(server.database.number(events), 0);
    }

    async fn events_can_be_kept_for_ever(at: At) {
        let server = Server::with(at, &[("audit.retention", "\"0\"")]).await;
        server.user("anna").await.signs_in().await;
        server.clock.turn(Duration::from_hours(24 * 3650));
        remove_expired(&server.app).await.expect("a database");
        assert!(server.database.number("SELECT COUNT(*) FROM events") > 0);
    }
}
