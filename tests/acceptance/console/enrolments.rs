//! Keys that an administrator registers for somebody, from the desk to the sign-in of their owner, and attacks on
//! that way.

use std::time::Duration;

use serde_json::{Value, json};

use super::{at_console, user, with_app};
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

const WAITING: &str = "SELECT COUNT(*) FROM key_enrolments";
const CREDENTIALS: &str = "SELECT COUNT(*) FROM credentials";

/// The key of a number, kept for somebody at the console.
async fn kept(server: &Server, anna: &Person, number: &str, owner: &str) -> String {
    let id = user(server, owner).await.id;
    let page = anna.visits(&format!("/console/users/{id}")).await;
    let form = page
        .form("Register")
        .fill("Register a key for them", number);
    let page = anna
        .browser
        .follow(anna.browser.submit(&page, &form).await)
        .await;
    assert_eq!(
        page.heading(),
        format!("Register a key for {owner}"),
        "{}",
        page.text()
    );
    server
        .database
        .text(&format!("SELECT id FROM keys WHERE serial = '{number}'"))
}

async fn options(at_desk: &Person, key: &str, kind: &str) -> Page {
    let address = format!("/webauthn/desk/options?key={key}");
    at_desk
        .browser
        .post_json(&address, &json!({ "kind": kind }))
        .await
}

async fn sends(at_desk: &Person, answer: &Value) -> Page {
    at_desk
        .browser
        .post_json("/webauthn/desk/verify", answer)
        .await
}

async fn registers(at_desk: &Person, key: &str, kind: &str, with: &mut SoftAuthenticator) -> Page {
    let asked = options(at_desk, key, kind).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let answer = with.register(&asked.json(), &at_desk.browser.origin());
    sends(at_desk, &answer).await
}

/// A new activation code for what waits on a key.
async fn code(at_desk: &Person, key: &str) -> String {
    let page = at_desk
        .visits(&format!("/console/keys/{key}/enrolments"))
        .await;
    let page = at_desk.browser.press(&page, "New code").await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(page.header("cache-control"), "no-store");
    let text = page.text();
    assert!(
        text.contains("/activate Type this code:"),
        "a sheet to print: {text}"
    );
    let code = text
        .split_whitespace()
        .find(|word| word.len() == 19 && word.matches('-').count() == 3);
    code.unwrap_or_else(|| panic!("no code: {text}")).to_owned()
}

async fn gives(owner: &Person, code: &str) -> Page {
    let page = owner.visits("/activate").await;
    let form = page.form("Continue").fill("Activation code", code);
    let answer = owner.browser.submit(&page, &form).await;
    owner.browser.follow(answer).await
}

async fn asks_to_use(owner: &Person) -> Page {
    owner
        .browser
        .post_json("/webauthn/activation/options", &json!({}))
        .await
}

async fn answers(owner: &Person, answer: &Value) -> Page {
    owner
        .browser
        .post_json("/webauthn/activation/verify", answer)
        .await
}

async fn uses(owner: &Person, key: &mut SoftAuthenticator) -> Page {
    let asked = asks_to_use(owner).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let answer = key.authenticate(&asked.json(), &owner.browser.origin());
    answers(owner, &answer).await
}

fn state(server: &Server, key: &str) -> String {
    server
        .database
        .text(&format!("SELECT state FROM keys WHERE id = '{key}'"))
}

