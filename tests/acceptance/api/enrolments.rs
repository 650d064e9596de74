//! Keys that a desk tool or a fulfilment service registers for their owners.

use keyward_test_support::api::Program;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use serde_json::{Value, json};

const SCOPE: &str = "enrolments:write";

async fn begins(program: &Program, user: &str, serial: &str) -> Page {
    let body = json!({ "user": user, "serial": serial, "kind": "passkey" });
    program.posts("/enrolments", &body).await
}

/// Registers a key for somebody, and gives back what waits with its code.
async fn registers(
    server: &Server,
    program: &Program,
    user: &str,
    serial: &str,
    key: &mut SoftAuthenticator,
) -> Value {
    let begun = begins(program, user, serial).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    let made = made(server, &begun.json(), key);
    let told = program.posts("/enrolments/result", &made).await;
    assert_eq!(told.status, 200, "{}", told.body);
    told.json()
}

/// What a key makes of what was begun.
fn made(server: &Server, begun: &Value, key: &mut SoftAuthenticator) -> Value {
    let credential = key.register(&begun["options"], &server.base);
    json!({ "ceremony": begun["ceremony"], "credential": credential })
}

/// Gives the code, and uses the key.
async fn activates(owner: &Person, code: &str, key: &mut SoftAuthenticator) -> Page {
    let page = owner.visits("/activate").await;
    let form = page.form("Continue").fill("Activation code", code);
    let answer = owner.browser.submit(&page, &form).await;
    let page = owner.browser.follow(answer).await;
    assert_eq!(page.path, "/activate/key", "{}", page.text());
    let options = "/webauthn/activation/options";
    let asked = owner.browser.post_json(options, &json!({})).await;
    let answer = key.authenticate(&asked.json(), &owner.browser.origin());
    let verify = "/webauthn/activation/verify";
    owner.browser.post_json(verify, &answer).await
}

on_every_database! {
    async fn a_service_registers_a_key_and_its_owner_activates_it(at: At) {
        let server = Server::start(at).await;
        server.user("ben").await;
        let program = server.program(&[SCOPE]).await;
        let mut key = SoftAuthenticator::passkey();
        let issued = registers(&server, &program, "ben", "10000017", &mut key).await;
        let listed = program.gets("/enrolments?user=ben").await.json();
        let one = &listed["items"][0];
        assert_eq!((&one["id"], &one["user"], &one["kind"]), (&issued["id"], &json!("ben"), &json!("passkey")));
        assert_eq!(one["key_id"], issued["key_id"]);
        assert_eq!(one["code_expires_at"], issued["expires_at"]);
        // A new code voids the one before.
        let id = issued["id"].as_str().expect("an id");
        let again = program.posts(&format!("/enrolments/{id}/code"), &json!({})).await;
        assert_eq!(again.status, 200, "{}", again.body);
        let ben = server.stranger("ben");
        let page = ben.visits("/activate").await;
        let form = page.form("Continue").fill("Activation code", issued["code"].as_str().expect("a code"));
        let refused = ben.browser.submit(&page, &form).await;
        let refused = ben.browser.follow(refused).await;
        assert_eq!(refused.path, "/activate", "{}", refused.text());
        let code = again.json()["code"].as_str().expect("a code").to_owned();
        let told = activates(&ben, &code, &mut key).await;
        assert_eq!(told.status, 200, "{}", told.body);
        let signed_in = ben.signs_in_with(&mut key, None).await;
        assert_eq!(signed_in.status, 200, "{}", signed_in.body);
        assert_eq!(program.gets("/enrolments").await.json()["items"], json!([]));
    }

    async fn what_waits_is_listed_given_a_code_and_withdrawn_at_the_command_line(at: At) {
        let server = Server::start(at).await;
        server.user("ben").await;
        let program = server.program(&[SCOPE]).await;
        let mut key = SoftAuthenticator::passkey();
        let issued = registers(&server, &program, "ben", "10000017", &mut key).await;
        let id = issued["id"].as_str().expect("an id");
        let run = |arguments: &[&str]| keyward(server.folder(), arguments);
        let listed = run(&["--json", "enrolment", "list", "--user", "ben"]).json();
        assert_eq!(listed[0]["id"], issued["id"]);
        let code = run(&["--json", "enrolment", "code", id]).json();
        assert_ne!(code["code"], issued["code"]);
        run(&["enrolment", "withdraw", id]).done();
        run(&["enrolment", "withdraw", id]).refused("enrolment.unknown");
        run(&["enrolment", "code", "nonsense"]).refused("enrolment.unknown");
        let gone = program.deletes(&format!("/enrolments/{id}")).await;
        assert_eq!((gone.status, gone.code()), (404, "enrolment.unknown".to_owned()));
    }

    async fn attack_another_token_finishes_what_one_began(at: At) {
        let server = Server::start(at).await;
        server.user("ben").await;
        let (one, other) = (server.program(&[SCOPE]).await, server.program(&[SCOPE]).await);
        let mut key = SoftAuthenticator::passkey();
        let begun = begins(&one, "ben", "10000017").await.json();
        let made = made(&server, &begun, &mut key);
        let stolen = other.posts("/enrolments/result", &made).await;
        assert_eq!((stolen.status, stolen.code()), (409, "ceremony.not_started".to_owned()));
        let told = one.posts("/enrolments/result", &made).await;
        assert_eq!(told.status, 200, "{}", told.body);
        let again = one.posts("/enrolments/result", &made).await;
        assert_eq!((again.status, again.code()), (409, "ceremony.not_started".to_owned()));
        for ceremony in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            let forged = json!({ "ceremony": ceremony, "credential": made["credential"] });
            let answer = one.posts("/enrolments/result", &forged).await;
            assert_eq!(answer.code(), "ceremony.not_started", "{ceremony}");
        }
    }

    async fn attack_a_token_registers_a_key_for_a_superuser(at: At) {
        let server = Server::start(at).await;
        server.superuser("anna").await;
        server.user("ben").await;
        let mighty = server.program(&[SCOPE, "superusers:write"]).await;
        let mut key = SoftAuthenticator::passkey();
        let issued = registers(&server, &mighty, "anna", "10000017", &mut key).await;
        let id = issued["id"].as_str().expect("an id");
        let program = server.program(&[SCOPE]).await;
        let mut answers = vec![begins(&program, "anna", "10000018").await];
        answers.push(program.posts(&format!("/enrolments/{id}/code"), &json!({})).await);
        answers.push(program.deletes(&format!("/enrolments/{id}")).await);
        // One who became a superuser after it was begun.
        let begun = begins(&program, "ben", "10000019").await.json();
        server.database.execute("UPDATE users SET is_superuser = TRUE WHERE name = 'ben'");
        let made = made(&server, &begun, &mut SoftAuthenticator::passkey());
        answers.push(program.posts("/enrolments/result", &made).await);
        for answer in answers {
            assert_eq!((answer.status, answer.code()), (403, "api_token.scope".to_owned()), "{}", answer.body);
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM key_enrolments"), 1);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM keys WHERE serial = '10000018'"), 0);
    }
}
