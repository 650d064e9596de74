//! API tokens: what one opens, and what closes it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use keyward_actions::{api_token, user};
use keyward_core::domain::api_token::{ApiScope, ApiTokenPlan};
use keyward_core::flows::permit::Administrator;
use keyward_test_support::api::Program;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::server::Server;

fn plan(name: &str) -> ApiTokenPlan {
    ApiTokenPlan {
        name: name.to_owned(),
        scopes: BTreeSet::from([ApiScope::SessionsCheck]),
        networks: Vec::new(),
        expires_at: None,
    }
}

/// A call that tells nothing, by a program that may make it.
async fn calls(program: &Program) -> Page {
    let nobody = json!({ "cookie": "nobody's" });
    program.posts("/sessions/check", &nobody).await
}

async fn is_refused(program: &Program, status: u16, code: &str) {
    let answer = calls(program).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (status, code),
        "{}",
        answer.body
    );
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

on_every_database! {
    async fn a_token_opens_what_its_scopes_say_and_nothing_else(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["sessions:check"]).await;
        let answer = calls(&program).await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "active": false })));
        let verify = json!({ "user": "anna", "code": "123456" });
        let refused = program.posts("/verify", &verify).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "api_token.scope"));
        assert!(refused.header("www-authenticate").contains("insufficient_scope"));
        assert_eq!(server.refusals("api_token.refused", "api_token.scope"), 1);
        // Who verifies may ask who is there.
        let other = server.program(&["verify"]).await;
        assert_eq!(calls(&other).await.status, 200);
        let named = server.database.lines(
            "SELECT api_token AS line FROM events WHERE kind = 'api_token.refused'",
        );
        assert_eq!(named, ["program 0"]);
    }

    async fn without_a_token_nothing_is_answered(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["verify"]).await;
        let bare = |headers: &[(&str, &str)]| {
            let browser = server.browser();
            let mut request = browser.request(reqwest::Method::POST, "/api/v1/sessions/check");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            async move { browser.send(request.json(&json!({ "cookie": "a" }))).await }
        };
        let basic = "Basic cm9vdDpmb3VyIHdvcmRz";
        let twice = format!("Bearer {0}, Bearer {0}", program.token);
        for (headers, code) in [
            (vec![], "api_token.required"),
            (vec![("authorization", basic)], "api_token.required"),
            (vec![("authorization", "Bearer")], "api_token.required"),
            (vec![("authorization", "Bearer kw_short")], "api_token.refused"),
            (vec![("authorization", twice.as_str())], "api_token.refused"),
        ] {
            let answer = bare(&headers).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, code), "{headers:?}");
            assert!(answer.header("www-authenticate").starts_with("Bearer realm="));
        }
        // Addresses stand in logs: a token in one is none.
        let path = format!("/api/v1/sessions/check?access_token={}", program.token);
        let browser = server.browser();
        let request = browser.request(reqwest::Method::POST, &path).json(&json!({}));
        assert_eq!(browser.send(request).await.status, 401);
        // A session is no token, whoever is signed in.
        let mut anna = server.superuser("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let answer = anna.browser.post_json("/api/v1/sessions/check", &json!({})).await;
        assert_eq!(answer.status, 401);
    }

    async fn a_revoked_token_is_refused_at_once_and_by_the_same_answer_as_an_unknown_one(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["sessions:check"]).await;
        assert_eq!(calls(&program).await.status, 200);
        let administrator = Administrator::at_command_line();
        let found = api_token::find_by_name(&server.app, &administrator, "PROGRAM 0").await;
        let id = found.expect("it is there").token.id;
        let revoked = api_token::revoke(&server.app, &administrator, id).await;
        assert_eq!(revoked.expect("it is there").plan.name, "program 0");
        let one = calls(&program).await;
        let unknown = format!("kw_{}", "A".repeat(43));
        let other = calls(&program.with_token(&unknown)).await;
        assert_eq!((one.status, one.body), (401, other.body));
        assert_eq!(server.events("api_token.revoked"), 1);
    }

    async fn a_token_ends_by_its_time(at: At) {
        let server = Server::start(at).await;
        server.superuser("root").await;
        let ends = server.app.now() + Duration::from_secs(60);
        let plan = ApiTokenPlan { expires_at: Some(ends), ..plan("short") };
        let program = server.program_with(plan).await;
        assert_eq!(calls(&program).await.status, 200);
        server.clock.turn(Duration::from_secs(60));
        is_refused(&program, 401, "api_token.refused").await;
        assert_eq!(server.refusals("api_token.refused", "expired"), 1);
    }

    async fn a_token_works_from_its_networks_alone(at: At) {
        let server = Server::with(at, &[("server.trusted_proxies", "1")]).await;
        server.superuser("root").await;
        let networks = vec!["192.0.2.0/24".parse().expect("a network")];
        let program = server.program_with(ApiTokenPlan { networks, ..plan("bound") }).await;
        for (from, status) in [("192.0.2.7", 200), ("198.51.100.7", 401), ("192.0.2.7, 198.51.100.7", 401)] {
            let request = program.request(reqwest::Method::POST, "/sessions/check");
            let request = request.json(&json!({ "cookie": "a" })).header("x-forwarded-for", from);
            assert_eq!(program.send(request).await.status, status, "{from}");
        }
        assert_eq!(server.refusals("api_token.refused", "address_not_allowed"), 2);
    }

    async fn a_token_has_no_rights_that_its_owner_has_lost(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["sessions:check"]).await;
        server.superuser("other").await;
        let administrator = Administrator::at_command_line();
        let root = user::find_by_name(&server.app, &administrator, "root").await;
        let root = root.expect("a database").expect("root is there").id;
        let withdrawn = user::withdraw_superuser(&server.app, &administrator, root).await;
        withdrawn.expect("there is another one");
        is_refused(&program, 403, "api_token.owner").await;
        user::grant_superuser(&server.app, &administrator, root).await.expect("granted");
        assert_eq!(calls(&program).await.status, 200);
        user::disable(&server.app, &administrator, root).await.expect("disabled");
        is_refused(&program, 401, "api_token.refused").await;
        assert_eq!(server.refusals("api_token.refused", "disabled"), 1);
        let deleted = user::delete(&server.app, &administrator, root).await;
        deleted.expect("there is another one");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM api_tokens"), 0);
        is_refused(&program, 401, "api_token.refused").await;
    }

    async fn who_is_no_superuser_can_own_no_token_about_everybody(at: At) {
        let server = Server::start(at).await;
        server.user("anna").await;
        let administrator = Administrator::at_command_line();
        let anna = user::find_by_name(&server.app, &administrator, "anna").await;
        let anna = anna.expect("a database").expect("anna is there").id;
        let refused = api_token::add(&server.app, &administrator, anna, plan("hers")).await;
        assert_eq!(refused.expect_err("refused").code().name, "api_token.owner");
        let scopes = BTreeSet::from([ApiScope::ApplicationsEnter]);
        let own = ApiTokenPlan { scopes, ..plan("hers") };
        let added = api_token::add(&server.app, &administrator, anna, own).await;
        added.expect("it is about herself");
    }

    async fn guessing_tokens_is_stopped_by_address_and_keeps_nobody_from_signing_in(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "3")]).await;
        let program = server.program(&["sessions:check"]).await;
        let guess = program.with_token(&format!("kw_{}", "A".repeat(43)));
        for _ in 0..3 {
            is_refused(&guess, 401, "api_token.refused").await;
        }
        let answer = calls(&guess).await;
        assert_eq!((answer.status, answer.code().as_str()), (429, "api_token.too_many"));
        assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|wait| wait > 0));
        assert_eq!(calls(&program).await.status, 200, "a right one is no guess");
        let anna = server.user("anna").await;
        anna.signs_in().await;
        assert!(anna.is_in().await);
        assert_eq!(server.written("api_token.refused", "unknown"), 3);
    }

    async fn clearing_an_address_forgets_the_wrong_tokens_from_it_too(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "3")]).await;
        let program = server.program(&["lockouts:write"]).await;
        let guess = program.with_token(&format!("kw_{}", "A".repeat(43)));
        let locks = async || {
            for _ in 0..3 {
                assert_eq!(guess.gets("/lockouts").await.code(), "api_token.refused");
            }
            assert_eq!(guess.gets("/lockouts").await.code(), "api_token.too_many");
        };
        locks().await;
        let listed = program.gets("/lockouts").await.json();
        assert_eq!(listed["items"][0]["scope"], "api-tokens:127.0.0.1", "{listed}");
        assert_eq!(listed["items"][0]["of"], "network", "{listed}");
        keyward(server.folder(), &["lockout", "clear", "--address", "127.0.0.1"]).done();
        locks().await;
        let cleared = program.posts("/lockouts/clear", &json!({ "address": "127.0.0.1" })).await;
        assert_eq!((cleared.status, &cleared.json()["count"]), (200, &json!(1)), "{}", cleared.body);
        assert_eq!(guess.gets("/lockouts").await.code(), "api_token.refused");
    }

    async fn the_last_use_is_written_once_a_minute(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["sessions:check"]).await;
        let used = "SELECT CAST(COALESCE(MAX(last_used_at), 0) AS BIGINT) FROM api_tokens";
        calls(&program).await;
        let first = server.database.number(used);
        assert!(first > 0);
        server.clock.turn(Duration::from_secs(50));
        calls(&program).await;
        assert_eq!(server.database.number(used), first);
        server.clock.turn(Duration::from_secs(20));
        calls(&program).await;
        assert!(server.database.number(used) >= first + 70_000);
    }

    async fn the_secret_is_in_no_row(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["sessions:check"]).await;
        let rows = server.database.lines("SELECT secret_hash || name AS line FROM api_tokens");
        let secret = program.token.trim_start_matches("kw_");
        assert!(rows.iter().all(|row| !row.contains(secret) && !row.contains("kw_")));
    }

    async fn a_superuser_makes_a_token_at_the_console_sees_it_once_and_revokes_it(at: At) {
        let server = Server::start(at).await;
        let anna = crate::console::at_console(&server).await;
        let page = anna.visits("/console/tokens").await;
        assert!(page.text().contains("There are no API tokens yet"), "{}", page.text());
        let page = anna.visits("/console/tokens/new").await;
        let form = page.form("Add API token").fill("Token name", "deploy");
        let form = form.set("scope.sessions:check", "true");
        let added = anna.browser.submit(&page, &form).await;
        assert_eq!(added.status, 200, "{}", added.text());
        let words = added.text();
        let token = words.split_whitespace().find(|word| word.starts_with("kw_"));
        let program = server.program(&["users:read"]).await.with_token(token.expect("a token"));
        assert_eq!(calls(&program).await.status, 200);
        let page = anna.visits("/console/tokens").await;
        assert!(page.text().contains("deploy") && !page.text().contains("kw_"));
        let asked = anna.browser.get(&page.forms().iter().find(|form| form.action.ends_with("/revoke"))
            .expect("a form").action).await;
        let done = anna.presses(&asked, "Revoke token").await;
        assert!(done.notice().contains("deploy"), "{}", done.text());
        is_refused(&program, 401, "api_token.refused").await;
        assert_eq!(server.events("api_token.added"), 2);
        assert_eq!(server.events("api_token.revoked"), 1);
    }

    async fn a_token_without_a_name_or_a_scope_is_typed_again(at: At) {
        let server = Server::start(at).await;
        let anna = crate::console::at_console(&server).await;
        let page = anna.visits("/console/tokens/new").await;
        let form = page.form("Add API token").fill("Token name", "deploy");
        let again = anna.browser.submit(&page, &form).await;
        assert!(again.notice().contains("one scope at least"), "{}", again.text());
        assert_eq!(again.form("Add API token").value("Token name"), "deploy");
        let form = page.form("Add API token").fill("Token name", "deploy");
        let form = form.set("scope.verify", "true").set("days", "never");
        let again = anna.browser.submit(&page, &form).await;
        assert!(again.try_form("Add API token").is_some(), "{}", again.text());
        assert_eq!(server.database.number("SELECT COUNT(*) FROM api_tokens"), 0);
    }
}

