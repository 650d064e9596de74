//! What a token does to whom: one that may change people takes over no superuser, and puts nobody into
//! groups, however it goes about it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::actions::overtaken::at_every_moment;
use keyward_test_support::api::Program;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::server::Server;

/// Operations that change something and neither weaken nor take over an account, whosever it is: what
/// they end can be opened again by its owner alone, and what they prove they prove to the program.
const FREE: &[&str] = &[
    "applications.change",
    "applications.create",
    "applications.delete",
    "applications.explain",
    "clients.change",
    "clients.create",
    "clients.delete",
    "clients.rotate",
    "groups.create",
    "invitations.resend",
    "invitations.revoke",
    "passes.revoke",
    "policies.discard",
    "policies.draft",
    "policies.dry_run",
    "policies.remove",
    "policies.switch_on",
    "sessions.check",
    "sessions.end",
    "tokens.revoke",
    "users.end_sessions",
    "validation_clients.change",
    "validation_clients.create",
    "validation_clients.restore",
    "validation_clients.revoke",
    "validation_services.delete",
    "verify.answer",
    "verify.code",
    "verify.options",
    // Whose a key of the inventory is opens nothing.
    "keys.create",
    "keys.change",
    "keys.unlink",
    "keyProposals.adopt",
    "keys.keepSpare",
    // What is registered for a superuser is tried in `api/enrolments.rs`.
    "enrolments.finish",
    "enrolments.issueCode",
    "enrolments.withdraw",
    // A report is a stranger's, and nothing becomes of a key by it.
    "foundReports.close",
];

/// A key of the superuser's that was reported lost.
const LOST_KEY: &str = "018f0000-0000-7000-8000-000000000002";

/// A superuser who is a target, and an ordinary user beside them.
struct World {
    boss: String,
    anna: String,
    device: String,
    service: String,
    link: String,
}

async fn world(server: &Server) -> World {
    let mut boss = server.superuser("boss").await;
    boss.signs_in().await;
    boss.adds_an_app().await;
    server.user("anna").await;
    let folder = server.folder();
    keyward(folder, &["group", "add", "staff"]).done();
    keyward(folder, &["group", "add", "guests"]).done();
    keyward(folder, &["user", "groups", "boss", "--add", "staff"]).done();
    let database = &server.database;
    // As an enrolled key is, whose touches any service may vouch for.
    database.execute("UPDATE devices SET kind = 'yubikey', state = 'suspect'");
    database.execute("UPDATE users SET email = 'boss@example.org', email_folded = 'boss@example.org' WHERE name = 'boss'");
    let id = |name: &str| database.text(&format!("SELECT id FROM users WHERE name = '{name}'"));
    let link = "018f0000-0000-7000-8000-000000000001";
    database.execute(&format!(
        "INSERT INTO upstream_links (id, user_id, issuer, subject, called, created_at) \
         VALUES ('{link}', '{}', 'https://login.example.org', '7', 'boss', 1)",
        id("boss")
    ));
    database.execute(&format!(
        "INSERT INTO keys (id, maker, serial, model, firmware, form_factor, batch, order_number, place, note, \
         state, owner_id, created_at, changed_at, state_since, version) \
         VALUES ('{LOST_KEY}', 'Yubico', '10000017', '', '', '', '', '', '', '', 'lost', '{}', 1, 1, 1, 0)",
        id("boss")
    ));
    database.execute(&format!(
        "INSERT INTO key_cases (id, key_id, owner_id, opened_at) VALUES ('{link}', '{LOST_KEY}', '{}', 1)",
        id("boss")
    ));
    database.execute(&format!(
        "INSERT INTO key_devices (device_id, key_id, linked_at) SELECT id, '{LOST_KEY}', 1 FROM devices"
    ));
    let owner = server
        .program(&["services:write", "superusers:write"])
        .await;
    let service = json!({ "name": "theirs", "urls": ["https://validation.example/wsapi/2.0/verify"], "client_id": 1 });
    let service = owner.posts("/validation-services", &service).await;
    assert_eq!(service.status, 201, "{}", service.body);
    World {
        boss: id("boss"),
        anna: id("anna"),
        device: database.text("SELECT id FROM devices"),
        link: link.to_owned(),
        service: service.json()["id"].as_str().expect("an id").to_owned(),
    }
}

