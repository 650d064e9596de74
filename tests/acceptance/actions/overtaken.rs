//! What changes between two steps of a request, at each moment between them in turn: the server looks
//! at its clock on the way, and what others do happens at each of these looks.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::jobs::mail::server_with;
use keyward_test_support::backends::At;
use keyward_test_support::codes::next_code;
use keyward_test_support::command::{keyward, keyward_reads};
use keyward_test_support::hostile_validation::{HostileServer, Lie};
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::yubiserver::Yubiserver;

/// More than the looks that any request takes, and those again.
const PEOPLE: usize = 36;
/// How often what a job may have spoilt is tried.
const TRIES: usize = 3;
/// The change did not happen.
const NEVER: i64 = -1;

const DISABLED: &str = "UPDATE users SET is_enabled = FALSE WHERE id = '{id}'";
const DELETED: &str = "DELETE FROM users WHERE id = '{id}'";
const SIGNED_OUT: &str = "DELETE FROM sessions WHERE user_id = '{id}'";
const REPLACED: &str = "UPDATE users SET password_hash = 'replaced', \
    password_version = password_version + 1 WHERE id = '{id}'";
const DEVICES_REMOVED: &str = "DELETE FROM devices WHERE user_id = '{id}'";
const ON_HOLD: &str = "UPDATE devices SET state = 'suspect' WHERE user_id = '{id}'";
const GIVEN_UP: &str = "DELETE FROM journeys WHERE user_id = '{id}'";

pub const SESSIONS: &str = "SELECT COUNT(*) FROM sessions WHERE user_id = '{id}'";
pub const RAISED: &str = "SELECT COUNT(*) FROM events WHERE subject_user = '{id}' \
    AND kind = 'session.stepped_up' AND refusal IS NULL";
pub const ADDED: &str = "SELECT COUNT(*) FROM events WHERE subject_user = '{id}' \
    AND kind = 'device.added' AND refusal IS NULL";

/// What came of an act that something happened within.
enum Came {
    /// It was done before that.
    Done,
    /// It was overtaken, and nothing was done.
    Nothing,
    /// It was overtaken, and done all the same.
    DoneAllTheSame(String),
}

/// Does the same again and again, each time for somebody else, while something happens to them at
/// another moment of it. Where that was first, nothing is done: the count of effects stays as it was.
pub async fn at_every_moment<R>(
    server: &Server,
    (change, effect): (&str, &str),
    what: &str,
    prepare: impl AsyncFn(&Server, &str) -> R,
    act: impl AsyncFn(R) -> Page,
) {
    let (mut nth, mut overtaken, mut again) = (0, 0, 0);
    for person in 0..PEOPLE {
        let name = format!("anna{person}");
        let ready = prepare(server, &name).await;
        let (came, was_reached) = at_moment(server, (change, effect), nth, &name, async || {
            let page = act(ready).await;
            assert_ne!(page.status, 500, "{what}: {change}: {nth}: {}", page.text());
            page
        })
        .await;
        match came {
            Came::Done => {}
            Came::Nothing => overtaken += 1,
            // A job may have looked at the clock, at a moment between two that no other reading has:
            // what is wrong at one of the act's own is so each time.
            Came::DoneAllTheSame(said) => {
                again += 1;
                assert!(again < TRIES, "{what}: {change}: {nth}: {said}");
                continue;
            }
        }
        nth += 1;
        if !was_reached && overtaken > 1 {
            return;
        }
        if !was_reached {
            again += 1;
            assert!(again < TRIES, "{what}: {change}: at {overtaken} moments");
            (nth, overtaken) = (0, 0);
        }
    }
    panic!("{what}: {change}: the act has no end");
}

