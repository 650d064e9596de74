//! Rules whose names are gone, and forms of the console that say what is wrong with what was typed.

use super::at_console;
use keyward_test_support::command::{keyward, keyward_reads};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

on_every_database! {
    async fn a_rule_whose_group_is_gone_denies_and_is_read_again_wherever_it_is_written(at: At) {
        let server = Server::start(at).await;
        let call = |words: &[&str]| keyward(server.folder(), words);
        call(&["group", "add", "staff"]).done();
        let anna = at_console(&server).await;
        let page = anna.visits("/console/applications/new").await;
        let rules = "/admin group:staff second-factor within 1h or token\n/both group:staff,user:anna\n/ anyone";
        let form = page.form("Add application").fill("Name", "Wiki").fill("Hosts", "wiki.example.org");
        let added = anna.browser.submit(&page, &form.fill("Rules", rules)).await;
        assert_eq!(anna.browser.follow(added).await.notice(), "Wiki was added.");

        let asked = anna.visits("/console/groups/remove?name=staff").await;
        assert!(asked.text().contains("Wiki"), "{}", asked.text());
        keyward_reads(server.folder(), &["group", "remove", "staff"], "n\n").refused("command.unconfirmed");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM groups WHERE removed_at IS NULL"), 1);
        call(&["group", "remove", "staff", "--yes"]).done();

        let list = anna.visits("/console/applications").await;
        let page = anna.visits(&list.link("Wiki").expect("a link")).await;
        // As the harness reads a field: line ends are spaces.
        let settled = "/admin deny /both user:anna / anyone";
        assert_eq!(page.form("Save").value("Rules"), settled);
        let saved = anna.browser.submit(&page, &page.form("Save").fill("Rules", &settled.replace(" /", "\n/"))).await;
        assert_eq!(anna.browser.follow(saved).await.notice(), "Wiki was saved.");
        let exported = call(&["export", "--config"]).done();
        assert!(exported.contains("/admin deny") && !exported.contains("or token"), "{exported}");
        std::fs::write(server.folder().join("again.toml"), &exported).expect("a file");
        call(&["apply", "again.toml"]).done();

        // Who made the name anew let nobody in.
        call(&["group", "add", "staff"]).done();
        assert!(call(&["application", "show", "Wiki"]).done().contains("/admin deny"));
        let ben = server.user("ben").await;
        drop(ben);
        let page = anna.visits(&list.link("Wiki").expect("a link")).await;
        let form = page.form("Save").fill("Rules", "/only user:ben hardware\n/ anyone");
        anna.browser.submit(&page, &form).await;
        let ben = server.database.text("SELECT id FROM users WHERE name = 'ben'");
        let asked = anna.visits(&format!("/console/users/{ben}/delete")).await;
        assert!(asked.text().contains("The rules of one application name ben"), "{}", asked.text());
        call(&["user", "delete", "ben", "--yes"]).done();
        let page = anna.visits(&list.link("Wiki").expect("a link")).await;
        assert_eq!(page.form("Save").value("Rules"), "/only deny / anyone");
    }

    async fn the_console_says_which_line_is_wrong_and_why_and_keeps_what_was_typed(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/applications/new").await;
        let form = page.form("Add application").fill("Name", "Wiki").fill("Hosts", "wiki.example.org");
        for (rules, why) in [
            ("/ anyone\n/a everybody", "line 2: the rule"),
            ("/ \"anyone", "line 1: a rule has a quote without an end"),
            ("/ anyone\n\n/b deny or token", "line 3: a rule that lets everybody pass, or nobody, asks for no proof"),
        ] {
            let answer = anna.browser.submit(&page, &form.clone().fill("Rules", rules)).await;
            assert_eq!(answer.status, 400);
            assert!(answer.notice().contains(why), "{rules}: {}", answer.notice());
            assert_eq!(answer.form("Add application").value("Rules"), rules.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }

    async fn a_webhook_that_could_never_be_sent_to_is_refused_when_it_is_saved(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/webhooks/new").await;
        for (url, why) in [
            ("https://10.0.0.1/", "10.0.0.1 has an address that is not public"),
            ("https://[::1]/", "not public"),
            ("http://hooks.example.org/", "plain http"),
        ] {
            let form = page.form("Save").fill("Name", "Chat").fill("Address", url);
            let answer = anna.browser.submit(&page, &form).await;
            assert_eq!(answer.status, 400, "{url}");
            assert!(answer.notice().contains(why), "{url}: {}", answer.notice());
            assert_eq!(answer.form("Save").value("Address"), url);
            let said = keyward(server.folder(), &["webhook", "add", "Chat", "--url", url]).refused("webhook.invalid");
            assert!(said.contains(why), "{said}");
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM webhooks"), 0);
    }
}
