//! What was typed into a form that meets the step-up: it is there again, and its secrets are not.

use std::time::Duration;

use crate::on_every_database;
use crate::support::page::{Form, Page};
use crate::support::person::Person;
use crate::support::server::Server;

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