/// What an operation does to a superuser, or to somebody's groups, and the scope that this needs beside
/// its own: the parts of its path and bodies to send.
fn attacks(of: &str, world: &World) -> Vec<(String, Value, &'static str)> {
    let World {
        boss,
        anna,
        device,
        service,
        link,
    } = world;
    let (superusers, groups) = ("superusers:write", "groups:write");
    let none = Value::Null;
    let user = |rest: &str| format!("/users/{boss}{rest}");
    let url = "https://attacker.example/wsapi/2.0/verify";
    match of {
        "users.create" => vec![
            (
                "/users".into(),
                json!({ "name": "new", "superuser": true }),
                superusers,
            ),
            (
                "/users".into(),
                json!({ "name": "new", "groups": ["staff"] }),
                groups,
            ),
            // Which of two accounts its owner means, nobody could tell any more.
            (
                "/users".into(),
                json!({ "name": "new", "email": "Boss@Example.org" }),
                superusers,
            ),
        ],
        "users.change" => vec![
            (
                user(""),
                json!({ "email": "attacker@example.net" }),
                superusers,
            ),
            (user(""), json!({ "email": null }), superusers),
            (user(""), json!({ "display_name": "Nobody" }), superusers),
            (user(""), json!({ "name": "nobody" }), superusers),
            (user(""), json!({ "groups": [] }), superusers),
            (
                format!("/users/{anna}"),
                json!({ "groups": ["staff"] }),
                groups,
            ),
            (
                format!("/users/{anna}"),
                json!({ "email": "BOSS@example.org" }),
                superusers,
            ),
        ],
        "users.delete"
        | "users.remove_devices"
        | "users.enable"
        | "users.disable"
        | "users.unlock" => {
            let rest = match of {
                "users.delete" => "",
                "users.remove_devices" => "/devices",
                "users.enable" => "/enable",
                "users.disable" => "/disable",
                _ => "/unlock",
            };
            vec![(user(rest), none, superusers)]
        }
        "users.unlink" => vec![(user(&format!("/upstream-links/{link}")), none, superusers)],
        "devices.delete" => vec![(format!("/devices/{device}"), none, superusers)],
        "devices.release" => vec![(format!("/devices/{device}/release"), none, superusers)],
        "passes.issue" => vec![
            ("/passes".into(), json!({ "user": "boss" }), superusers),
            ("/passes".into(), json!({ "user": boss }), superusers),
        ],
        "groups.delete" => vec![("/groups/staff".into(), none, superusers)],
        "groups.join" => vec![(format!("/groups/guests/members/{boss}"), none, superusers)],
        "groups.leave" => vec![(format!("/groups/staff/members/{boss}"), none, superusers)],
        "invitations.create" => vec![(
            "/invitations".into(),
            json!({ "email": "new@example.org", "groups": ["staff"] }),
            groups,
        )],
        "lockouts.clear" => vec![
            (
                "/lockouts/clear".into(),
                json!({ "user": "boss" }),
                superusers,
            ),
            (
                "/lockouts/clear".into(),
                json!({ "which": "all" }),
                superusers,
            ),
        ],
        "lockouts.delete" => {
            vec![(
                format!("/lockouts/user%3A{boss}%3Apassword"),
                none,
                superusers,
            )]
        }
        "enrolments.begin" => vec![(
            "/enrolments".into(),
            json!({ "user": "boss", "serial": "10000099" }),
            superusers,
        )],
        "keys.reportLost" => vec![(format!("/keys/{LOST_KEY}/loss"), json!({}), superusers)],
        "keys.closeReplaced" => {
            let path = format!("/keys/{LOST_KEY}/loss/replaced");
            vec![(path, json!({}), superusers)]
        }
        "keys.move" => ["lost", "give-back", "found", "retire"]
            .iter()
            .map(|one| {
                let path = format!("/keys/{LOST_KEY}/moves");
                (path, json!({ "move": one }), superusers)
            })
            .collect(),
        "keys.link" => {
            let path = format!("/keys/{LOST_KEY}/links");
            vec![(path, json!({ "device": device }), superusers)]
        }
        "validation_services.create" => vec![(
            "/validation-services".into(),
            json!({ "name": "mine", "urls": [url], "client_id": 1 }),
            superusers,
        )],
        "validation_services.change" => vec![(
            format!("/validation-services/{service}"),
            json!({ "urls": [url] }),
            superusers,
        )],
        _ => Vec::new(),
    }
}

async fn sends(program: &Program, method: &Method, path: &str, body: &Value) -> Page {
    let request = program
        .request(method.clone(), path)
        .header("if-match", "*");
    let request = match body {
        Value::Null => request,
        body => request.json(body),
    };
    program.send(request).await
}

