//! Set-up: the one-time link and the first superuser.

use std::time::Duration;

use keyward_actions::start;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::server::Server;

async fn sets_up(server: &Server, link: &str, name: &str) -> (Person, Page) {
    let person = server.stranger(name);
    let page = person.visits(link).await;
    let form = page
        .form("Continue")
        .fill("Username", name)
        .fill("Password", PASSWORD);
    let answer = person.browser.submit(&page, &form).await;
    let page = person.browser.follow(answer).await;
    (person, page)
}

on_every_database! {
    async fn the_link_makes_a_superuser_and_leads_into_enrolment(at: At) {
        let server = Server::start(at).await;
        let link = server.setup_link().await;
        let (mut anna, page) = sets_up(&server, &link, "anna").await;
        assert_eq!(page.path, "/account/devices/add", "{}", page.text());

        for path in ["/account", "/account/devices", "/console", "/console/users"] {
            let page = anna.visits(path).await;
            assert_eq!(page.path, "/account/devices/add", "{path} is open without a second factor");
        }

        let page = anna.adds_an_app().await;
        assert_eq!(page.path, "/account/devices", "{}", page.text());
        assert_eq!(anna.browser.get("/console").await.status, 200);
    }

    async fn the_link_works_once(at: At) {
        let server = Server::start(at).await;
        let link = server.setup_link().await;
        let (_, page) = sets_up(&server, &link, "anna").await;
        assert_eq!(page.status, 200);

        let ben = server.stranger("ben");
        assert_eq!(ben.browser.get(&link).await.status, 409);
        let token = link.rsplit('=').next().expect("a token");
        let fields = [("token", token), ("username", "ben"), ("password", PASSWORD)];
        let answer = ben.browser.post("/setup", &fields).await;
        assert_eq!(answer.status, 409);
        let page = ben.signs_in().await;
        assert!(page.notice().contains("do not match"), "ben was created");
    }

    async fn of_two_people_with_one_link_one_wins(at: At) {
        let server = Server::start(at).await;
        let link = server.setup_link().await;
        let token = link.rsplit('=').next().expect("a token").to_owned();
        let tries = (0..16).map(|number| {
            let browser = server.browser();
            let token = token.clone();
            tokio::spawn(async move {
                let name = format!("user{number}");
                let fields = [("token", token.as_str()), ("username", &name), ("password", PASSWORD)];
                browser.post("/setup", &fields).await.status
            })
        });
        let mut statuses = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            statuses.push(one.await.expect("no panic"));
        }
        let won = statuses.iter().filter(|status| **status == 303).count();
        assert_eq!(won, 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [303, 409].contains(status)), "{statuses:?}");
    }

    async fn a_link_works_for_an_hour(at: At) {
        let server = Server::start(at).await;
        let link = server.setup_link().await;
        server.clock.turn(Duration::from_secs(60 * 60 - 1));
        assert_eq!(server.browser().get(&link).await.status, 200);
        server.clock.turn(Duration::from_secs(1));
        assert_eq!(server.browser().get(&link).await.status, 409);
        let token = link.rsplit('=').next().expect("a token");
        let fields = [("token", token), ("username", "ben"), ("password", PASSWORD)];
        assert_eq!(server.browser().post("/setup", &fields).await.status, 409);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 0);
        let link = server.setup_link().await;
        assert_eq!(server.browser().get(&link).await.status, 200, "a new one");
    }

    async fn a_newer_link_ends_the_older(at: At) {
        let server = Server::start(at).await;
        let older = server.setup_link().await;
        let newer = server.setup_link().await;
        assert_eq!(server.browser().get(&older).await.status, 409);
        assert_eq!(server.browser().get(&newer).await.status, 200);
    }

    async fn a_superuser_who_is_there_already_closes_the_link(at: At) {
        let server = Server::start(at).await;
        let link = server.setup_link().await;
        server.superuser("anna").await;
        let ben = server.stranger("ben");
        assert_eq!(ben.browser.get(&link).await.status, 409);
        let token = link.rsplit('=').next().expect("a token");
        let fields = [("token", token), ("username", "ben"), ("password", PASSWORD)];
        assert_eq!(ben.browser.post("/setup", &fields).await.status, 409);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 1);
        assert!(start::issue_setup_link(&server.app).await.expect("a database").is_none());
    }

    async fn a_guessed_link_is_refused(at: At) {
        let server = Server::start(at).await;
        let _ = server.setup_link().await;
        let guess = format!("/setup?token={}", "A".repeat(43));
        for path in ["/setup", "/setup?token=", "/setup?token=x", &guess] {
            assert_eq!(server.browser().get(path).await.status, 409, "{path}");
        }
    }

    async fn a_weak_password_is_refused_with_advice_and_the_link_stays(at: At) {
        let server = Server::start(at).await;
        let link = server.setup_link().await;
        let anna = server.stranger("anna");
        let page = anna.visits(&link).await;
        let form = page.form("Continue").fill("Username", "anna").fill("Password", "short");
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert!(page.notice().contains("at least 8 characters"), "{}", page.text());
        assert_eq!(page.form("Continue").value("Username"), "anna");
        let (_, page) = sets_up(&server, &link, "anna").await;
        assert_eq!(page.path, "/account/devices/add");
    }
}
