//! Attacks by whoever can turn the clock back: what is over stays over, whether or not anybody looked
//! at it while it was.

use std::sync::Arc;
use std::time::Duration;

use keyward_actions::App;
use keyward_actions::set_back;
use keyward_actions::start::Migrations;
use keyward_core::clock::SystemEntropy;
use keyward_settings::{Environment, Settings};

use crate::jobs::mail::server_with;
use keyward_test_support::codes::with_mailbox;
use keyward_test_support::command::keyward;
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::person::PASSWORD;
use keyward_test_support::server::Server;

const DAY: Duration = Duration::from_hours(24);

/// Time goes by, nobody uses what is over meanwhile, and then the clock is set back to before.
async fn is_set_back_by(server: &Server, span: Duration) {
    server.clock.turn(span);
    assert_eq!(server.browser().get("/sign-in").await.status, 200);
    server.clock.turn_back(span);
}

fn token(said: &str, before: &str) -> String {
    let word = said.split_whitespace().find(|word| word.contains(before));
    let (_, token) = word
        .and_then(|word| word.rsplit_once(before))
        .expect("a link");
    format!("{before}{token}")
}

on_every_database! {
    async fn a_link_does_not_come_back_when_the_clock_goes_back(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        let ben = server.reachable("ben", "ben@example.org").await;
        ben.signs_in().await;
        let page = ben.visits("/account/password").await;
        let form = page.form("Save").fill("Current password", PASSWORD)
            .fill("New password", "nine purple umbrellas sing");
        ben.browser.submit(&page, &form).await;
        let objection = mailbox.about("password was changed").await.link(&server.base, "/objection/");
        let page = anna.visits("/recover").await;
        let form = page.form("Continue").fill("Email", "anna@example.org");
        anna.browser.submit(&page, &form).await;
        let recovery = mailbox.about("new password").await.link(&server.base, "/recover/");
        keyward(server.folder(), &["invite", "clara@example.org"]).done();
        let invitation = mailbox.about("Create your account").await.link(&server.base, "/invite/");
        server.user("dora").await;
        let said = keyward(server.folder(), &["user", "password-link", "dora"]).done();
        let handed_over = token(&said, "/recover/");
        let links = [objection, recovery, invitation, handed_over];
        for link in &links {
            assert_eq!(server.browser().get(link).await.status, 200, "{link}");
        }
        is_set_back_by(&server, DAY * 40).await;
        for link in &links {
            assert_eq!(server.browser().get(link).await.status, 409, "{link}");
        }
        // Nor does the wrong time hurt what begins after it.
        assert_eq!(anna.types_password().await.path, "/account");
    }

    async fn a_set_up_link_does_not_come_back_when_the_clock_goes_back(at: At) {
        let server = Server::start(at).await;
        let link = server.setup_link().await;
        assert_eq!(server.browser().get(&link).await.status, 200);
        is_set_back_by(&server, Duration::from_hours(2)).await;
        assert_eq!(server.browser().get(&link).await.status, 409);
        let another = server.setup_link().await;
        assert_eq!(server.browser().get(&another).await.status, 200);
    }

    async fn a_code_that_was_sent_does_not_come_back_when_the_clock_goes_back(at: At) {
        let mailbox = Mailbox::start();
        // The sign-in outlives its code.
        let server = server_with(at, &mailbox, &[("session.sign_in_timeout", "\"3h\"")]).await;
        let anna = with_mailbox(&server, &mailbox, "anna").await;
        anna.signs_out().await;
        server.clock.turn(Duration::from_mins(10));
        let page = anna.types_password().await;
        let (page, code) = anna.has_code_sent(&page, &mailbox).await;
        is_set_back_by(&server, Duration::from_mins(30)).await;
        let page = anna.types_code(&page, &code).await;
        assert!(!anna.is_in().await, "{}", page.text());
    }

    async fn a_sign_in_that_was_over_does_not_go_on_when_the_clock_goes_back(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        anna.signs_out().await;
        server.clock.turn(Duration::from_secs(60));
        let page = anna.types_password().await;
        is_set_back_by(&server, Duration::from_mins(30)).await;
        let page = anna.types_code(&page, &anna.code()).await;
        assert!(!anna.is_in().await, "{}", page.text());
        server.clock.turn(Duration::from_secs(60));
        let page = anna.types_password().await;
        anna.types_code(&page, &anna.code()).await;
        assert!(anna.is_in().await, "nor does it hurt the next one");
    }

    async fn a_pass_and_a_session_do_not_come_back_when_the_clock_goes_back(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        server.user("ben").await;
        let said = keyward(server.folder(), &["pass", "issue", "ben", "--minutes", "30"]).done();
        is_set_back_by(&server, DAY * 8).await;
        assert!(!anna.is_in().await, "the session revived");
        let left = "SELECT COUNT(*) FROM passes WHERE expires_at > 0";
        assert_eq!(server.database.number(left), 0, "{said}");
    }

    async fn what_is_over_does_not_come_back_when_the_clock_goes_back_while_no_server_runs(at: At) {
        let server = Server::start(at).await;
        server.user("anna").await;
        keyward(server.folder(), &["user", "password-link", "anna"]).done();
        server.clock.turn(DAY * 40);
        set_back::remember(&server.app).await.expect("a database");
        server.clock.turn_back(DAY * 40);
        let file = server.folder().join("keyward.toml");
        let settings = Settings::load(Some(&file), Environment::empty()).expect("good");
        let (clock, entropy) = (server.clock.clone(), Arc::new(SystemEntropy));
        let next = App::open(settings, Migrations::ApplyToNew, clock, entropy).await.expect("it opens");
        let links = "SELECT COUNT(*) FROM recoveries";
        assert_eq!(server.database.number(links), 1);
        set_back::recall(&next).await.expect("a database");
        assert_eq!(server.database.number(links), 0);
        // It is told once.
        keyward(server.folder(), &["user", "password-link", "anna"]).done();
        set_back::recall(&next).await.expect("a database");
        assert_eq!(server.database.number(links), 1);
    }
}
