//! What programs read and change, and what the trail says of that.

use serde_json::{Value, json};

use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

on_every_database! {
    async fn a_user_is_created_read_changed_and_deleted(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["users:write", "groups:write"]).await;
        let new = json!({ "name": "anna", "email": "anna@example.org", "groups": ["staff"] });
        let made = program.posts("/users", &new).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let path = made.header("location").strip_prefix("/api/v1").expect("an address").to_owned();
        let read = program.gets(&path).await;
        assert_eq!(read.json(), made.json());
        assert_eq!((&read.json()["groups"], &read.json()["superuser"]), (&json!(["staff"]), &json!(false)));
        let tag = read.header("etag").to_owned();
        let change = json!({ "name": "anne", "email": null, "groups": ["staff", "admins"] });
        let changed = program.patches(&path, &tag, &change).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        assert_eq!((&changed.json()["name"], &changed.json()["email"]), (&json!("anne"), &Value::Null));
        assert_eq!(changed.json()["groups"], json!(["admins", "staff"]));
        assert_ne!(changed.header("etag"), tag);
        assert_eq!(program.deletes(&path).await.status, 204);
        let gone = program.gets(&path).await;
        assert_eq!((gone.status, gone.code().as_str()), (404, "user.unknown"));
        for kind in ["user.created", "user.renamed", "user.deleted"] {
            let by = "SELECT api_token AS line FROM events WHERE kind = ";
            let named = server.database.lines(&format!("{by}'{kind}' AND api_token IS NOT NULL"));
            assert_eq!(named, ["program 0"], "{kind}");
        }
    }

    async fn a_lost_update_is_refused_and_changes_nothing(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["users:write", "clients:write", "services:write", "policies:write"]).await;
        let client = program.posts("/validation-clients", &json!({ "note": "VPN" })).await.json();
        let client = format!("/validation-clients/{}", client["client"]["id"]);
        let service = json!({ "name": "west", "urls": ["https://west.example.org/verify"], "client_id": 7 });
        let service = program.posts("/validation-services", &service).await;
        let service = service.header("location").strip_prefix("/api/v1").expect("an address").to_owned();
        let user = program.posts("/users", &json!({ "name": "anna" })).await.json();
        let user = format!("/users/{}", user["id"].as_str().expect("an id"));
        for (path, one, other) in [
            (&user, json!({ "display_name": "Anna" }), json!({ "display_name": "Ben" })),
            (&client, json!({ "note": "VPN west" }), json!({ "note": "VPN east" })),
            (&service, json!({ "enabled": false }), json!({ "timeout_ms": 500 })),
        ] {
            let bare = program.request(reqwest::Method::PATCH, path).json(&one);
            let bare = program.send(bare).await;
            assert_eq!((bare.status, bare.code().as_str()), (428, "resource.unconditional"), "{path}");
            let tag = program.gets(path).await.header("etag").to_owned();
            let done = program.patches(path, &tag, &one).await;
            assert_eq!(done.status, 200, "{}", done.body);
            let lost = program.patches(path, &tag, &other).await;
            assert_eq!((lost.status, lost.code().as_str()), (412, "resource.overtaken"), "{path}");
            assert_eq!(program.gets(path).await.json(), done.json(), "{path}");
            for other_tag in ["\"\"", "W/\"00000000000000000000000000000000\"", "nonsense"] {
                assert_eq!(program.patches(path, other_tag, &other).await.status, 412, "{other_tag}");
            }
            assert_eq!(program.patches(path, "*", &other).await.status, 200, "{path}");
        }
    }

    async fn of_many_changes_of_one_edition_one_is_made(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["users:write"]).await;
        let user = program.posts("/users", &json!({ "name": "anna" })).await.json();
        let user = format!("/users/{}", user["id"].as_str().expect("an id"));
        let tag = program.gets(&user).await.header("etag").to_owned();
        let changes: Vec<Value> = (0..6).map(|one| json!({ "display_name": format!("Anna {one}") })).collect();
        let changes = changes.iter().map(|change| program.patches(&user, &tag, change));
        let answers = futures_util::future::join_all(changes).await;
        let mut seen: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        seen.sort_unstable();
        assert_eq!(seen, [200, 412, 412, 412, 412, 412]);
        assert_eq!(server.events("user.display_name_changed"), 1);
    }

    async fn a_request_that_is_sent_again_creates_once_and_gets_the_same_answer(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["users:write", "clients:write", "passes:write"]).await;
        let new = json!({ "name": "anna" });
        let one = program.posts_once("/users", "k1", &new).await;
        let other = program.posts_once("/users", "k1", &new).await;
        assert_eq!((one.status, other.status, &one.body), (201, 201, &other.body));
        assert_eq!(one.header("location"), other.header("location"));
        assert_eq!(server.events("user.created"), 2, "root and anna");
        let reused = program.posts_once("/users", "k1", &json!({ "name": "ben" })).await;
        assert_eq!((reused.status, reused.code().as_str()), (422, "request.key_reused"));
        // Without the key it is another request, and the name is taken.
        assert_eq!(program.posts("/users", &new).await.status, 409);
        // Another program's key of the same letters is another key.
        let neighbour = server.program(&["users:write"]).await;
        assert_eq!(neighbour.posts_once("/users", "k1", &json!({ "name": "zoe" })).await.status, 201);
        // A secret that is told once is the same secret.
        for (key, path, body) in [
            ("k2", "/validation-clients", json!({})),
            ("k3", "/passes", json!({ "user": "anna" })),
        ] {
            let one = program.posts_once(path, key, &body).await;
            assert_eq!(one.status, 201, "{}", one.body);
            assert_eq!(program.posts_once(path, key, &body).await.body, one.body);
        }
        assert_eq!(program.posts_once("/users", "", &new).await.status, 400);
    }

    async fn a_request_is_answered_after_a_crash_as_it_would_have_been(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["clients:write", "users:write"]).await;
        let one = program.posts_once("/validation-clients", "k", &json!({ "note": "VPN" })).await;
        assert_eq!(one.status, 201, "{}", one.body);
        // As the row is where the server ends between the creation and the answer.
        server.database.execute("UPDATE answered_requests SET answer = NULL");
        let again = program.posts_once("/validation-clients", "k", &json!({ "note": "VPN" })).await;
        assert_eq!((again.status, &again.body), (201, &one.body));
        assert_eq!(server.database.number("SELECT COUNT(*) FROM validation_clients"), 1);
        // Nothing that is told once lies open in the row.
        let key = one.json()["api_key"].as_str().expect("a key").to_owned();
        let stolen = server.database.stolen();
        let lies_open = stolen.windows(key.len()).any(|bytes| bytes == key.as_bytes());
        assert!(!lies_open, "the key lies open");
    }

    async fn of_many_requests_of_one_key_one_creates(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["users:write"]).await;
        let new = json!({ "name": "anna" });
        let requests = (0..6).map(|_| program.posts_once("/users", "k", &new));
        let answers = futures_util::future::join_all(requests).await;
        let first = &answers[0].body;
        assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == *first), "{answers:#?}");
        assert_eq!(server.events("user.created"), 2, "root and anna");
    }

    async fn a_key_is_forgotten_after_a_day(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["groups:write"]).await;
        assert_eq!(program.posts_once("/groups", "k", &json!({ "name": "staff" })).await.status, 201);
        server.clock.turn(std::time::Duration::from_secs(24 * 3600));
        assert_eq!(program.posts_once("/groups", "k", &json!({ "name": "admins" })).await.status, 201);
    }

    async fn lists_come_page_by_page_and_places_are_ours_alone(at: At) {
        let server = Server::start(at).await;
        let program = server.mighty_program().await;
        for name in ["anna", "ben", "zoe"] {
            program.posts("/users", &json!({ "name": name })).await;
        }
        let (mut names, mut path) = (Vec::new(), "/users?page_size=1&fields=name".to_owned());
        let mut token = String::new();
        loop {
            let page = program.gets(&path).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let page = page.json();
            names.extend(page["items"].as_array().expect("a list").clone());
            let Some(next) = page["next_page_token"].as_str() else { break };
            token = next.to_owned();
            path = format!("/users?page_size=1&fields=name&page_token={next}");
        }
        let expected: Vec<Value> = ["anna", "ben", "root", "zoe"].map(|name| json!({ "name": name })).into();
        assert_eq!(names, expected);
        let mut forged = token.clone();
        forged.replace_range(0..1, if token.starts_with('A') { "B" } else { "A" });
        for (path, status) in [
            (format!("/users?page_token={token}"), 200),
            (format!("/users?page_token={forged}"), 400),
            (format!("/users?search=a&page_token={token}"), 400),
            (format!("/sessions?page_token={token}"), 400),
            ("/users?page_token=".to_owned(), 400),
            ("/users?page_size=0".to_owned(), 400),
            ("/users?page_size=201".to_owned(), 400),
            ("/users?fields=password".to_owned(), 400),
            ("/users?filter=a".to_owned(), 400),
            ("/users?search=a&search=b".to_owned(), 400),
        ] {
            assert_eq!(program.gets(&path).await.status, status, "{path}");
        }
    }

    async fn every_list_has_what_is_there_and_one_of_it_is_read(at: At) {
        let server = Server::start(at).await;
        let program = server.mighty_program().await;
        let mut key = SoftAuthenticator::passkey();
        let anna = server.user("anna").await;
        anna.signs_in().await;
        assert_eq!(anna.registers("passkey", &mut key).await.status, 200);
        program.posts("/groups", &json!({ "name": "staff/west" })).await;
        program.posts("/invitations", &json!({ "email": "ben@example.org" })).await;
        program.posts("/passes", &json!({ "user": "anna", "minutes": 5 })).await;
        program.posts("/validation-clients", &json!({})).await;
        let service = json!({ "name": "west", "urls": ["https://west.example.org/verify"], "client_id": 7 });
        program.posts("/validation-services", &service).await;
        server.stranger("anna").types_password().await;
        for (path, id) in [
            ("/users", "id"), ("/devices", "id"), ("/credentials", "device"), ("/sessions", "id"),
            ("/invitations", "id"), ("/passes", "user_id"), ("/validation-services", "id"),
            ("/validation-clients", "id"),
        ] {
            let list = program.gets(path).await;
            assert_eq!(list.status, 200, "{path}: {}", list.body);
            let one = list.json()["items"][0].clone();
            let id = one[id].as_str().map_or_else(|| one[id].to_string(), str::to_owned);
            let read = program.gets(&format!("{path}/{id}")).await;
            assert_eq!((read.status, read.json()), (200, one), "{path}");
            let some = program.gets(&format!("{path}/{id}?fields=nonsense")).await;
            assert_eq!(some.status, 400, "{path}");
        }
        let group = program.gets("/groups/staff%2Fwest").await;
        assert_eq!(group.json()["name"], "staff/west", "{}", group.body);
        let events = program.gets("/events?user=anna&kind=device.added").await.json();
        assert_eq!(events["items"][0]["subject"], "anna");
        let at = events["items"][0]["at"].as_str().expect("a moment");
        for (part, count) in [(format!("since={at}"), 1), (format!("until={at}"), 0)] {
            let found = program.gets(&format!("/events?kind=device.added&{part}")).await.json();
            assert_eq!(found["items"].as_array().map(Vec::len), Some(count), "{part}: {found}");
        }
        assert_eq!(program.gets("/events?since=yesterday").await.status, 400);
        assert_eq!(program.gets("/policies/everybody").await.json()["in_force"], Value::Null);
    }

    async fn who_is_in_a_group_is_changed_one_by_one(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["groups:write", "users:write"]).await;
        let anna = program.posts("/users", &json!({ "name": "anna" })).await.json();
        let anna = anna["id"].as_str().expect("an id").to_owned();
        let member = format!("/groups/staff/members/{anna}");
        let joins = || program.send(program.request(reqwest::Method::PUT, &member));
        assert_eq!(joins().await.status, 404, "joining makes no group");
        program.posts("/groups", &json!({ "name": "staff" })).await;
        assert_eq!(joins().await.status, 204);
        assert_eq!(joins().await.status, 204);
        let members = program.gets("/groups/staff/members").await.json();
        assert_eq!(members["items"], json!([{ "id": anna, "name": "anna" }]));
        assert_eq!(program.deletes(&member).await.status, 204);
        assert_eq!(program.gets("/groups/staff/members").await.json()["items"], json!([]));
        assert_eq!(program.deletes("/groups/staff").await.status, 204);
    }

    async fn a_policy_is_drafted_tried_and_switched_on_under_its_tag(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["policies:write"]).await;
        let (one, draft) = ("/policies/everybody", "/policies/everybody/draft");
        let tag = program.gets(one).await.header("etag").to_owned();
        let put = |tag: &str, rules: Value| {
            let request = program.request(reqwest::Method::PUT, draft).header("if-match", tag);
            let request = request.json(&json!({ "rules": rules }));
            let program = program.clone();
            async move { program.send(request).await }
        };
        let drafted = put(&tag, json!({ "second_factor": true })).await;
        assert_eq!(drafted.status, 200, "{}", drafted.body);
        assert_eq!(drafted.json()["draft"]["second_factor"], true);
        assert_eq!(put(&tag, json!({})).await.status, 412);
        assert_eq!(put(drafted.header("etag"), json!({ "no_rule": 1 })).await.status, 400);
        let tried = program.posts("/policies/everybody/dry-run", &json!({})).await;
        assert_eq!((tried.status, &tried.json()["over"]), (200, &json!(true)), "{}", tried.body);
        let on = |tag: String| {
            let path = "/policies/everybody/switch-on";
            let request = program.request(reqwest::Method::POST, path).header("if-match", tag);
            let program = program.clone();
            async move { program.send(request.json(&json!({ "mail": false }))).await }
        };
        assert_eq!(on(tag).await.status, 412);
        let switched = on(drafted.header("etag").to_owned()).await;
        assert_eq!((switched.status, &switched.json()["in_force"]["second_factor"]), (200, &json!(true)), "{}", switched.body);
        assert_eq!(program.deletes(one).await.status, 204);
        assert_eq!(program.gets("/policies/group:nobodys").await.status, 404);
    }

    async fn a_superuser_is_made_by_who_may_do_that_alone(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["users:write"]).await;
        let refused = program.posts("/users", &json!({ "name": "anna", "superuser": true })).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "api_token.scope"));
        let anna = program.posts("/users", &json!({ "name": "anna" })).await.json();
        let path = format!("/users/{}/superuser", anna["id"].as_str().expect("an id"));
        let makes = |program: &keyward_test_support::api::Program| {
            let request = program.request(reqwest::Method::PUT, &path);
            let (program, request) = (program.clone(), request.json(&json!({ "superuser": true })));
            async move { program.send(request).await }
        };
        assert_eq!(makes(&program).await.status, 403);
        let other = server.program(&["superusers:write"]).await;
        assert_eq!(makes(&other).await.status, 200);
        // Nobody shuts themselves out by their own token.
        let root = program.gets("/users?search=root").await.json();
        let root = format!("/users/{}", root["items"][0]["id"].as_str().expect("an id"));
        let refused = program.posts(&format!("{root}/disable"), &json!({})).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "user.self"));
    }

    async fn sessions_are_ended_and_lockouts_cleared(at: At) {
        let server = Server::with(at, &[("lockout.user_failures", "1")]).await;
        let program = server.mighty_program().await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let sessions = program.gets("/sessions?user=anna").await.json();
        let session = sessions["items"][0]["id"].as_str().expect("an id").to_owned();
        assert_eq!(program.deletes(&format!("/sessions/{session}")).await.status, 204);
        assert!(!anna.is_in().await);
        assert_eq!(program.deletes(&format!("/sessions/{session}")).await.status, 404);
        program.posts("/verify", &json!({ "user": "anna", "code": "000000" })).await;
        let lockouts = program.gets("/lockouts").await.json();
        let scope = lockouts["items"].as_array().expect("a list").iter()
            .find(|one| one["user"] == "anna").expect("a lock")["scope"].as_str().expect("a key").to_owned();
        let path = format!("/lockouts/{}", scope.replace(':', "%3A"));
        assert_eq!(program.deletes(&path).await.status, 204);
        assert_eq!(program.deletes(&path).await.status, 404);
        let all = program.posts("/lockouts/clear", &json!({ "which": "all" })).await;
        assert_eq!(all.status, 200, "{}", all.body);
    }

    async fn what_cannot_be_read_is_refused_as_everywhere(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["users:write"]).await;
        let post = |kind: &str, body: &str| {
            let request = program.request(reqwest::Method::POST, "/users");
            let request = request.header("content-type", kind).body(body.to_owned());
            let program = program.clone();
            async move { program.send(request).await }
        };
        for (kind, body, status, code) in [
            ("text/plain", "{\"name\":\"anna\"}", 415, "request.media_type"),
            ("application/json", "{\"name\":", 400, "request.malformed"),
            ("application/json", "{\"name\":\"anna\",\"rights\":1}", 400, "request.malformed"),
            ("application/json", "{\"name\":\"an\\u0000na\"}", 400, "request.malformed"),
            ("application/json", "{\"name\":\" \"}", 400, "user.name_invalid"),
            ("application/json", "{\"name\":\"deleted user ben\"}", 400, "user.name_invalid"),
            ("application/json", "[\"anna\"]", 400, "request.malformed"),
            ("application/json", " null", 400, "request.malformed"),
            ("application/json", "", 400, "request.malformed"),
        ] {
            let answer = post(kind, body).await;
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{body}");
        }
        let long = format!("{{\"name\":\"{}\"}}", "a".repeat(70_000));
        assert_eq!(post("application/json", &long).await.status, 413);
        let options = program.send(program.request(reqwest::Method::OPTIONS, "/users")
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST")).await;
        assert!(options.headers.get("access-control-allow-origin").is_none());
        assert_eq!(options.status, 405);
        let told = options.json();
        assert_eq!((&told["status"], &told["code"]), (&json!(405), &json!("request.method")), "{told}");
    }

    async fn a_parameter_that_nothing_reads_changes_nothing(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["groups:write", "users:write"]).await;
        assert_eq!(program.posts("/groups", &json!(["staff"])).await.code(), "request.malformed");
        for name in [".", ".."] {
            assert_eq!(program.posts("/groups", &json!({ "name": name })).await.code(), "group.name_invalid");
        }
        let back = json!({ "name": "back\\u0000slash" });
        assert_eq!(program.posts("/groups", &back).await.status, 201, "a backslash is no NUL");
        assert_eq!(program.posts("/groups?dry_run=true", &json!({ "name": "staff" })).await.code(), "request.malformed");
        assert_eq!(program.gets("/groups").await.json()["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(program.posts("/groups", &json!({ "name": "staff" })).await.status, 201);
        let held = program.deletes("/groups/staff?dry_run=true").await;
        assert_eq!((held.status, held.code().as_str()), (400, "request.malformed"));
        assert!(held.body.contains("dry_run"), "{}", held.body);
        for (query, wanted) in [
            ("page_size=201", "1 to 200"),
            ("page_size=many", "1 to 200"),
            ("devices=few", "none"),
        ] {
            let told = program.gets(&format!("/users?{query}")).await;
            assert_eq!((told.status, told.code().as_str()), (400, "request.malformed"), "{query}");
            let detail = told.json()["detail"].as_str().unwrap_or_default().to_owned();
            assert!(detail.contains(wanted), "{query}: {detail}");
        }
        assert_eq!(program.gets("/groups/staff").await.status, 200);
        server.user("anna").await;
        let id = server.database.text("SELECT id FROM users WHERE name = 'anna'");
        let path = format!("/users/{id}");
        let renamed = program.patches(&format!("{path}?dry_run=true"), "*", &json!({ "name": "ben" })).await;
        assert_eq!(renamed.code(), "request.malformed");
        assert_eq!(program.gets(&path).await.json()["name"], "anna");
        // Who asks comes first.
        let other = server.program(&["users:read"]).await;
        assert_eq!(other.deletes("/groups/staff?dry_run=true").await.code(), "api_token.scope");
    }

    async fn a_change_for_any_of_several_tags_is_made(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["users:write"]).await;
        server.user("anna").await;
        let id = server.database.text("SELECT id FROM users WHERE name = 'anna'");
        let path = format!("/users/{id}");
        let (now, other) = (program.gets(&path).await.header("etag").to_owned(), "\"0123456789abcdef0123456789abcdef\"");
        for (tags, status) in [
            (other.to_owned(), 412),
            (format!("{other}, \"x\""), 412),
            (format!("W/{now}"), 412),
            (format!("{other}, W/{now}"), 412),
            (format!("{other} {now}"), 412),
            (format!("\"x\", {other} ,,{now}"), 200),
        ] {
            let changed = program.patches(&path, &tags, &json!({ "display_name": "Anna" })).await;
            assert_eq!(changed.status, status, "{tags}: {}", changed.body);
        }
    }

    async fn tokens_are_listed_read_and_revoked_and_make_no_others(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["tokens:write"]).await;
        let other = server.program(&["users:read"]).await;
        assert_eq!(other.gets("/tokens").await.code(), "api_token.scope");
        assert_eq!(other.gets("/users").await.status, 200);
        let list = program.gets("/tokens").await;
        assert_eq!(list.status, 200, "{}", list.body);
        assert!(!list.body.contains(&other.token), "a secret is told");
        let items = list.json()["items"].clone();
        assert_eq!(items.as_array().map(Vec::len), Some(2));
        let one = items[1].clone();
        assert_eq!((&one["name"], &one["owner"]), (&json!("program 1"), &json!("root")));
        assert_eq!((&one["scopes"], &one["allow"]), (&json!(["users:read"]), &json!([])));
        assert!(one["last_used_at"].is_string() && one["expires_at"].is_null(), "{one}");
        let path = format!("/tokens/{}", one["id"].as_str().expect("an id"));
        assert_eq!(program.gets(&path).await.json(), one);
        let reader = server.program(&["tokens:read"]).await;
        assert_eq!(reader.gets(&path).await.status, 200);
        assert_eq!(reader.deletes(&path).await.code(), "api_token.scope");
        let new = json!({ "name": "more", "scopes": ["tokens:write"] });
        assert_eq!(program.posts("/tokens", &new).await.status, 405);
        assert_eq!(program.deletes(&path).await.status, 204);
        assert_eq!(program.deletes(&path).await.code(), "api_token.unknown");
        assert_eq!(program.gets("/tokens/nonsense").await.code(), "api_token.unknown");
        assert_eq!(other.gets("/users").await.code(), "api_token.refused");
        assert_eq!(server.events("api_token.revoked"), 1);
        let by = "SELECT api_token AS line FROM events WHERE kind = 'api_token.revoked'";
        assert_eq!(server.database.lines(by), ["program 0"]);
    }

    async fn a_program_asks_what_would_happen_and_by_which_rule(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["applications:read"]).await;
        server.user("anna").await;
        keyward(server.folder(), &["group", "add", "staff"]).done();
        let rules = ["/admin group:staff", "/keys anyone phishing-resistant", "/ anyone"];
        server.protects("Wiki", "wiki.example.org", &rules).await;
        let ask = async |url: &str| {
            let asked = json!({ "user": "anna", "url": url });
            let answer = program.posts("/applications/explain", &asked).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer.json()
        };
        for (url, outcome, rule) in [
            ("https://wiki.example.org/", "allowed", json!(3)),
            ("https://wiki.example.org/admin", "denied", json!(1)),
            ("https://wiki.example.org/keys", "needs", json!(2)),
            ("https://elsewhere.example.org/", "denied", Value::Null),
        ] {
            let told = ask(url).await;
            assert_eq!((told["outcome"].as_str(), &told["rule"]), (Some(outcome), &rule), "{url}: {told}");
            let words = ["--json", "application", "explain", "--user", "anna", "--url", url];
            assert_eq!(keyward(server.folder(), &words).json(), told, "{url}");
        }
        let needs = ask("https://wiki.example.org/keys").await;
        assert_eq!((&needs["level"], &needs["application"]), (&json!("phishing-resistant"), &json!("Wiki")));
        for (asked, status, code) in [
            (json!({ "user": "nobody", "url": "https://wiki.example.org/" }), 404, "user.unknown"),
            (json!({ "user": "anna", "url": "nonsense" }), 400, "application.invalid"),
            (json!({ "user": "anna", "url": "https://wiki.example.org/", "method": "G E T" }), 400, "application.invalid"),
            (json!({ "user": "anna" }), 400, "request.malformed"),
        ] {
            let answer = program.posts("/applications/explain", &asked).await;
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{asked}");
        }
        let other = server.program(&["users:read"]).await;
        let asked = json!({ "user": "anna", "url": "https://wiki.example.org/" });
        assert_eq!(other.posts("/applications/explain", &asked).await.code(), "api_token.scope");
    }
}
