//! Guessing: what is counted, what is locked, for how long, and whom it leaves alone.

use std::time::Duration;

use futures_util::future::join_all;

use crate::jobs::mail::server_with;
use keyward_actions::lockout;
use keyward_actions::user;
use keyward_test_support::client::Client;
use keyward_test_support::command::keyward;
use keyward_test_support::hostile_validation::{HostileServer, Lie};
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::{SoftAuthenticator, Tampering};
use keyward_test_support::soft_yubikey::SoftYubikey;

/// The limits as they come, but for addresses: all people of a test come from one.
const FROM_ANYWHERE: (&str, &str) = ("lockout.address_failures", "100000");

async fn with_an_app(server: &Server, name: &str) -> Person {
    let mut person = server.user(name).await;
    person.signs_in().await;
    person.adds_an_app().await;
    server.clock.turn(Duration::from_secs(60));
    person.elsewhere(&server.base)
}

/// A new journey for each guess, as somebody with the password would do it.
async fn guesses_a_code(person: &Person, base: &str, code: &str) -> Page {
    let person = person.elsewhere(base);
    let page = person.types_password().await;
    person.types_code(&page, code).await
}

async fn guesses_a_password(person: &Person, base: &str) {
    let mut stranger = person.elsewhere(base);
    "not the password".clone_into(&mut stranger.password);
    stranger.types_password().await;
}

/// A password from this address, through a proxy that says so.
async fn from(browser: &Client, address: &str, name: &str, password: &str) -> Page {
    let fields = [("username", name), ("password", password)];
    let request = browser
        .our_post("/sign-in/password")
        .header("x-forwarded-for", address)
        .form(&fields);
    browser.send(request).await
}

