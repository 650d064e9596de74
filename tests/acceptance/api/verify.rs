//! Verification for other programs: as strict as the sign-in, and no way around it.

use std::time::Duration;

use serde_json::{Value, json};

use keyward_actions::user;
use keyward_core::flows::permit::Administrator;
use keyward_test_support::api::Program;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

const RELATED: &str = "https://shop.example.org";
const SETTING: (&str, &str) = ("webauthn.related_origins", "[\"https://shop.example.org\"]");

async fn with_app(server: &Server, name: &str) -> Person {
    let mut person = server.user(name).await;
    person.signs_in().await;
    person.adds_an_app().await;
    server.clock.turn(Duration::from_secs(60));
    person
}

async fn verifies(program: &Program, user: &str, code: &str) -> Page {
    let answer = program
        .posts("/verify", &json!({ "user": user, "code": code }))
        .await;
    assert!(
        answer.status == 200 || answer.status == 429,
        "{}",
        answer.body
    );
    answer
}

fn wrong() -> Value {
    json!({ "verified": false, "reason": "wrong" })
}

/// The cookie of the browser's session, alone.
fn cookie(person: &Person) -> String {
    let cookies = person.browser.cookies();
    let origin = person.browser.origin();
    let name = format!("keyward-{}=", origin.rsplit(':').next().unwrap_or_default());
    let value = cookies.split("; ").find_map(|one| one.strip_prefix(&name));
    value.expect("a session").to_owned()
}

