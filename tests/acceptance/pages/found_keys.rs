//! Keys that somebody without rights has found, from the page to the administrators, and attacks on that way.

use std::time::Duration;

use serde_json::json;

use crate::console::at_console;
use crate::jobs::mail::server_with;
use keyward_actions::sweep;
use keyward_test_support::client::Client;
use keyward_test_support::command::keyward;
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;

const REPORTS: &str = "SELECT COUNT(*) FROM found_reports";
const PLACE: &str = "Café \"Ost\" <at the bar>";

/// Reports a key on the page for it, and gives the answer itself.
async fn reports(finder: &Client, key: &str, place: &str) -> Page {
    let page = finder.get("/found").await;
    let form = page.form("Send").fill("The key", key);
    let form = form.fill("Where it can be collected", place);
    finder.submit(&page, &form).await
}

/// The same from an address of a network.
async fn reports_from(finder: &Client, address: &str, key: &str) -> Page {
    let request = finder.our_post("/found").form(&[("key", key)]);
    finder
        .send(request.header("x-forwarded-for", address))
        .await
}

on_every_database! {
    async fn a_finder_says_where_a_key_is_and_administrators_read_it(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable_superuser("root", "root@example.org").await;
        let anna = at_console(&server).await;
        server.user("ben").await;
        keyward(server.folder(), &["key", "add", "10000017"]).done();
        keyward(server.folder(), &["key", "hand-over", "10000017", "ben"]).done();
        let finder = server.browser();
        let sign_in = finder.get("/sign-in").await;
        assert_eq!(sign_in.link("I found a key").as_deref(), Some("/found"));
        let answer = reports(&finder, " 10000017 ", PLACE).await;
        let page = finder.follow(answer).await;
        assert!(page.notice().starts_with("Thank you."), "{}", page.text());
        assert_eq!(page.form("Send").value("The key"), "", "what was typed is gone");
        server.until(REPORTS, 1).await;
        // The mail says that there is something to read, and not what a stranger wrote.
        let mail = mailbox.about("A key was found").await;
        assert_eq!(mail.to, "root@example.org");
        assert!(!mail.raw.contains("Ost") && !mail.text.contains("10000017"), "{}", mail.text);

        let overview = anna.visits("/console").await;
        let list = anna.visits(&overview.link("1 report of a found key").expect("a link")).await;
        assert!(list.text().contains(PLACE), "{}", list.text());
        let key = anna.visits(&list.link("Yubico 10000017").expect("its key")).await;
        assert!(key.text().contains(PLACE) && key.text().contains("Handed over"), "{}", key.text());
        assert!(key.text().contains("Found key reported"), "{}", key.text());
        let list = anna.presses(&key, "Dealt with it").await;
        assert_eq!(list.notice(), "The report is closed.");
        assert!(list.try_form("Dealt with it").is_none(), "{}", list.text());
        let open = anna.visits("/console/found-reports?state=open").await;
        assert!(open.text().contains("There are no such reports."), "{}", open.text());
        let form = key.form("Dealt with it");
        assert_eq!(anna.browser.submit(&key, &form).await.status, 409, "it is closed once");
        assert_eq!(server.events("key.found_report_closed"), 1);
        assert_eq!(server.events("key.reported_found"), 1);
    }

    async fn a_report_is_listed_and_closed_by_commands_and_programs(at: At) {
        let server = Server::start(at).await;
        keyward(server.folder(), &["key", "add", "10000017"]).done();
        let finder = server.browser();
        for key in ["10000017", "10000018", "ab-7"] {
            assert_eq!(reports(&finder, key, PLACE).await.status, 303);
        }
        server.until(REPORTS, 3).await;
        let program = server.program(&["keys:read", "keys:write"]).await;
        let known = program.gets("/found-reports?about=known").await.json();
        assert_eq!(known["items"].as_array().map(Vec::len), Some(1), "{known}");
        let report = &known["items"][0];
        assert_eq!(report["key"], "Yubico 10000017");
        assert_eq!((&report["named"], &report["place"]), (&json!("10000017"), &json!(PLACE)));
        let close = format!("/found-reports/{}/close", report["id"].as_str().expect("an id"));
        assert_eq!(program.posts(&close, &json!({})).await.status, 204);
        let again = program.posts(&close, &json!({})).await;
        assert_eq!((again.status, again.code().as_str()), (409, "key.report_closed"));
        let listed = keyward(server.folder(), &["key", "found-reports", "--state", "open", "--json"]).json();
        let names: Vec<_> = listed.as_array().expect("a list").iter().map(|one| &one["named"]).collect();
        assert_eq!(names, ["AB-7", "10000018"]);
        let id = listed[0]["id"].as_str().expect("an id");
        keyward(server.folder(), &["key", "close-found-report", id]).done();
        keyward(server.folder(), &["key", "close-found-report", id]).refused("key.report_closed");
        assert_eq!(server.database.number(&format!("{REPORTS} WHERE closed_at IS NULL")), 1);
    }

    async fn a_key_that_is_here_again_has_its_reports_dealt_with(at: At) {
        let server = Server::start(at).await;
        server.user("ben").await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let folder = server.folder();
        for command in ["add 10000017", "hand-over 10000017 ben", "lost 10000017 --yes", "add 10000018"] {
            let words: Vec<&str> = std::iter::once("key").chain(command.split(' ')).collect();
            keyward(folder, &words).done();
        }
        keyward(folder, &["key", "link", "10000017", &key.public_id]).done();
        let finder = server.browser();
        for named in ["10000017", &key.touch(), "10000018"] {
            reports(&finder, named, "").await;
        }
        server.until(REPORTS, 3).await;
        keyward(folder, &["key", "give-back", "10000017"]).done();
        let open = "SELECT named AS line FROM found_reports WHERE closed_at IS NULL";
        assert_eq!(server.database.lines(open), ["10000018"]);
    }

    async fn a_touch_names_a_key_and_is_not_spent(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        keyward(server.folder(), &["key", "add", "10000017"]).done();
        keyward(server.folder(), &["key", "link", "10000017", &key.public_id]).done();
        let otp = key.touch();
        let finder = server.browser();
        // What is refused is shown again without what could be used.
        let refused = reports(&finder, &otp, &"far ".repeat(65)).await;
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert_eq!(refused.form("Send").value("The key"), key.public_id);
        assert!(!refused.body.contains(&otp), "{}", refused.body);
        assert_eq!(reports(&finder, &otp, "").await.status, 303);
        server.until(REPORTS, 1).await;
        assert_eq!(server.database.text("SELECT named FROM found_reports"), key.public_id);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM key_events JOIN events ON id = event_id \
            WHERE kind = 'key.reported_found'"), 1);
        let kept = "SELECT COUNT(*) FROM events WHERE detail LIKE ";
        assert_eq!(server.database.number(&format!("{kept}'%{otp}%'")), 0);
        let client = server.plain_client().await;
        assert_eq!(client.asks(&otp).await.status(), "OK");
    }

    async fn without_the_setting_there_is_no_such_page(at: At) {
        let server = Server::with(at, &[("keys.found_page", "false")]).await;
        let finder = server.browser();
        assert!(finder.get("/sign-in").await.link_to("/found").is_none());
        assert_eq!(finder.get("/found").await.status, 404);
        assert_eq!(finder.post("/found", &[("key", "10000017")]).await.status, 404);
    }

    async fn a_report_is_forgotten_after_ninety_days(at: At) {
        let server = Server::start(at).await;
        reports(&server.browser(), "10000017", PLACE).await;
        server.until(REPORTS, 1).await;
        server.clock.turn(Duration::from_hours(24 * 89));
        sweep::remove_expired(&server.app).await.expect("a database");
        assert_eq!(server.database.number(REPORTS), 1);
        server.clock.turn(Duration::from_hours(25));
        sweep::remove_expired(&server.app).await.expect("a database");
        assert_eq!(server.database.number(REPORTS), 0);
    }

    async fn attack_a_finder_learns_nothing_of_whether_there_is_such_a_key(at: At) {
        let server = Server::start(at).await;
        server.user("ben").await;
        let mut known = SoftYubikey::numbered(1);
        let mut unknown = SoftYubikey::numbered(2);
        server.holds(&known).await;
        let folder = server.folder();
        for serial in ["10000017", "10000018", "10000019"] {
            keyward(folder, &["key", "add", serial]).done();
        }
        keyward(folder, &["key", "hand-over", "10000017", "ben"]).done();
        keyward(folder, &["key", "lost", "10000017", "--yes"]).done();
        keyward(folder, &["key", "link", "10000018", &known.public_id]).done();
        keyward(folder, &["key", "retire", "10000019", "--yes"]).done();
        let mut answers = Vec::new();
        let keys = [
            "10000017", "10000018", "10000019", "10000020", &known.touch(), &unknown.touch(),
            // One and the same again, beyond what is taken of it.
            "10000018", "10000018", "10000018", "10000018",
        ];
        for key in keys {
            let finder = server.browser();
            let answer = reports(&finder, key, PLACE).await;
            let to = answer.location().map(str::to_owned);
            let (status, cookie) = (answer.status, answer.header("set-cookie").to_owned());
            answers.push((status, to, cookie, answer.body.clone(), finder.follow(answer).await.body));
        }
        for answer in &answers[1..] {
            assert_eq!(*answer, answers[0]);
        }
        server.until(REPORTS, 8).await;
    }

    async fn attack_a_stranger_fills_neither_tables_nor_the_trail_nor_mailboxes(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[("server.trusted_proxies", "1")]).await;
        server.reachable_superuser("root", "root@example.org").await;
        keyward(server.folder(), &["key", "add", "10000017"]).done();
        let attacker = server.browser();
        for network in 0..5 {
            for number in 0..20 {
                let address = format!("10.0.{network}.{number}");
                let answer = reports_from(&attacker, &address, &format!("N-{network}-{number}")).await;
                assert_eq!(answer.status, 303, "{}", answer.text());
            }
        }
        let refused = reports_from(&attacker, "10.0.0.77", "10000017").await;
        assert_eq!(refused.status, 429, "{}", refused.text());
        let wait: u32 = refused.header("retry-after").parse().expect("seconds");
        assert!((80_000..=86_400).contains(&wait), "{wait}");
        assert!(refused.text().contains("from your network today"), "{}", refused.text());
        // Whoever has really found one is heard all the same.
        assert_eq!(reports_from(&server.browser(), "10.9.9.9", "10000017").await.status, 303);
        server.until(&format!("{REPORTS} WHERE is_known"), 1).await;
        server.until("SELECT COUNT(*) FROM events WHERE kind = 'key.reported_found'", 102).await;
        assert_eq!(server.database.number(REPORTS), 51, "fifty unknown ones a day");
        assert_eq!(server.refusals("key.reported_found", "key.unknown"), 50);
        assert_eq!(server.refusals("key.reported_found", "key.found_limit"), 51);
        let mails = "SELECT COUNT(*) FROM outbox WHERE topic LIKE 'key.reported_found%'";
        assert_eq!(server.database.number(mails), 2, "one of unknown keys, and one of known ones");
        // Of one key three are taken, from wherever they come.
        for network in 20..30 {
            reports_from(&attacker, &format!("10.0.{network}.1"), "10000017").await;
        }
        server.until("SELECT COUNT(*) FROM events WHERE kind = 'key.reported_found'", 112).await;
        assert_eq!(server.database.number(&format!("{REPORTS} WHERE is_known")), 3);
        server.clock.turn(Duration::from_hours(25));
        assert_eq!(reports_from(&attacker, "10.0.0.77", "10000017").await.status, 303);
        server.until(&format!("{REPORTS} WHERE is_known"), 4).await;
    }

    async fn attack_words_of_a_finder_are_text_on_one_line_and_no_one_time_password(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let finder = server.browser();
        let script = "<script>alert(1)</script>";
        assert_eq!(reports(&finder, "10000017", script).await.status, 303);
        server.until(REPORTS, 1).await;
        let page = anna.visits("/console/found-reports").await;
        assert!(!page.body.contains(script) && page.text().contains(script), "{}", page.body);
        let long = "x".repeat(257);
        // A slot without a public id, and a keyboard of another layout, type what opens something all the same.
        let nameless = "cbdefghijklnrtuvcbdefghijklnrtuv";
        let bent = "xwdefghijklnrtuvcbdefghijklnrtuvcbdefghijkln";
        for (key, place) in [
            ("10000017", long.as_str()), ("10000017", "one\u{2028}two"), ("10000017", "left\u{202e}right"),
            ("", "here"), ("two words", "here"), (nameless, "here"), (bent, "here"),
        ] {
            let refused = finder.post("/found", &[("key", key), ("place", place)]).await;
            assert_eq!(refused.status, 400, "{key} {place}: {}", refused.text());
            assert_eq!(refused.form("Send").value("Where it can be collected"), place);
        }
        assert_eq!(server.database.number(REPORTS), 1);
    }
}
