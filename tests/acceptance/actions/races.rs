//! Many requests at once: exactly one wins.

use diesel::PgConnection;
use diesel::connection::{Connection as _, SimpleConnection as _};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

use keyward_actions::lockout::{self, Lockouts};
use keyward_actions::session;
use keyward_actions::user;
use keyward_core::flows::permit::Administrator;
use keyward_test_support::backends::{At as Which, Behind};
use keyward_test_support::client::Client;
use keyward_test_support::hostile_validation::{HostileServer, Lie};
use keyward_test_support::on_every_database;
use keyward_test_support::page::{Form, Page};
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use keyward_test_support::soft_yubikey::SoftYubikey;

const AT_ONCE: usize = 64;

/// No lockout: it would hide a second winner.
const UNBOUNDED: &[(&str, &str)] = &[
    ("lockout.user_failures", "1000"),
    ("lockout.address_failures", "100000"),
];

fn public_key(options: &Page) -> Value {
    let options = options.json();
    options.get("publicKey").cloned().unwrap_or(options)
}

async fn with_an_app(server: &Server) -> Person {
    let mut anna = server.user("anna").await;
    anna.signs_in().await;
    anna.adds_an_app().await;
    server.clock.turn(Duration::from_secs(120));
    anna.elsewhere(&server.base)
}

/// Sends all forms at once, each from its browser; gives back how many opened the account.
async fn winners(tries: Vec<(Client, Page, Form)>) -> usize {
    let answers = tries.into_iter().map(|(browser, page, form)| {
        tokio::spawn(async move {
            let answer = browser.submit(&page, &form).await;
            assert!(answer.status < 500, "{}", answer.body);
            browser.get("/account").await.status == 200
        })
    });
    let opened = join_all(answers).await;
    opened
        .into_iter()
        .filter(|opened| *opened.as_ref().expect("no panic"))
        .count()
}

on_every_database! {
    async fn of_64_posts_of_one_code_from_64_browsers_one_wins(at: At) {
        let server = Server::with(at, UNBOUNDED).await;
        let anna = with_an_app(&server).await;
        let mut tries = Vec::new();
        for _ in 0..AT_ONCE {
            let anna = anna.elsewhere(&server.base);
            let page = anna.types_password().await;
            tries.push((anna.browser.clone(), page));
        }
        let code = anna.code();
        let tries = tries
            .into_iter()
            .map(|(browser, page)| {
                let form = page.form("Continue").fill("Code", &code);
                (browser, page, form)
            })
            .collect();
        assert_eq!(winners(tries).await, 1);
    }

    async fn of_64_posts_of_one_turn_with_a_right_code_one_wins(at: At) {
        let server = Server::with(at, UNBOUNDED).await;
        let anna = with_an_app(&server).await;
        let page = anna.types_password().await;
        let form = page.form("Continue").fill("Code", &anna.code());
        // Copies of one cookie, so that each answer's new cookie stays with its own browser.
        let tries = (0..AT_ONCE)
            .map(|_| (anna.browser.copy(), page.clone(), form.clone()))
            .collect();
        assert_eq!(winners(tries).await, 1);
    }

    async fn of_64_confirmations_of_one_app_one_enrols_it(at: At) {
        let server = Server::with(at, UNBOUNDED).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.visits("/account/devices/add/totp").await;
        anna.scans(&page);
        let form = page.form("Confirm").fill("Code", &anna.code());
        let posts = (0..AT_ONCE).map(|_| {
            let (browser, page, form) = (anna.browser.copy(), page.clone(), form.clone());
            tokio::spawn(async move { browser.submit(&page, &form).await.status })
        });
        for status in join_all(posts).await {
            assert!(status.expect("no panic") < 500);
        }
        let trail = server.events("device.added");
        assert_eq!(trail, 1, "one app was enrolled {trail} times");
    }

    async fn of_64_posts_of_one_touch_from_64_browsers_one_wins(at: At) {
        // A service that confirms everything: what refuses the other 63 is ours.
        let service = HostileServer::start(Lie::Truth);
        let setting = format!(
            "[{{ name = \"gullible\", urls = [\"{}\"], client_id = 7, api_key = \"{}\" }}]",
            service.url(),
            HostileServer::api_key_base64()
        );
        let mut settings = UNBOUNDED.to_vec();
        settings.push(("yubikey.services", &setting));
        let server = Server::with(at, &settings).await;
        let mut key = SoftYubikey::numbered(64);
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.visits("/account/devices/add/yubikey").await;
        let form = page.form("Add YubiKey").fill("YubiKey", &key.touch());
        anna.browser.submit(&page, &form).await;
        let mut tries = Vec::new();
        let touch = key.touch();
        for _ in 0..AT_ONCE {
            let anna = anna.elsewhere(&server.base);
            let page = anna.types_password().await;
            let form = page.form("Continue").fill("YubiKey", &touch);
            tries.push((anna.browser.clone(), page, form));
        }
        assert_eq!(winners(tries).await, 1);
    }

    async fn of_64_posts_of_one_assertion_one_wins(at: At) {
        let server = Server::with(at, UNBOUNDED).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::passkey();
        let wish = json!({ "kind": "passkey" });
        let options = anna.browser.post_json("/webauthn/registration/options", &wish).await;
        let answer = key.register(&public_key(&options), &server.base);
        anna.browser.post_json("/webauthn/registration/verify", &answer).await;
        let anna = anna.elsewhere(&server.base);
        anna.types_password().await;
        let options = anna.browser.post_json("/webauthn/authentication/options", &json!({})).await;
        let answer = key.authenticate(&public_key(&options), &server.base);
        let posts = (0..AT_ONCE).map(|_| {
            let (browser, answer) = (anna.browser.copy(), answer.clone());
            tokio::spawn(async move {
                let page = browser.post_json("/webauthn/authentication/verify", &answer).await;
                assert!(page.status < 500, "{}", page.body);
                browser.get("/account").await.status == 200
            })
        });
        let won = join_all(posts).await.into_iter().filter(|won| *won.as_ref().expect("no panic"));
        assert_eq!(won.count(), 1);
    }

    async fn of_many_who_try_at_once_from_one_address_no_more_get_past_than_one_after_the_other(at: At) {
        let server = Server::with(at, &[("server.trusted_proxies", "1")]).await;
        let browser = server.browser();
        let tries = async |from: &'static str, path: &str, field: &'static str| {
            let posts = (0..100).map(|number| {
                let (browser, path) = (browser.copy(), path.replace("{}", &number.to_string()));
                tokio::spawn(async move {
                    let request = match field {
                        "" => browser.request(Method::GET, &path),
                        field => {
                            let value = format!("nobody{number}@example.org");
                            browser.our_post(&path).form(&[(field, value.as_str()), ("pass", "x"), ("password", "x")])
                        }
                    };
                    browser.send(request.header("x-forwarded-for", from)).await.status
                })
            });
            let mut statuses = BTreeMap::new();
            for status in join_all(posts).await {
                *statuses.entry(status.expect("no panic")).or_insert(0) += 1;
            }
            statuses
        };
        for (from, path, field) in [
            ("192.0.2.1", "/recover", "email"),
            ("192.0.2.2", "/sign-in/pass", "username"),
            ("192.0.2.3", "/sign-in/password", "username"),
            ("192.0.2.4", "/invite/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA{}", ""),
            ("192.0.2.5", "/invite/x{}", ""),
        ] {
            let statuses = tries(from, path, field).await;
            let past = 100 - statuses.get(&429).copied().unwrap_or(0);
            assert!((1..=20).contains(&past), "{path}: {past} got past: {statuses:?}");
        }
    }
}