#[test]
fn tokens_are_added_listed_and_revoked_on_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let added = ["token", "add", "deploy", "--scope", "users:read"];
    keyward(at, &added).refused("api_token.invalid");
    keyward(at, &["user", "add", "root", "--superuser"]).done();
    let said = keyward(at, &added).done();
    assert!(said.contains("kw_"), "{said}");
    keyward(at, &added).refused("api_token.name_taken");
    let more = [
        "--json",
        "token",
        "add",
        "vpn",
        "--scope",
        "verify,users:read",
        "--expires",
        "90d",
        "--allow",
        "192.0.2.0/24",
    ];
    let shown = keyward(at, &more).json();
    assert!(
        shown["token"]
            .as_str()
            .is_some_and(|token| token.starts_with("kw_"))
    );
    let listed = keyward(at, &["--json", "token", "list"]).json();
    assert_eq!(listed[1]["scopes"], json!(["users:read", "verify"]));
    assert_eq!(listed[1]["allow"], json!(["192.0.2.0/24"]));
    assert_eq!(listed[0]["owner"], "root");
    assert!(!listed.to_string().contains("kw_"));
    keyward(at, &["token", "revoke", "Deploy"]).done();
    keyward(at, &["token", "revoke", "deploy"]).refused("api_token.unknown");
    keyward(at, &["user", "add", "anna"]).done();
    let hers = [
        "token", "add", "hers", "--owner", "anna", "--scope", "verify",
    ];
    keyward(at, &hers).refused("api_token.owner");
    let wrong = keyward(at, &["token", "add", "a", "--scope", "everything"]);
    assert_eq!(wrong.code, Some(2));
}
