//! Applications and their rules, at the console.

use super::{at_console, told};
use keyward_actions::group;
use keyward_core::domain::group::GroupName;
use keyward_core::flows::permit::Administrator;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

on_every_database! {
    async fn an_application_is_added_changed_explained_and_removed(at: At) {
        let server = Server::start(at).await;
        let staff = GroupName::from_stored("staff");
        group::create(&server.app, &Administrator::at_command_line(), staff).await.expect("a group");
        let anna = at_console(&server).await;
        let page = anna.visits("/console/applications").await;
        assert!(page.text().contains("No application yet"), "{}", page.text());
        let page = anna.visits("/console/applications/new").await;
        let form = page.form("Add application").fill("Name", "Wiki").fill("Hosts", "wiki.example.org");
        let wrong = form.clone().fill("Rules", "/ group:nobody-has-it");
        let answer = anna.browser.submit(&page, &wrong).await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.form("Add application").value("Rules"), "/ group:nobody-has-it");
        let wrong = form.clone().fill("Rules", "/ everybody");
        let answer = anna.browser.submit(&page, &wrong).await;
        assert_eq!(answer.status, 400);
        let rules = "/admin group:staff hardware within 1h\n/ anyone\n/late deny";
        let answer = anna.browser.submit(&page, &form.fill("Rules", rules)).await;
        let page = anna.browser.follow(answer).await;
        assert_eq!(page.notice(), "Wiki was added.");
        assert!(page.text().contains("Decides nothing: rule 2 comes first"), "{}", page.text());
        assert!(page.text().contains("within one hour"), "{}", page.text());

        let form = page.form("Save").fill("Rules", "/ anyone second-factor");
        let saved = anna.browser.submit(&page, &form).await;
        assert_eq!(anna.browser.follow(saved).await.notice(), "Wiki was saved.");
        let late = anna.browser.submit(&page, &form).await;
        assert_eq!(late.status, 409, "a change of what was changed meanwhile is refused");

        let page = anna.visits("/console/applications/explain?user=anna&url=https%3A%2F%2Fwiki.example.org%2F").await;
        assert!(page.text().contains("anna passes"), "{}", page.text());
        server.user("carl").await;
        let page = anna.visits("/console/applications/explain?user=carl&url=https%3A%2F%2Fwiki.example.org%2F").await;
        assert!(page.text().contains("Needs a device first"), "{}", page.text());
        assert!(page.text().contains("A sign-in without a second factor"), "{}", page.text());
        let page = anna.visits("/console/applications/explain?user=ben&url=https%3A%2F%2Fwiki.example.org%2F").await;
        assert_eq!(page.status, 404);

        let list = anna.visits("/console/applications").await;
        let to = list.link("Wiki").expect("a link");
        let page = anna.visits(&to).await;
        let asked = anna.presses(&page, "Remove application").await;
        assert!(asked.text().contains("wiki.example.org"), "{}", asked.text());
        let list = anna.presses(&asked, "Remove").await;
        assert_eq!(list.notice(), "Wiki was removed.");
        for kind in ["added", "changed", "removed"] {
            let kind = format!("application.{kind}");
            assert!(told(&server, &kind, "anna", None, "").await > 0, "{kind}");
        }
    }
}
