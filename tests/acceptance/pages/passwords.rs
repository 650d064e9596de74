//! Passwords: what may be one, changing it, and hashes that grow stronger.

use std::time::Duration;

use keyward_test_support::command::{keyward, keyward_reads};
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::server::Server;

const NEW: &str = "five other words entirely here";

async fn change(person: &Person, present: &str, new: &str) -> Page {
    let page = person.visits("/account/password").await;
    let form = page
        .form("Save")
        .fill("Current password", present)
        .fill("New password", new);
    let answer = person.browser.submit(&page, &form).await;
    person.browser.follow(answer).await
}

/// Chooses a password without the present one.
async fn chooses(person: &Person, new: &str) -> Page {
    let page = person.visits("/account/password/new").await;
    let form = page.form("Save").fill("New password", new);
    let answer = person.browser.submit(&page, &form).await;
    person.browser.follow(answer).await
}

/// Somebody whose short password stands alone again: their only device was taken away.
async fn left_with_a_short_password(server: &Server) -> Person {
    let mut anna = server.user("anna").await;
    anna.signs_in().await;
    anna.adds_an_app().await;
    change(&anna, PASSWORD, "vN3)q!x8Zr").await;
    anna.password = "vN3)q!x8Zr".to_owned();
    keyward(server.folder(), &["two-factor", "disable", "anna", "--yes"]).done();
    anna.app = None;
    anna
}

async fn gets_in_with(person: &Person, server: &Server, password: &str) -> bool {
    let mut again = person.elsewhere(&server.base);
    again.password = password.to_owned();
    again.types_password().await.path == "/account"
}

