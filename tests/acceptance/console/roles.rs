//! Roles below that of a superuser: who reaches what at the console, and for whom.

use std::collections::HashMap;

use keyward_actions::user;
use keyward_core::flows::permit::Administrator;
use reqwest::Method;
use serde_json::json;

use super::shut::{Stage, routes};
use super::{page_of, told, with_app};
use keyward_test_support::command::{Said, keyward};
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

/// Who reaches an address, in the order of the tables of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Anybody,
    HelpDesk,
    Auditor,
    Superuser,
}

/// Each address of the document, with its methods, and whom it takes.
fn documented() -> HashMap<(Method, String), Takes> {
    let text = include_str!("../../../docs/roles.md");
    let tables = text.split("\n| address | |\n|---|---|\n").skip(1);
    let takes = [
        Takes::Anybody,
        Takes::HelpDesk,
        Takes::Auditor,
        Takes::Superuser,
    ];
    let mut found = HashMap::new();
    for (table, takes) in tables.zip(takes) {
        for row in table.lines().take_while(|line| line.starts_with('|')) {
            let mut cells = row.split('|').map(str::trim).skip(1);
            let address = cells.next().expect("an address").trim_matches('`');
            for method in cells.next().expect("methods").split(", ") {
                let method = Method::from_bytes(method.as_bytes()).expect("a method");
                let before = found.insert((method, address.to_owned()), takes);
                assert_eq!(before, None, "{address} is there twice");
            }
        }
    }
    assert!(found.len() > 100, "{}", found.len());
    found
}

/// Whether an address as it is asked for is the one that the document means.
fn is_meant(pattern: &str, address: &str) -> bool {
    let path = address.split('?').next().unwrap_or_default();
    let (pattern, path): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern
            .iter()
            .zip(&path)
            .all(|(meant, is)| meant.starts_with('{') || meant == is)
}

/// Whom an address takes: the row that fits most literally.
fn taken_by(rows: &HashMap<(Method, String), Takes>, method: &Method, address: &str) -> Takes {
    let fitting = rows
        .iter()
        .filter(|((of, pattern), _)| of == method && is_meant(pattern, address));
    let literal = fitting.min_by_key(|((_, pattern), _)| pattern.matches('{').count());
    *literal
        .unwrap_or_else(|| panic!("{method} {address} is not documented"))
        .1
}

fn is_refused(page: &Page) -> bool {
    page.status == 403 && page.heading() == "This is for another role"
}

fn run(server: &Server, arguments: &[&str]) -> Said {
    keyward(server.folder(), arguments)
}

/// Somebody with an app and a role, signed in.
async fn with_role(server: &Server, name: &str, role: &str) -> Person {
    let person = with_app(server, name).await;
    run(server, &["role", "grant", name, role]).done();
    person
}

async fn asks_for_pass(person: &Person, server: &Server, name: &str) -> Page {
    let address = format!("{}/pass", page_of(server, name).await);
    let request = person.browser.request(Method::POST, &address);
    let request = request
        .header("origin", &server.base)
        .header("sec-fetch-site", "same-origin");
    person.browser.send(request.form(&[("minutes", "5")])).await
}

async fn posts(person: &Person, server: &Server, address: &str, fields: &[(&str, &str)]) -> Page {
    let request = person.browser.request(Method::POST, address);
    let request = request
        .header("origin", &server.base)
        .header("sec-fetch-site", "same-origin");
    person.browser.send(request.form(fields)).await
}

/// The numbers and versions by which forms of keys are sent.
fn key_of(server: &Server, serial: &str) -> (String, String) {
    let of = |column: &str| {
        let column = format!("SELECT {column} FROM keys WHERE serial = '{serial}'");
        server.database.text(&column)
    };
    (of("id"), of("CAST(version AS TEXT)"))
}

#[test]
fn every_address_of_the_console_stands_in_the_document() {
    let mut documented = documented();
    for route in routes() {
        assert!(documented.remove(&route).is_some(), "{route:?}");
    }
    for (_, address) in documented.keys() {
        let is_other = address.contains("/moves/") || address.starts_with("/webauthn/touch/");
        assert!(is_other, "{address} is none");
    }
}

