//! The document of the API: every address is in it, and answers as it says.

use std::process::Command;

use serde_json::{Value, json};

use keyward_test_support::on_every_database;
use keyward_test_support::python::python;
use keyward_test_support::server::Server;

/// The methods of an address that the document has.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let methods = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("methods").iter();
        methods.map(move |(method, one)| (path.clone(), method.to_uppercase(), one.clone()))
    });
    methods.collect()
}

/// An address with something in place of its parts.
fn filled(path: &str) -> String {
    let nobody = "018f0000-0000-7000-8000-000000000000";
    path.split('/')
        .map(|part| if part.starts_with('{') { nobody } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

on_every_database! {
    async fn every_operation_of_the_document_is_there_and_asks_for_its_scope(at: At) {
        let server = Server::start(at).await;
        let bare = server.program(&["applications:enter"]).await;
        let mighty = server.mighty_program().await;
        let document = server.browser().get("/api/v1/openapi.json").await.json();
        assert_eq!(document["openapi"], "3.1.0");
        let mut seen = 0;
        for (path, method, one) in operations(&document) {
            let Some(scope) = one["security"][0]["token"][0].as_str() else { continue };
            seen += 1;
            let path = filled(path.strip_prefix("/api/v1").expect("the API's"));
            let method: reqwest::Method = method.parse().expect("a method");
            let refused = bare.send(bare.request(method.clone(), &path)).await;
            let told = (refused.status, refused.code());
            assert_eq!(told, (403, "api_token.scope".to_owned()), "{method} {path}");
            assert!(refused.json()["detail"].as_str().is_some_and(|detail| detail == scope));
            let answer = mighty.send(mighty.request(method.clone(), &path)).await;
            assert_ne!(answer.status, 405, "{method} {path}");
            assert!(one["responses"][answer.status.to_string()].is_object(), "{method} {path} {}", answer.status);
        }
        assert!(seen > 50, "{seen}");
    }

    async fn a_fuzzer_finds_no_answer_that_the_document_does_not_have(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "100000"), ("lockout.user_failures", "1000")]).await;
        let program = server.mighty_program().await;
        server.user("anna").await;
        let document = format!("{}/api/v1/openapi.json", server.base);
        let folder = tempfile::tempdir().expect("a folder");
        let run = Command::new(python())
            .args(["-m", "schemathesis.cli", "run", &document])
            .args(["--header", &format!("Authorization: Bearer {}", program.token)])
            .args(["--include-path-regex", "^/api/v1/"])
            .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"])
            .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "4"])
            .args(["--seed", "20261129", "--generation-database", "none", "--no-color", "--warnings", "off"])
            .current_dir(folder.path())
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
        let document = server.browser().get("/api/v1/openapi.json").await.json();
        let all = operations(&document).into_iter().filter(|(path, ..)| path.starts_with("/api/v1/"));
        assert!(said.contains(&format!("Tested: {}", all.count())), "{said}");
    }

    async fn the_program_prints_what_the_server_serves(at: At) {
        let server = Server::start(at).await;
        let served = server.browser().get("/api/v1/openapi.json").await.json();
        let kept = keyward_test_support::repository().join("docs/openapi.json");
        let kept: Value = serde_json::from_str(&std::fs::read_to_string(kept).expect("it is there")).expect("JSON");
        assert_eq!(served, kept);
        assert_eq!(json!(served["info"]["title"]), "Keyward");
    }
}