on_every_database! {
    async fn the_eleventh_code_is_refused_even_when_it_is_right(at: At) {
        let server = Server::with(at, &[FROM_ANYWHERE]).await;
        let (anna, ben) = (with_an_app(&server, "anna").await, with_an_app(&server, "ben").await);
        for _ in 0..10 {
            let page = guesses_a_code(&anna, &server.base, "000000").await;
            assert!(page.notice().contains("not right"), "{}", page.text());
        }
        let thief = anna.elsewhere(&server.base);
        let page = thief.types_password().await;
        let page = thief.types_code(&page, &anna.code()).await;
        assert_eq!(page.status, 429, "{}", page.text());
        assert!(page.header("retry-after").parse::<u64>().is_ok_and(|wait| (1..=30).contains(&wait)));
        assert!(!thief.is_in().await);

        assert_eq!(ben.signs_in().await.path, "/account", "somebody else is locked out too");
        server.clock.turn(Duration::from_secs(31));
        assert_eq!(anna.elsewhere(&server.base).signs_in().await.path, "/account");
        let reasons = (server.refusals("sign_in.second_factor", "wrong_code"),
            server.refusals("sign_in.second_factor", "locked"));
        assert_eq!(reasons, (10, 1));
    }

    async fn a_lock_is_longer_each_time(at: At) {
        let settings = [FROM_ANYWHERE, ("lockout.user_failures", "2"), ("lockout.max_seconds", "100")];
        let server = Server::with(at, &settings).await;
        let anna = with_an_app(&server, "anna").await;
        for seconds in [30, 60, 100, 100] {
            for _ in 0..2 {
                guesses_a_code(&anna, &server.base, "000000").await;
            }
            let page = guesses_a_code(&anna, &server.base, "000000").await;
            let wait: i64 = page.header("retry-after").parse().expect("a wait");
            assert!((seconds / 2 + 1..=seconds).contains(&wait), "{wait} is not {seconds}");
            server.clock.turn(Duration::from_secs(seconds.unsigned_abs() + 1));
        }
    }

    async fn the_eleventh_touch_is_refused_even_when_it_is_right(at: At) {
        let service = HostileServer::start(Lie::Status("BAD_OTP"));
        let services = format!("[{}]", service.as_table("strict", "5s"));
        let server = Server::with(at, &[FROM_ANYWHERE, ("yubikey.services", &services)]).await;
        let mut key = SoftYubikey::numbered(1);
        let anna = with_an_app(&server, "anna").await;
        let user = server.database.lines("SELECT id AS line FROM users")[0].clone();
        let device = "00000000-0000-7000-8000-000000000001";
        server.database.execute(&format!(
            "INSERT INTO devices (id, user_id, kind, name, state, created_at, idle_since) \
             VALUES ('{device}', '{user}', 'yubikey', 'Key', 'active', 0, 0); \
             INSERT INTO yubikeys (device_id, public_id) VALUES ('{device}', '{}')", key.public_id
        ));
        for _ in 0..10 {
            let page = guesses_a_code(&anna, &server.base, &key.touch()).await;
            assert_eq!((page.status, page.notice().is_empty()), (200, false), "{}", page.text());
        }
        assert_eq!(guesses_a_code(&anna, &server.base, &key.touch()).await.status, 429);
        assert_eq!(service.questions().len(), 10, "a locked guess was asked about");
        // The other factor has a count of its own.
        assert_eq!(anna.elsewhere(&server.base).signs_in().await.path, "/account");
    }

    async fn forged_answers_of_a_key_never_keep_a_right_one_out(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::synced_passkey();
        anna.registers("passkey", &mut key).await;
        let thief = anna.elsewhere(&server.base);
        thief.types_password().await;
        let forged = |answer: &mut serde_json::Value| {
            answer["response"]["signature"] = "AAAA".into();
        };
        for _ in 0..30 {
            let options = thief.asks_to_authenticate().await.json();
            let tampering = Tampering { answer: Some(&forged), ..Tampering::default() };
            let answer = key.authenticate_tampered(&options, &anna.browser.origin(), tampering);
            assert!([400, 403].contains(&thief.sends_authentication(&answer).await.status));
        }
        assert_eq!(server.events("lockout.locked"), 0);
        assert_eq!(thief.confirms_with(&mut key).await.status, 200);
        assert_eq!(server.refusals("sign_in.second_factor", "ceremony.refused")
            + server.refusals("sign_in.second_factor", "ceremony.malformed"), 30);
    }

    async fn a_hundred_failures_in_a_row_close_a_password_until_there_is_a_new_one(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[FROM_ANYWHERE, ("lockout.max_seconds", "30")]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        for round in 0..10 {
            if round > 0 {
                // However far apart they are.
                server.clock.turn(Duration::from_hours(9 * 24));
                keyward_actions::sweep::remove_expired(&server.app).await.expect("a database");
            }
            for _ in 0..10 {
                let fields = [("username", "anna"), ("password", "not this one")];
                server.browser().post("/sign-in/password", &fields).await;
            }
        }
        assert_eq!(server.refusals("sign_in.password", "wrong_password"), 100);
        assert_eq!(server.events("lockout.ended"), 1);
        let page = anna.signs_in().await;
        assert!(page.path.starts_with("/sign-in"), "the hundred-and-first is looked at");
        let mail = mailbox.about("A way into your account was closed").await;
        assert_eq!(mail.to, "anna@example.org");
        server.sets_password("anna").await;
        assert_eq!(anna.signs_in().await.path, "/account");
    }

    async fn a_hundred_failures_in_a_row_close_a_factor_until_an_administrator_opens_it(at: At) {
        let settings = [FROM_ANYWHERE, ("lockout.max_seconds", "30"), ("lockout.consecutive_failures", "20")];
        let server = Server::with(at, &settings).await;
        let anna = with_an_app(&server, "anna").await;
        for _ in 0..2 {
            for _ in 0..10 {
                guesses_a_code(&anna, &server.base, "000000").await;
            }
            server.clock.turn(Duration::from_secs(3600));
        }
        let thief = anna.elsewhere(&server.base);
        let page = thief.types_password().await;
        let page = thief.types_code(&page, &anna.code()).await;
        assert_eq!(page.status, 429, "{}", page.text());
        assert!(page.text().contains("stays closed"), "{}", page.text());
        assert!(page.header("retry-after").is_empty());
        let administrator = keyward_core::flows::permit::Administrator::at_command_line();
        let user = user::find_by_name(&server.app, &administrator, "anna").await.expect("a database");
        let id = user.expect("a user").id;
        lockout::unlock_user(&server.app, &administrator, id).await.expect("unlocked");
        assert_eq!(anna.elsewhere(&server.base).signs_in().await.path, "/account");
    }

    async fn who_got_in_is_on_no_list_of_lockouts(at: At) {
        let server = Server::start(at).await;
        let (anna, mut root) = (server.user("anna").await, server.superuser("root").await);
        anna.signs_in().await;
        root.signs_in().await;
        root.adds_an_app().await;
        let page = root.visits("/console/lockouts").await;
        assert!(page.forms().iter().all(|form| !form.action.contains("lockouts")), "{}", page.text());
        assert_eq!(keyward(server.folder(), &["--json", "lockout", "list"]).json(), serde_json::json!([]));
        guesses_a_password(&anna, &server.base).await;
        // On the address her own success outweighs it.
        let listed = keyward(server.folder(), &["--json", "lockout", "list"]).json();
        let failures = listed.as_array().expect("a list").iter().map(|row| row["failures"].as_i64());
        assert_eq!(failures.collect::<Vec<_>>(), [Some(1)], "{listed}");
        let page = root.visits("/console/lockouts/clear").await;
        assert!(page.text().contains("One count"), "{}", page.text());
    }

    async fn a_success_begins_the_row_of_failures_anew(at: At) {
        let settings = [FROM_ANYWHERE, ("lockout.max_seconds", "30"), ("lockout.consecutive_failures", "10")];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        for _ in 0..3 {
            for _ in 0..9 {
                let fields = [("username", "anna"), ("password", "not this one")];
                server.browser().post("/sign-in/password", &fields).await;
            }
            assert_eq!(anna.elsewhere(&server.base).signs_in().await.path, "/account");
        }
        assert_eq!(server.events("lockout.ended"), 0);
    }

    async fn the_page_says_that_it_is_the_account_that_is_locked(at: At) {
        let server = Server::with(at, &[FROM_ANYWHERE, ("lockout.user_failures", "2")]).await;
        let anna = with_an_app(&server, "anna").await;
        for _ in 0..2 {
            guesses_a_code(&anna, &server.base, "000000").await;
        }
        let page = guesses_a_code(&anna, &server.base, "000000").await;
        assert_eq!(page.status, 429);
        assert!(page.text().contains("your account") && page.text().contains("your network is not"), "{}", page.text());
        let root = {
            let mut root = server.superuser("root").await;
            root.signs_in().await;
            root.adds_an_app().await;
            root
        };
        for _ in 0..2 {
            let fields = [("username", "nobody"), ("password", "x")];
            let page = server.browser().post("/sign-in/password", &fields).await;
            assert_eq!(page.status, 303);
        }
        let page = root.visits("/console/lockouts").await;
        assert!(page.text().contains("Locked for the account"), "{}", page.text());
    }

    async fn the_eleventh_password_is_refused_even_when_it_is_right_however_the_name_is_spelt(at: At) {
        let server = Server::with(at, &[FROM_ANYWHERE]).await;
        let anna = server.user("anna").await;
        for spelling in ["anna", "ANNA", " anna", "Anna ", "aNNa"].iter().cycle().take(10) {
            let fields = [("username", *spelling), ("password", "not this one")];
            assert_eq!(server.browser().post("/sign-in/password", &fields).await.status, 303);
        }
        let page = anna.signs_in().await;
        assert!(page.notice().contains("do not match"), "{}", page.text());
        assert_eq!(server.refusals("sign_in.password", "wrong_password"), 10);
        assert_eq!(server.refusals("sign_in.password", "locked"), 1);
        server.clock.turn(Duration::from_secs(31));
        assert_eq!(anna.signs_in().await.path, "/account");
    }

    async fn a_right_password_forgets_its_own_count_alone(at: At) {
        let server = Server::with(at, &[FROM_ANYWHERE]).await;
        let anna = with_an_app(&server, "anna").await;
        for _ in 0..2 {
            for _ in 0..9 {
                let fields = [("username", "anna"), ("password", "not this one")];
                server.browser().post("/sign-in/password", &fields).await;
            }
            let page = anna.elsewhere(&server.base).types_password().await;
            assert_eq!(page.heading(), "Enter your code", "an earlier count was not forgotten");
        }
    }

    async fn a_name_that_nobody_has_is_locked_like_one_that_somebody_has(at: At) {
        let settings = [FROM_ANYWHERE, ("lockout.user_failures", "3")];
        let server = Server::with(at, &settings).await;
        server.user("anna").await;
        let mut looks = Vec::new();
        for name in ["anna", "nobody"] {
            let mut pages = Vec::new();
            for _ in 0..5 {
                let browser = server.browser();
                let fields = [("username", name), ("password", "not this one")];
                let answer = browser.post("/sign-in/password", &fields).await;
                pages.push((answer.status, answer.header("location").to_owned()));
                let page = browser.follow(answer).await;
                pages.push((page.status, page.body.replace(name, "NAME")));
            }
            looks.push(pages);
        }
        assert_eq!(looks[0], looks[1]);
    }

    async fn of_64_passwords_at_once_no_more_than_ten_are_looked_at(at: At) {
        let server = Server::with(at, &[FROM_ANYWHERE]).await;
        server.user("anna").await;
        let posts = (0..64).map(|_| {
            let browser = server.browser();
            tokio::spawn(async move {
                let fields = [("username", "anna"), ("password", "not this one")];
                browser.post("/sign-in/password", &fields).await.status
            })
        });
        for status in join_all(posts).await {
            assert_eq!(status.expect("no panic"), 303);
        }
        let looked_at = server.refusals("sign_in.password", "wrong_password");
        assert!((1..=10).contains(&looked_at), "{looked_at} passwords were tried");
        assert_eq!(looked_at + server.refusals("sign_in.password", "locked"), 64);
    }

    /// On PostgreSQL the first tries of somebody meet while none of them is counted yet.
    async fn right_passwords_at_once_all_sign_in(at: At) {
        let server = Server::with(at, &[FROM_ANYWHERE]).await;
        for name in ["anna", "ben", "carla", "dora"] {
            let person = server.user(name).await;
            let sign_ins = (0..8).map(|_| {
                let person = person.elsewhere(&server.base);
                tokio::spawn(async move { person.signs_in().await.path })
            });
            for path in join_all(sign_ins).await {
                assert_eq!(path.expect("no panic"), "/account");
            }
        }
    }

    async fn of_64_codes_at_once_no_more_than_ten_are_looked_at(at: At) {
        let server = Server::with(at, &[FROM_ANYWHERE]).await;
        let anna = with_an_app(&server, "anna").await;
        let mut tries = Vec::new();
        for _ in 0..64 {
            let person = anna.elsewhere(&server.base);
            let page = person.types_password().await;
            tries.push((person, page));
        }
        let posts = tries.into_iter().map(|(person, page)| {
            tokio::spawn(async move {
                let form = page.form("Continue").fill("Code", "000000");
                person.browser.submit(&page, &form).await.status
            })
        });
        for status in join_all(posts).await {
            assert!([303, 429].contains(&status.expect("no panic")));
        }
        let looked_at = server.refusals("sign_in.second_factor", "wrong_code");
        assert!((1..=10).contains(&looked_at), "{looked_at} codes were tried");
    }

    async fn an_address_is_locked_for_all_names_and_another_is_not(at: At) {
        let settings = [("lockout.address_failures", "4"), ("server.trusted_proxies", "1")];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        for number in 0..4 {
            let name = format!("user{number}");
            let answer = from(&server.browser(), "192.0.2.7", &name, "not this one").await;
            assert_eq!(answer.status, 303);
        }
        let locked = from(&server.browser(), "192.0.2.7", "anna", &anna.password).await;
        assert_eq!(locked.status, 429, "{}", locked.body);
        assert!(!locked.header("retry-after").is_empty());
        // What a client writes itself before the proxy's entry moves nothing.
        let spoofed = from(&server.browser(), "198.51.100.1, 192.0.2.7", "anna", &anna.password).await;
        assert_eq!(spoofed.status, 429);
        let other = from(&server.browser(), "192.0.2.8", "anna", &anna.password).await;
        assert_eq!(other.location(), Some("/account"));
        server.clock.turn(Duration::from_secs(31));
        let after = from(&server.browser(), "192.0.2.7", "anna", &anna.password).await;
        assert_eq!(after.location(), Some("/account"));
    }

    async fn whoever_signs_in_as_themselves_between_guesses_is_locked_all_the_same(at: At) {
        let settings = [("lockout.address_failures", "4"), ("server.trusted_proxies", "1")];
        let server = Server::with(at, &settings).await;
        let mallory = server.user("mallory").await;
        let mut own = Vec::new();
        for number in 0..5 {
            let name = format!("user{number}");
            from(&server.browser(), "192.0.2.7", &name, "not this one").await;
            let answer = from(&server.browser(), "192.0.2.7", "mallory", &mallory.password).await;
            own.push(answer.status);
        }
        // Who got in makes room for one who does not, once and however often they come.
        assert_eq!(own, [303, 303, 303, 303, 429]);
    }

    async fn without_a_proxy_a_spoofed_address_moves_nothing(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "4")]).await;
        let anna = server.user("anna").await;
        for number in 0..4 {
            let address = format!("192.0.2.{number}");
            let name = format!("user{number}");
            from(&server.browser(), &address, &name, "not this one").await;
        }
        let answer = from(&server.browser(), "192.0.2.99", "anna", &anna.password).await;
        assert_eq!(answer.status, 429);
        let seen = server.database.lines("SELECT DISTINCT address AS line FROM events WHERE address IS NOT NULL");
        assert_eq!(seen, ["127.0.0.1"]);
    }

    async fn an_ipv6_customer_cannot_go_round_a_lock_within_their_network(at: At) {
        let settings = [("lockout.address_failures", "4"), ("server.trusted_proxies", "1")];
        let server = Server::with(at, &settings).await;
        for number in 0..4 {
            let address = format!("2001:db8:1:2:{number}::{number}");
            from(&server.browser(), &address, &format!("user{number}"), "not this one").await;
        }
        let same = from(&server.browser(), "2001:db8:1:2:ffff::9", "user9", "not this one").await;
        assert_eq!(same.status, 429);
        let other = from(&server.browser(), "2001:db8:1:3::9", "user9", "not this one").await;
        assert_eq!(other.status, 303);
    }

    async fn somebody_who_is_locked_out_gets_in_with_a_passkey(at: At) {
        let settings = [("lockout.user_failures", "3"), ("server.trusted_proxies", "1")];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::passkey();
        assert_eq!(anna.registers("passkey", &mut key).await.status, 200);
        for number in 0..6 {
            from(&server.browser(), &format!("198.51.100.{number}"), "anna", "not this one").await;
        }
        let locked = anna.elsewhere(&server.base);
        assert!(locked.types_password().await.path.starts_with("/sign-in"));
        assert_eq!(server.refusals("sign_in.password", "locked"), 4);
        assert_eq!(locked.signs_in_with(&mut key, None).await.status, 200);
        assert!(locked.is_in().await);
    }

    async fn a_lock_counts_on_every_node(at: At) {
        let server = Server::with(at, &[FROM_ANYWHERE, ("lockout.user_failures", "4")]).await;
        let sibling = server.sibling().await;
        let anna = server.user("anna").await;
        let (here, there) = (server.browser(), Client::new(&sibling.base));
        for browser in [&here, &there, &here, &there] {
            let fields = [("username", "anna"), ("password", "not this one")];
            assert_eq!(browser.post("/sign-in/password", &fields).await.status, 303);
        }
        for base in [&server.base, &sibling.base] {
            let page = anna.elsewhere(base).types_password().await;
            assert!(page.path.starts_with("/sign-in"), "{base} lets in: {}", page.path);
        }
        assert_eq!(server.refusals("sign_in.password", "locked"), 2);
        server.clock.turn(Duration::from_secs(31));
        assert_eq!(anna.elsewhere(&sibling.base).types_password().await.path, "/account");
    }

    async fn another_spelling_of_a_name_is_no_way_round_its_lock(at: At) {
        let server = Server::with(at, &[FROM_ANYWHERE, ("lockout.user_failures", "4")]).await;
        let aerin = server.user("Ærin").await;
        let spellings = ["ærin", "ÆRIN", "\u{a0}Ærin\u{2003}", "ÆrIn\t"];
        for spelling in spellings {
            let fields = [("username", spelling), ("password", "not this one")];
            server.browser().post("/sign-in/password", &fields).await;
        }
        assert_eq!(server.refusals("sign_in.password", "wrong_password"), 4);
        // What looks alike is another name, and has a count of its own.
        for other in ["Aerin", "\u{c6}\u{200b}rin", "Ærın"] {
            let fields = [("username", other), ("password", aerin.password.as_str())];
            server.browser().post("/sign-in/password", &fields).await;
        }
        assert_eq!(server.refusals("sign_in.password", "unknown_user"), 3);
        for spelling in spellings {
            let late = server.stranger(spelling);
            assert!(late.types_password().await.path.starts_with("/sign-in"), "{spelling:?}");
        }
    }

    async fn no_header_that_proxies_might_send_is_a_way_round_a_lock(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "3")]).await;
        for number in 0..3 {
            let fields = [("username", format!("user{number}")), ("password", "x".to_owned())];
            let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (*a, b.as_str())).collect();
            server.browser().post("/sign-in/password", &fields).await;
        }
        for header in [
            "x-forwarded-for", "forwarded", "x-real-ip", "x-client-ip", "true-client-ip",
            "cf-connecting-ip", "x-originating-ip", "x-remote-ip", "x-remote-addr", "via",
        ] {
            let value = if header == "forwarded" { "for=203.0.113.7" } else { "203.0.113.7" };
            let browser = server.browser();
            let request = browser
                .our_post("/sign-in/password")
                .header(header, value)
                .form(&[("username", "user9"), ("password", "x")]);
            assert_eq!(browser.send(request).await.status, 429, "{header} went round the lock");
        }
    }

    async fn administrators_are_told_of_spraying_once_an_hour(at: At) {
        let mailbox = Mailbox::start();
        let settings = [
            ("lockout.spray_users", "3"),
            ("lockout.address_failures", "100000"),
            ("server.trusted_proxies", "1"),
        ];
        let server = server_with(at, &mailbox, &settings).await;
        server.reachable_superuser("root", "root@example.org").await;
        server.reachable("anna", "anna@example.org").await;
        for number in 0..6 {
            let address = format!("{}.51.100.7", 198 + number / 3);
            from(&server.browser(), &address, &format!("user{number}"), "Spring2026").await;
        }
        assert_eq!(server.events("lockout.spraying"), 2);
        let mail = mailbox.about("Passwords are tried on many accounts").await;
        assert_eq!(mail.to, "root@example.org");
        assert!(mail.text.contains("51.100.7"), "{}", mail.text);
        server.quiet().await;
        let mails = mailbox.messages(1).await;
        let told = mails.iter().filter(|mail| mail.subject.contains("tried on many")).count();
        assert_eq!(told, 1);
    }

    async fn somebody_who_tries_a_password_on_everybody_is_noticed(at: At) {
        let settings = [("lockout.spray_users", "6"), ("server.trusted_proxies", "1")];
        let server = Server::with(at, &settings).await;
        for number in 0..6 {
            // A handful of neighbouring addresses, one try each.
            let address = format!("192.0.2.{}", number % 3);
            let name = format!("user{number}");
            let answer = from(&server.browser(), &address, &name, "Spring2026").await;
            assert_eq!(answer.status, 303);
        }
        assert_eq!(server.events("lockout.spraying"), 1);
        let last = from(&server.browser(), "192.0.2.2", "user9", "Spring2026").await;
        assert_eq!(last.status, 429, "the address of the last try is open");
        let elsewhere = from(&server.browser(), "198.51.100.2", "user9", "Spring2026").await;
        assert_eq!(elsewhere.status, 303);
    }

    async fn an_office_whose_people_mistype_and_get_in_is_not_noticed(at: At) {
        let settings = [("lockout.spray_users", "3"), ("server.trusted_proxies", "1")];
        let server = Server::with(at, &settings).await;
        for number in 0..6 {
            let person = server.user(&format!("user{number}")).await;
            from(&server.browser(), "192.0.2.7", &person.name, "not this one").await;
            let right = from(&server.browser(), "192.0.2.7", &person.name, &person.password).await;
            assert_eq!(right.location(), Some("/account"));
        }
        // The same name over and over is no spraying either, and an hour is a long time.
        for number in 0..3 {
            server.clock.turn(Duration::from_secs(3601));
            from(&server.browser(), "192.0.2.8", &format!("nobody{number}"), "not this one").await;
            from(&server.browser(), "192.0.2.8", &format!("nobody{number}"), "not this one").await;
        }
        assert_eq!(server.events("lockout.spraying"), 0);
    }

    async fn a_lock_survives_a_restart_and_holds_on_every_node(at: At) {
        let server = Server::with(at, &[FROM_ANYWHERE, ("lockout.user_failures", "3")]).await;
        let anna = server.user("anna").await;
        for _ in 0..3 {
            let fields = [("username", "anna"), ("password", "not this one")];
            server.browser().post("/sign-in/password", &fields).await;
        }
        let (locked, memory) = (
            "SELECT COUNT(*) FROM attempts WHERE locked_until > 0",
            server.app.clone(),
        );
        assert_eq!(server.database.number(locked), 1);
        // What counts is in the database alone: lifting it there lifts it at once, for whoever asks.
        assert!(anna.signs_in().await.path.starts_with("/sign-in"));
        server.database.execute("DELETE FROM attempts");
        assert_eq!(anna.signs_in().await.path, "/account");
        drop(memory);
    }
}
