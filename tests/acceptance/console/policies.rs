//! Policies and groups at the console.

use std::time::Duration;

use super::{at_console, crowd, page_of, with_app};
use keyward_actions::group;
use keyward_actions::policy;
use keyward_actions::user;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::policy::{Rules, Scope};
use keyward_core::flows::permit::Administrator;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;

/// Saves a draft with these fields.
async fn drafts(anna: &Person, address: &str, fields: &[(&str, &str)]) -> Page {
    let page = anna.visits(address).await;
    let form = fields
        .iter()
        .fold(page.form("Save"), |form, (name, value)| {
            form.set(name, value)
        });
    let answer = anna.browser.submit(&page, &form).await;
    anna.browser.follow(answer).await
}

on_every_database! {
    async fn a_policy_is_drafted_tried_and_switched_on(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        with_app(&server, "ben").await;
        let page = anna.visits("/console/policies").await;
        assert!(page.text().contains("Asks for nothing"), "{}", page.text());

        let fields = [("phishing_resistant", "true"), ("grace_days", "5")];
        let page = drafts(&anna, "/console/policies/edit", &fields).await;
        assert!(page.notice().contains("The draft was saved"), "{}", page.notice());
        assert_eq!(server.trail("policy.drafted"), ["done"]);
        let link = page.link("See what it would do").expect("a dry run");
        let run = anna.visits(&link).await;
        let text = run.text();
        assert!(text.contains("2 people could not sign in, 2 devices would stop"), "{text}");
        assert!(text.contains("ben") && text.contains("Not phishing-resistant"), "{text}");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM stopping_devices"), 0);

        // Somebody changes the draft while the page is open.
        drafts(&anna, "/console/policies/edit", &[("most_devices", "4")]).await;
        let stale = anna.presses(&run, "Switch on").await;
        assert!(stale.notice().contains("Somebody changed this policy"), "{}", stale.notice());
        let run = anna.visits(&link).await;
        let page = anna.presses(&run, "Switch on").await;
        assert_eq!(page.path, "/console/policies");
        assert!(page.text().contains("The policy is in force."), "{}", page.text());
        assert!(page.text().contains("2 devices do not satisfy policy."), "{}", page.text());
        let affected = anna.visits("/console/policies/affected").await;
        assert!(affected.text().contains("ben"), "{}", affected.text());
        let bens = anna.visits(&page_of(&server, "ben").await).await;
        let text = bens.text();
        assert!(text.contains("Phishing-resistant devices only asked for by Everybody"), "{text}");
        assert!(text.contains("Stops by policy"), "{text}");

        let page = anna.visits("/console/policies/edit").await;
        let page = anna.presses(&page, "Withdraw policy").await;
        assert!(page.text().contains("no longer hold for 2 people"), "{}", page.text());
        let page = anna.presses(&page, "Withdraw policy").await;
        assert!(page.text().contains("The policy was taken back."), "{}", page.text());
        assert_eq!(server.database.number("SELECT COUNT(*) FROM stopping_devices"), 0);
        for kind in ["policy.switched_on", "policy.removed"] {
            assert_eq!(server.trail(kind), ["done"], "{kind}");
        }
    }

    async fn what_cannot_be_read_is_shown_again_beside_its_reason(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        for (name, value, why) in [
            ("allow", "certification:L2\n<yubikey>", "<yubikey> cannot be read"),
            ("statuses", "two words", "two words cannot be read"),
            ("grace_days", "soon", "soon cannot be read"),
            ("most_devices", "0", "A rule cannot be followed"),
        ] {
            let page = drafts(&anna, "/console/policies/edit", &[(name, value)]).await;
            assert_eq!(page.status, 400, "{name}");
            assert!(page.text().contains(why), "{}", page.text());
            assert!(page.body.contains(&value.replace('<', "&lt;").replace('>', "&gt;")), "{name}");
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM policies"), 0);
    }

    async fn a_group_gets_members_a_policy_and_an_end(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        with_app(&server, "ben").await;
        let page = anna.visits("/console/groups").await;
        let form = page.form("Add group").fill("Group name", "r&d/x");
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert_eq!(page.notice(), "r&d/x was added.");
        let form = page.form("Add to group").fill("Username", "nobody");
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert!(page.notice().contains("no such user"), "{}", page.notice());
        let form = page.form("Add to group").fill("Username", "BEN");
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert!(page.text().contains("1 member"), "{}", page.text());

        let address = page.link("Make a policy").expect("a way to its policy");
        let page = drafts(&anna, &address, &[("hardware_only", "true"), ("grace_days", "0")]).await;
        let run = anna.visits(&page.link("See what it would do").expect("a dry run")).await;
        assert!(run.text().contains("1 person could not sign in, 1 device would stop"), "{}", run.text());
        anna.presses(&run, "Switch on").await;
        let ben = server.stranger("ben");
        let shut_out = ben.signs_in().await;
        assert_eq!(shut_out.path, "/sign-in");
        let bens = anna.visits(&page_of(&server, "ben").await).await;
        assert!(bens.text().contains("Group r&d/x"), "{}", bens.text());

        let again = anna.visits("/console/groups").await;
        let form = again.form("Add group").fill("Group name", "r&d/x");
        assert_eq!(anna.browser.submit(&again, &form).await.status, 409);
        let group = anna.visits(&again.link("r&d/x").expect("the group")).await;
        let question = anna.presses(&group, "Remove group").await;
        assert!(question.text().contains("Its policy ends."), "{}", question.text());
        let page = anna.presses(&question, "Remove").await;
        assert_eq!(page.notice(), "r&d/x was removed.");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM stopping_devices"), 0);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM group_members"), 0);
        let gone = anna.browser.get("/console/groups/show?name=r%26d%2Fx").await;
        assert_eq!((gone.status, gone.text().contains("no such group")), (404, true));
    }

    async fn a_large_group_is_one_no_more_at_once_and_empties_by_itself(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        crowd(&server, 1_200).await;
        server.database.execute(
            "INSERT INTO groups (name) VALUES ('staff'); \
             INSERT INTO group_members (user_id, group_id) SELECT users.id, groups.id FROM users, groups \
             WHERE groups.name = 'staff'",
        );
        let page = anna.visits("/console/groups").await;
        assert!(page.text().contains("1,201"), "{}", page.text());
        let administrator = Administrator::at_command_line();
        let staff = || GroupName::parse("staff").expect("a name");
        let removed = group::remove(&server.app, &administrator, staff()).await;
        removed.expect("a group");
        server.until("SELECT COUNT(*) FROM groups", 0).await;
        assert_eq!(server.database.number("SELECT COUNT(*) FROM group_members"), 0);
        let told = "SELECT COUNT(*) FROM events WHERE kind = 'group.removed' \
                    AND detail = '{\"case\":\"group-removed\",\"group\":\"staff\",\"members\":1201}'";
        assert_eq!(server.database.number(told), 1);
    }

    async fn nobody_belongs_to_a_group_that_is_being_removed_nor_joins_it(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let people = crowd(&server, 2).await;
        server.database.execute(
            "INSERT INTO groups (name) VALUES ('staff'); \
             INSERT INTO group_members (user_id, group_id) SELECT users.id, groups.id FROM users, groups \
             WHERE groups.name = 'staff'; \
             UPDATE groups SET removed_at = 1",
        );
        let administrator = Administrator::at_command_line();
        let groups = user::groups_of(&server.app, &administrator, people[0]).await;
        assert_eq!(groups.expect("a database"), []);
        let staff = || GroupName::parse("staff").expect("a name");
        let joined = user::change_groups(&server.app, &administrator, people[0], vec![staff()], Vec::new());
        let refused = joined.await.map_err(|problem| problem.code().name);
        assert_eq!(refused, Err("group.being_removed"));
        let again = group::create(&server.app, &administrator, staff()).await;
        let refused = again.map_err(|problem| problem.code().name);
        assert_eq!(refused, Err("group.being_removed"));
        let page = anna.visits("/console/groups").await;
        assert!(page.text().contains("Is being removed"), "{}", page.text());
        assert!(page.link("staff").is_none(), "it is offered");
        policy::judge_again(&server.app).await.expect("a database");
        let again = group::create(&server.app, &administrator, staff()).await;
        again.expect("its name is free");
    }

    async fn one_dry_run_is_made_at_a_time_however_many_ask(at: At) {
        let server = Server::start(at).await;
        crowd(&server, 600).await;
        let administrator = Administrator::at_command_line();
        let begin = |rules: Rules, scope: Scope| {
            policy::begin_dry_run(&server.app, &administrator, scope, rules, None)
        };
        let rules = || Rules {
            second_factor: true,
            ..Rules::default()
        };
        let one = begin(rules(), Scope::Everybody).await.expect("a dry run");
        let same = begin(rules(), Scope::Everybody).await.expect("the same");
        assert_eq!(one.number, same.number);
        let other = begin(Rules::default(), Scope::Everybody).await;
        let other = other.map(|scan| scan.number);
        let refused = other.map_err(|problem| problem.code().name);
        assert_eq!(refused, Err("policy.dry_run_busy"));
        let run = policy::dry_run_so_far(&server.app, &one, None, 50, None).await;
        let run = run.expect("a database");
        assert_eq!((run.enrolling, run.affected, run.list.len()), (600, 600, 50));
        assert_eq!((run.looked_at, run.of, run.is_over), (600, 600, true));
        let next = policy::dry_run_so_far(&server.app, &one, run.next, 600, None).await;
        let next = next.expect("a database");
        assert_eq!((next.list.len(), next.next), (550, None));
        let another = begin(Rules::default(), Scope::Everybody).await;
        let another = another.expect("another one, for that is over");
        let over = policy::dry_run_so_far(&server.app, &another, None, 1, None).await;
        over.expect("a database");
        // One that another server makes, or a command, which may have been interrupted.
        let until = (server.app.now() + Duration::from_secs(15)).millis();
        server.database.execute(&format!(
            "INSERT INTO leases (name, holder, expires_at) VALUES ('dry_run', 'another', {until})"
        ));
        let refused = begin(rules(), Scope::Everybody).await.map(|scan| scan.number);
        let refused = refused.map_err(|problem| problem.code().name);
        assert_eq!(refused, Err("policy.dry_run_busy"));
        server.clock.turn(Duration::from_secs(16));
        begin(rules(), Scope::Everybody).await.expect("the other one was given up");
    }
}
