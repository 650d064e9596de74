//! What was typed into a form that meets the step-up: it is there again, and its secrets are not.

use reqwest::Method;
use std::time::Duration;

use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::page::{Form, Page};
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;

/// Anna, a superuser with an app, who proved herself a moment ago.
async fn at_console(server: &Server) -> Person {
    let mut anna = server.superuser("anna").await;
    anna.signs_in().await;
    anna.adds_an_app().await;
    anna
}

/// Sends a form after the proof has grown too old, as a browser does from its page, and proves
/// herself where that leads.
async fn sent_too_late(server: &Server, person: &Person, page: &Page, form: &Form) -> Page {
    server.clock.turn(Duration::from_secs(900));
    let answer = person.browser.submit(page, form).await;
    let step_up = person.browser.follow(answer).await;
    assert!(step_up.path.starts_with("/step-up"), "{}", step_up.path);
    person.types_code(&step_up, &person.code()).await
}

on_every_database! {
    async fn a_new_user_is_still_in_the_form_once(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/users/new").await;
        let form = page
            .form("Save")
            .fill("Username", "ben <b>")
            .fill("Email", "ben@example.org")
            .fill("New groups", "staff")
            .set("is_superuser", "true");
        let again = sent_too_late(&server, &anna, &page, &form).await;
        assert_eq!(again.path, "/console/users/new");
        assert!(again.notice().contains("What you typed is here again"), "{}", again.text());
        let filled = again.form("Save");
        assert_eq!(filled.value("Username"), "ben <b>");
        assert_eq!(filled.value("Email"), "ben@example.org");
        assert_eq!(filled.value("New groups"), "staff");
        assert_eq!(filled.value("Superuser"), "true");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 1, "it was sent again");
        let once_more = anna.visits("/console/users/new").await;
        assert_eq!(once_more.form("Save").value("Username"), "", "it is shown once");
    }

    async fn a_policy_an_edit_a_group_and_a_service_keep_what_was_typed(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        server.user("ben").await;
        let users = anna.visits("/console/users").await;
        let ben = users.link("ben").expect("ben is listed");
        type Typed<'a> = (String, &'a str, &'a [(&'a str, &'a str)]);
        let forms: [Typed; 5] = [
            ("/console/policies/edit".to_owned(), "Save", &[("deny", "aaguid: nonsense"), ("grace_days", "x7")]),
            (format!("{ben}/edit"), "Save", &[("username", "benno"), ("display_name", "B & B")]),
            ("/console/groups".to_owned(), "Add group", &[("name", "printers")]),
            ("/console/services/new".to_owned(), "Save", &[("name", "Yubi \"Cloud\""), ("urls", "https://a.example")]),
            ("/console/clients/new".to_owned(), "Add client", &[("owner", "door"), ("addresses", "192.0.2.0/24")]),
        ];
        for (path, button, typed) in forms {
            let page = anna.visits(&path).await;
            let mut form = page.form(button);
            for (name, value) in typed {
                form = form.set(name, value);
            }
            let again = sent_too_late(&server, &anna, &page, &form).await;
            assert_eq!(again.path, path, "{}", again.text());
            let filled = again.form(button);
            for (name, value) in typed {
                let field = filled.fields.iter().find(|(field, _)| field == name);
                let field = field.map(|(_, value)| value.replace("\r\n", "\n"));
                assert_eq!(field.as_deref(), Some(*value), "{name} of {path}");
            }
        }
    }

    async fn what_was_typed_is_kept_where_nobody_says_from_which_page_it_came(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let ben = server.user("ben").await;
        keyward(server.folder(), &["user", "groups", &ben.name, "--add", "printers&co"]).done();
        let users = anna.visits("/console/users").await;
        let ben = users.link("ben").expect("ben is listed");
        let forms = [
            ("/console/users/new".to_owned(), "Save", "username", "carl"),
            (format!("{ben}/edit"), "Save", "display_name", "B & B"),
            ("/console/groups/show?name=printers%26co".to_owned(), "Add to group", "join", "dora"),
            ("/account/profile".to_owned(), "Save", "display_name", "Anna A."),
        ];
        // Nothing on the way, and the origin alone, as `no-referrer` and `strict-origin` have it.
        for referer in [None, Some("/"), Some("/made/up")] {
            for (path, button, name, typed) in &forms {
                let page = anna.visits(path).await;
                let form = page.form(button).set(name, typed);
                server.clock.turn(Duration::from_secs(900));
                let request = anna.browser.request(Method::POST, &form.action).form(&form.fields);
                let request = request.header("origin", anna.browser.origin());
                let request = match referer {
                    Some(path) => request.header("referer", format!("{}{path}", anna.browser.origin())),
                    None => request,
                };
                let answer = anna.browser.send(request).await;
                let step_up = anna.browser.follow(answer).await;
                let again = anna.types_code(&step_up, &anna.code()).await;
                let filled = again.try_form(button);
                let filled = filled.unwrap_or_else(|| panic!("{path} led to {}", again.path));
                let field = filled.fields.iter().find(|(field, _)| field == name);
                let field = field.map(|(_, value)| value.as_str());
                assert_eq!(field, Some(*typed), "{name} of {path}");
            }
        }
    }

    async fn a_form_whose_session_is_over_leads_back_to_its_page(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/users/new").await;
        let form = page.form("Save").fill("Username", "ben");
        keyward(server.folder(), &["session", "end", "--user", "anna"]).done();
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert_eq!(page.path, "/sign-in?next=%2Fconsole%2Fusers%2Fnew");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 1);
        // A stranger leaves nothing behind.
        let sessions = "SELECT COUNT(*) FROM browser_sessions";
        let before = server.database.number(sessions);
        let answer = server.browser().post("/console/users", &[("username", "eve")]).await;
        assert!(answer.location().is_some_and(|to| to.starts_with("/sign-in")), "{}", answer.status);
        assert_eq!(server.database.number(sessions), before);
    }

    async fn what_somebody_typed_is_not_shown_to_the_next_one(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/users/new").await;
        let form = page.form("Save").fill("Username", "zebedee");
        server.clock.turn(Duration::from_secs(900));
        anna.browser.submit(&page, &form).await;
        let out = anna.visits("/account").await;
        anna.presses(&out, "Sign out").await;
        anna.signs_in().await;
        let page = anna.visits("/console/users/new").await;
        assert_eq!(page.form("Save").value("Username"), "");
    }
}