on_every_database! {
    async fn a_key_is_registered_shipped_activated_by_its_owner_and_signs_them_in(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let ben = server.user("ben").await;
        let mut passkey = SoftAuthenticator::passkey();
        let key = kept(&server, &anna, "10000017", "ben").await;
        let asked = options(&anna, &key, "passkey").await.json();
        assert_eq!(asked["user"]["name"], "ben", "the names are its owner's");
        assert_eq!(asked["attestation"], "direct", "a certificate says which key it is");
        let told = registers(&anna, &key, "passkey", &mut passkey).await;
        assert_eq!(told.json()["next"], json!(format!("/console/keys/{key}/enrolments")), "{}", told.body);
        keyward(server.folder(), &["key", "ship", "10000017"]).done();
        // Its owner has no device by it, is asked for none, and sees that one waits.
        assert_eq!(server.database.number("SELECT device_count FROM users WHERE name = 'ben'"), 0);
        let page = ben.signs_in().await;
        assert_eq!(page.path, "/account", "{}", page.text());
        let devices = ben.visits("/account/devices").await;
        assert_eq!(devices.link("Activate").as_deref(), Some("/activate"), "{}", devices.text());
        assert!(ben.devices().await.is_empty());
        // Code and key together put it in use, and sign nobody in.
        let given = code(&anna, &key).await;
        let owner = server.stranger("ben");
        let page = gives(&owner, &given.to_lowercase().replace('-', " ")).await;
        assert_eq!(page.path, "/activate/key", "{}", page.text());
        assert!(!page.text().contains("ben"), "a code tells nobody whose it is: {}", page.text());
        let told = uses(&owner, &mut passkey).await;
        assert_eq!(told.json()["next"], "/sign-in", "{}", told.body);
        assert!(!owner.is_in().await);
        let page = owner.visits("/sign-in").await;
        assert!(page.notice().contains("is in use"), "{}", page.text());
        assert_eq!((state(&server, &key).as_str(), server.database.number(WAITING)), ("active", 0));
        assert_eq!(server.trail("key.activated"), ["done"]);
        assert_eq!(server.trail("key.enrolled"), ["done"]);
        let page = anna.visits(&format!("/console/keys/{key}")).await;
        assert!(page.text().contains("an administrator says so"), "{}", page.text());
        let signed_in = owner.signs_in_with(&mut passkey, None).await;
        assert_eq!(signed_in.status, 200, "{}", signed_in.body);
        assert!(owner.is_in().await);
        assert_eq!(owner.devices().await.len(), 1);
        // The code is used up.
        let page = gives(&server.stranger("ben"), &given).await;
        assert!(page.notice().contains("This code does not work"), "{}", page.text());
    }

    async fn a_registration_is_withdrawn_and_the_key_can_be_registered_anew(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        server.user("ben").await;
        let mut authenticator = SoftAuthenticator::security_key();
        let key = kept(&server, &anna, "10000017", "ben").await;
        registers(&anna, &key, "security-key", &mut authenticator).await;
        // What waits is not made twice.
        let asked = options(&anna, &key, "security-key").await.json();
        assert_eq!(asked["excludeCredentials"].as_array().map(Vec::len), Some(1));
        let again = authenticator.register_again(&asked, &anna.browser.origin());
        assert_eq!(sends(&anna, &again).await.code(), "ceremony.already_registered");
        let given = code(&anna, &key).await;
        let page = anna.visits(&format!("/console/keys/{key}/enrolments")).await;
        let page = anna.presses(&page, "Withdraw").await;
        assert!(page.notice().starts_with("It was withdrawn."), "{}", page.text());
        assert_eq!(server.database.number(WAITING), 0);
        let page = gives(&server.stranger("ben"), &given).await;
        assert!(page.notice().contains("This code does not work"), "{}", page.text());
        let told = registers(&anna, &key, "security-key", &mut authenticator).await;
        assert_eq!(told.status, 200, "{}", told.body);
        assert_eq!(server.trail("key.enrolment_withdrawn"), ["done"]);
    }

    async fn attack_what_waits_for_its_owner_opens_a_door(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let ben = with_app(&server, "ben").await;
        let (mut passkey, mut plain) = (SoftAuthenticator::passkey(), SoftAuthenticator::security_key());
        let key = kept(&server, &anna, "10000017", "ben").await;
        assert_eq!(registers(&anna, &key, "passkey", &mut passkey).await.status, 200);
        assert_eq!(registers(&anna, &key, "security-key", &mut plain).await.status, 200);
        code(&anna, &key).await;
        assert_eq!((server.database.number(CREDENTIALS), server.database.number(WAITING)), (0, 2));
        let thief = server.stranger("ben");
        // In place of the password, with and without the name.
        let refused = thief.signs_in_with(&mut passkey, None).await;
        assert_eq!(refused.code(), "ceremony.unknown_credential", "{}", refused.body);
        for credential in [&mut passkey, &mut plain] {
            let mut asked = thief.asks_for_a_passkey(Some("ben")).await.json();
            asked["allowCredentials"] = json!([]);
            credential.discoverable = true;
            let answer = credential.authenticate(&asked, &thief.browser.origin());
            assert!(thief.sends_authentication(&answer).await.status >= 400);
        }
        // As the second factor.
        thief.types_password().await;
        let asked = thief.asks_to_authenticate().await;
        assert_eq!(asked.code(), "device.unknown", "{}", asked.body);
        assert!(!thief.is_in().await);
        // To prove oneself again.
        server.clock.turn(Duration::from_secs(3600));
        ben.visits("/step-up").await;
        let asked = ben.browser.post_json("/webauthn/step-up/options", &json!({})).await;
        assert!(asked.status >= 400, "{}", asked.body);
        // It is no device, at the console and in figures.
        let id = user(&server, "ben").await.id;
        assert_eq!(server.database.number("SELECT device_count FROM users WHERE name = 'ben'"), 1);
        let devices = format!("SELECT COUNT(*) FROM devices WHERE user_id = '{id}'");
        assert_eq!(server.database.number(&devices), 1);
        keyward(server.folder(), &["report", "count"]).done();
        let figure = "SELECT phishing_resistant + two_devices FROM coverage WHERE group_name = ''";
        assert_eq!(server.database.number(figure), 0);
    }

    async fn attack_a_code_without_its_key_or_a_key_without_its_code_activates(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        server.user("ben").await;
        server.user("clara").await;
        let (mut bens, mut claras) = (SoftAuthenticator::passkey(), SoftAuthenticator::passkey());
        let key = kept(&server, &anna, "10000017", "ben").await;
        let other = kept(&server, &anna, "10000025", "clara").await;
        assert_eq!(registers(&anna, &key, "passkey", &mut bens).await.status, 200);
        assert_eq!(registers(&anna, &other, "passkey", &mut claras).await.status, 200);
        let first = code(&anna, &key).await;
        let others = code(&anna, &other).await;
        // The key alone.
        let thief = server.stranger("ben");
        assert_eq!(asks_to_use(&thief).await.code(), "ceremony.not_started");
        assert_eq!(thief.visits("/activate/key").await.path, "/activate");
        // The code with another key, that of another code too.
        gives(&thief, &first).await;
        let mut asked = asks_to_use(&thief).await.json();
        asked["allowCredentials"] = json!([]);
        let wrong = claras.authenticate(&asked, &thief.browser.origin());
        assert_eq!(answers(&thief, &wrong).await.code(), "ceremony.unknown_credential");
        // The right key, for a challenge that was answered.
        let late = bens.authenticate(&asked, &thief.browser.origin());
        assert_eq!(answers(&thief, &late).await.code(), "ceremony.not_started");
        // Without the PIN that was given at the desk.
        bens.user_verified = false;
        let told = uses(&thief, &mut bens).await;
        assert_eq!(told.code(), "ceremony.user_verification", "{}", told.body);
        bens.user_verified = true;
        // The key for the code of another.
        gives(&thief, &others).await;
        let mut asked = asks_to_use(&thief).await.json();
        asked["allowCredentials"] = json!([]);
        let wrong = bens.authenticate(&asked, &thief.browser.origin());
        assert_eq!(answers(&thief, &wrong).await.code(), "ceremony.unknown_credential");
        // A code that was replaced, also where it was given before that.
        gives(&thief, &first).await;
        let asked = asks_to_use(&thief).await.json();
        let second = code(&anna, &key).await;
        let answer = bens.authenticate(&asked, &thief.browser.origin());
        assert_eq!(answers(&thief, &answer).await.code(), "activation.code");
        let page = gives(&thief, &first).await;
        assert!(page.notice().contains("This code does not work"), "{}", page.text());
        // One that is too old.
        server.clock.turn(Duration::from_secs(31 * 24 * 3600));
        let page = gives(&thief, &second).await;
        assert!(page.notice().contains("This code does not work"), "{}", page.text());
        assert_eq!((server.database.number(CREDENTIALS), server.database.number(WAITING)), (0, 2));
        assert_eq!(state(&server, &key), "stock");
    }

    async fn attack_a_code_is_guessed_until_it_is_right(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "5")]).await;
        let thief = server.stranger("ben");
        for number in 0..5 {
            let page = gives(&thief, &format!("ABCD-EFGH-JKMN-PQR{number}")).await;
            assert!(page.notice().contains("This code does not work"), "{}", page.text());
        }
        let page = gives(&thief, "ABCD-EFGH-JKMN-PQRS").await;
        assert_eq!(page.status, 429, "{}", page.text());
        assert_eq!(server.database.number("SELECT COUNT(*) FROM journeys"), 0);
    }

    async fn attack_one_code_is_given_again_and_again(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        server.user("ben").await;
        let key = kept(&server, &anna, "10000017", "ben").await;
        let mut passkey = SoftAuthenticator::passkey();
        assert_eq!(registers(&anna, &key, "passkey", &mut passkey).await.status, 200);
        let given = code(&anna, &key).await;
        let thief = server.stranger("ben");
        for _ in 0..20 {
            assert_eq!(gives(&thief, &given).await.path, "/activate/key");
        }
        let page = gives(&thief, &given).await;
        assert!(page.notice().contains("This code does not work"), "{}", page.text());
        // A new one works.
        let given = code(&anna, &key).await;
        assert_eq!(gives(&thief, &given).await.path, "/activate/key");
        assert_eq!(uses(&thief, &mut passkey).await.status, 200);
    }

    async fn attack_something_is_registered_by_another_for_another_or_on_a_key_that_is_not_theirs(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let ben = with_app(&server, "ben").await;
        let mut otto = server.superuser("otto").await;
        otto.signs_in().await;
        otto.adds_an_app().await;
        let key = kept(&server, &anna, "10000017", "ben").await;
        // By nobody without rights.
        assert_eq!(options(&ben, &key, "passkey").await.code(), "console.superuser");
        assert_eq!(options(&server.stranger("ben"), &key, "passkey").await.code(), "session.required");
        // Not for oneself, and of no kind that no ceremony makes.
        keyward(server.folder(), &["key", "add", "10000033"]).done();
        keyward(server.folder(), &["key", "assign", "10000033", "anna"]).done();
        let own = server.database.text("SELECT id FROM keys WHERE serial = '10000033'");
        assert_eq!(options(&anna, &own, "passkey").await.code(), "user.self");
        assert_eq!(options(&anna, &key, "totp").await.code(), "request.malformed");
        // An answer is good once, at the desk that asked.
        let mut passkey = SoftAuthenticator::passkey();
        let asked = options(&anna, &key, "passkey").await.json();
        let answer = passkey.register(&asked, &anna.browser.origin());
        assert_eq!(sends(&otto, &answer).await.code(), "ceremony.not_started");
        options(&otto, &key, "passkey").await;
        assert!(sends(&otto, &answer).await.status >= 400);
        // The key went to somebody else meanwhile.
        keyward(server.folder(), &["key", "take-back", "10000017", "--yes"]).done();
        assert_eq!(sends(&anna, &answer).await.code(), "key.owner_needed");
        assert_eq!(sends(&anna, &answer).await.code(), "ceremony.not_started");
        assert_eq!(options(&anna, &key, "passkey").await.code(), "key.owner_needed");
        assert_eq!(server.database.number(WAITING), 0);
    }

    async fn attack_what_waits_on_a_lost_or_taken_key_or_for_a_disabled_user_is_activated(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        server.user("ben").await;
        let mut passkey = SoftAuthenticator::passkey();
        let key = kept(&server, &anna, "10000017", "ben").await;
        assert_eq!(registers(&anna, &key, "passkey", &mut passkey).await.status, 200);
        let given = code(&anna, &key).await;
        let thief = server.stranger("ben");
        gives(&thief, &given).await;
        keyward(server.folder(), &["user", "disable", "ben"]).done();
        assert_eq!(asks_to_use(&thief).await.code(), "ceremony.not_started");
        gives(&thief, &given).await;
        assert_eq!(uses(&thief, &mut passkey).await.code(), "user.disabled");
        keyward(server.folder(), &["user", "enable", "ben"]).done();
        keyward(server.folder(), &["key", "lost", "10000017", "--yes"]).done();
        // The key and the letter may be in one pair of hands: the code is void, also when the key is back.
        gives(&thief, &given).await;
        assert_eq!(asks_to_use(&thief).await.code(), "activation.code");
        keyward(server.folder(), &["key", "give-back", "10000017"]).done();
        gives(&thief, &given).await;
        assert_eq!(asks_to_use(&thief).await.code(), "activation.code");
        assert_eq!(server.database.number(WAITING), 1);
        // Whoever gets the key next finds nothing on it.
        keyward(server.folder(), &["key", "take-back", "10000017", "--yes"]).done();
        assert_eq!((server.database.number(CREDENTIALS), server.database.number(WAITING)), (0, 0));
        let key = kept(&server, &anna, "10000018", "ben").await;
        assert_eq!(registers(&anna, &key, "passkey", &mut passkey).await.status, 200);
        assert_eq!(server.database.number(WAITING), 1);
        // It goes with its owner.
        keyward(server.folder(), &["user", "delete", "ben", "--yes"]).done();
        assert_eq!(server.database.number(WAITING), 0);
    }
}
