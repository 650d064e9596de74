//! Sessions, trusted browsers and lockouts at the console, and the fresh proof that changes need.

use std::time::Duration;

use reqwest::Method;

use super::{at_console, page_of, told, with_app};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

on_every_database! {
    async fn an_old_session_looks_but_changes_nothing_before_a_fresh_proof(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let ben = with_app(&server, "ben").await;
        let page = page_of(&server, "ben").await;
        server.clock.turn(Duration::from_secs(601));
        assert_eq!(anna.visits(&page).await.path, page, "looking asks for a proof");
        let answer = anna.browser.post(&format!("{page}/disable"), &[]).await;
        assert!(answer.location().is_some_and(|to| to.starts_with("/step-up")), "{}", answer.status);
        assert!(ben.is_in().await, "it was done all the same");
        for path in ["/console/users/new", "/console/services/new", "/console/clients/new"] {
            assert!(anna.visits(path).await.path.starts_with("/step-up"), "{path}");
        }
        let shown = anna.visits(&page).await;
        let asked = anna.presses(&shown, "Disable ben").await;
        let back = anna.types_code(&asked, &anna.code()).await;
        assert_eq!(back.path, format!("{page}/disable"), "{}", back.text());
        assert!(back.text().contains("One open session ends"), "{}", back.text());
        assert!(ben.is_in().await, "a form was sent by itself");
        let done = anna.presses(&back, "Disable ben").await;
        assert!(done.notice().contains("can no longer sign in"), "{}", done.text());
        assert!(!ben.is_in().await);
    }

    async fn sessions_are_listed_and_ended(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let ben = with_app(&server, "ben").await;
        let page = anna.visits("/console/sessions").await;
        assert!(page.text().contains("ben") && page.text().contains("anna"), "{}", page.text());
        let page = anna.visits("/console/sessions?user=ben").await;
        assert_eq!(super::rows_of(&page), ["ben"]);
        let page = anna.presses(&page, "End").await;
        assert_eq!(page.path, "/console/sessions?user=ben", "the filter is lost");
        assert!(page.notice().contains("ben"), "{}", page.text());
        assert!(!ben.is_in().await);
        server.clock.turn(Duration::from_secs(60));
        ben.signs_in().await;
        let other = ben.elsewhere(&server.base);
        server.clock.turn(Duration::from_secs(60));
        other.signs_in().await;
        let page = anna.visits(&page_of(&server, "ben").await).await;
        let page = anna.presses(&page, "End all sessions").await;
        assert!(page.text().contains("2 open sessions end at once"), "{}", page.text());
        assert!(ben.is_in().await, "it was not asked first");
        let page = anna.presses(&page, "End all sessions").await;
        assert!(page.notice().contains("signed out everywhere"), "{}", page.text());
        assert!(!ben.is_in().await && !other.is_in().await);
        assert_eq!(told(&server, "session.ended", "anna", Some("ben"), "").await, 2);
        assert_eq!(anna.visits("/console/sessions?user=nobody").await.status, 200);
    }

    async fn lockouts_are_listed_and_cleared(at: At) {
        let server = Server::with(at, &[("lockout.user_failures", "2")]).await;
        let anna = at_console(&server).await;
        let ben = server.user("ben").await;
        for name in ["ben", "ben", "nobody"] {
            let fields = [("username", name), ("password", "not this one")];
            server.browser().post("/sign-in/password", &fields).await;
        }
        let page = anna.visits("/console/lockouts").await;
        for expected in ["ben", "127.0.0.1", "A name that nobody has", "Locked"] {
            assert!(page.text().contains(expected), "{expected}: {}", page.text());
        }
        assert_eq!(super::rows_of(&page).first().map(String::as_str), Some("ben"), "locked first");
        assert!(ben.signs_in().await.path.starts_with("/sign-in"));
        let page = anna.presses(&page, "Clear").await;
        assert!(page.notice().contains("Cleared"), "{}", page.text());
        assert_eq!(ben.signs_in().await.path, "/account");
        let page = anna.presses(&page, "Clear all").await;
        assert!(page.text().contains("counts of failed tries are forgotten"), "{}", page.text());
        let page = anna.presses(&page, "Clear all").await;
        assert!(page.text().contains("Nothing is counted"), "{}", page.text());
        for fields in [&[("which", "x")][..], &[("which", "scope")], &[("which", "scope"), ("scope", "\u{0}")]] {
            assert_eq!(anna.browser.post("/console/lockouts/clear", fields).await.status, 400);
        }
    }

    async fn trusted_browsers_are_listed_and_ended(at: At) {
        let server = Server::with(at, &[("trusted_browser.age", "\"30d\"")]).await;
        let anna = at_console(&server).await;
        let ben = with_app(&server, "ben").await;
        server.clock.turn(Duration::from_secs(60));
        let elsewhere = ben.elsewhere(&server.base);
        let page = elsewhere.types_password().await;
        let form = page.form("Continue").fill("Code", &ben.code());
        let form = form.set("remember", "yes").set("browser", "Ben's laptop");
        elsewhere.browser.submit(&page, &form).await;
        let page = anna.visits("/console/browsers").await;
        assert!(page.text().contains("Ben's laptop"), "{}", page.text());
        let action = page.form("Stop trusting").action;
        let page = anna.presses(&page, "Stop trusting").await;
        assert!(page.notice().contains("not trusted any more"), "{}", page.text());
        assert_eq!(anna.browser.post(&action, &[]).await.status, 404);
        assert_eq!(told(&server, "trusted_browser.ended", "anna", Some("ben"), "").await, 1);
        let request = anna.browser.request(Method::GET, "/console/browsers?after=x");
        assert_eq!(anna.browser.send(request).await.status, 400);
    }
}
