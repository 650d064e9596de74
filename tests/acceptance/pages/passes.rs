//! Temporary access passes, from the console to a new device, and attacks on that way.

use std::time::Duration;

use futures_util::future::join_all;
use keyward_actions::pass;
use keyward_actions::user;
use keyward_core::domain::pass::PassPlan;
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::Administrator;

use crate::jobs::mail::server_with;
use keyward_test_support::command::{keyward, keyward_reads};
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

const NEW: &str = "five other words entirely here";
/// No lockout: it would hide a second winner.
const UNBOUNDED: &[(&str, &str)] = &[
    ("lockout.user_failures", "1000"),
    ("lockout.address_failures", "100000"),
];
const TIMED: PassPlan = PassPlan {
    lasting: None,
    is_once: false,
};
const ONCE: PassPlan = PassPlan {
    lasting: None,
    is_once: true,
};

async fn id_of(server: &Server, name: &str) -> UserId {
    let administrator = Administrator::at_command_line();
    let user = user::find_by_name(&server.app, &administrator, name).await;
    user.expect("a database").expect("a user").id
}

async fn issued(server: &Server, name: &str, plan: PassPlan) -> String {
    let administrator = Administrator::at_command_line();
    let id = id_of(server, name).await;
    let issued = pass::issue(&server.app, &administrator.helps(), id, plan).await;
    issued.expect("a pass").code.expose()
}

async fn revoked(server: &Server, name: &str) {
    let administrator = Administrator::at_command_line();
    let id = id_of(server, name).await;
    pass::revoke(&server.app, &administrator.helps(), id)
        .await
        .expect("it is revoked");
}

/// Types a pass, and goes where that leads.
async fn types_pass(person: &Person, pass: &str) -> Page {
    let page = person.visits("/sign-in?method=pass").await;
    let form = page.form("Continue");
    let form = form
        .fill("Username", &person.name)
        .fill("Temporary pass", pass);
    let answer = person.browser.submit(&page, &form).await;
    person.browser.follow(answer).await
}

/// Somebody with an app who has lost it, at a browser where nobody is signed in.
async fn who_lost_everything(server: &Server) -> Person {
    let mut anna = server.user("anna").await;
    anna.signs_in().await;
    anna.adds_an_app().await;
    server.clock.turn(Duration::from_secs(120));
    anna.elsewhere(&server.base)
}

/// Sue, a superuser with an app, signed in.
async fn at_console(server: &Server) -> Person {
    let mut sue = server.superuser("sue").await;
    sue.signs_in().await;
    sue.adds_an_app().await;
    sue
}