on_every_database! {
    async fn a_changed_password_signs_in_and_the_old_one_does_not(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = change(&anna, PASSWORD, NEW).await;
        assert_eq!(page.path, "/account", "{}", page.text());
        assert!(page.notice().contains("password was changed"), "{}", page.notice());
        assert!(gets_in_with(&anna, &server, NEW).await);
        assert!(!gets_in_with(&anna, &server, PASSWORD).await);
        assert_eq!(server.events("user.password_set"), 1);
    }

    async fn a_changed_password_ends_the_other_sessions_and_keeps_this_one(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        let thief = anna.elsewhere(&server.base);
        thief.signs_in().await;
        anna.signs_in().await;
        change(&anna, PASSWORD, NEW).await;
        assert!(thief.visits("/account").await.path.starts_with("/sign-in"));
        assert_eq!(anna.visits("/account").await.path, "/account");
    }

    async fn guessing_the_present_password_is_counted_as_at_sign_in(at: At) {
        let settings = [("lockout.user_failures", "3"), ("lockout.address_failures", "1000")];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for _ in 0..3 {
            let page = change(&anna, "not my password at all", NEW).await;
            assert!(page.notice().contains("present password"), "{}", page.text());
        }
        let page = change(&anna, PASSWORD, NEW).await;
        assert_eq!(page.status, 429, "{}", page.text());
        assert!(!gets_in_with(&anna, &server, NEW).await, "the lock was passed");
    }

    async fn common_and_short_passwords_are_refused_and_nothing_is_lost(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for weak in ["password1234567", "annaannaannaanna", "qwertyuiopasdfghjkl", "vN3)q!x8Zr"] {
            let page = change(&anna, PASSWORD, weak).await;
            assert_eq!(page.path, "/account/password", "{weak} was taken");
            assert!(!page.notice().is_empty(), "{weak}: {}", page.text());
        }
        assert!(gets_in_with(&anna, &server, PASSWORD).await);
    }

    async fn beside_a_device_eight_characters_are_enough(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let page = change(&anna, PASSWORD, "vN3)q!x8Zr").await;
        assert_eq!(page.path, "/account", "{}", page.text());
    }

    async fn a_short_password_that_stands_alone_again_opens_nothing_but_a_longer_one(at: At) {
        let server = Server::start(at).await;
        let anna = left_with_a_short_password(&server).await;
        let again = anna.elsewhere(&server.base);
        let page = again.types_password().await;
        assert_eq!(page.path, "/account/password/new", "{}", page.text());
        assert!(page.notice().contains("15 characters"), "{}", page.notice());
        // Nothing else opens before that, whatever is asked for.
        for path in ["/account", "/account/password", "/account/sessions", "/console"] {
            let page = again.visits(path).await;
            assert_eq!(page.path, "/account/devices/add", "{path}: {}", page.text());
        }
        let page = again.visits("/account").await;
        assert!(page.text().contains("short for that"), "{}", page.text());
        assert_eq!(page.link("Choose a longer password").as_deref(), Some("/account/password/new"));
        let page = chooses(&again, "vN3)q!x8Zz").await;
        assert_eq!(page.path, "/account/password/new", "another short one was taken");
        let page = chooses(&again, NEW).await;
        assert_eq!((page.path.as_str(), page.status), ("/account", 200), "{}", page.text());
        assert_eq!(again.visits("/account/sessions").await.path, "/account/sessions");
        assert!(gets_in_with(&anna, &server, NEW).await);
        assert!(!gets_in_with(&anna, &server, "vN3)q!x8Zr").await);
        let page = again.visits("/account/password/new").await;
        assert_eq!(page.path, "/account/devices/add", "the present password can be skipped");
    }

    async fn a_short_password_is_enough_again_beside_a_new_device(at: At) {
        let server = Server::start(at).await;
        let anna = left_with_a_short_password(&server).await;
        let mut again = anna.elsewhere(&server.base);
        let old = again.elsewhere(&server.base);
        old.types_password().await;
        again.types_password().await;
        assert_eq!(again.adds_an_app().await.path, "/account/devices");
        assert_eq!(again.visits("/account").await.path, "/account");
        assert!(old.visits("/account").await.path.starts_with("/sign-in"), "it skips the device");
    }

    async fn a_longer_password_takes_a_fresh_proof_of_the_short_one(at: At) {
        let server = Server::start(at).await;
        let anna = left_with_a_short_password(&server).await;
        let again = anna.elsewhere(&server.base);
        again.types_password().await;
        server.clock.turn(Duration::from_secs(601));
        let fields = [("new_password", NEW)];
        let answer = again.browser.post("/account/password/new", &fields).await;
        assert!(answer.location().is_some_and(|to| to.starts_with("/step-up")), "{}", answer.body);
        let page = again.visits("/account/password/new").await;
        let form = page.form("Continue").fill("Password", "vN3)q!x8Zr");
        let answer = again.browser.submit(&page, &form).await;
        let page = again.browser.follow(answer).await;
        assert_eq!(page.path, "/account/password/new", "{}", page.text());
        assert_eq!(chooses(&again, NEW).await.path, "/account");
    }

    async fn within_a_grace_a_password_stands_alone_and_is_as_long(at: At) {
        let settings = [("policy.require_second_factor", "\"all\""), ("policy.grace", "\"7d\"")];
        let add = |server: &Server, name: &str, password: &str| {
            let arguments = ["user", "add", name, "--password-stdin"];
            keyward_reads(server.folder(), &arguments, password)
        };
        let server = Server::with(at, &settings).await;
        add(&server, "anna", "vN3)q!x8Zr").refused("user.password_short");
        add(&server, "anna", PASSWORD).done();
        // Without a grace a device comes before anything else.
        let at_once = Server::with(at, &settings[..1]).await;
        add(&at_once, "anna", "vN3)q!x8Zr").done();
        let mut anna = at_once.stranger("anna");
        anna.password = "vN3)q!x8Zr".to_owned();
        assert_eq!(anna.types_password().await.path, "/account/devices/add");
    }

    async fn a_password_made_from_the_name_of_the_service_is_refused(at: At) {
        let server = Server::with(at, &[("webauthn.rp_name", "\"Acme Portal\"")]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for weak in ["Acme Portal 2026", "acmeportalacmeportal"] {
            let page = change(&anna, PASSWORD, weak).await;
            assert_eq!(page.path, "/account/password", "{weak} was taken");
        }
        let body = serde_json::json!({ "password": "Acme Portal 2026", "username": "anna" });
        let answer = server.browser().post_json("/password/strength", &body).await;
        assert!(answer.json()["score"].as_u64() < Some(2), "{}", answer.body);
        assert!(gets_in_with(&anna, &server, PASSWORD).await);
    }

    async fn a_name_and_a_password_are_one_however_a_keyboard_spells_them(at: At) {
        let server = Server::start(at).await;
        let jose = server.user("jos\u{e9}").await;
        jose.signs_in().await;
        let page = change(&jose, PASSWORD, "l\u{e4}uft \u{fc}ber viele br\u{fc}cken").await;
        assert_eq!(page.path, "/account", "{}", page.text());
        let apart = "la\u{308}uft u\u{308}ber viele bru\u{308}cken";
        for name in ["jose\u{301}", "JOSE\u{301}", "\u{ff4a}\u{ff4f}\u{ff53}\u{e9}"] {
            assert!(gets_in_with(&server.stranger(name), &server, apart).await, "{name}");
        }
        // A hash that another system made of what was typed there.
        let django = "pbkdf2_sha256$10$apart$SS9erhABJMMGnfXCBdZpBuUrhW3yVGvXXK2DmayAbtk=";
        server.database.execute(&format!("UPDATE users SET password_hash = '{django}'"));
        assert!(gets_in_with(&jose, &server, apart).await);
        assert!(gets_in_with(&jose, &server, "l\u{e4}uft \u{fc}ber viele br\u{fc}cken").await);
    }

    async fn a_name_that_looks_like_anothers_is_no_account(at: At) {
        let server = Server::start(at).await;
        server.user("anna").await;
        let add = |name: &str| {
            let arguments = ["user", "add", name, "--password-stdin"];
            keyward_reads(server.folder(), &arguments, PASSWORD)
        };
        for same in ["\u{ff41}\u{ff4e}\u{ff4e}\u{ff41}", "\u{ff21}nna", "\u{3000}anna\u{a0}"] {
            add(same).refused("user.name_taken");
        }
        let unseen = ["an\u{200b}na", "anna\u{202e}", "an\u{ad}na", "\u{3164}", "an\u{2028}na"];
        for name in unseen {
            add(name).refused("user.name_invalid");
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 1);
    }

    async fn a_password_may_have_spaces_and_any_letters_and_be_long(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let long = "пять рыжих лисиц 雨の日に ".repeat(12);
        let page = change(&anna, PASSWORD, &long).await;
        assert_eq!(page.path, "/account", "{}", page.text());
        assert!(gets_in_with(&anna, &server, &long).await);
    }

    async fn the_strength_of_what_is_typed_is_told_by_our_own_server(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        let mut scores = Vec::new();
        for typed in ["password", "anna-anna", "four words at random", ""] {
            let body = serde_json::json!({ "password": typed, "username": "anna" });
            let answer = browser.post_json("/password/strength", &body).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let judged: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
            assert!(judged["text"].as_str().is_some_and(|text| text.ends_with('.')), "{judged}");
            scores.push(judged["score"].as_u64().expect("a score"));
        }
        assert_eq!(scores, [0, 0, 4, 0]);
    }

    async fn a_stranger_orders_a_bounded_number_of_strengths(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        let typed = "4@8({[<369!1|0$5+7%2keyward".repeat(40);
        let body = serde_json::json!({ "password": typed, "username": typed });
        let asked = (0..200).map(|_| browser.post_json("/password/strength", &body));
        let answers = futures_util::future::join_all(asked).await;
        let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
        assert!(refused.iter().any(|answer| answer.body.contains("password.too_often")));
        for answer in refused {
            assert_eq!(answer.status, 429, "{}", answer.body);
        }
        server.clock.turn(Duration::from_secs(60));
        assert_eq!(browser.post_json("/password/strength", &body).await.status, 200);
    }

    async fn nothing_is_thought_about_a_password_without_a_link_that_works(at: At) {
        let server = Server::start(at).await;
        let anna = server.superuser("anna").await;
        let link = "A".repeat(43);
        let weak = "password";
        let fields = [("token", link.as_str()), ("username", "ben"), ("password", weak), ("new_password", weak)];
        for path in ["/setup".to_owned(), format!("/recover/{link}"), format!("/invite/{link}")] {
            let page = server.browser().post(&path, &fields).await;
            assert_eq!(page.status, 409, "{path}: {}", page.text());
        }
        assert!(anna.types_password().await.path.starts_with("/account"));
    }

    async fn a_hash_of_another_system_verifies_and_is_replaced_at_sign_in(at: At) {
        let server = Server::start(at).await;
        for hash in [
            // Django's, of "correct horse battery".
            "pbkdf2_sha256$1000$bBNTRIL2UhmRPEvOGCIJJj$2QZ75hy+k2Z+pJJPhHh5cXCq2lvfc5kshazT2SgPXtQ=",
            "bcrypt_sha256$$2b$05$4okOebam6ebuOL1yfKEw/OAoj2gM.9IhohHYwQoHVLA8zOC8JCw9y",
        ] {
            let name = format!("anna-{}", &hash[..6]);
            let mut anna = server.user(&name).await;
            let stored = format!("SELECT password_hash AS line FROM users WHERE name = '{name}'");
            let set = format!("UPDATE users SET password_hash = '{hash}' WHERE name = '{name}'");
            server.database.execute(&set);
            anna.password = "correct horse batterz".to_owned();
            assert_ne!(anna.types_password().await.path, "/account");
            assert_eq!(server.database.lines(&stored), [hash], "a wrong password replaced it");
            anna.password = "correct horse battery".to_owned();
            assert_eq!(anna.types_password().await.path, "/account");
            let now = server.database.lines(&stored);
            assert!(now[0].starts_with("$keyward$"), "{now:?}");
            assert!(gets_in_with(&anna, &server, "correct horse battery").await);
        }
    }

    async fn an_administrator_sets_no_common_password_either(at: At) {
        let server = Server::start(at).await;
        server.user("anna").await;
        for weak in ["password1234567\n", "vN3)q!x8Zr\n"] {
            let arguments = ["user", "set-password", "anna", "--password-stdin"];
            let said = keyward_reads(server.folder(), &arguments, weak);
            assert_eq!(said.code, Some(1), "{said:?}");
        }
    }

    async fn password_managers_find_the_page(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.visits("/.well-known/change-password").await;
        assert_eq!(page.path, "/account/password");
        let page = anna.visits("/account").await;
        assert!(page.link_to("/account/password").is_some(), "no link: {}", page.text());
    }
}