on_every_database! {
    async fn a_token_with_the_scope_of_an_operation_alone_takes_over_no_superuser_by_it(at: At) {
        let server = Server::start(at).await;
        let world = world(&server).await;
        let document = server.browser().get("/api/v1/openapi.json").await.json();
        let (mut refused, mut guarded) = (0, 0);
        let all = "SELECT name AS line FROM users UNION ALL SELECT groups.name AS line FROM group_members JOIN groups ON id = group_id \
            UNION ALL SELECT state AS line FROM devices ORDER BY line";
        let before = server.database.lines(all);
        for (_, methods) in document["paths"].as_object().expect("paths") {
            for (method, one) in methods.as_object().expect("methods") {
                let (Some(of), Some(scope)) = (one["operationId"].as_str(), one["security"][0]["token"][0].as_str()) else { continue };
                if method == "get" || of == "users.superuser" {
                    continue;
                }
                let attacks = attacks(of, &world);
                assert_ne!(attacks.is_empty(), !FREE.contains(&of), "{of}: what does it do to a superuser?");
                let method: Method = method.to_uppercase().parse().expect("a method");
                let program = server.program(&[scope]).await;
                for (path, body, needed) in attacks {
                    guarded += 1;
                    let answer = sends(&program, &method, &path, &body).await;
                    let told = (answer.status, answer.code());
                    assert_eq!(told, (403, "api_token.scope".to_owned()), "{of}: {body}: {}", answer.body);
                    let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
                    let either = of == "users.change" && body["groups"] == json!([]);
                    assert!(detail == needed || either && detail == "groups:write", "{of}: {body}: {detail}");
                    refused += 1;
                    assert_eq!(server.refusals("api_token.refused", "api_token.scope"), refused, "{of}: {body}");
                }
            }
        }
        assert!(guarded > 20, "{guarded}");
        assert_eq!(server.database.lines(all), before);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM passes"), 0);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM invitations"), 0);
    }

    async fn the_scope_for_superusers_beside_that_of_the_operation_is_enough(at: At) {
        let server = Server::start(at).await;
        let world = world(&server).await;
        let (boss, anna) = (&world.boss, &world.anna);
        let program = server.program(&["passes:write", "users:write", "devices:write", "lockouts:write", "superusers:write"]).await;
        let pass = program.posts("/passes", &json!({ "user": "boss" })).await;
        assert_eq!(pass.status, 201, "{}", pass.body);
        let renamed = program.patches(&format!("/users/{boss}"), "*", &json!({ "display_name": "The Boss" })).await;
        assert_eq!(renamed.status, 200, "{}", renamed.body);
        let shared = program.patches(&format!("/users/{anna}"), "*", &json!({ "email": "boss@example.org" })).await;
        assert_eq!(shared.status, 200, "{}", shared.body);
        let released = program.posts(&format!("/devices/{}/release", world.device), &json!({})).await;
        assert_eq!(released.status, 200, "{}", released.body);
        assert_eq!(program.posts("/lockouts/clear", &json!({ "which": "all" })).await.status, 200);
        // Whoever is no superuser needs none of it, and a change that leaves groups as they are needs no
        // scope for groups.
        let plain = server.program(&["passes:write", "users:write"]).await;
        assert_eq!(plain.posts("/passes", &json!({ "user": "anna" })).await.status, 201);
        let same = plain.patches(&format!("/users/{anna}"), "*", &json!({ "groups": [], "display_name": "Anna", "email": "boss@example.org" })).await;
        assert_eq!(same.status, 200, "{}", same.body);
        // But nobody with a superuser's address is let in again by it.
        assert_eq!(plain.posts(&format!("/users/{anna}/disable"), &json!({})).await.status, 200);
        let enabled = plain.posts(&format!("/users/{anna}/enable"), &json!({})).await;
        assert_eq!((enabled.status, enabled.code()), (403, "api_token.scope".to_owned()), "{}", enabled.body);
        assert_eq!(program.posts(&format!("/users/{anna}/enable"), &json!({})).await.status, 200);
        let both = server.program(&["invitations:write", "groups:write"]).await;
        let invited = both.posts("/invitations", &json!({ "email": "ben@example.org", "groups": ["staff"] })).await;
        assert_eq!(invited.status, 201, "{}", invited.body);
    }

    async fn no_pass_is_issued_to_who_is_made_a_superuser_meanwhile(at: At) {
        let made = "UPDATE users SET is_superuser = TRUE WHERE id = '{id}'";
        let passes = "SELECT COUNT(*) FROM passes WHERE user_id = '{id}'";
        let server = Server::start(at).await;
        let prepare = async |server: &Server, name: &str| {
            server.user(name).await;
            (server.program(&["passes:write"]).await, name.to_owned())
        };
        let issues = async |(program, name): (Program, String)| {
            program.posts("/passes", &json!({ "user": name })).await
        };
        at_every_moment(&server, (made, passes), "a pass", prepare, issues).await;
        let mails = "SELECT COUNT(*) FROM users WHERE id = '{id}' AND email = 'attacker@example.net'";
        let prepare = async |server: &Server, name: &str| {
            server.user(name).await;
            let id = server.database.text(&format!("SELECT id FROM users WHERE name = '{name}'"));
            (server.program(&["users:write"]).await, format!("/users/{id}"))
        };
        let changes = async |(program, path): (Program, String)| {
            program.patches(&path, "*", &json!({ "email": "attacker@example.net" })).await
        };
        at_every_moment(&server, (made, mails), "an address", prepare, changes).await;
    }

    async fn two_keys_of_one_request_create_nothing(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["users:write"]).await;
        for keys in [["k1", "k2"], ["k1", "k1"], ["", "k1"]] {
            let request = program.request(Method::POST, "/users").json(&json!({ "name": "anna" }));
            let request = keys.iter().fold(request, |request, key| request.header("idempotency-key", *key));
            let answer = program.send(request).await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "request.malformed"), "{keys:?}");
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users WHERE name = 'anna'"), 0);
    }
}