on_every_database! {
    async fn a_pass_that_is_over_does_not_come_back_when_the_clock_goes_back(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        let pass = issued(&server, "anna", TIMED).await;
        server.clock.turn(Duration::from_hours(2));
        for _ in 0..2 {
            let page = types_pass(&anna, &pass).await;
            assert!(page.path.starts_with("/sign-in"), "{}", page.path);
            server.clock.turn_back(Duration::from_mins(90));
        }
        assert_eq!(server.refusals("pass.used", "expired"), 2);
    }

    async fn a_pass_leads_to_a_new_device_and_then_into_the_account(at: At) {
        let server = Server::start(at).await;
        let mut anna = who_lost_everything(&server).await;
        let pass = issued(&server, "anna", TIMED).await;
        let page = anna.visits("/sign-in").await;
        assert_eq!(page.link("I have a temporary pass").as_deref(), Some("/sign-in?method=pass"));
        let page = types_pass(&anna, &pass.to_lowercase().replace('-', " ")).await;
        assert_eq!((page.path.as_str(), page.status), ("/account/devices/add", 200));
        assert!(page.text().contains("temporary pass"), "{}", page.text());
        assert_eq!(anna.adds_an_app().await.path, "/account/devices");
        assert_eq!(anna.visits("/account").await.path, "/account");
        let methods = "SELECT methods FROM sessions ORDER BY id DESC LIMIT 1";
        assert_eq!(server.database.text(methods), "otp mfa");
        // It has done what it was for.
        let again = types_pass(&anna.elsewhere(&server.base), &pass).await;
        assert!(again.path.starts_with("/sign-in"), "{}", again.text());
        server.clock.turn(Duration::from_secs(120));
        assert_eq!(anna.elsewhere(&server.base).signs_in().await.path, "/account");
        assert_eq!(server.trail("pass.used"), ["done", "no_pass"]);
    }

    async fn a_pass_lets_choose_a_new_password(at: At) {
        let server = Server::start(at).await;
        let anna = who_lost_everything(&server).await;
        let elsewhere = anna.elsewhere(&server.base);
        elsewhere.signs_in().await;
        let pass = issued(&server, "anna", TIMED).await;
        let page = types_pass(&anna, &pass).await;
        let link = page.link("Choose a new password").expect("a way to a new password");
        let page = anna.visits(&link).await;
        let form = page.form("Save").fill("New password", "short");
        let answer = anna.browser.submit(&page, &form).await;
        assert_eq!(answer.location(), Some(link.as_str()));
        let form = page.form("Save").fill("New password", NEW);
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert_eq!(page.path, "/account/devices/add", "{}", page.text());
        assert!(page.notice().contains("new password is set"), "{}", page.text());
        assert!(elsewhere.visits("/account").await.path.starts_with("/sign-in"), "it stayed");
        assert!(anna.visits("/account").await.path.starts_with("/account/devices/add"));
        assert!(anna.elsewhere(&server.base).types_password().await.path.starts_with("/sign-in"));
        let mut renewed = anna.elsewhere(&server.base);
        renewed.password = NEW.to_owned();
        assert_eq!(renewed.types_password().await.heading(), "Enter your code");
        assert_eq!(server.events("user.password_set"), 1);
    }

    async fn somebody_without_a_password_comes_back_by_pass_and_passkey(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        server.database.execute("UPDATE users SET password_hash = NULL");
        let pass = issued(&server, "anna", ONCE).await;
        let page = types_pass(&anna, &pass).await;
        assert!(page.try_form("Add authenticator app").is_none(), "{}", page.text());
        let mut key = SoftAuthenticator::passkey();
        assert_eq!(anna.registers("passkey", &mut key).await.status, 200);
        let elsewhere = anna.elsewhere(&server.base);
        assert_eq!(elsewhere.signs_in_with(&mut key, None).await.status, 200);
        assert_eq!(elsewhere.visits("/account").await.path, "/account");
    }

    async fn a_pass_is_never_enough_for_the_account_the_console_or_a_step_up(at: At) {
        let server = Server::start(at).await;
        let sue = at_console(&server).await;
        let ben = server.user("ben").await;
        let pass = issued(&server, "sue", TIMED).await;
        let thief = sue.elsewhere(&server.base);
        assert_eq!(types_pass(&thief, &pass).await.path, "/account/devices/add");
        for path in [
            "/account", "/account/devices", "/account/sessions", "/account/password",
            "/account/backup-codes", "/account/browsers", "/console", "/console/users",
            "/console/audit", "/step-up?next=/console", "/sign-in?next=/console",
        ] {
            let page = thief.visits(path).await;
            assert_eq!(page.path, "/account/devices/add", "{path}: {}", page.text());
        }
        let ben = id_of(&server, &ben.name).await;
        for path in [
            format!("/console/users/{ben}/disable"),
            format!("/console/users/{ben}/pass"),
            "/account/backup-codes".to_owned(),
            "/step-up/password".to_owned(),
            "/step-up/totp".to_owned(),
        ] {
            let fields = [("turn", "0"), ("password", PASSWORD), ("code", "000000")];
            let answer = thief.browser.post(&path, &fields).await;
            assert_eq!(answer.location(), Some("/account/devices/add"), "{path}");
        }
        let answer = thief.browser.post_json("/webauthn/step-up/options", &().into()).await;
        assert!([400, 403].contains(&answer.status), "{}", answer.body);
        assert_eq!(server.events("session.stepped_up"), 0);
        assert_eq!(server.events("user.disabled"), 0);
    }

    async fn a_session_without_a_pass_chooses_no_password_without_the_old_one(at: At) {
        let more = [("policy.require_second_factor", "\"all\"")];
        let server = Server::with(at, &more).await;
        let anna = server.user("anna").await;
        let path = "/account/password/new";
        let fields = [("new_password", NEW)];
        let answer = anna.browser.post(path, &fields).await;
        assert!(answer.location().is_some_and(|to| to.starts_with("/sign-in")), "{path}");
        // Somebody who has to enrol, and somebody who has.
        anna.signs_in().await;
        let mut ben = server.user("ben").await;
        ben.signs_in().await;
        ben.adds_an_app().await;
        for person in [&anna, &ben] {
            let answer = person.browser.post(path, &fields).await;
            assert_eq!(answer.location(), Some("/account/devices/add"));
        }
        assert_eq!(server.events("user.password_set"), 0);
    }

    async fn the_answer_does_not_tell_whether_somebody_has_a_pass(at: At) {
        let server = Server::with(at, UNBOUNDED).await;
        let anna = who_lost_everything(&server).await;
        for name in ["timed", "used", "expired", "disabled"] {
            server.user(name).await;
        }
        let wrong = "ABCD-EFGH-JKMN-PQRS";
        let expired = issued(&server, "expired", TIMED).await;
        server.clock.turn(Duration::from_secs(3600));
        let used = issued(&server, "used", ONCE).await;
        types_pass(&server.stranger("used"), &used).await;
        issued(&server, "timed", TIMED).await;
        let disabled = issued(&server, "disabled", TIMED).await;
        server.database.execute("UPDATE users SET is_enabled = FALSE WHERE name = 'disabled'");
        let mut bodies = Vec::new();
        for (name, pass) in [
            ("nobody", wrong),
            ("anna", wrong),
            ("timed", wrong),
            ("timed", ""),
            ("timed", "000000"),
            ("used", used.as_str()),
            ("expired", expired.as_str()),
            ("disabled", disabled.as_str()),
            ("ANNA\0", wrong),
        ] {
            let page = types_pass(&server.stranger(name), pass).await;
            assert_eq!((page.status, page.path.as_str()), (200, "/sign-in?method=pass"), "{name}");
            assert!(page.notice().contains("do not match"), "{name}: {}", page.text());
            bodies.push(page.body.replace(&format!("value=\"{name}\""), "value=\"\""));
        }
        for body in &bodies[..8] {
            assert_eq!(*body, bodies[0]);
        }
        assert_eq!(anna.visits("/sign-in").await.status, 200);
        let reasons = server.trail("pass.used");
        let expected = [
            "done", "unknown_user", "no_pass", "wrong_pass", "wrong_pass", "wrong_pass", "used",
            "expired", "disabled", "unknown_user",
        ];
        assert_eq!(reasons, expected);
    }

    async fn guessing_locks_the_pass_and_neither_the_password_nor_what_is_seen(at: At) {
        let more = [("lockout.user_failures", "3"), ("lockout.address_failures", "1000")];
        let server = Server::with(at, &more).await;
        let anna = server.user("anna").await;
        let pass = issued(&server, "anna", TIMED).await;
        let before = types_pass(&server.stranger("anna"), "ABCD-EFGH-JKMN-PQRS").await;
        for _ in 0..2 {
            types_pass(&server.stranger("anna"), "ABCD-EFGH-JKMN-PQRS").await;
        }
        // Now the right one is refused too, with the same words.
        let locked = types_pass(&server.stranger("anna"), &pass).await;
        assert_eq!(before.body, locked.body);
        assert_eq!(server.refusals("pass.used", "locked"), 1);
        assert_eq!(anna.signs_in().await.path, "/account", "the password is locked");
        // A pass issued after that works at once.
        let pass = issued(&server, "anna", TIMED).await;
        let page = types_pass(&server.stranger("anna"), &pass).await;
        assert_eq!(page.path, "/account/devices/add");
    }

    async fn failures_count_on_the_address(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "5")]).await;
        server.user("anna").await;
        let pass = issued(&server, "anna", TIMED).await;
        for number in 0..5 {
            types_pass(&server.stranger(&format!("nobody{number}")), &pass).await;
        }
        let anna = server.stranger("anna");
        let fields = [("username", "anna"), ("pass", pass.as_str())];
        assert_eq!(anna.browser.post("/sign-in/pass", &fields).await.status, 429);
    }

    async fn a_pass_for_a_time_works_until_then_and_one_for_once_works_once(at: At) {
        let server = Server::start(at).await;
        let anna = who_lost_everything(&server).await;
        let ten_minutes = PassPlan {
            lasting: Some(Duration::from_mins(10)),
            is_once: false,
        };
        let pass = issued(&server, "anna", ten_minutes).await;
        for _ in 0..2 {
            let page = types_pass(&anna.elsewhere(&server.base), &pass).await;
            assert_eq!(page.path, "/account/devices/add");
        }
        server.clock.turn(Duration::from_secs(600));
        let page = types_pass(&anna.elsewhere(&server.base), &pass).await;
        assert_eq!(page.path, "/sign-in?method=pass");
        let pass = issued(&server, "anna", ONCE).await;
        for path in ["/account/devices/add", "/sign-in?method=pass"] {
            assert_eq!(types_pass(&anna.elsewhere(&server.base), &pass).await.path, path);
        }
        assert_eq!(server.refusals("pass.used", "expired"), 1);
        assert_eq!(server.refusals("pass.used", "used"), 1);
    }

    async fn of_200_who_use_one_pass_at_once_one_gets_in(at: At) {
        let server = Server::with(at, UNBOUNDED).await;
        server.user("anna").await;
        let pass = issued(&server, "anna", ONCE).await;
        let tries = (0..200).map(|_| {
            let browser = server.browser();
            let fields = [("username", "anna".to_owned()), ("pass", pass.clone())];
            async move {
                let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
                let answer = browser.post("/sign-in/pass", &fields).await;
                assert_eq!(answer.status, 303, "{}", answer.body);
                answer.location() == Some("/account/devices/add")
            }
        });
        let won = join_all(tries).await.into_iter().filter(|won| *won).count();
        assert_eq!((won, server.events("pass.used")), (1, 1));
        assert_eq!(server.database.number("SELECT COUNT(*) FROM sessions"), 1);
    }

    async fn issuing_another_pass_ends_the_one_before_and_what_it_opened(at: At) {
        let server = Server::start(at).await;
        let anna = who_lost_everything(&server).await;
        let first = issued(&server, "anna", TIMED).await;
        types_pass(&anna, &first).await;
        let second = issued(&server, "anna", TIMED).await;
        assert!(anna.visits("/account/devices/add").await.path.starts_with("/sign-in"));
        let page = types_pass(&anna.elsewhere(&server.base), &first).await;
        assert_eq!(page.path, "/sign-in?method=pass", "the first one works");
        assert_eq!(types_pass(&anna, &second).await.path, "/account/devices/add");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM passes"), 1);
    }

    async fn revoking_ends_the_pass_and_what_it_opened(at: At) {
        let server = Server::start(at).await;
        let mut anna = who_lost_everything(&server).await;
        let pass = issued(&server, "anna", TIMED).await;
        types_pass(&anna, &pass).await;
        let open = anna.visits("/account/devices/add/totp").await;
        revoked(&server, "anna").await;
        anna.scans(&open);
        let form = open.form("Confirm").fill("Code", &anna.code());
        let answer = anna.browser.submit(&open, &form).await;
        assert!(answer.location().is_some_and(|to| to.starts_with("/sign-in")), "{}", answer.body);
        let page = types_pass(&anna, &pass).await;
        assert_eq!(page.path, "/sign-in?method=pass", "it works");
        assert_eq!(server.events("device.added"), 1);
        assert_eq!(server.trail("pass.revoked"), ["done"]);
    }

    async fn a_session_of_a_pass_ends_after_a_quarter_of_an_hour(at: At) {
        let server = Server::with(at, &[("session.step_up", "\"1m\"")]).await;
        let anna = who_lost_everything(&server).await;
        let pass = issued(&server, "anna", ONCE).await;
        types_pass(&anna, &pass).await;
        server.clock.turn(Duration::from_secs(14 * 60));
        assert_eq!(anna.visits("/account/devices/add").await.path, "/account/devices/add");
        server.clock.turn(Duration::from_secs(60));
        assert!(anna.visits("/account/devices/add").await.path.starts_with("/sign-in"));
    }

    async fn an_administrator_issues_and_revokes_at_the_console(at: At) {
        let server = Server::start(at).await;
        let sue = at_console(&server).await;
        let anna = who_lost_everything(&server).await;
        let id = id_of(&server, "anna").await;
        let path = format!("/console/users/{id}");
        let page = sue.visits(&path).await;
        let form = page.form("Issue a temporary pass").fill("Minutes", "10");
        let answer = sue.browser.submit(&page, &form.set("once", "true")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store");
        let text = answer.text();
        let pass = text.split_whitespace().find(|word| word.len() == 19 && word.contains('-'));
        let pass = pass.unwrap_or_else(|| panic!("no pass in {text}")).to_owned();
        assert!(text.contains(&format!("{}/sign-in?method=pass", server.base)), "{text}");
        let dump = String::from_utf8_lossy(&server.database.stolen()).into_owned();
        assert!(!dump.contains(&pass) && !dump.contains(&pass.replace('-', "")), "it lies open");
        let page = sue.visits(&path).await;
        assert!(!page.body.contains(&pass), "it is shown again");
        assert!(page.text().contains("anna has a temporary pass"), "{}", page.text());
        let list = sue.visits("/console/passes").await;
        for words in ["anna", "sue", "Once"] {
            assert!(list.text().contains(words), "{words}: {}", list.text());
        }
        let page = sue.presses(&list, "Revoke").await;
        assert_eq!(page.notice(), "The pass of anna was revoked.");
        let page = types_pass(&anna, &pass).await;
        assert_eq!(page.path, "/sign-in?method=pass");
        let list = sue.visits("/console/passes").await;
        assert!(list.text().contains("No pass works"), "{}", list.text());
        let revoke = format!("{path}/pass/revoke");
        assert_eq!(sue.browser.post(&revoke, &[]).await.status, 404);
    }

    async fn a_pass_takes_a_fresh_proof_and_sound_minutes_and_is_for_somebody_else(at: At) {
        let server = Server::start(at).await;
        let sue = at_console(&server).await;
        server.user("anna").await;
        let path = format!("/console/users/{}", id_of(&server, "anna").await);
        for minutes in ["0", "-1", "481", "1.5", "ten", "99999999999999999999"] {
            let answer = sue.browser.post(&format!("{path}/pass"), &[("minutes", minutes)]).await;
            assert_eq!(answer.location(), Some(path.as_str()), "{minutes}");
        }
        let own = format!("/console/users/{}", id_of(&server, "sue").await);
        let answer = sue.browser.post(&format!("{own}/pass"), &[("minutes", "10")]).await;
        assert_eq!(answer.location(), Some(own.as_str()));
        server.database.execute("UPDATE users SET is_enabled = FALSE WHERE name = 'anna'");
        let answer = sue.browser.post(&format!("{path}/pass"), &[("minutes", "10")]).await;
        assert_eq!(answer.location(), Some(path.as_str()));
        server.database.execute("UPDATE users SET is_enabled = TRUE");
        server.clock.turn(Duration::from_secs(601));
        let answer = sue.browser.post(&format!("{path}/pass"), &[("minutes", "10")]).await;
        assert!(answer.location().is_some_and(|to| to.starts_with("/step-up")), "{answer:?}");
        assert_eq!(server.trail("pass.issued"), ["user.self", "user.disabled"]);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM passes"), 0);
    }

    async fn an_owner_who_objects_to_the_use_of_a_pass_ends_it(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        let pass = issued(&server, "anna", TIMED).await;
        let thief = server.stranger("anna");
        assert_eq!(types_pass(&thief, &pass).await.path, "/account/devices/add");
        let link = mailbox.about("pass was used").await.link(&server.base, "/objection/");
        let page = anna.visits(&link).await;
        anna.presses(&page, "This was not me").await;
        assert!(thief.visits("/account/devices/add").await.path.starts_with("/sign-in"));
        assert_eq!(types_pass(&thief, &pass).await.path, "/sign-in?method=pass");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM passes"), 0);
    }

    async fn the_owner_is_told_of_issue_use_refusal_and_revocation(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable_superuser("sue", "sue@example.org").await;
        mailbox.messages(1).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        // Nobody is told while there is nothing to guess.
        types_pass(&anna, "ABCD-EFGH-JKMN-PQRS").await;
        server.quiet().await;
        assert_eq!(mailbox.taken(), 1);
        let pass = issued(&server, "anna", TIMED).await;
        let mails = mailbox.messages(3).await;
        for (to, words) in [("anna@example.org", "your account"), ("sue@example.org", "for anna")] {
            let told = mails.iter().any(|mail| mail.to == to && mail.subject.contains(words));
            assert!(told, "{to} was not told: {mails:?}");
        }
        for _ in 0..3 {
            types_pass(&anna, "ABCD-EFGH-JKMN-PQRS").await;
        }
        assert_eq!(mailbox.about("pass was refused").await.to, "anna@example.org");
        types_pass(&anna, &pass).await;
        assert_eq!(mailbox.about("pass was used").await.to, "anna@example.org");
        revoked(&server, "anna").await;
        assert_eq!(mailbox.about("pass was revoked").await.to, "anna@example.org");
        server.quiet().await;
        assert_eq!(mailbox.taken(), 6, "a refusal was told more than once");
    }
}