on_every_database! {
    async fn each_role_reaches_what_the_document_says_and_nothing_else(at: At) {
        let rows = documented();
        for role in ["help-desk", "auditor"] {
            let mut stage = Stage::set(at, &[]).await;
            for (method, path) in stage.addresses.clone() {
                // Each move has an address of its own.
                if path.ends_with("/moves/retire") {
                    for other in ["take-back", "found", "give-back", "lost", "ship"] {
                        let path = path.replace("retire", other);
                        stage.addresses.push((method.clone(), path));
                    }
                }
            }
            // What has none there is asked for under some id.
            for (_, path) in &mut stage.addresses {
                *path = path.replace("//", "/1/");
            }
            let carl = with_role(&stage.server, "carl", role).await;
            let before = stage.still();
            for (what, answer) in stage.knocks(&carl.browser).await {
                let (method, path) = what.split_once(' ').expect("both");
                let method = Method::from_bytes(method.as_bytes()).expect("a method");
                let takes = taken_by(&rows, &method, path);
                let reaches = match takes {
                    Takes::Anybody => true,
                    Takes::HelpDesk => role == "help-desk",
                    Takes::Auditor => role == "auditor",
                    Takes::Superuser => false,
                };
                let refused = is_refused(&answer);
                assert_eq!(!refused, reaches, "{role}: {what}: {} {}", answer.status, answer.text());
                assert!(answer.status < 500, "{role}: {what}");
            }
            for end in ["options", "verify"] {
                let path = format!("/webauthn/touch/{end}");
                let request = carl.browser.request(Method::POST, &path).json(&json!({}));
                let request = request.header("origin", &stage.server.base);
                let answer = carl.browser.send(request).await;
                let refused = answer.status == 403 && answer.code() == "console.role";
                assert_eq!(!refused, role == "help-desk", "{role}: {path}: {}", answer.text());
            }
            let moved = stage.still();
            match role {
                "auditor" => assert_eq!(moved, before),
                // A loss was reported, which is theirs to do.
                _ => assert_eq!(moved[..13], before[..13]),
            }
        }
    }

    async fn no_page_offers_what_the_role_that_reads_it_may_not_do(at: At) {
        let rows = documented();
        for role in ["help-desk", "auditor"] {
            let stage = Stage::set(at, &[]).await;
            run(&stage.server, &["key", "hand-over", "10000017", "ben"]).done();
            run(&stage.server, &["policy", "draft", "--require", "yes"]);
            let carl = with_role(&stage.server, "carl", role).await;
            let reaches = |method: &Method, path: &str| match taken_by(&rows, method, path) {
                Takes::Anybody => true,
                Takes::HelpDesk => role == "help-desk",
                Takes::Auditor => role == "auditor",
                Takes::Superuser => false,
            };
            let mut seen = 0;
            for (method, path) in &stage.addresses {
                if *method != Method::GET || !reaches(method, path) {
                    continue;
                }
                let page = carl.browser.get(path).await;
                if page.status != 200 || page.header("content-type").starts_with("text/csv") {
                    continue;
                }
                seen += 1;
                for (_, to) in page.links() {
                    let is_ours = to.starts_with("/console");
                    assert!(!is_ours || reaches(&Method::GET, &to), "{role}: {path} leads to {to}");
                }
                for form in page.forms() {
                    let method = Method::from_bytes(form.method.to_uppercase().as_bytes());
                    let method = method.expect("a method");
                    let is_ours = form.action.starts_with("/console");
                    // What can be read and not be sent has no button.
                    assert!(
                        !is_ours || !form.can_be_sent() || reaches(&method, &form.action),
                        "{role}: {path} offers {} {}", form.method, form.action
                    );
                }
            }
            assert!(seen > 5, "{role} saw {seen} pages");
        }
    }

    async fn the_help_desk_helps_those_who_have_no_role(at: At) {
        let server = Server::start(at).await;
        let carl = with_role(&server, "carl", "help-desk").await;
        with_app(&server, "ben").await;
        let page = carl.visits("/console").await;
        assert_eq!(page.path, "/console/users");
        let shown = asks_for_pass(&carl, &server, "ben").await;
        assert_eq!(shown.status, 200, "{}", shown.text());
        assert!(told(&server, "pass.issued", "carl", Some("ben"), "").await == 1);
        for serial in ["10000017", "10000018"] {
            run(&server, &["key", "add", serial]).done();
        }
        run(&server, &["key", "hand-over", "10000017", "ben"]).done();
        let (id, version) = key_of(&server, "10000017");
        let lost = format!("/console/keys/{id}/moves/lost");
        let fields = [("version", version.as_str()), ("spare", "10000018"), ("pass", "true")];
        let answer = posts(&carl, &server, &lost, &fields).await;
        assert!(answer.status < 400, "{} {}", answer.status, answer.text());
        let (_, version) = key_of(&server, "10000017");
        let back = format!("/console/keys/{id}/moves/give-back");
        let answer = posts(&carl, &server, &back, &[("version", &version)]).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let (_, version) = key_of(&server, "10000017");
        let back = format!("/console/keys/{id}/moves/take-back");
        let answer = posts(&carl, &server, &back, &[("version", &version)]).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let key = run(&server, &["--json", "key", "show", "10000017"]).json();
        assert_eq!((&key["state"], &key["owner"]), (&json!("stock"), &json!(null)));
    }

    async fn attack_the_help_desk_gets_into_the_account_of_somebody_with_a_role(at: At) {
        let server = Server::start(at).await;
        let carl = with_role(&server, "carl", "help-desk").await;
        super::at_console(&server).await;
        with_role(&server, "dora", "auditor").await;
        run(&server, &["group", "add", "support"]).done();
        run(&server, &["role", "grant", "support", "help-desk"]).done();
        with_app(&server, "ben").await;
        run(&server, &["group", "members", "support", "--add", "ben"]).done();
        for (number, name) in ["anna", "dora", "ben", "carl"].into_iter().enumerate() {
            // Nobody issues one for themselves, whatever their role.
            if name != "carl" {
                let answer = asks_for_pass(&carl, &server, name).await;
                assert_eq!(answer.status, 403, "{name}: {}", answer.text());
                let heading = answer.heading();
                assert_eq!(heading, "This is for a superuser", "{name}");
            }
            let serial = format!("1000002{number}");
            run(&server, &["key", "add", &serial]).done();
            run(&server, &["key", "hand-over", &serial, name]).done();
            let (id, version) = key_of(&server, &serial);
            for what in ["lost", "take-back"] {
                let address = format!("/console/keys/{id}/moves/{what}");
                let answer = posts(&carl, &server, &address, &[("version", &version)]).await;
                assert_eq!(answer.status, 403, "{name} {what}: {}", answer.text());
            }
            run(&server, &["key", "lost", &serial, "--yes"]).done();
            let (_, version) = key_of(&server, &serial);
            for what in ["moves/found", "moves/give-back", "replaced", "spare"] {
                let address = format!("/console/keys/{id}/{what}");
                let fields = [("version", version.as_str()), ("spare", "10000020")];
                let answer = posts(&carl, &server, &address, &fields).await;
                assert_eq!(answer.status, 403, "{name} {what}: {}", answer.text());
            }
        }
        run(&server, &["pass", "issue", "anna"]).done();
        let revoke = format!("{}/pass/revoke", page_of(&server, "anna").await);
        assert_eq!(posts(&carl, &server, &revoke, &[]).await.status, 403);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM passes"), 1);
    }

    async fn a_role_by_a_group_ends_with_the_membership_the_group_and_the_role(at: At) {
        let ways: [&[&str]; 4] = [
            &["group", "members", "support", "--remove", "carl"],
            &["group", "remove", "support", "--yes"],
            &["role", "revoke", "support", "auditor"],
            &["user", "disable", "carl"],
        ];
        for way in ways {
            let server = Server::start(at).await;
            run(&server, &["group", "add", "support"]).done();
            let carl = with_app(&server, "carl").await;
            assert_eq!(carl.browser.get("/console/users").await.status, 403);
            run(&server, &["group", "members", "support", "--add", "carl"]).done();
            run(&server, &["role", "grant", "support", "auditor"]).done();
            assert_eq!(carl.browser.get("/console/policies").await.status, 200);
            assert!(carl.visits("/account").await.link("Console").is_some());
            run(&server, way).done();
            let page = carl.browser.get("/console/policies").await;
            assert!(page.status == 403 || page.location().is_some(), "{way:?}: {}", page.status);
        }
    }

    async fn a_role_that_is_taken_away_meanwhile_writes_nothing(at: At) {
        let server = Server::start(at).await;
        let carl = with_role(&server, "carl", "help-desk").await;
        with_app(&server, "ben").await;
        server.database.meanwhile("passes", "DELETE FROM user_roles");
        let answer = asks_for_pass(&carl, &server, "ben").await;
        assert_ne!(answer.status, 200, "{}", answer.text());
        assert_eq!(server.database.number("SELECT COUNT(*) FROM passes"), 0);
        assert_eq!(server.events("pass.issued"), 0);
    }

    async fn attack_somebody_gets_a_role_while_the_help_desk_makes_a_pass_for_them(at: At) {
        let server = Server::start(at).await;
        let carl = with_role(&server, "carl", "help-desk").await;
        with_app(&server, "ben").await;
        let ben = super::user(&server, "ben").await.id;
        let given = format!("INSERT INTO user_roles (user_id, role) VALUES ('{ben}', 'auditor')");
        server.database.execute(&given);
        let answer = asks_for_pass(&carl, &server, "ben").await;
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert_eq!(server.database.number("SELECT COUNT(*) FROM passes"), 0);
    }

    async fn attack_a_token_that_changes_groups_makes_somebody_of_the_console(at: At) {
        let server = Server::start(at).await;
        run(&server, &["group", "add", "support"]).done();
        run(&server, &["role", "grant", "support", "help-desk"]).done();
        server.user("ben").await;
        let ben = super::user(&server, "ben").await.id;
        let program = server.program(&["users:write", "groups:write", "invitations:write"]).await;
        let joins = json!({"groups": ["support"]});
        let answer = program.patches(&format!("/users/{ben}"), "*", &joins).await;
        assert_eq!((answer.status, answer.code()), (403, "api_token.scope".to_owned()));
        let eve = json!({"name": "eve", "groups": ["support"]});
        let answer = program.posts("/users", &eve).await;
        assert_eq!((answer.status, answer.code()), (403, "api_token.scope".to_owned()));
        let invited = json!({"email": "eve@example.org", "groups": ["support"]});
        let answer = program.posts("/invitations", &invited).await;
        assert_eq!((answer.status, answer.code()), (403, "api_token.scope".to_owned()));
        assert_eq!(server.database.number("SELECT COUNT(*) FROM group_members"), 0);
        // Who has a role is changed by no token that may not change superusers.
        run(&server, &["group", "members", "support", "--add", "ben"]).done();
        let answer = program.patches(&format!("/users/{ben}"), "*", &json!({"email": "eve@example.org"})).await;
        assert_eq!((answer.status, answer.code()), (403, "api_token.scope".to_owned()));
        let program = server.program(&["users:write", "groups:write", "superusers:write"]).await;
        let answer = program.posts("/users", &eve).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    async fn roles_are_given_taken_and_listed_at_the_command_line(at: At) {
        let server = Server::start(at).await;
        server.user("ben").await;
        run(&server, &["group", "add", "support"]).done();
        let grant = |name: &str, role: &str| run(&server, &["role", "grant", name, role]);
        grant("support", "help-desk").done();
        grant("support", "help-desk").done();
        grant("ben", "auditor").done();
        grant("ben", "superuser").done();
        let listed = run(&server, &["--json", "role", "list"]).json();
        assert_eq!(listed, json!([
            {"role": "help-desk", "group": "support", "user": null},
            {"role": "auditor", "group": null, "user": "ben"},
        ]));
        // Nothing that changed nothing is told.
        assert_eq!(server.events("role.granted"), 2);
        let ben = Administrator::at_command_line();
        let found = user::find_by_name(&server.app, &ben, "ben").await.expect("a database");
        assert!(found.expect("a user").is_superuser);
        grant("support", "king").refused("command.input");
        grant("nobody", "auditor").refused("user.unknown");
        run(&server, &["role", "grant", "--group", "support", "superuser"]).refused("command.input");
        run(&server, &["role", "grant", "--group", "none", "auditor"]).refused("group.unknown");
        run(&server, &["role", "revoke", "ben", "auditor"]).done();
        run(&server, &["role", "revoke", "support", "help-desk"]).done();
        assert_eq!(run(&server, &["--json", "role", "list"]).json(), json!([]));
        assert_eq!(server.events("role.withdrawn"), 2);
    }

    async fn a_superuser_gives_a_group_a_role_and_is_told_what_that_does(at: At) {
        let server = Server::start(at).await;
        let anna = super::at_console(&server).await;
        run(&server, &["group", "add", "support"]).done();
        with_app(&server, "ben").await;
        run(&server, &["group", "members", "support", "--add", "ben"]).done();
        let page = anna.visits("/console/groups/show?name=support").await;
        let asked = anna.presses(&page, "Give it").await;
        assert!(asked.text().contains("Its one member has it from now on"), "{}", asked.text());
        let told = anna.presses(&asked, "Give the role").await;
        assert!(told.notice().contains("have the role from now on"), "{}", told.text());
        let page = anna.visits(&page_of(&server, "ben").await).await;
        assert!(page.text().contains("Help desk"), "{}", page.text());
        let page = anna.visits("/console/groups/show?name=support").await;
        let asked = anna.presses(&page, "Take away").await;
        let told = anna.presses(&asked, "Take the role away").await;
        assert!(told.notice().contains("have the role no more"), "{}", told.text());
        assert_eq!((server.events("role.granted"), server.events("role.withdrawn")), (1, 1));
    }

    async fn attack_what_was_issued_for_a_user_lets_somebody_in_as_staff(at: At) {
        let ways: [&[&str]; 3] = [
            &["role", "grant", "ben", "auditor"],
            &["role", "grant", "support", "help-desk"],
            &["role", "grant", "ben", "superuser"],
        ];
        for way in ways {
            let server = Server::start(at).await;
            with_app(&server, "ben").await;
            run(&server, &["group", "add", "support"]).done();
            run(&server, &["group", "members", "support", "--add", "ben"]).done();
            run(&server, &["pass", "issue", "ben"]).done();
            assert_eq!(server.database.number("SELECT COUNT(*) FROM passes"), 1);
            run(&server, way).done();
            assert_eq!(server.database.number("SELECT COUNT(*) FROM passes"), 0, "{way:?}");
            assert_eq!(server.events("pass.revoked"), 1, "{way:?}");
        }
        // Whoever joins a group that gives one is looked at as who joins.
        let server = Server::start(at).await;
        with_app(&server, "ben").await;
        run(&server, &["group", "add", "support"]).done();
        run(&server, &["role", "grant", "support", "help-desk"]).done();
        run(&server, &["pass", "issue", "ben"]).done();
        run(&server, &["group", "members", "support", "--add", "ben"]).done();
        assert_eq!(server.database.number("SELECT COUNT(*) FROM passes"), 0);
    }

    async fn attack_a_token_that_removes_groups_takes_the_help_desk_away(at: At) {
        let server = Server::start(at).await;
        run(&server, &["group", "add", "support"]).done();
        run(&server, &["role", "grant", "support", "help-desk"]).done();
        let program = server.program(&["groups:write"]).await;
        let answer = program.deletes("/groups/support").await;
        assert_eq!((answer.status, answer.code()), (403, "api_token.scope".to_owned()));
        assert_eq!(server.events("role.withdrawn"), 0);
        run(&server, &["group", "remove", "support", "--yes"]).done();
        assert_eq!(server.events("role.withdrawn"), 1);
    }

    async fn attack_a_token_gives_a_key_back_whose_link_with_a_superusers_device_it_cut(at: At) {
        let server = Server::start(at).await;
        let anna = super::at_console(&server).await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        let device = server.database.text("SELECT id FROM devices WHERE kind = 'security-key'");
        run(&server, &["key", "add", "10000017"]).done();
        run(&server, &["key", "hand-over", "10000017", "anna"]).done();
        run(&server, &["key", "link", "10000017", &device]).done();
        run(&server, &["key", "lost", "10000017", "--yes"]).done();
        let program = server.program(&["keys:write"]).await;
        let (id, _) = key_of(&server, "10000017");
        program.deletes(&format!("/keys/{id}/links/{device}")).await;
        for what in ["give-back", "found", "retire"] {
            let body = json!({ "move": what });
            let request = program.request(Method::POST, &format!("/keys/{id}/moves"));
            let request = request.header("if-match", "*").json(&body);
            let answer = program.send(request).await;
            assert_eq!((answer.status, answer.code()), (403, "api_token.scope".to_owned()), "{what}");
        }
        let state = format!("SELECT state FROM devices WHERE id = '{device}'");
        assert_eq!(server.database.text(&state), "lost");
    }
}