on_every_database! {
    async fn a_code_of_an_app_is_verified_once_and_the_answer_says_by_what(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["verify"]).await;
        let anna = with_app(&server, "anna").await;
        let code = anna.code();
        let told = verifies(&program, "ANNA", &code).await.json();
        assert_eq!(told["verified"], true, "{told}");
        assert_eq!(told["user"]["name"], "anna");
        assert_eq!((&told["amr"], &told["acr"], &told["aal"]), (&json!(["otp"]), &json!("aal1"), &json!("aal1")));
        assert_eq!(told["device"]["kind"], "totp");
        assert_eq!(told["proof_age"], 0);
        assert!(told["proved_at"].as_str().is_some_and(|at| at.ends_with('Z')));
        let again = verifies(&program, "anna", &code).await.json();
        assert_eq!(again, json!({ "verified": false, "reason": "used" }));
        // What the program spent, the sign-in does not take, and the other way round.
        let elsewhere = anna.elsewhere(&server.base);
        let page = elsewhere.types_password().await;
        let page = elsewhere.types_code(&page, &code).await;
        assert!(!elsewhere.is_in().await, "{}", page.text());
        server.clock.turn(Duration::from_secs(60));
        let elsewhere = anna.elsewhere(&server.base);
        elsewhere.signs_in().await;
        assert!(elsewhere.is_in().await);
        let told = verifies(&program, "anna", &anna.code()).await.json();
        assert_eq!(told["reason"], "used");
        let named = "SELECT COUNT(*) FROM events WHERE kind = 'sign_in.second_factor' AND api_token = 'program 0'";
        assert_eq!(server.database.number(named), 3);
    }

    async fn wrong_codes_lock_the_sign_in_too_and_the_other_way_round(at: At) {
        let server = Server::with(at, &[("lockout.user_failures", "3")]).await;
        let program = server.program(&["verify"]).await;
        let anna = with_app(&server, "anna").await.elsewhere(&server.base);
        let page = anna.types_password().await;
        anna.types_code(&page, "000000").await;
        for _ in 0..2 {
            assert_eq!(verifies(&program, "anna", "000000").await.json(), wrong());
        }
        let locked = verifies(&program, "anna", &anna.code()).await;
        assert_eq!((locked.status, locked.code().as_str()), (429, "sign_in.locked"));
        let page = anna.visits("/sign-in").await;
        anna.types_code(&page, &anna.code()).await;
        assert!(!anna.is_in().await, "the sign-in is not locked");
        server.clock.turn(Duration::from_secs(31));
        let told = verifies(&program, "anna", &anna.code()).await.json();
        assert_eq!(told["verified"], true, "{told}");
    }

    async fn nobody_is_answered_locked_and_counted_as_somebody_is(at: At) {
        let server = Server::with(at, &[("lockout.user_failures", "3"), ("lockout.address_failures", "1000")]).await;
        let program = server.program(&["verify"]).await;
        with_app(&server, "anna").await;
        server.user("bare").await;
        let administrator = Administrator::at_command_line();
        let off = server.user("off").await;
        let found = user::find_by_name(&server.app, &administrator, &off.name).await;
        let id = found.expect("a database").expect("off is there").id;
        user::disable(&server.app, &administrator, id).await.expect("disabled");
        let mut answers = Vec::new();
        for name in ["anna", "bare", "off", "nobody", "nobody@example.org"] {
            let mut seen = Vec::new();
            for _ in 0..4 {
                let answer = verifies(&program, name, "000000").await;
                seen.push((answer.status, answer.body, answer.headers.get("retry-after").cloned()));
            }
            answers.push(seen);
        }
        assert!(answers.iter().all(|seen| *seen == answers[0]), "{answers:#?}");
        assert_eq!(answers[0][3].0, 429);
    }

    async fn one_kind_of_code_can_be_asked_for(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["verify"]).await;
        let anna = with_app(&server, "anna").await;
        let asked = |kind: &str| json!({ "user": "anna", "code": anna.code(), "kind": kind });
        let told = program.posts("/verify", &asked("yubikey")).await;
        assert_eq!(told.json(), wrong());
        let told = program.posts("/verify", &asked("totp")).await;
        assert_eq!(told.json()["verified"], true);
        let told = program.posts("/verify", &asked("password")).await;
        assert_eq!((told.status, told.code().as_str()), (400, "request.malformed"));
    }

    async fn a_backup_code_is_told_by_its_letters_and_works_once(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["verify"]).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let page = anna.visits("/account/backup-codes").await;
        let button = page.forms().into_iter().find(|form| form.action.ends_with("backup-codes"));
        let made = anna.browser.submit(&page, &button.expect("a form")).await;
        let words = made.text();
        let code = words.split_whitespace().find(|word| word.len() == 19 && word.matches('-').count() == 3);
        let code = code.unwrap_or_else(|| panic!("no code in {words}")).to_owned();
        let told = verifies(&program, "anna", &code).await.json();
        assert_eq!((&told["verified"], &told["device"]["kind"]), (&json!(true), &json!("backup-codes")), "{told}");
        assert_eq!(verifies(&program, "anna", &code).await.json()["verified"], false);
        assert_eq!(server.events("backup_code.used"), 1);
    }

    async fn an_address_of_many_failures_is_the_users_where_the_program_tells_it(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "3"), ("lockout.user_failures", "100")]).await;
        let program = server.program(&["verify"]).await;
        let anna = with_app(&server, "anna").await;
        let from = |address: &str, user: &str, code: &str| json!({ "user": user, "code": code, "address": address });
        for name in ["ben", "zoe", "max"] {
            assert_eq!(program.posts("/verify", &from("203.0.113.9", name, "000000")).await.json(), wrong());
        }
        let locked = program.posts("/verify", &from("203.0.113.9", "anna", &anna.code())).await;
        assert_eq!((locked.status, locked.code().as_str()), (429, "sign_in.too_many"));
        let told = program.posts("/verify", &from("203.0.113.10", "anna", &anna.code())).await;
        assert_eq!(told.json()["verified"], true);
    }

    async fn a_session_is_told_with_who_how_and_since_when(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["sessions:check"]).await;
        let anna = with_app(&server, "anna").await.elsewhere(&server.base);
        anna.signs_in().await;
        server.clock.turn(Duration::from_secs(120));
        let alone = json!({ "cookie": cookie(&anna) });
        let told = program.posts("/sessions/check", &alone).await.json();
        assert_eq!((&told["active"], &told["by"]), (&json!(true), &json!("session")), "{told}");
        assert_eq!(told["user"]["name"], "anna");
        assert_eq!(told["amr"], json!(["pwd", "otp", "mfa"]));
        assert_eq!((&told["acr"], &told["aal"], &told["proof_age"]), (&json!("aal2"), &json!("aal2"), &json!(120)));
        assert_eq!(told["device"]["kind"], "totp");
        assert_eq!(told["since"], told["proved_at"]);
        let whole = json!({ "cookie": format!("theme=dark; {}", anna.browser.cookies()) });
        assert_eq!(program.posts("/sessions/check", &whole).await.json(), told);
        anna.signs_out().await;
        let told = program.posts("/sessions/check", &alone).await.json();
        assert_eq!(told, json!({ "active": false }));
    }

    async fn a_session_that_opens_enrolment_alone_is_nobodys(at: At) {
        let server = Server::with(at, &[("policy.require_second_factor", "\"all\""), ("policy.grace", "\"0s\"")]).await;
        let program = server.program(&["sessions:check"]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let told = program.posts("/sessions/check", &json!({ "cookie": cookie(&anna) })).await.json();
        assert_eq!(told, json!({ "active": false }));
    }

    async fn a_forged_or_foreign_cookie_is_nobodys(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["sessions:check"]).await;
        let anna = with_app(&server, "anna").await;
        let good = cookie(&anna);
        let mut flipped = good.clone().into_bytes();
        flipped[20] = if flipped[20] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8(flipped).expect("ASCII");
        for forged in ["", "a", ";", "keyward=", "a=; b=", &flipped, &format!("other={good}")] {
            let told = program.posts("/sessions/check", &json!({ "cookie": forged })).await;
            assert_eq!((told.status, told.json()), (200, json!({ "active": false })), "{forged}");
        }
        for neither in [json!({}), json!({ "cookie": good, "token": "kw_" }), json!({ "session": "a" }), json!([])] {
            assert_eq!(program.posts("/sessions/check", &neither).await.status, 400, "{neither}");
        }
    }

    async fn a_token_is_told_with_its_owner_and_scopes(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["verify"]).await;
        let told = program.posts("/sessions/check", &json!({ "token": program.token })).await.json();
        assert_eq!((&told["active"], &told["by"]), (&json!(true), &json!("token")), "{told}");
        assert_eq!((&told["user"]["name"], &told["scopes"]), (&json!("root"), &json!(["verify"])));
        let other = json!({ "token": format!("kw_{}", "A".repeat(43)) });
        assert_eq!(program.posts("/sessions/check", &other).await.json(), json!({ "active": false }));
    }

    async fn scopes_that_their_owner_lost_are_not_told(at: At) {
        let server = Server::start(at).await;
        let asks = server.program(&["sessions:check"]).await;
        let token = server.program(&["verify", "applications:enter"]).await.token;
        let told = async || asks.posts("/sessions/check", &json!({ "token": token })).await.json();
        assert_eq!(told().await["scopes"], json!(["applications:enter", "verify"]));
        server.user("anna").await;
        server.database.execute("UPDATE api_tokens SET owner_id = (SELECT id FROM users WHERE name = 'anna') WHERE name = 'program 1'");
        let told = told().await;
        assert_eq!((&told["active"], &told["scopes"]), (&json!(true), &json!(["applications:enter"])), "{told}");
    }

    async fn a_passkey_is_verified_on_a_page_of_a_related_origin(at: At) {
        let server = Server::with(at, &[SETTING]).await;
        let program = server.program(&["verify"]).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = server.user("anna").await;
        anna.signs_in().await;
        assert_eq!(anna.registers("passkey", &mut key).await.status, 200);
        let offer = begins(&program, "anna").await;
        let answer = key.authenticate(&offer["options"], RELATED);
        let told = finishes(&program, &offer, &answer).await;
        assert_eq!(told["verified"], true, "{told}");
        assert_eq!((&told["amr"], &told["acr"]), (&json!(["swk", "user", "mfa"]), &json!("phr")));
        assert_eq!(told["user"]["name"], "anna");
        // The answer was looked at: it is worth nothing any more.
        assert_eq!(finishes(&program, &offer, &answer).await, wrong());
    }

    async fn an_answer_of_another_origin_program_or_user_verifies_nobody(at: At) {
        let server = Server::with(at, &[SETTING]).await;
        let program = server.program(&["verify"]).await;
        let other = server.program(&["verify"]).await;
        let (mut key, mut bens) = (SoftAuthenticator::passkey(), SoftAuthenticator::passkey());
        for (name, key) in [("anna", &mut key), ("ben", &mut bens)] {
            let person = server.user(name).await;
            person.signs_in().await;
            assert_eq!(person.registers("passkey", key).await.status, 200);
        }
        let offer = begins(&program, "anna").await;
        let answer = key.authenticate(&offer["options"], "https://evil.example");
        assert_eq!(finishes(&program, &offer, &answer).await, wrong());
        let offer = begins(&program, "anna").await;
        let answer = key.authenticate(&offer["options"], RELATED);
        assert_eq!(finishes(&other, &offer, &answer).await, wrong(), "another program's");
        let offer = begins(&program, "anna").await;
        let mut options = offer["options"].clone();
        options["allowCredentials"] = begins(&program, "ben").await["options"]["allowCredentials"].clone();
        let answer = bens.authenticate(&options, RELATED);
        assert_eq!(finishes(&program, &offer, &answer).await, wrong(), "another user's");
        assert_eq!(finishes(&program, &offer, &json!({ "id": 1 })).await, wrong());
    }

    async fn options_do_not_tell_who_exists(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["verify"]).await;
        server.user("bare").await;
        for name in ["bare", "nobody", ""] {
            let offer = begins(&program, name).await;
            let again = begins(&program, name).await;
            let allowed = &offer["options"]["allowCredentials"];
            assert!(allowed.as_array().is_some_and(|list| !list.is_empty()), "{offer}");
            assert_eq!(allowed, &again["options"]["allowCredentials"]);
            assert_ne!(offer["options"]["challenge"], again["options"]["challenge"]);
            assert_eq!(finishes(&program, &offer, &json!({ "id": 1 })).await, wrong());
        }
    }
}

async fn begins(program: &Program, user: &str) -> Value {
    let answer = program
        .posts("/verify/webauthn/options", &json!({ "user": user }))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

async fn finishes(program: &Program, offer: &Value, answer: &Value) -> Value {
    let body = json!({ "verification": offer["verification"], "credential": answer });
    let answer = program.posts("/verify/webauthn/verify", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}