/// On PostgreSQL two transactions that take the same rows in opposite orders wait for each other
/// until the server ends one of them, which somebody is told as 503.
#[tokio::test]
async fn what_one_person_does_at_once_never_waits_in_a_ring() {
    let server = Server::start(Which::Postgres).await;
    let mut people = Vec::new();
    for name in ["anna", "ben"] {
        let mut person = server.user(name).await;
        person.signs_in().await;
        if name == "ben" {
            person.adds_an_app().await;
        }
        people.push(person);
    }
    let administrator = Administrator::at_command_line();
    for _ in 0..6 {
        let mut signing = Vec::new();
        let mut changing = Vec::new();
        for person in &people {
            for _ in 0..4 {
                signing.push(async {
                    let browser = server.stranger(&person.name);
                    let page = browser.types_password().await;
                    assert!(page.status < 500, "{}", page.text());
                    if page.text().contains("Code") {
                        let page = browser.types_code(&page, "000000").await;
                        assert!(page.status < 500, "{}", page.text());
                    }
                });
            }
            changing.push(async {
                server.sets_password(&person.name).await;
                let user = user::find_by_name(&server.app, &administrator, &person.name);
                let user = user.await.expect("a database").expect("a user");
                let ended = session::end_all_of(&server.app, &administrator, user.id);
                ended.await.expect("sessions end");
                let unlocked = lockout::unlock_user(&server.app, &administrator, user.id);
                unlocked.await.expect("counts are forgotten");
                let cleared = lockout::clear(&server.app, &administrator, Lockouts::All);
                cleared.await.expect("counts are forgotten");
            });
        }
        let everybody = session::end_everybodys(&server.app, &administrator);
        let signing = futures_util::future::join_all(signing);
        let changing = futures_util::future::join_all(changing);
        let (_, _, ended) = tokio::join!(signing, changing, everybody);
        ended.expect("sessions end");
    }
}

/// Whoever makes a set-up link holds the turn first and then takes the links before it away; so does
/// whoever uses one. In opposite orders they would wait for each other, and somebody be told 503.
#[tokio::test]
async fn a_set_up_and_a_new_link_never_wait_in_a_ring() {
    let server = Server::start(Which::Postgres).await;
    let Behind::Postgres(database) = &server.database else {
        panic!("it was asked for");
    };
    let link = server.setup_link().await;
    let token = link.rsplit('=').next().expect("a token").to_owned();
    let mut other = PgConnection::establish(&database.url).expect("a database");
    let hold = "BEGIN; INSERT INTO instance (name, value) VALUES ('setup_turn', '') \
         ON CONFLICT (name) DO UPDATE SET value = ''";
    other.batch_execute(hold).expect("the turn");
    let browser = server.browser();
    let set_up = tokio::spawn(async move {
        let fields = [
            ("token", token.as_str()),
            ("username", "anna"),
            ("password", PASSWORD),
        ];
        browser.post("/setup", &fields).await.status
    });
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while !set_up.is_finished() && server.database.number(waiting) == 0 {
        tokio::task::yield_now().await;
    }
    let taken = other.batch_execute("DELETE FROM setup_links; COMMIT");
    taken.expect("nobody else has the link");
    assert_eq!(set_up.await.expect("no panic"), 409);
}