/// What comes of the act where the change happens at this reading of the clock, and whether there were
/// that many.
async fn at_moment(
    server: &Server,
    (change, effect): (&str, &str),
    nth: usize,
    name: &str,
    act: impl AsyncFnOnce() -> Page,
) -> (Came, bool) {
    let id = format!("SELECT id FROM users WHERE name = '{name}'");
    let id = server.database.text(&id);
    let [change_of, effects] = [change, effect].map(|text| text.replace("{id}", &id));
    let before = server.database.number(&effects);
    let seen = Arc::new(AtomicI64::new(NEVER));
    let happens = server.database.change(&change_of, &effects);
    let told = Arc::clone(&seen);
    server.clock.after_readings(nth, move || {
        told.store(happens().unwrap_or(NEVER), Ordering::SeqCst);
    });
    let page = act().await;
    let was_reached = !server.clock.forget();
    let mut came = Came::Done;
    if seen.load(Ordering::SeqCst) == before {
        let after = server.database.number(&effects);
        // Whoever is gone has no rows.
        came = match after <= before {
            true => Came::Nothing,
            false => Came::DoneAllTheSame(format!("{after}: {} {}", page.status, page.text())),
        };
    }
    server
        .database
        .execute(&format!("DELETE FROM users WHERE id = '{id}'"));
    (came, was_reached)
}

pub async fn at_home(server: &Server, name: &str) -> Person {
    let mut person = server.user(name).await;
    person.signs_in().await;
    person.adds_an_app().await;
    person
}

/// Somebody with a key, who typed their password elsewhere, and what the key answers there.
pub async fn with_an_answer(server: &Server, name: &str) -> (Person, Value) {
    let mut key = SoftAuthenticator::security_key();
    let person = server.user(name).await;
    person.signs_in().await;
    assert_eq!(person.registers("security-key", &mut key).await.status, 200);
    person.signs_out().await;
    person.types_password().await;
    let options = person.asks_to_authenticate().await.json();
    let answer = key.authenticate(&options, &person.browser.origin());
    (person, answer)
}

pub async fn with_a_passkey(server: &Server, name: &str) -> (Person, Value) {
    let mut key = SoftAuthenticator::passkey();
    let person = server.user(name).await;
    person.signs_in().await;
    assert_eq!(person.registers("passkey", &mut key).await.status, 200);
    person.signs_out().await;
    let options = person.asks_for_a_passkey(None).await.json();
    let answer = key.authenticate(&options, &person.browser.origin());
    (person, answer)
}

/// Somebody whose last proof is too old, and what their key answers to the step-up.
pub async fn stepping_up(server: &Server, name: &str) -> (Person, Value) {
    let mut key = SoftAuthenticator::security_key();
    let person = server.user(name).await;
    person.signs_in().await;
    assert_eq!(person.registers("security-key", &mut key).await.status, 200);
    server.clock.turn(Duration::from_secs(601));
    person.visits("/step-up?next=/account/devices/add").await;
    let options = person
        .browser
        .post_json("/webauthn/step-up/options", &json!({}))
        .await;
    let answer = key.authenticate(&options.json(), &person.browser.origin());
    (person, answer)
}

pub async fn registering(server: &Server, name: &str) -> (Person, Value) {
    let person = at_home(server, name).await;
    let options = person.asks_to_register("passkey").await.json();
    let answer = SoftAuthenticator::passkey().register(&options, &person.browser.origin());
    (person, answer)
}

pub async fn sends((person, answer): (Person, Value)) -> Page {
    person.sends_authentication(&answer).await
}

async fn touching(at: At) -> (Server, Yubiserver) {
    let keys: Vec<SoftYubikey> = (0..PEOPLE).map(numbered).collect();
    let service = Yubiserver::start(&keys.iter().collect::<Vec<_>>());
    let services = format!("[{}]", service.as_table());
    (
        Server::with(at, &[("yubikey.services", &services)]).await,
        service,
    )
}

fn numbered(number: usize) -> SoftYubikey {
    SoftYubikey::numbered(u8::try_from(number).expect("few") + 1)
}

