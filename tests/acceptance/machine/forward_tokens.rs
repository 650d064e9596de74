//! Programs that show an API token at the host of an application.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_actions::{api_token, user};
use keyward_core::clock::Clock as _;
use keyward_core::domain::api_token::{ApiScope, ApiTokenPlan};
use keyward_core::flows::permit::Administrator;

use keyward_test_support::api::Program;
use keyward_test_support::client::Client;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::server::Server;

use super::forward_auth::asks_with;

const URL: &str = "http://wiki.example.org/api/pages";
const SCOPE: &[&str] = &["applications:enter"];

async fn shows(server: &Server, url: &str, authorization: &str) -> Page {
    let headers = [("authorization", authorization), ("accept", "*/*")];
    asks_with(&Client::new(&server.base), url, &headers).await
}

async fn shows_bearer(server: &Server, program: &Program) -> Page {
    shows(server, URL, &format!("Bearer {}", program.token)).await
}

fn entering(name: &str) -> ApiTokenPlan {
    ApiTokenPlan {
        name: name.to_owned(),
        scopes: BTreeSet::from([ApiScope::ApplicationsEnter]),
        networks: Vec::new(),
        expires_at: None,
    }
}

async fn is_wrong(server: &Server, program: &Program) {
    let answer = shows_bearer(server, program).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (401, "api_token.refused"),
        "{}",
        answer.body
    );
    let challenge = answer.header("www-authenticate");
    assert!(challenge.contains("invalid_token"), "{challenge}");
}

on_every_database! {
    async fn a_program_passes_as_the_owner_of_its_token_where_a_rule_takes_tokens(at: At) {
        let server = Server::start(at).await;
        let rules = ["/api anyone hardware within 1h or token", "/admin user:root", "/open bypass", "/ anyone"];
        let program = server.program(SCOPE).await;
        server.protects("Wiki", "wiki.example.org", &rules).await;
        let basic = |user: &str| {
            let pair = STANDARD.encode(format!("{user}:{}", program.token));
            format!("Basic {pair}")
        };
        let bearer = format!("bearer {}", program.token);
        for authorization in [bearer.clone(), basic("root"), basic(""), basic("whoever")] {
            let answer = shows(&server, URL, &authorization).await;
            assert_eq!((answer.status, answer.header("remote-user")), (200, "root"), "{}", answer.body);
            for name in ["remote-amr", "remote-acr", "remote-auth-time"] {
                assert_eq!(answer.header(name), "", "a token proves nothing of a person");
            }
        }
        let answer = shows(&server, "http://wiki.example.org/open", &bearer).await;
        assert_eq!((answer.status, answer.header("remote-user")), (200, ""));
        // Elsewhere it is no credential.
        for path in ["/", "/admin"] {
            let answer = shows(&server, &format!("http://wiki.example.org{path}"), &bearer).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "session.required"), "{path}");
            assert!(answer.header("www-authenticate").contains("Bearer"));
        }
    }

    async fn whom_a_rule_does_not_name_no_token_lets_in(at: At) {
        let server = Server::start(at).await;
        server.user("anna").await;
        let program = server.program(SCOPE).await;
        server.protects("Wiki", "wiki.example.org", &["/ user:anna or token"]).await;
        let answer = shows_bearer(&server, &program).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "application.denied"));
        let administrator = Administrator::at_command_line();
        let anna = user::find_by_name(&server.app, &administrator, "anna").await;
        let anna = anna.expect("a database").expect("anna is there").id;
        let added = api_token::add(&server.app, &administrator, anna, entering("hers")).await;
        let (_, secret) = added.expect("a token");
        let hers = program.with_token(&secret.expose());
        let answer = shows_bearer(&server, &hers).await;
        assert_eq!((answer.status, answer.header("remote-user")), (200, "anna"));
        let disabled = user::disable(&server.app, &administrator, anna).await;
        disabled.expect("disabled");
        is_wrong(&server, &hers).await;
    }

    async fn a_token_that_is_revoked_over_or_from_elsewhere_lets_nobody_in(at: At) {
        let server = Server::start(at).await;
        server.protects("Wiki", "wiki.example.org", &["/ anyone or token"]).await;
        let program = server.program(SCOPE).await;
        assert_eq!(shows_bearer(&server, &program).await.status, 200);
        let administrator = Administrator::at_command_line();
        let found = api_token::find_by_name(&server.app, &administrator, "program 0").await;
        let id = found.expect("a token").token.id;
        api_token::revoke(&server.app, &administrator, id).await.expect("revoked");
        is_wrong(&server, &program).await;

        let end = server.clock.now() + Duration::from_mins(5);
        let short = ApiTokenPlan { expires_at: Some(end), ..entering("short") };
        let short = server.program_with(short).await;
        assert_eq!(shows_bearer(&server, &short).await.status, 200);
        server.clock.turn(Duration::from_mins(5));
        is_wrong(&server, &short).await;

        let networks = vec!["192.0.2.0/24".parse().expect("a network")];
        let elsewhere = ApiTokenPlan { networks, ..entering("elsewhere") };
        let elsewhere = server.program_with(elsewhere).await;
        is_wrong(&server, &elsewhere).await;
        assert_eq!(server.written("api_token.refused", "address_not_allowed"), 1);
    }

    async fn a_token_of_another_scope_lets_nobody_in(at: At) {
        let server = Server::start(at).await;
        server.protects("Wiki", "wiki.example.org", &["/ anyone or token"]).await;
        let program = server.program(&["verify", "applications:write"]).await;
        let answer = shows_bearer(&server, &program).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "api_token.scope"));
        assert_eq!(server.refusals("api_token.refused", "api_token.scope"), 1);
    }

    async fn where_no_rule_takes_tokens_the_header_is_the_applications_own(at: At) {
        let server = Server::start(at).await;
        server.protects("Wiki", "wiki.example.org", &["/public bypass", "/ anyone"]).await;
        server.protects("Pay", "pay.example.org", &["/ anyone or token"]).await;
        let wrong = format!("Bearer kw_{}", "A".repeat(43));
        let open = "http://wiki.example.org/public/a";
        assert_eq!(shows(&server, open, &wrong).await.status, 200);
        assert_eq!(server.trail("api_token.refused"), [""; 0]);
        // What has not the form of a token of ours is not looked at either.
        let pair = format!("Basic {}", STANDARD.encode("anna:four words"));
        let pay = "http://pay.example.org/";
        for foreign in ["Bearer ey.a.b", "Bearer", "Basic !", "Digest username=a", pair.as_str()] {
            let answer = shows(&server, pay, foreign).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "session.required"), "{foreign}");
        }
        assert_eq!(server.trail("api_token.refused"), [""; 0]);
    }

    async fn guessing_tokens_at_an_application_is_stopped_by_address(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "3")]).await;
        server.protects("Wiki", "wiki.example.org", &["/ anyone or token"]).await;
        let program = server.program(SCOPE).await;
        let guess = program.with_token(&format!("kw_{}", "A".repeat(43)));
        for _ in 0..3 {
            is_wrong(&server, &guess).await;
        }
        let answer = shows_bearer(&server, &guess).await;
        assert_eq!((answer.status, answer.code().as_str()), (429, "api_token.too_many"));
        assert_eq!(shows_bearer(&server, &program).await.status, 200, "a right one is no guess");
    }
}
