//! Keys that answer many times at once: exactly one answer wins.

use futures_util::future::join_all;

use keyward_test_support::hostile_validation::{HostileServer, Lie};
use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::yubiserver::Yubiserver;

const AT_ONCE: usize = 64;

/// No lockout: it would hide a second winner.
const UNBOUNDED: [(&str, &str); 2] = [
    ("lockout.user_failures", "1000"),
    ("lockout.address_failures", "100000"),
];

/// One touch of anna's from as many browsers as there are; how many accounts it opened.
async fn one_touch_from_everywhere(server: &Server, key: &mut SoftYubikey) -> usize {
    let anna = server.user("anna").await;
    anna.signs_in().await;
    let page = anna.adds_a_yubikey(&key.touch()).await;
    assert_eq!(page.path, "/account/devices", "{}", page.text());
    let mut tries = Vec::new();
    for _ in 0..AT_ONCE {
        let anna = anna.elsewhere(&server.base);
        let page = anna.types_password().await;
        tries.push((anna, page));
    }
    let otp = key.touch();
    let sent = tries.into_iter().map(|(anna, page)| {
        let form = page.form("Continue").fill("YubiKey", &otp);
        tokio::spawn(async move {
            let answer = anna.browser.submit(&page, &form).await;
            assert!(answer.status < 500, "{}", answer.body);
            anna.is_in().await
        })
    });
    count(sent).await
}

async fn count(sent: impl Iterator<Item = tokio::task::JoinHandle<bool>>) -> usize {
    let inside = join_all(sent).await;
    let inside = inside.into_iter().map(|inside| inside.expect("no panic"));
    inside.filter(|inside| *inside).count()
}

/// Sends each answer from its own browser; how many accounts that opened.
async fn answers(tries: Vec<(Person, serde_json::Value)>) -> usize {
    let sent = tries.into_iter().map(|(person, answer)| {
        tokio::spawn(async move {
            let answer = person.sends_authentication(&answer).await;
            assert!(answer.status < 500, "{}", answer.body);
            person.is_in().await
        })
    });
    count(sent).await
}

async fn with_a_key(server: &Server, key: &mut SoftAuthenticator) -> Person {
    let anna = server.user("anna").await;
    anna.signs_in().await;
    let answer = anna.registers("passkey", key).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    anna
}

