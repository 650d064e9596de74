//! Codes by mail, from adding a mailbox to signing in with what came there, and attacks.

use std::time::Duration;

use futures_util::future::join_all;
use keyward_actions::user;
use keyward_core::flows::permit::Administrator;

use crate::jobs::mail::server_with;
use keyward_test_support::codes::{
    MAILBOX, MASKED, another, code_in, codes, next_code, with_mailbox,
};
use keyward_test_support::command::keyward;
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

const NO_LOCKS: [(&str, &str); 2] = [
    ("lockout.user_failures", "1000"),
    ("lockout.address_failures", "100000"),
];

on_every_database! {
    async fn a_mailbox_is_added_when_its_code_comes_back_and_signs_in_from_then_on(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.names_mailbox(MAILBOX).await;
        assert_eq!(page.heading(), "Type the code");
        assert!(page.text().contains(MAILBOX), "a slip cannot be seen: {}", page.text());
        assert_eq!(server.database.number("SELECT COUNT(*) FROM devices"), 0);
        let mail = mailbox.about("Confirm your email address").await;
        assert_eq!(mail.to, MAILBOX);
        let page = anna.confirms(&page, &code_in(&mail)).await;
        assert_eq!(page.path, "/account/devices");
        assert!(page.text().contains(MASKED) && !page.text().contains(MAILBOX), "{}", page.text());

        server.clock.turn(Duration::from_secs(120));
        let anna = anna.elsewhere(&server.base);
        let page = anna.types_password().await;
        assert_eq!(page.heading(), "Get a code by email");
        assert!(page.text().contains(MASKED) && !page.text().contains(MAILBOX), "{}", page.text());
        let (page, code) = anna.has_code_sent(&page, &mailbox).await;
        assert_eq!((page.heading().as_str(), code.len()), ("Enter your code", 6));
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert_eq!(anna.types_code(&page, &spaced).await.path, "/account");
        let methods = "SELECT methods FROM sessions ORDER BY opened_at DESC LIMIT 1";
        assert_eq!(server.database.text(methods), "pwd otp mfa");
        assert_eq!(server.trail("code.sent"), ["done", "done"]);
    }

    async fn an_address_is_not_added_by_a_wrong_code_nor_twice(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.names_mailbox(MAILBOX).await;
        let code = next_code(&mailbox, 0).await;
        let page = anna.confirms(&page, &another(&code)).await;
        assert!(page.notice().contains("not the code"), "{}", page.text());
        assert_eq!(server.database.number("SELECT COUNT(*) FROM devices"), 0);
        assert_eq!(anna.confirms(&page, &code).await.path, "/account/devices");
        for spelled in [MAILBOX.to_owned(), MAILBOX.to_uppercase()] {
            let page = anna.names_mailbox(&spelled).await;
            assert!(page.notice().contains("already"), "{}", page.text());
        }
        let page = anna.names_mailbox("nobody").await;
        assert!(page.notice().contains("not an email address"), "{}", page.text());
        assert_eq!(server.refusals("device.added", "taken"), 2);
        assert_eq!(server.refusals("device.added", "wrong_code"), 1);
    }

    async fn a_session_steps_up_by_a_code(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = with_mailbox(&server, &mailbox, "anna").await;
        let page = anna.types_password().await;
        let (page, code) = anna.has_code_sent(&page, &mailbox).await;
        assert_eq!(anna.types_code(&page, &code).await.path, "/account");
        server.clock.turn(Duration::from_secs(3600));
        let page = anna.visits("/account/devices/add/totp").await;
        assert!(page.path.starts_with("/step-up"), "{}", page.path);
        let (page, code) = anna.has_code_sent(&page, &mailbox).await;
        let page = anna.types_code(&page, &code).await;
        assert_eq!(page.path, "/account/devices/add/totp", "{}", page.text());
    }

    async fn a_code_is_good_on_the_journey_that_asked_for_it_and_nowhere_else(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &NO_LOCKS).await;
        let anna = with_mailbox(&server, &mailbox, "anna").await;
        let page = anna.types_password().await;
        let (page, code) = anna.has_code_sent(&page, &mailbox).await;
        // Somebody with her password at another browser reads the code over her shoulder.
        let thief = anna.elsewhere(&server.base);
        let theirs = thief.types_password().await;
        let turn = theirs.form("Send code").action;
        assert_eq!(turn, "/sign-in/send");
        let fields = [("turn", "0"), ("code", code.as_str())];
        let answer = thief.browser.post("/sign-in/email", &fields).await;
        let answer = thief.browser.follow(answer).await;
        assert!(answer.notice().contains("does not work any more"), "{}", answer.text());
        // Ben has the same mailbox, and a journey of his own with a code of his own.
        server.clock.turn(Duration::from_secs(60));
        let ben = with_mailbox(&server, &mailbox, "ben").await;
        let his = ben.types_password().await;
        let (his, _) = ben.has_code_sent(&his, &mailbox).await;
        let answer = ben.types_code(&his, &code).await;
        assert!(answer.notice().contains("not the code"), "{}", answer.text());
        // What was sent to add an address is no second factor, and the other way round.
        assert_eq!(anna.types_code(&page, &code).await.path, "/account");
        server.clock.turn(Duration::from_secs(60));
        let thief = anna.elsewhere(&server.base);
        let theirs = thief.types_password().await;
        let (theirs, _) = thief.has_code_sent(&theirs, &mailbox).await;
        let answer = thief.types_code(&theirs, &code).await;
        assert!(answer.notice().contains("not the code"), "replayed: {}", answer.text());
    }

    async fn a_new_code_voids_the_one_before_and_time_voids_it_too(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = with_mailbox(&server, &mailbox, "anna").await;
        let page = anna.types_password().await;
        let (page, first) = anna.has_code_sent(&page, &mailbox).await;
        let page = anna.presses(&page, "Send a new code").await;
        assert!(page.notice().contains("a moment ago"), "{}", page.text());
        server.clock.turn(Duration::from_secs(31));
        let before = codes(&mailbox).len();
        let page = anna.presses(&page, "Send a new code").await;
        let second = next_code(&mailbox, before).await;
        let page = anna.types_code(&page, &first).await;
        assert!(first == second || page.notice().contains("not the code"), "{}", page.text());
        server.clock.turn(Duration::from_secs(595));
        let form = page.form("Continue").fill("Code", &second);
        server.clock.turn(Duration::from_secs(6));
        // The sign-in itself has ten minutes too.
        let answer = anna.browser.submit(&page, &form).await;
        let answer = anna.browser.follow(answer).await;
        assert_ne!(answer.path, "/account", "a code outlived its time");
        assert_eq!(server.refusals("code.sent", "code.pause"), 1);
    }

    async fn a_code_that_came_too_late_is_told_from_a_wrong_one(at: At) {
        let mailbox = Mailbox::start();
        let settings = [("codes.lasting", "\"1m\""), ("codes.digits", "8")];
        let server = server_with(at, &mailbox, &settings).await;
        let anna = with_mailbox(&server, &mailbox, "anna").await;
        let page = anna.types_password().await;
        let (page, code) = anna.has_code_sent(&page, &mailbox).await;
        assert_eq!(code.len(), 8);
        server.clock.turn(Duration::from_secs(60));
        let page = anna.types_code(&page, &code).await;
        assert!(page.notice().contains("does not work any more"), "{}", page.text());
        assert_eq!(server.refusals("sign_in.second_factor", "expired_code"), 1);
        let (page, code) = anna.has_code_sent(&page, &mailbox).await;
        assert_eq!(anna.types_code(&page, &code).await.path, "/account");
    }

    async fn a_code_bears_five_tries_whatever_the_lockouts_say(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &NO_LOCKS).await;
        let anna = with_mailbox(&server, &mailbox, "anna").await;
        let page = anna.types_password().await;
        let (mut page, code) = anna.has_code_sent(&page, &mailbox).await;
        for _ in 0..5 {
            page = anna.types_code(&page, &another(&code)).await;
        }
        assert!(page.try_form("Continue").is_none(), "it can still be typed: {}", page.text());
        let turn = "SELECT version FROM journeys ORDER BY expires_at DESC LIMIT 1";
        let turn = server.database.number(turn).to_string();
        let fields = [("turn", turn.as_str()), ("code", code.as_str())];
        let answer = anna.browser.post("/sign-in/email", &fields).await;
        let answer = anna.browser.follow(answer).await;
        assert_ne!(answer.path, "/account", "the sixth try was looked at");
    }

    async fn who_guesses_codes_is_locked_out_across_journeys(at: At) {
        let mailbox = Mailbox::start();
        let settings = [("codes.pause", "\"1s\"")];
        let server = server_with(at, &mailbox, &settings).await;
        let anna = with_mailbox(&server, &mailbox, "anna").await;
        for _ in 0..2 {
            server.clock.turn(Duration::from_secs(2));
            let thief = anna.elsewhere(&server.base);
            let page = thief.types_password().await;
            let (mut page, code) = thief.has_code_sent(&page, &mailbox).await;
            for _ in 0..5 {
                page = thief.types_code(&page, &another(&code)).await;
            }
        }
        server.clock.turn(Duration::from_secs(2));
        assert_eq!(server.events("lockout.locked"), 1);
        let thief = anna.elsewhere(&server.base);
        let page = thief.types_password().await;
        let (page, code) = thief.has_code_sent(&page, &mailbox).await;
        let form = page.form("Continue").fill("Code", &code);
        assert_eq!(thief.browser.submit(&page, &form).await.status, 429);
    }

    async fn of_sixty_four_who_type_one_code_at_once_one_gets_in(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &NO_LOCKS).await;
        let anna = with_mailbox(&server, &mailbox, "anna").await;
        let page = anna.types_password().await;
        let (page, code) = anna.has_code_sent(&page, &mailbox).await;
        let form = page.form("Continue").fill("Code", &code);
        let browsers: Vec<_> = (0..64).map(|_| anna.browser.copy()).collect();
        let tries = browsers.iter().map(|browser| async {
            let answer = browser.submit(&page, &form).await;
            answer.location().is_some_and(|to| to == "/account")
        });
        let won = join_all(tries).await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 1, "one code let {won} in");
    }

    async fn a_flood_of_codes_ends_at_the_limits_also_all_at_once(at: At) {
        let mailbox = Mailbox::start();
        let settings = [
            ("codes.pause", "\"60s\""), ("codes.per_address", "3"), ("codes.per_user", "5"),
        ];
        let server = server_with(at, &mailbox, &settings).await;
        let anna = with_mailbox(&server, &mailbox, "anna").await;
        server.clock.turn(Duration::from_secs(61));
        let page = anna.types_password().await;
        let form = page.form("Send code");
        let browsers: Vec<_> = (0..64).map(|_| anna.browser.copy()).collect();
        let sends = browsers.iter().map(|browser| browser.submit(&page, &form));
        let statuses: Vec<u16> = join_all(sends).await.iter().map(|one| one.status).collect();
        assert!(statuses.iter().all(|status| *status == 303), "{statuses:?}");
        // One to add it, one of the sixty-four.
        assert_eq!(server.refusals("code.sent", "code.pause"), 63);
        for _ in 0..2 {
            server.clock.turn(Duration::from_secs(61));
            anna.presses(&anna.visits("/sign-in").await, "Send a new code").await;
        }
        server.clock.turn(Duration::from_secs(61));
        let page = anna.presses(&anna.visits("/sign-in").await, "Send a new code").await;
        assert!(page.notice().contains("today"), "{}", page.text());
        let sent = "SELECT COUNT(*) FROM outbox WHERE topic = 'code'";
        assert_eq!(server.database.number(sent), 4);
        // What is still on its way would be taken for tomorrow's.
        server.until("SELECT COUNT(*) FROM outbox WHERE topic = 'code' AND state = 'waiting'", 0).await;
        // A day later there are codes again.
        server.clock.turn(Duration::from_secs(24 * 3600));
        let page = anna.types_password().await;
        let (page, code) = anna.has_code_sent(&page, &mailbox).await;
        assert_eq!(anna.types_code(&page, &code).await.path, "/account");
    }

    async fn strangers_cannot_use_up_the_codes_that_an_owner_needs(at: At) {
        let mailbox = Mailbox::start();
        let settings = [("codes.pause", "\"1s\""), ("codes.per_address", "3")];
        let server = server_with(at, &mailbox, &settings).await;
        let anna = with_mailbox(&server, &mailbox, "anna").await;
        let mallory = server.user("mallory").await;
        mallory.signs_in().await;
        let mut last = String::new();
        for _ in 0..4 {
            last = mallory.names_mailbox(MAILBOX).await.notice();
            mallory.browser.post("/account/devices/add/email/restart", &[]).await;
            server.clock.turn(Duration::from_secs(2));
        }
        assert!(last.contains("today"), "{last}");
        let page = anna.types_password().await;
        let before = "SELECT COUNT(*) FROM outbox WHERE topic = 'code'";
        let before = server.database.number(before);
        let page = anna.presses(&page, "Send code").await;
        assert_eq!(page.heading(), "Enter your code", "{}", page.text());
        server.until("SELECT COUNT(*) FROM outbox WHERE topic = 'code'", before + 1).await;
    }

    async fn one_user_gets_so_many_codes_wherever_they_go(at: At) {
        let mailbox = Mailbox::start();
        let settings = [("codes.pause", "\"1s\""), ("codes.per_user", "3")];
        let server = server_with(at, &mailbox, &settings).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut last = String::new();
        for number in 0..4 {
            last = anna.names_mailbox(&format!("victim{number}@example.net")).await.notice();
            anna.browser.post("/account/devices/add/email/restart", &[]).await;
        }
        assert!(last.contains("today"), "{last}");
        let sent = "SELECT COUNT(*) FROM outbox WHERE topic = 'code'";
        assert_eq!(server.database.number(sent), 3);
    }

    async fn an_administrator_frees_somebody_whose_codes_were_used_up(at: At) {
        let mailbox = Mailbox::start();
        let settings = [
            ("codes.pause", "\"1s\""), ("codes.per_address", "2"), ("codes.per_user", "3"),
        ];
        let server = server_with(at, &mailbox, &settings).await;
        let anna = with_mailbox(&server, &mailbox, "anna").await;
        // Somebody who knows her password.
        for _ in 0..2 {
            let thief = anna.elsewhere(&server.base);
            let page = thief.types_password().await;
            thief.has_code_sent(&page, &mailbox).await;
            server.clock.turn(Duration::from_secs(2));
        }
        let page = anna.types_password().await;
        let page = anna.presses(&page, "Send code").await;
        assert!(page.notice().contains("today"), "{}", page.text());
        let administrator = Administrator::at_command_line();
        let user = user::find_by_name(&server.app, &administrator, "anna").await;
        let id = user.expect("a database").expect("a user").id;
        let profile = user::profile(&server.app, &administrator, id, None, 1).await.expect("a user");
        assert!(profile.locked_until.is_some(), "the console offers nothing");
        keyward(server.folder(), &["user", "unlock", "anna"]).done();
        let profile = user::profile(&server.app, &administrator, id, None, 1).await.expect("a user");
        assert!(profile.locked_until.is_none());
        let page = anna.visits("/sign-in").await;
        let (page, code) = anna.has_code_sent(&page, &mailbox).await;
        assert_eq!(anna.types_code(&page, &code).await.path, "/account", "{}", page.text());
    }

    async fn a_code_goes_to_nobody_elses_device(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        with_mailbox(&server, &mailbox, "anna").await;
        server.clock.turn(Duration::from_secs(120));
        let ben = with_mailbox(&server, &mailbox, "ben").await;
        let hers = "SELECT devices.id FROM devices JOIN users ON users.id = devices.user_id \
                    WHERE users.name = 'anna'";
        let hers = server.database.text(hers);
        ben.types_password().await;
        for device in [hers.as_str(), "nonsense"] {
            let fields = [("device", device), ("method", "email")];
            assert_eq!(ben.browser.post("/sign-in/send", &fields).await.status, 404);
        }
        let nobody = ben.elsewhere(&server.base);
        let fields = [("device", hers.as_str()), ("method", "email")];
        assert_eq!(nobody.browser.post("/sign-in/send", &fields).await.status, 409);
    }

    async fn a_mailbox_alone_does_not_replace_a_password(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_mailbox("anna@example.org", &mailbox).await;
        server.clock.turn(Duration::from_secs(120));
        let thief = server.stranger("anna");
        let page = thief.visits("/recover").await;
        let form = page.form("Continue").fill("Email", "anna@example.org");
        thief.browser.submit(&page, &form).await;
        let link = mailbox.about("new password").await.link(&server.base, "/recover/");
        let page = thief.visits(&link).await;
        assert_eq!(page.status, 403, "{}", page.text());
        assert!(page.text().contains("Email alone"), "{}", page.text());
        // With an app beside it, the app is asked for and the mailbox is no way around it.
        anna.adds_an_app().await;
        let page = thief.visits(&link).await;
        let form = page.form("Save").fill("New password", "five other words entirely here");
        let answer = thief.browser.submit(&page, &form).await;
        let page = thief.browser.follow(answer).await;
        assert_eq!(page.heading(), "Enter your code", "{}", page.text());
        assert!(page.link_to("/sign-in?method=choose").is_none(), "another way is offered");
        let page = thief.visits("/sign-in?method=email").await;
        assert_eq!(page.heading(), "Enter your code");
        assert!(page.try_form("Send code").is_none(), "{}", page.text());
        let hers = server.database.text("SELECT id FROM devices WHERE kind = 'email'");
        let fields = [("device", hers.as_str()), ("method", "email")];
        let answer = thief.browser.post("/sign-in/send", &fields).await;
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert_eq!(server.events("user.password_set"), 0);
    }

    async fn where_policy_asks_for_phishing_resistance_no_code_by_mail_counts(at: At) {
        for rules in [&["--phishing-resistant"][..], &["--kind", "totp", "--kind", "passkey"]] {
            let mailbox = Mailbox::start();
            let server = server_with(at, &mailbox, &[]).await;
            let anna = with_mailbox(&server, &mailbox, "anna").await;
            let arguments = [&["policy", "set", "--empty", "--grace-days", "0"], rules].concat();
            keyward(server.folder(), &arguments).done();
            keyward(server.folder(), &["policy", "switch-on"]).done();
            let page = anna.types_password().await;
            assert!(page.try_form("Send code").is_none(), "{}", page.text());
            let ben = server.user("ben").await;
            ben.signs_in().await;
            let choose = ben.visits("/account/devices/add").await;
            assert!(choose.try_form("Add email").is_none(), "{}", choose.text());
            let fields = [("email", MAILBOX)];
            let answer = ben.browser.post("/account/devices/add/email", &fields).await;
            assert_eq!((answer.status, server.events("code.sent")), (403, 1));
        }
    }

    async fn codes_by_mail_are_off_where_nobody_switches_them_on(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        assert!(anna.visits("/account/devices/add").await.try_form("Add email").is_none());
        let answer = anna.browser.post("/account/devices/add/email", &[("email", MAILBOX)]).await;
        let page = anna.browser.follow(answer).await;
        assert!(page.notice().contains("not sent this way"), "{}", page.text());
        assert_eq!(server.database.number("SELECT COUNT(*) FROM devices"), 0);
    }

    async fn where_codes_by_mail_are_switched_off_none_is_sent(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[("codes.email", "false")]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        assert!(anna.visits("/account/devices/add").await.try_form("Add email").is_none());
        let answer = anna.browser.post("/account/devices/add/email", &[("email", MAILBOX)]).await;
        let page = anna.browser.follow(answer).await;
        assert!(page.notice().contains("not sent this way"), "{}", page.text());
        assert_eq!(server.refusals("code.sent", "code.off"), 1);
    }

    async fn a_stolen_database_tells_neither_address_nor_code(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = with_mailbox(&server, &mailbox, "anna").await;
        let page = anna.types_password().await;
        let (_, code) = anna.has_code_sent(&page, &mailbox).await;
        let stolen = server.database.stolen();
        let holds = |needle: &str| {
            stolen.windows(needle.len()).any(|window| window == needle.as_bytes())
        };
        let hex = |text: &str| data_encoding::HEXLOWER.encode(text.as_bytes());
        assert!(!holds(MAILBOX) && !holds(&hex(MAILBOX)), "the address is in the open");
        // As a word of its own: six digits occur in numbers.
        for quoted in [format!("\"{code}\""), format!("'{code}'"), format!("\t{code}\t")] {
            assert!(!holds(&quoted), "the code is in the open");
        }
        let hash = server.database.text("SELECT code_hash FROM delivered_codes");
        use sha2::Digest as _;
        for guess in 0..1_000_000 {
            let digest = sha2::Sha256::digest(format!("{guess:06}"));
            assert_ne!(data_encoding::HEXLOWER.encode(&digest), hash, "hashed without a key");
        }
    }
}
