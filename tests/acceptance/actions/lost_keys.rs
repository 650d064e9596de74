//! Lost keys: what is on one works no more, what it had opened ends, and its case is open until it is back,
//! replaced or written off.

use std::time::Duration;

use futures_util::future::join;
use serde_json::{Value, json};

use super::overtaken::{SESSIONS, at_every_moment, sends, with_a_passkey, with_an_answer};
use super::policy::call;
use crate::jobs::mail::server_with;
use crate::pages::trusted_browsers::{TRUSTING, trusted};
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use keyward_test_support::soft_yubikey::SoftYubikey;

/// Longer than a proof is fresh for two tabs of one browser.
const A_WHILE: Duration = Duration::from_secs(60);
const NO_LONGER_FRESH: Duration = Duration::from_secs(601);
const SERIAL: &str = "10000017";
const SPARE: &str = "10000018";

/// What the report does to a device first.
const LOST: &str = "UPDATE devices SET state = 'lost' WHERE user_id = '{id}'";

/// The device of this person that has a name.
async fn device(person: &Person, name: &str) -> String {
    let found = person.devices().await;
    let found = found.iter().find(|device| device.name == name);
    found.unwrap_or_else(|| panic!("no {name}")).id.clone()
}

/// A key of the inventory that somebody has, with the devices that are on it.
fn given(server: &Server, serial: &str, owner: &str, on_it: &[&str]) {
    call(server, &["key", "add", serial]).done();
    call(server, &["key", "hand-over", serial, owner]).done();
    for what in on_it {
        call(server, &["key", "link", serial, what]).done();
    }
}

fn state(server: &Server, serial: &str) -> Value {
    call(server, &["--json", "key", "show", serial]).json()["state"].clone()
}

fn cases(server: &Server, more: &[&str]) -> Vec<Value> {
    let command = [&["--json", "key", "cases"], more].concat();
    let cases = call(server, &command).json();
    cases.as_array().expect("a list").clone()
}

/// A person with a security key that is on a key of theirs, signed in by it.
async fn with_a_key(server: &Server, name: &str, serial: &str) -> (Person, SoftAuthenticator) {
    let mut key = SoftAuthenticator::security_key();
    let person = server.user(name).await;
    person.signs_in().await;
    assert_eq!(person.registers("security-key", &mut key).await.status, 200);
    let id = person.devices().await[0].id.clone();
    given(server, serial, name, &[&id]);
    person.signs_out().await;
    person.types_password().await;
    assert_eq!(person.confirms_with(&mut key).await.status, 200);
    (person, key)
}

