//! What policy asks of people: a second factor from a date on, more devices, fewer trusted
//! browsers; reminders, the enrolment that nothing skips, and what a draft would do.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::actions::policy::{call, in_force, in_force_for, signed_in};
use crate::jobs::mail::server_with;
use crate::pages::trusted_browsers::{TRUSTING, trusted, trusting};
use keyward_actions::policy;
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

const DAY: Duration = Duration::from_secs(86_400);

async fn member(server: &Server, name: &str, group: &str) -> Person {
    let person = server.user(name).await;
    call(server, &["user", "groups", name, "--add", group]).done();
    person
}

async fn reminds(server: &Server) -> usize {
    policy::remind(&server.app).await.expect("a database")
}

fn reminders(server: &Server) -> i64 {
    server.events("policy.second_factor_due")
}

on_every_database! {
    async fn a_group_gets_a_date_and_its_members_are_told_whose_rule_it_is(at: At) {
        let server = Server::start(at).await;
        let anna = member(&server, "anna", "vault").await;
        let ben = server.user("ben").await;
        in_force_for(&server, "vault", &["--second-factor", "--grace-days", "14"]);
        let page = anna.signs_in().await;
        assert_eq!(page.path, "/account");
        let text = page.text();
        assert!(text.contains("asks the group vault for a second step"), "{text}");
        assert!(text.contains("in 13 days") || text.contains("in 14 days"), "{text}");
        assert!(!ben.signs_in().await.text().contains("second step at sign-in"));

        server.clock.turn(13 * DAY);
        assert_eq!(anna.elsewhere(&server.base).signs_in().await.path, "/account");
        server.clock.turn(2 * DAY);
        let page = anna.elsewhere(&server.base).signs_in().await;
        assert_eq!(page.path, "/account/devices/add", "{}", page.text());
        assert!(page.text().contains("asks the group vault"), "{}", page.text());
        assert_eq!(ben.elsewhere(&server.base).signs_in().await.path, "/account");
    }

    async fn the_settings_have_a_grace_of_their_own_and_the_shortest_wins(at: At) {
        let settings = [
            ("policy.require_second_factor", "\"all\""),
            ("policy.grace", "\"10d\""),
        ];
        let server = Server::with(at, &settings).await;
        let anna = member(&server, "anna", "vault").await;
        let ben = server.user("ben").await;
        for person in [&anna, &ben] {
            let page = person.signs_in().await;
            assert_eq!(page.path, "/account");
            assert!(page.text().contains("asks everybody for a second step"), "{}", page.text());
        }
        in_force_for(&server, "vault", &["--grace-days", "2"]);
        server.clock.turn(3 * DAY);
        let anna = anna.elsewhere(&server.base);
        assert_eq!(anna.signs_in().await.path, "/account/devices/add");
        let ben = ben.elsewhere(&server.base);
        assert_eq!(ben.signs_in().await.path, "/account");
        server.clock.turn(8 * DAY);
        let ben = ben.elsewhere(&server.base);
        assert_eq!(ben.signs_in().await.path, "/account/devices/add");
    }

    async fn a_grace_is_not_begun_anew_by_another_change_nor_by_enrolling_and_removing(at: At) {
        let server = Server::start(at).await;
        let mut anna = signed_in(&server, "anna").await;
        in_force(&server, &["--second-factor", "--grace-days", "10"]);
        server.clock.turn(6 * DAY);
        call(&server, &["policy", "set", "--most-devices", "9"]).done();
        call(&server, &["policy", "switch-on"]).done();
        anna = anna.elsewhere(&server.base);
        anna.signs_in().await;
        anna.adds_an_app().await;
        call(&server, &["two-factor", "disable", "anna", "--yes"]).done();
        anna.app = None;
        assert_eq!(anna.elsewhere(&server.base).signs_in().await.path, "/account");
        server.clock.turn(5 * DAY);
        let page = anna.elsewhere(&server.base).signs_in().await;
        assert_eq!(page.path, "/account/devices/add", "{}", page.text());
    }

    async fn the_end_of_the_grace_is_not_skipped_by_address_tab_ceremony_or_open_session(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        in_force(&server, &["--second-factor", "--grace-days", "1"]);
        assert_eq!(anna.visits("/account").await.path, "/account");
        let second_tab = anna.visits("/account/password").await;
        server.clock.turn(Duration::from_secs(7200));
        anna.visits("/account").await;
        server.clock.turn(DAY - Duration::from_secs(3600));
        // The session that was open before the deadline, and one from after it.
        let late = anna.elsewhere(&server.base);
        late.signs_in().await;
        for person in [&anna, &late] {
            for path in [
                "/",
                "/account",
                "/account/",
                "/account/devices",
                "/account/password",
                "/account/sessions",
                "/account/browsers",
                "/account/backup-codes",
                "/sign-in?next=/account",
                "/sign-in?next=/account/password",
                "/sign-in?method=choose",
                "/console",
                "/console/users",
            ] {
                let page = person.visits(path).await;
                let enrols = page.path.starts_with("/account/devices/add");
                let signs_in = page.path.starts_with("/sign-in") || page.path.starts_with("/step-up");
                assert!(enrols || signs_in || page.status >= 400, "{path} led to {}", page.path);
            }
            for (path, fields) in [
                ("/account/password", &[("password", "x"), ("new_password", "y")][..]),
                ("/account/backup-codes", &[]),
                ("/account/sessions/others/end", &[]),
            ] {
                let page = person.browser.post(path, fields).await;
                let to = page.location().unwrap_or_default().to_owned();
                let shut = to.starts_with("/account/devices/add")
                    || to.starts_with("/sign-in")
                    || to.starts_with("/step-up");
                assert!(shut || page.status >= 400, "{path}: {} {to}", page.status);
            }
            let step_up = person.browser.post_json("/webauthn/step-up/options", &json!({})).await;
            assert!(step_up.status >= 400, "{}", step_up.body);
        }
        // A tab from before the deadline sends its form.
        let form = second_tab
            .form("Save")
            .fill("Current password", &anna.password)
            .fill("New password", "five other words entirely here");
        let answer = anna.browser.submit(&second_tab, &form).await;
        let page = anna.browser.follow(answer).await;
        assert_ne!(page.path, "/account", "{}", page.text());
        assert_eq!(server.events("user.password_set"), 0);
        // The only way on is a device.
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(late.registers("security-key", &mut key).await.status, 200);
        assert_eq!(late.visits("/account").await.path, "/account");
        assert!(!anna.is_in().await, "the session from before skipped the device");
    }

    async fn people_are_reminded_by_mail_at_once_a_week_and_a_day_before_and_no_more(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable("anna", "anna@example.org").await;
        in_force(&server, &["--second-factor", "--grace-days", "14"]);
        // Of several nodes one reminds.
        let nodes = join_all((0..4).map(|_| policy::remind(&server.app))).await;
        let told: usize = nodes.into_iter().map(|told| told.expect("a database")).sum();
        assert_eq!(told, 1);
        let mail = mailbox.about("Add a device to your account").await;
        assert_eq!(mail.to, "anna@example.org");
        assert!(mail.text.contains("Before: 20"), "no date: {}", mail.text);
        assert!(!mail.text.contains("If this was you"), "{}", mail.text);
        for (hours, reminders_by_then) in [(6 * 24, 1), (48, 2), (96, 2), (36, 3), (72, 3)] {
            server.clock.turn(Duration::from_secs(3600 * hours));
            reminds(&server).await;
            assert_eq!(reminders(&server), reminders_by_then);
        }
    }

    async fn who_has_added_a_device_or_is_asked_no_more_is_not_reminded(at: At) {
        let server = Server::start(at).await;
        let mut anna = signed_in(&server, "anna").await;
        server.user("ben").await;
        server.user("carl").await;
        in_force(&server, &["--second-factor", "--grace-days", "14"]);
        assert_eq!(reminds(&server).await, 3);
        anna.adds_an_app().await;
        call(&server, &["user", "disable", "ben"]).done();
        server.clock.turn(8 * DAY);
        assert_eq!(reminds(&server).await, 1, "carl alone");
        call(&server, &["policy", "remove"]).done();
        server.clock.turn(5 * DAY + Duration::from_secs(3600));
        assert_eq!(reminds(&server).await, 0);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM duties"), 0);
    }

    async fn two_devices_are_asked_for_on_the_page_and_by_mail_until_they_are_there(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        call(&server, &["user", "groups", "anna", "--add", "staff"]).done();
        anna.signs_in().await;
        anna.adds_an_app().await;
        in_force_for(&server, "staff", &["--least-devices", "2"]);
        assert_eq!(reminds(&server).await, 1);
        assert_eq!(mailbox.about("Add another device").await.to, "anna@example.org");
        let page = anna.visits("/account").await;
        let words = "asks the group staff to have 2 devices";
        assert!(page.text().contains(words), "{}", page.text());
        // Codes on paper are not another device.
        let page = anna.visits("/account/backup-codes").await;
        anna.presses(&page, "Make 10 new codes").await;
        assert!(anna.visits("/account").await.text().contains(words));
        server.clock.turn(8 * DAY);
        assert_eq!(reminds(&server).await, 1, "a week later");
        anna = anna.elsewhere(&server.base);
        anna.signs_in().await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        assert!(!anna.visits("/account").await.text().contains(words));
        server.clock.turn(40 * DAY);
        assert_eq!(reminds(&server).await, 0);
        server.quiet().await;
        assert_eq!(server.events("policy.devices_missing"), 2);
    }

    async fn a_group_may_trust_no_browsers_and_what_was_trusted_ends(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        let ben = trusting(&server, "ben").await;
        call(&server, &["user", "groups", "anna", "--add", "vault"]).done();
        in_force_for(&server, "vault", &["--trusted-browsers", "0"]);
        let page = anna.types_password().await;
        assert_eq!(page.heading(), "Enter your code", "the browser is trusted still");
        assert!(!page.text().contains("Remember this browser"), "{}", page.text());
        let form = page.form("Continue").fill("Code", &anna.code()).set("remember", "yes");
        anna.browser.submit(&page, &form).await;
        assert!(anna.is_in().await);
        assert_eq!(trusted(&server), 1, "ben's alone");
        assert_eq!(server.events("trusted_browser.key_reused"), 0);
        assert_eq!(ben.types_password().await.path, "/account");
    }

    async fn policy_says_how_many_browsers_and_for_how_many_days(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        let other = anna.elsewhere(&server.base);
        other.signs_in_and_trusts("Office").await;
        other.signs_out().await;
        assert_eq!(trusted(&server), 2);
        server.clock.turn(Duration::from_secs(60));
        in_force(&server, &["--trusted-browsers", "1", "--trusted-browser-days", "5"]);
        // The one that was used last stays.
        assert_eq!(anna.types_password().await.heading(), "Enter your code");
        assert_eq!(other.types_password().await.path, "/account");
        other.signs_out().await;
        assert_eq!(trusted(&server), 1);
        server.clock.turn(6 * DAY);
        let page = other.types_password().await;
        assert_eq!(page.heading(), "Enter your code");
        let days = "5 days";
        assert!(page.text().contains(days), "{}", page.text());
        assert_eq!(trusted(&server), 0);
    }

    async fn a_dry_run_names_whose_browsers_would_not_be_trusted_any_more(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let mut root = server.superuser("root").await;
        root.signs_in().await;
        root.adds_an_app().await;
        let anna = trusting(&server, "anna").await;
        let office = anna.elsewhere(&server.base);
        server.clock.turn(Duration::from_secs(60));
        office.signs_in_and_trusts("Office").await;
        trusting(&server, "ben").await;
        call(&server, &["policy", "set", "--trusted-browsers", "1"]).done();
        let report = call(&server, &["--json", "policy", "dry-run"]).json();
        assert_eq!((&report["browsers"], &report["affected"]), (&1.into(), &1.into()), "{report}");
        assert_eq!(report["list"][0]["user"], "anna", "{report}");
        assert_ne!(report["list"][0]["browsers"][0], "Office", "the one that was used last ends");
        call(&server, &["policy", "set", "--trusted-browsers", "0"]).done();
        let report = call(&server, &["policy", "dry-run"]).done();
        assert!(report.contains("3 browsers would not be trusted any more"), "{report}");
        assert!(report.contains("Office"), "{report}");
        let page = root.visits("/console/policies/dry-run").await;
        for words in ["3 browsers would not be trusted any more", "Office", "ben"] {
            assert!(page.text().contains(words), "{words}: {}", page.text());
        }
        // Nothing was done.
        assert_eq!(trusted(&server), 3);
        // Without the setting no browser is trusted, and none would end.
        let never = Server::start(at).await;
        call(&never, &["policy", "set", "--trusted-browsers", "0"]).done();
        let report = call(&never, &["--json", "policy", "dry-run"]).json();
        assert_eq!(report["browsers"], 0, "{report}");
    }

    async fn a_policy_that_is_switched_on_is_one_mail_a_person_and_the_dry_run_says_how_many(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        // Two apps that stop, and more devices wanted: three reasons for a mail.
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        anna.adds_an_app().await;
        let ben = server.reachable("ben", "ben@example.org").await;
        ben.signs_in().await;
        server.user("cleo").await;
        // Somebody who cannot sign in has nothing to replace.
        let mut dora = server.reachable("dora", "dora@example.org").await;
        dora.signs_in().await;
        dora.adds_an_app().await;
        call(&server, &["user", "disable", "dora"]).done();
        mailbox.messages(3).await;
        call(&server, &["policy", "set", "--kind", "passkey", "--second-factor", "--grace-days", "7",
            "--least-devices", "2"]).done();
        let report = call(&server, &["--json", "policy", "dry-run"]).json();
        assert_eq!(report["mails"], 2, "{report}");
        assert!(call(&server, &["policy", "dry-run"]).done().contains("2 people would get one mail"));
        call(&server, &["policy", "switch-on"]).done();
        policy::remind(&server.app).await.expect("reminded");
        let mails = mailbox.messages(5).await;
        server.quiet().await;
        assert_eq!(mailbox.taken(), 5);
        let told = |name: &str| -> Vec<String> {
            let new = mails.iter().skip(3).filter(|mail| mail.to.starts_with(name));
            new.map(|mail| mail.subject.clone()).collect()
        };
        assert_eq!(told("anna"), ["One of your devices will stop working"]);
        assert_eq!(told("ben"), ["Add a device to your account"]);
        assert_eq!(told("dora"), Vec::<String>::new());
    }

    async fn a_policy_can_be_switched_on_without_a_mail(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        mailbox.messages(1).await;
        call(&server, &["policy", "set", "--kind", "passkey", "--second-factor", "--grace-days", "7",
            "--least-devices", "2"]).done();
        call(&server, &["policy", "switch-on", "--no-mail"]).done();
        policy::remind(&server.app).await.expect("reminded");
        server.quiet().await;
        assert_eq!((mailbox.taken(), server.events("device.stopping")), (1, 1));
    }

    async fn a_dry_run_names_who_would_have_to_enrol_and_who_would_be_reminded(at: At) {
        let server = Server::start(at).await;
        let mut root = server.superuser("root").await;
        root.signs_in().await;
        root.adds_an_app().await;
        server.user("anna").await;
        let mut ben = signed_in(&server, "ben").await;
        ben.adds_an_app().await;
        call(&server, &["policy", "set", "--second-factor", "--least-devices", "2"]).done();
        let report = call(&server, &["policy", "dry-run"]).done();
        let words = "1 people without a device must add one, 3 are asked to have more";
        assert!(report.contains(words), "{report}");
        let report = call(&server, &["--json", "policy", "dry-run"]).json();
        let list = report["list"].as_array().expect("a list");
        let row = |name: &str| list.iter().find(|row| row["user"] == name).expect(name).clone();
        assert_eq!(row("anna")["must_enrol"], true);
        assert_eq!(row("ben")["must_enrol"], false);
        assert_eq!(row("ben")["should_have"], 2);
        let page = root.visits("/console/policies/dry-run").await;
        assert_eq!(page.status, 200, "{}", page.text());
        for words in ["1 person has no device", "anna", "Has no device, and must add one"] {
            assert!(page.text().contains(words), "{words}: {}", page.text());
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM duties"), 0);
        assert_eq!(server.stranger("anna").signs_in().await.path, "/account");
    }
}