#[tokio::test]
async fn the_command_line_issues_lists_and_revokes() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let add = ["user", "add", "anna", "--password-stdin"];
    keyward_reads(folder, &add, &format!("{PASSWORD}\n")).done();
    let issue = [
        "pass",
        "issue",
        "anna",
        "--minutes",
        "10",
        "--once",
        "--json",
    ];
    let said = keyward(folder, &issue).json();
    let pass = said["pass"].as_str().expect("a pass").to_owned();
    assert_eq!((pass.len(), &said["once"]), (19, &true.into()));
    let again = keyward(folder, &["pass", "issue", "anna"]).done();
    assert!(!again.contains(&pass) && again.contains("anna"), "{again}");
    let list = keyward(folder, &["pass", "list", "--json"]).json();
    assert_eq!(
        (&list[0]["user"], &list[0]["once"]),
        (&"anna".into(), &false.into())
    );
    let table = keyward(folder, &["pass", "list"]).done();
    assert!(
        table.contains("command line") && !table.contains(&pass),
        "{table}"
    );
    keyward(folder, &["pass", "revoke", "anna"]).done();
    keyward(folder, &["pass", "revoke", "anna"]).refused("pass.none");
    keyward(folder, &["pass", "issue", "nobody"]).refused("user.unknown");
    keyward(folder, &["pass", "issue", "anna", "--minutes", "481"]).refused("pass.too_long");
    assert_eq!(
        keyward(folder, &["pass", "issue", "anna", "--minutes", "0"]).code,
        Some(2)
    );
    let file = folder.join("keyward.toml");
    std::fs::write(file, "pass.longest = \"30m\"").expect("ours");
    keyward(folder, &["pass", "list"]).refused("settings.invalid");
}