fn number_of(name: &str) -> usize {
    name.trim_start_matches("anna").parse().expect("a number")
}

on_every_database! {
    async fn a_key_opens_nothing_for_whom_it_does_not_prove_any_more(at: At) {
        for change in [DISABLED, ON_HOLD, REPLACED, DELETED] {
            let server = Server::start(at).await;
            at_every_moment(&server, (change, SESSIONS), "a key", with_an_answer, sends).await;
        }
    }

    async fn a_passkey_opens_nothing_for_whom_it_does_not_prove_any_more(at: At) {
        for change in [DISABLED, DEVICES_REMOVED] {
            let server = Server::start(at).await;
            at_every_moment(&server, (change, SESSIONS), "a passkey", with_a_passkey, sends).await;
        }
    }

    async fn a_key_raises_no_session_that_ended_meanwhile(at: At) {
        let verify = async |(person, answer): (Person, Value)| {
            person.browser.post_json("/webauthn/step-up/verify", &answer).await
        };
        for change in [SIGNED_OUT, ON_HOLD] {
            let server = Server::start(at).await;
            at_every_moment(&server, (change, RAISED), "a step-up", stepping_up, verify).await;
        }
    }

    async fn no_passkey_is_added_in_a_session_that_ended_meanwhile_or_against_new_policy(at: At) {
        let verify = async |(person, answer): (Person, Value)| person.sends_registration(&answer).await;
        let rules = r#"UPDATE policies SET rules = '{"kinds": ["totp"]}', version = version + 1"#;
        for change in [SIGNED_OUT, DELETED] {
            let server = Server::start(at).await;
            at_every_moment(&server, (change, ADDED), "a registration", registering, verify).await;
        }
        let server = Server::start(at).await;
        keyward(server.folder(), &["policy", "set", "--empty", "--least-devices", "2"]).done();
        keyward(server.folder(), &["policy", "switch-on"]).done();
        let lenient = server.database.text("SELECT rules FROM policies");
        let prepare = async |server: &Server, name: &str| {
            server.database.execute(&format!("UPDATE policies SET rules = '{lenient}'"));
            registering(server, name).await
        };
        at_every_moment(&server, (rules, ADDED), "a registration", prepare, verify).await;
    }

    async fn no_app_and_no_backup_codes_are_added_in_a_session_that_ended_meanwhile(at: At) {
        let prepare = async |server: &Server, name: &str| {
            let mut person = server.user(name).await;
            person.signs_in().await;
            let page = person.visits("/account/devices/add/totp").await;
            person.scans(&page);
            (person, page)
        };
        let confirms = async |(person, page): (Person, Page)| {
            let form = page.form("Confirm").fill("Code", &person.code());
            person.browser.submit(&page, &form).await
        };
        let makes = async |person: Person| person.browser.post("/account/backup-codes", &[]).await;
        for change in [SIGNED_OUT, DELETED] {
            let server = Server::start(at).await;
            at_every_moment(&server, (change, ADDED), "an app", prepare, confirms).await;
            at_every_moment(&server, (change, ADDED), "backup codes", at_home, makes).await;
        }
    }

    async fn a_touch_opens_nothing_once_the_key_its_service_or_its_owner_is_out(at: At) {
        let prepare = async |server: &Server, name: &str| {
            let mut key = numbered(number_of(name));
            let person = server.user(name).await;
            person.signs_in().await;
            assert_eq!(person.adds_a_yubikey(&key.touch()).await.path, "/account/devices");
            person.signs_out().await;
            let page = person.types_password().await;
            (person, page, key.touch())
        };
        let touches = async |(person, page, otp): (Person, Page, String)| {
            let form = page.form("Continue").fill("YubiKey", &otp);
            person.browser.submit(&page, &form).await
        };
        for change in [DEVICES_REMOVED, GIVEN_UP] {
            let (server, _service) = touching(at).await;
            at_every_moment(&server, (change, SESSIONS), "a touch", prepare, touches).await;
        }
    }

    async fn what_a_service_confirms_is_worth_nothing_once_it_is_out_of_use(at: At) {
        type Change = Box<dyn FnOnce() -> Option<i64> + Send>;
        let change: Arc<Mutex<Option<Change>>> = Arc::default();
        let happens = Arc::clone(&change);
        let service = HostileServer::acting(Lie::Truth, move || {
            let happens = happens.lock().unwrap_or_else(PoisonError::into_inner).take();
            assert!(happens.is_none_or(|happens| happens().is_some()), "rows are held");
        });
        let server = Server::start(at).await;
        let add = ["validation", "service", "add", "main", "--url", &service.url(), "--client-id", "7",
            "--api-key-stdin"];
        keyward_reads(server.folder(), &add, &HostileServer::api_key_base64()).done();
        let anna = server.user("anna").await;
        let mut key = SoftYubikey::numbered(1);
        anna.signs_in().await;
        assert_eq!(anna.adds_a_yubikey(&key.touch()).await.path, "/account/devices");
        anna.signs_out().await;
        let gone = ["UPDATE validation_services SET is_enabled = FALSE",
            "UPDATE validation_services SET client_id = 8", "DELETE FROM validation_services"];
        for (number, gone) in gone.into_iter().enumerate() {
            server.database.execute("UPDATE validation_services SET is_enabled = TRUE, client_id = 7");
            let page = anna.types_password().await;
            let at_the_question = server.database.change(gone, "SELECT 0");
            *change.lock().unwrap_or_else(PoisonError::into_inner) = Some(at_the_question);
            let page = anna.touches(&page, &key.touch()).await;
            assert!(!anna.is_in().await, "{gone}: {}", page.text());
            // Once to add the key, and once for each change before.
            assert_eq!(service.questions().len(), number + 2, "{gone}");
            anna.browser.post("/sign-in/restart", &[]).await;
        }
    }

    async fn a_client_that_is_revoked_while_it_asks_is_answered_as_one_that_is_unknown(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let came = "SELECT counter * 1000 + session_use FROM otp_keys";
        assert_eq!(client.asks(&key.touch()).await.status(), "OK");
        let mut overtaken = 0;
        // A job of the server may read the clock that the attack waits for: then it is made again.
        for nth in (0..4).cycle().take(40) {
            if nth == 0 && overtaken > 0 {
                break;
            }
            server.database.execute("UPDATE validation_clients SET is_active = TRUE");
            let before = server.database.number(came);
            let seen = Arc::new(AtomicI64::new(NEVER));
            let told = Arc::clone(&seen);
            let revoke = "UPDATE validation_clients SET is_active = FALSE";
            let happens = server.database.change(revoke, came);
            server.clock.after_readings(nth, move || {
                told.store(happens().unwrap_or(NEVER), Ordering::SeqCst);
            });
            let reply = client.asks(&key.touch()).await;
            server.clock.forget();
            if seen.load(Ordering::SeqCst) == before {
                assert_eq!(reply.status(), "NO_SUCH_CLIENT", "{nth}");
                assert_eq!(server.database.number(came), before, "{nth}");
                overtaken += 1;
            }
        }
        assert!(overtaken > 0);
    }

    async fn no_code_goes_to_an_address_whose_owner_is_out_meanwhile(at: At) {
        let mailbox = Mailbox::start();
        let address = |person: &Person| format!("{}@example.net", person.name);
        let sent = "SELECT COUNT(*) FROM delivered_codes JOIN journeys ON journeys.id = journey_id \
            WHERE user_id = '{id}'";
        let names = async |person: Person| {
            let fields = [("email", &*address(&person))];
            person.browser.post("/account/devices/add/email", &fields).await
        };
        for change in [SIGNED_OUT, DELETED] {
            let server = server_with(at, &mailbox, &[]).await;
            at_every_moment(&server, (change, sent), "a new address", at_home, names).await;
        }
        let prepare = async |server: &Server, name: &str| {
            let person = server.user(name).await;
            person.signs_in().await;
            person.adds_mailbox(&address(&person), &mailbox).await;
            person.signs_out().await;
            server.clock.turn(Duration::from_mins(10));
            let page = person.types_password().await;
            (person, page)
        };
        let asks = async |(person, page): (Person, Page)| person.browser.press(&page, "Send code").await;
        for change in [DEVICES_REMOVED, DELETED] {
            let server = server_with(at, &mailbox, &[]).await;
            at_every_moment(&server, (change, sent), "a code", prepare, asks).await;
        }
    }

    async fn a_code_adds_no_address_and_changes_none_in_a_session_that_ended_meanwhile(at: At) {
        let mailbox = Mailbox::start();
        let changed = "SELECT COUNT(*) FROM users WHERE id = '{id}' AND email LIKE 'anna%'";
        let prepare = async |server: &Server, name: &str| {
            let person = at_home(server, name).await;
            let before = keyward_test_support::codes::codes(&mailbox).len();
            let page = person.visits("/account/email").await;
            let form = page.form("Send code").fill("Email", &format!("{name}@example.net"));
            let answer = person.browser.submit(&page, &form).await;
            let page = person.browser.follow(answer).await;
            let code = next_code(&mailbox, before).await;
            (person, page, code)
        };
        let confirms = async |(person, page, code): (Person, Page, String)| {
            let form = page.form("Confirm").fill("Code", &code);
            person.browser.submit(&page, &form).await
        };
        let server = server_with(at, &mailbox, &[]).await;
        at_every_moment(&server, (SIGNED_OUT, changed), "an address", prepare, confirms).await;
    }

    async fn a_link_sets_no_password_once_it_was_withdrawn_or_its_owner_is_out(at: At) {
        let prepare = async |server: &Server, name: &str| {
            let person = server.user(name).await;
            let said = keyward(server.folder(), &["user", "password-link", name]).done();
            let link = said.split_whitespace().find(|word| word.contains("/recover/"));
            let link = link.expect("a link").rsplit("/recover/").next().map(|token| format!("/recover/{token}"));
            (person, link.expect("a token"))
        };
        let chooses = async |(person, link): (Person, String)| {
            let fields = [("new_password", "nine purple umbrellas sing")];
            person.browser.post(&link, &fields).await
        };
        let set = "SELECT COUNT(*) FROM events WHERE subject_user = '{id}' AND kind = 'password.set' \
            AND refusal IS NULL";
        for change in ["DELETE FROM recoveries WHERE user_id = '{id}'", DELETED] {
            let server = Server::start(at).await;
            at_every_moment(&server, (change, set), "a link", prepare, chooses).await;
        }
    }

    async fn nothing_of_ones_own_is_changed_in_a_session_that_ended_meanwhile(at: At) {
        let told = "SELECT COUNT(*) FROM events WHERE subject_user = '{id}' AND kind IN \
            ('device.renamed', 'device.removed', 'device.made_default', 'session.ended', \
             'user.display_name_changed') AND refusal IS NULL";
        let prepare = async |server: &Server, name: &str| {
            let person = at_home(server, name).await;
            let id = person.devices().await[0].id.clone();
            (person, id)
        };
        let paths = ["devices/{id}/rename", "devices/{id}/default", "devices/{id}/remove", "profile",
            "sessions/others/end"];
        let server = Server::start(at).await;
        for path in paths {
            let act = async |(person, id): (Person, String)| {
                let path = format!("/account/{}", path.replace("{id}", &id));
                let fields = [("name", "x"), ("username", &*person.name), ("display_name", "x")];
                person.browser.post(&path, &fields).await
            };
            at_every_moment(&server, (SIGNED_OUT, told), path, prepare, act).await;
        }
    }
}