on_every_database! {
    /// `yubiserver` mixes up its answers to questions at once, which are not believed then.
    async fn of_one_touch_in_64_journeys_over_a_real_service_no_two_win(at: At) {
        let mut key = SoftYubikey::numbered(1);
        let service = Yubiserver::start(&[&key]);
        let services = service.as_setting();
        let server = Server::with(at, &[UNBOUNDED[0], UNBOUNDED[1], ("yubikey.services", &services)]).await;
        let inside = one_touch_from_everywhere(&server, &mut key).await;
        assert!(inside <= 1, "{:?}", server.trail("sign_in.second_factor"));
        let anna = server.stranger("anna");
        let page = anna.types_password().await;
        let page = anna.touches(&page, &key.touch()).await;
        assert_eq!(page.path, "/account", "{}", page.text());
    }

    async fn of_one_touch_in_64_journeys_over_a_service_that_confirms_everything_one_wins(at: At) {
        let service = HostileServer::start(Lie::Truth);
        let services = format!("[{}]", service.as_table("forgetful", "10s"));
        let server = Server::with(at, &[UNBOUNDED[0], UNBOUNDED[1], ("yubikey.services", &services)]).await;
        let mut key = SoftYubikey::numbered(1);
        assert_eq!(one_touch_from_everywhere(&server, &mut key).await, 1);
        assert_eq!(server.events("sign_in.second_factor"), 1);
        let trail = server.trail("sign_in.second_factor");
        assert!(trail.iter().all(|end| ["done", "replayed_code"].contains(&end.as_str())), "{trail:?}");
    }

    async fn of_64_posts_of_one_enrolling_touch_one_enrols(at: At) {
        let service = HostileServer::start(Lie::Truth);
        let services = format!("[{}]", service.as_table("forgetful", "10s"));
        let server = Server::with(at, &[UNBOUNDED[0], UNBOUNDED[1], ("yubikey.services", &services)]).await;
        let otp = SoftYubikey::numbered(1).touch();
        let mut people = Vec::new();
        for name in ["anna", "ben"] {
            let person = server.user(name).await;
            person.signs_in().await;
            people.push(person);
        }
        let sent = (0..AT_ONCE).map(|number| {
            let browser = people[number % 2].browser.copy();
            let otp = otp.clone();
            tokio::spawn(async move {
                let answer = browser.post("/account/devices/add/yubikey", &[("otp", &otp)]).await;
                assert!(answer.status < 500, "{}", answer.body);
                answer.location() == Some("/account/devices")
            })
        });
        assert_eq!(count(sent).await, 1);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM yubikeys"), 1);
    }

    async fn of_64_posts_of_one_registration_one_enrols(at: At) {
        let server = Server::with(at, &UNBOUNDED).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let options = anna.asks_to_register("passkey").await.json();
        let answer = SoftAuthenticator::passkey().register(&options, &anna.browser.origin());
        let sent = (0..AT_ONCE).map(|_| {
            let (anna, answer) = (anna.at(&anna.browser.copy()), answer.clone());
            tokio::spawn(async move {
                let answer = anna.sends_registration(&answer).await;
                assert!(answer.status < 500, "{}", answer.body);
                answer.status == 200
            })
        });
        assert_eq!(count(sent).await, 1);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM credentials"), 1);
    }

    /// The same authenticator, offered to two people at once: a credential is nobody's twice.
    async fn of_one_credential_registered_by_two_people_at_once_one_wins(at: At) {
        let server = Server::with(at, &UNBOUNDED).await;
        let mut key = SoftAuthenticator::security_key();
        let mut tries = Vec::new();
        for name in ["anna", "ben"] {
            let person = server.user(name).await;
            person.signs_in().await;
            let options = person.asks_to_register("security-key").await.json();
            let answer = if tries.is_empty() {
                key.register(&options, &person.browser.origin())
            } else {
                key.register_again(&options, &person.browser.origin())
            };
            tries.push((person, answer));
        }
        let sent = tries.into_iter().map(|(person, answer)| {
            tokio::spawn(async move { person.sends_registration(&answer).await.status == 200 })
        });
        assert_eq!(count(sent).await, 1);
    }

    async fn of_64_posts_of_one_answer_one_wins(at: At) {
        let server = Server::with(at, &UNBOUNDED).await;
        let mut key = SoftAuthenticator::synced_passkey();
        let anna = with_a_key(&server, &mut key).await.elsewhere(&server.base);
        anna.types_password().await;
        let options = anna.asks_to_authenticate().await.json();
        let answer = key.authenticate(&options, &anna.browser.origin());
        let tries = (0..AT_ONCE).map(|_| (anna.at(&anna.browser.copy()), answer.clone()));
        assert_eq!(answers(tries.collect()).await, 1);
    }

    /// A key and its copies, each in a journey of its own, at the same count.
    async fn of_64_answers_at_one_counter_one_wins(at: At) {
        let server = Server::with(at, &UNBOUNDED).await;
        let mut key = SoftAuthenticator::security_key();
        let anna = with_a_key(&server, &mut key).await;
        let mut tries = Vec::new();
        for _ in 0..AT_ONCE {
            let person = anna.elsewhere(&server.base);
            person.types_password().await;
            let options = person.asks_to_authenticate().await.json();
            let answer = key.clone().authenticate(&options, &person.browser.origin());
            tries.push((person, answer));
        }
        let before = server.events("sign_in.completed");
        // Whoever was first is out again as soon as a copy shows itself.
        assert!(answers(tries).await <= 1);
        assert_eq!(server.events("sign_in.completed"), before + 1);
    }

    async fn of_many_options_asked_for_at_once_one_set_is_answered(at: At) {
        let server = Server::with(at, &UNBOUNDED).await;
        let mut key = SoftAuthenticator::synced_passkey();
        let anna = with_a_key(&server, &mut key).await.elsewhere(&server.base);
        anna.types_password().await;
        let asked = (0..16).map(|_| {
            let anna = anna.at(&anna.browser.copy());
            tokio::spawn(async move { anna.asks_to_authenticate().await })
        });
        let mut tries = Vec::new();
        for options in join_all(asked).await {
            let options = options.expect("no panic");
            assert!([200, 409].contains(&options.status), "{}", options.body);
            if options.status == 200 {
                let answer = key.authenticate(&options.json(), &anna.browser.origin());
                tries.push((anna.at(&anna.browser.copy()), answer));
            }
        }
        assert!(!tries.is_empty());
        assert!(answers(tries).await <= 1);
        assert!(!anna.is_in().await, "the first cookie was raised in place");
    }
}