on_every_database! {
    async fn what_is_on_a_lost_key_works_no_more_and_what_it_had_opened_ends(at: At) {
        let server = Server::start(at).await;
        let (anna, _) = with_a_key(&server, "anna", SERIAL).await;
        let mut ben = server.user("ben").await;
        ben.signs_in().await;
        ben.adds_an_app().await;
        let wiki = server.registers("wiki", |_| ()).await;
        let tokens = wiki.signs_in(&anna, &[]).await;
        let access = tokens["access_token"].as_str().expect("a token").to_owned();
        assert_eq!(wiki.asks_who(&access).await.status, 200);

        let told = call(&server, &["--json", "key", "lost", SERIAL, "--yes", "--note", "On the train"]).json();
        let expected = json!({ "devices": 1, "slots": 0, "sessions": 1, "browsers": 0, "grants": 1 });
        assert_eq!(told["stopped"], expected, "{told}");
        assert!(!anna.is_in().await, "the session that it opened is over");
        assert!(ben.is_in().await, "nobody else's is");
        assert_eq!(wiki.asks_who(&access).await.status, 401);
        assert_eq!(state(&server, SERIAL), "lost");
        anna.types_password().await;
        let asked = anna.asks_to_authenticate().await;
        assert_ne!(asked.status, 200, "{}", asked.body);
        assert!(!anna.is_in().await);
        let page = anna.visits("/sign-in").await;
        assert!(page.text().contains("was reported lost"), "{}", page.text());
        let again = call(&server, &["key", "lost", SERIAL, "--yes"]);
        again.refused("key.move");
        let open = cases(&server, &["--state", "open"]);
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!((&open[0]["owner"], &open[0]["outcome"]), (&json!("anna"), &Value::Null));
    }

    async fn a_key_that_is_found_and_given_back_works_again_and_what_had_ended_does_not(at: At) {
        let server = Server::start(at).await;
        let (anna, mut key) = with_a_key(&server, "anna", SERIAL).await;
        call(&server, &["key", "lost", SERIAL, "--yes"]).done();
        call(&server, &["key", "give-back", SERIAL]).done();
        assert_eq!(state(&server, SERIAL), "issued");
        assert!(!anna.is_in().await, "a session does not come back");
        anna.types_password().await;
        assert_eq!(anna.confirms_with(&mut key).await.status, 200);
        assert!(anna.is_in().await);
        let closed = cases(&server, &["--state", "closed"]);
        assert_eq!(closed[0]["outcome"], "given-back", "{closed:?}");
        assert!(cases(&server, &["--state", "open"]).is_empty());
        assert_eq!(server.events("key.given_back"), 1);
    }

    async fn what_is_on_a_key_that_is_found_for_stock_or_written_off_is_removed(at: At) {
        let server = Server::start(at).await;
        for (name, serial, step, state_then, outcome) in [
            ("anna", SERIAL, &["key", "found", SERIAL][..], "stock", "found"),
            ("ben", SPARE, &["key", "retire", SPARE, "--yes"][..], "retired", "written-off"),
        ] {
            let (person, _) = with_a_key(&server, name, serial).await;
            call(&server, &["key", "lost", serial, "--yes"]).done();
            call(&server, step).done();
            assert_eq!(state(&server, serial), state_then);
            assert_eq!(cases(&server, &["--user", name])[0]["outcome"], outcome);
            // With the password alone again: there is no other device.
            person.signs_in().await;
            assert!(person.devices().await.is_empty());
        }
        assert_eq!(server.events("device.removed"), 2);
    }

    async fn the_spare_that_its_owner_uses_closes_the_case(at: At) {
        let server = Server::start(at).await;
        let mut new = SoftYubikey::numbered(2);
        server.holds(&new).await;
        let (anna, _) = with_a_key(&server, "anna", SERIAL).await;
        call(&server, &["key", "add", SPARE]).done();
        call(&server, &["key", "link", SPARE, &new.public_id]).done();
        call(&server, &["key", "add", "10000019"]).done();
        call(&server, &["key", "assign", "10000019", "anna"]).done();
        server.user("ben").await;
        call(&server, &["key", "add", "10000020"]).done();
        call(&server, &["key", "assign", "10000020", "ben"]).done();
        let anothers = call(&server, &["key", "lost", SERIAL, "--yes", "--spare", "10000020"]);
        anothers.refused("key.spare");
        assert_eq!(state(&server, SERIAL), "issued", "nothing was done");
        let told = call(&server, &["--json", "key", "lost", SERIAL, "--yes", "--spare", SPARE, "--pass"]).json();
        let pass = told["pass"].as_str().expect("a pass").to_owned();
        let spare = call(&server, &["--json", "key", "show", SPARE]).json();
        assert_eq!((&spare["state"], &spare["owner"]), (&json!("stock"), &json!("anna")));

        let page = anna.visits("/sign-in?method=pass").await;
        let form = page.form("Continue").fill("Username", "anna").fill("Temporary pass", &pass);
        let answer = anna.browser.submit(&page, &form).await;
        anna.browser.follow(answer).await;
        anna.adds_a_yubikey(&new.touch()).await;
        assert_eq!(state(&server, SPARE), "active");
        let closed = cases(&server, &[]);
        assert_eq!((&closed[0]["outcome"], &closed[0]["replacement_id"]), (&json!("replaced"), &spare["id"]), "{closed:?}");
        let left: Vec<String> = anna.devices().await.into_iter().map(|device| device.name).collect();
        assert_eq!(left.len(), 1, "what is on the lost key is removed: {left:?}");
        assert_eq!(state(&server, SERIAL), "lost", "it may still be found");
        assert_eq!(server.events("key.replaced"), 1);
    }

    async fn attack_a_finder_types_one_time_passwords_of_a_lost_key(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_a_yubikey(&key.touch()).await;
        given(&server, SERIAL, "anna", &[&key.public_id]);
        let told = call(&server, &["--json", "key", "lost", SERIAL, "--yes"]).json();
        assert_eq!(told["stopped"]["slots"], 1, "{told}");
        assert!(!anna.is_in().await);
        // At the sign-in, at the validation server, and for an account that is another's.
        let page = anna.types_password().await;
        assert!(page.text().contains("was reported lost"), "{}", page.text());
        let held = call(&server, &["--json", "validation", "otp-key", "list"]).json();
        assert_eq!(held[0]["active"], false, "{held}");
        let ben = server.user("ben").await;
        ben.signs_in().await;
        let page = ben.adds_a_yubikey(&key.touch()).await;
        assert!(ben.devices().await.is_empty(), "{}", page.text());
        // Its owner has it again.
        call(&server, &["key", "give-back", SERIAL]).done();
        let held = call(&server, &["--json", "validation", "otp-key", "list"]).json();
        assert_eq!(held[0]["active"], true, "{held}");
        let page = anna.visits("/sign-in").await;
        anna.touches(&page, &key.touch()).await;
        assert!(anna.is_in().await);
    }

    async fn attack_what_is_on_a_lost_key_is_added_or_let_off_anew(at: At) {
        let server = Server::start(at).await;
        let (anna, mut key) = with_a_key(&server, "anna", SERIAL).await;
        call(&server, &["key", "lost", SERIAL, "--yes"]).done();
        let id = server.database.text("SELECT id FROM devices");
        let program = server.program(&["devices:write", "keys:write"]).await;
        let released = program.posts(&format!("/devices/{id}/release"), &json!({})).await;
        assert_eq!((released.status, released.code().as_str()), (409, "key.lost"), "{}", released.body);
        anna.types_password().await;
        assert_ne!(anna.asks_to_authenticate().await.status, 200);
        let refused = anna.signs_in_with(&mut key, Some("anna")).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "key.lost"), "{}", refused.body);
        // What is found to be on it later works no more either.
        let mut second = SoftAuthenticator::passkey();
        let ben = server.user("ben").await;
        ben.signs_in().await;
        assert_eq!(ben.registers("passkey", &mut second).await.status, 200);
        given(&server, SPARE, "ben", &[]);
        call(&server, &["key", "lost", SPARE, "--yes"]).done();
        assert!(ben.is_in().await, "nothing is known to be on it yet");
        let passkey = ben.devices().await[0].id.clone();
        call(&server, &["key", "link", SPARE, &passkey]).done();
        assert!(!ben.is_in().await);
        let refused = ben.signs_in_with(&mut second, None).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "key.lost"), "{}", refused.body);
        assert_eq!(server.refusals("sign_in.passkey", "key.lost"), 2);
    }

    async fn what_was_on_hold_is_so_again_when_its_key_is_given_back(at: At) {
        let server = Server::start(at).await;
        let (anna, _) = with_a_key(&server, "anna", SERIAL).await;
        server.database.execute("UPDATE devices SET state = 'suspect'");
        call(&server, &["key", "lost", SERIAL, "--yes"]).done();
        assert_eq!(server.database.text("SELECT state FROM devices"), "lost");
        call(&server, &["key", "give-back", SERIAL]).done();
        assert_eq!(server.database.text("SELECT state FROM devices"), "suspect");
        let page = anna.types_password().await;
        assert!(!anna.is_in().await, "{}", page.text());
    }

    async fn a_browser_that_a_lost_key_vouched_for_is_trusted_no_more(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_a_yubikey(&key.touch()).await;
        given(&server, SERIAL, "anna", &[&key.public_id]);
        anna.signs_out().await;
        server.clock.turn(A_WHILE);
        let page = anna.types_password().await;
        let form = page.form("Continue").fill("YubiKey", &key.touch()).set("remember", "yes").set("browser", "Home");
        let answer = anna.browser.submit(&page, &form).await;
        anna.browser.follow(answer).await;
        anna.signs_out().await;
        server.clock.turn(A_WHILE);
        anna.types_password().await;
        assert!(anna.is_in().await, "the browser stood in for the key");
        let told = call(&server, &["--json", "key", "lost", SERIAL, "--yes"]).json();
        let expected = json!({ "devices": 1, "slots": 1, "sessions": 1, "browsers": 1, "grants": 0 });
        assert_eq!(told["stopped"], expected);
        assert!(!anna.is_in().await, "the session that the browser opened is over");
        anna.types_password().await;
        assert!(!anna.is_in().await, "it is trusted still");
        call(&server, &["key", "give-back", SERIAL]).done();
        assert_eq!(trusted(&server), 0, "trust does not come back");
    }

    async fn attack_a_token_that_a_lost_key_had_earned_outlives_it_in_a_session_that_another_device_raised(at: At) {
        let server = Server::start(at).await;
        let mut other = SoftAuthenticator::security_key();
        let (anna, mut key) = with_a_key(&server, "anna", SERIAL).await;
        server.clock.turn(A_WHILE);
        assert_eq!(anna.registers("security-key", &mut other).await.status, 200);
        anna.signs_out().await;
        anna.types_password().await;
        assert_eq!(anna.confirms_with(&mut key).await.status, 200);
        let wiki = server.registers("wiki", |_| ()).await;
        server.clock.turn(NO_LONGER_FRESH);
        let tokens = wiki.signs_in(&anna, &[]).await;
        let token = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        anna.visits("/step-up?next=/account").await;
        assert_eq!(anna.steps_up_with(&mut other, "/account").await.status, 200);
        assert_eq!(wiki.asks_who(&token("access_token")).await.status, 200);
        call(&server, &["key", "lost", SERIAL, "--yes"]).done();
        assert!(anna.is_in().await, "another device has proved this session since");
        assert_eq!(wiki.asks_who(&token("access_token")).await.status, 401);
        assert!(!wiki.counts_by_refreshing(&token("refresh_token")).await);
        // And what it can let an application have now is by the other device.
        let again = wiki.signs_in(&anna, &[]).await;
        assert_eq!(wiki.asks_who(again["access_token"].as_str().expect("a token")).await.status, 200);
    }

    async fn a_key_opens_nothing_once_it_is_lost(at: At) {
        let server = Server::start(at).await;
        let change = (LOST, SESSIONS);
        at_every_moment(&server, change, "a lost key", with_an_answer, sends).await;
        let server = Server::start(at).await;
        at_every_moment(&server, change, "a lost passkey", with_a_passkey, sends).await;
    }

    async fn attack_its_owner_signs_in_a_thousand_times_while_it_is_reported_lost(at: At) {
        const ROUNDS: usize = 25;
        let server = Server::start(at).await;
        let program = server.program(&["keys:write"]).await;
        for round in 0..ROUNDS {
            let (name, serial) = (format!("anna{round}"), format!("{}", 20_000_000 + round));
            // Its counter stays at nought, so that no answer is older than another.
            let mut key = SoftAuthenticator::synced_passkey();
            let person = server.user(&name).await;
            person.signs_in().await;
            assert_eq!(person.registers("passkey", &mut key).await.status, 200);
            let id = person.devices().await[0].id.clone();
            let added = program.posts("/keys", &json!({ "serial": serial })).await;
            let path = added.header("location").trim_start_matches("/api/v1").to_owned();
            let tag = program.gets(&path).await.header("etag").to_owned();
            let over = program.request(reqwest::Method::POST, &format!("{path}/moves")).header("if-match", tag);
            assert_eq!(program.send(over.json(&json!({ "move": "hand-over", "user": name }))).await.status, 200);
            let linked = program.posts(&format!("{path}/links"), &json!({ "device": id })).await;
            assert_eq!(linked.status, 204, "{}", linked.body);
            let mut ways = Vec::new();
            for _ in 0..40 {
                let way = server.stranger(&name);
                let options = way.asks_for_a_passkey(None).await.json();
                let answer = key.authenticate(&options, &way.browser.origin());
                ways.push((way, answer));
            }
            let signing = ways.iter().map(|(way, answer)| way.sends_authentication(answer));
            let signing = futures_util::future::join_all(signing);
            let (address, body) = (format!("{path}/loss"), json!({}));
            let loss = program.posts(&address, &body);
            let (opened, loss) = join(signing, loss).await;
            assert_eq!(loss.status, 200, "{}", loss.body);
            for page in &opened {
                assert!([200, 400, 404, 409].contains(&page.status), "{}", page.body);
            }
            let left = format!("SELECT COUNT(*) FROM sessions JOIN users ON users.id = user_id WHERE name = '{name}'");
            let left = server.database.number(&left);
            let others = format!("SELECT COUNT(*) FROM sessions JOIN users ON users.id = user_id WHERE name = '{name}' AND device_id IS NULL");
            assert_eq!(left, server.database.number(&others), "a session of the lost key is open");
            for (way, _) in &ways {
                assert!(!way.is_in().await);
            }
        }
    }

    async fn of_two_who_report_one_key_at_once_one_opens_its_case(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["keys:write", "keys:read"]).await;
        for number in 0..20 {
            let added = program.posts("/keys", &json!({ "serial": format!("3000{number}") })).await;
            let path = added.header("location").trim_start_matches("/api/v1").to_owned();
            let address = format!("{path}/loss");
            let body = json!({});
            let (one, other) = join(program.posts(&address, &body), program.posts(&address, &body)).await;
            let mut ends = [one.status, other.status];
            ends.sort_unstable();
            assert_eq!(ends, [200, 409], "{} {}", one.body, other.body);
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM key_cases"), 20);
        assert_eq!(program.gets("/key-cases?state=open&page_size=100").await.json()["items"].as_array().map(Vec::len), Some(20));
    }

    async fn somebody_reports_their_own_key_lost_and_everybody_concerned_is_told(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable_superuser("root", "root@example.org").await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        let id = device(&anna, "Security key").await;
        given(&server, SERIAL, "anna", &[&id]);
        given(&server, SPARE, "root", &[]);
        let key_id = |serial: &str| call(&server, &["--json", "key", "show", serial]).json()["id"].as_str().expect("an id").to_owned();
        let anothers = anna.visits(&format!("/account/keys/{}/lost", key_id(SPARE))).await;
        assert_eq!(anothers.status, 404, "it is not hers");
        let page = anna.visits("/account/devices").await;
        assert!(page.text().contains("Yubico 10000017"), "{}", page.text());
        let page = anna.visits(&format!("/account/keys/{}/lost", key_id(SERIAL))).await;
        assert!(page.text().contains("One device on it signs nobody in any more."), "{}", page.text());
        let form = page.form("Report lost").fill("What happened?", "On the <train>");
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert_eq!(page.notice(), "Yubico 10000017 was reported lost. Nothing on it works any more.");
        assert!(anna.is_in().await, "another device had opened this session");
        assert_eq!(state(&server, SERIAL), "lost");
        let hers = mailbox.about("A key of yours was reported lost").await;
        assert_eq!(hers.to, "anna@example.org");
        assert!(hers.text.contains("A key of yours was reported lost"), "{}", hers.text);
        let theirs = mailbox.about("A key of anna was reported lost").await;
        assert_eq!(theirs.to, "root@example.org");
        assert!(theirs.text.contains("A key of anna was reported lost"), "{}", theirs.text);
        let again = anna.browser.post(&format!("/account/keys/{}/lost", key_id(SERIAL)), &[("note", "")]).await;
        assert_eq!(again.status, 409);
    }
}
