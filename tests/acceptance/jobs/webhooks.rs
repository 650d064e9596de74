//! Webhooks: what a receiver gets, by the scheme's own library, and what one of ill will can do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use keyward_test_support::command::{Serving, keyward};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::webhook_receiver::{Manner, Message, Receiver};

const LOOPBACK: (&str, &str) = ("webhooks.networks", "[\"127.0.0.1/32\"]");
const WAITING: &str = "SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'waiting'";
const DEAD: &str = "SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'dead'";

/// Adds a webhook, and gives back its secret.
fn adds(server: &Server, name: &str, url: &str, events: &[&str]) -> String {
    let mut words = vec!["--json", "webhook", "add", name, "--url", url];
    for kind in events {
        words.extend(["--event", kind]);
    }
    let added = keyward(server.folder(), &words).json();
    added["secret"].as_str().expect("a secret").to_owned()
}

fn switches(server: &Server, act: &str, name: &str) {
    keyward(server.folder(), &["user", act, name]).done();
}

/// What arrived about a user, by their name.
fn about(messages: &[Message], name: &str) -> Vec<String> {
    let theirs = messages
        .iter()
        .filter(|message| message.json()["data"]["subject"]["name"] == name);
    theirs.map(Message::kind).collect()
}

/// What each of them says of the last failure.
fn failure(server: &Server, name: &str) -> String {
    let shown = keyward(server.folder(), &["--json", "webhook", "show", name]).json();
    shown["failure"].as_str().unwrap_or_default().to_owned()
}

on_every_database! {
    async fn an_event_arrives_as_the_schemes_own_library_believes_it(at: At) {
        let receiver = Receiver::start(Manner::Status(204));
        let server = Server::with(at, &[LOOPBACK]).await;
        let secret = adds(&server, "Chat", &receiver.url(), &[]);
        assert!(secret.starts_with("whsec_"), "{secret}");
        let stolen = server.database.stolen();
        assert!(!stolen.windows(secret.len()).any(|part| part == secret.as_bytes()));
        server.user("ben").await;
        let messages = receiver.until(|messages| !messages.is_empty()).await;
        let message = &messages[0];
        assert!(message.is_believed(&secret));
        let mut forged = message.clone();
        forged.body = forged.body.replace("ben", "eve");
        assert!(!forged.is_believed(&secret));
        let mut older = message.clone();
        older.headers.insert("webhook-timestamp".to_owned(), "1600000000".to_owned());
        assert!(!older.is_believed(&secret));
        let body = message.json();
        assert_eq!(body["type"], "user.created");
        assert_eq!(body["data"]["id"], message.id());
        assert_eq!(body["data"]["subject"]["name"], "ben");
        assert_eq!(body["data"]["actor"]["kind"], "command_line");
        assert_eq!(body["data"]["outcome"], "done");
        let id = server.database.text("SELECT id AS line FROM events WHERE kind = 'user.created'");
        assert_eq!(id, message.id());
        server.until(WAITING, 0).await;
        assert_eq!(receiver.messages().len(), 1, "it was sent twice");
    }

    async fn a_new_secret_signs_beside_the_one_before_for_as_long_as_that_lasts(at: At) {
        let receiver = Receiver::start(Manner::Status(200));
        let server = Server::with(at, &[LOOPBACK, ("webhooks.overlap", "\"1h\"")]).await;
        let first = adds(&server, "Chat", &receiver.url(), &["user.*"]);
        let rotated = keyward(server.folder(), &["--json", "webhook", "rotate", "chat"]).json();
        let second = rotated["secret"].as_str().expect("a secret").to_owned();
        server.user("ben").await;
        let messages = receiver.until(|messages| messages.len() == 1).await;
        assert!(messages[0].is_believed(&first) && messages[0].is_believed(&second));
        server.clock.turn(Duration::from_secs(3601));
        server.user("carl").await;
        // By the clock of the test an hour has passed; the library has its own.
        let messages = receiver.until(|messages| messages.len() == 2).await;
        assert_eq!(messages[1].headers["webhook-signature"].split(' ').count(), 1);
        assert_eq!(messages[0].headers["webhook-signature"].split(' ').count(), 2);
    }

    async fn a_webhook_gets_the_kinds_and_families_that_it_wants_and_no_others(at: At) {
        let [few, none] = [(); 2].map(|()| Receiver::start(Manner::Status(200)));
        let server = Server::with(at, &[LOOPBACK]).await;
        adds(&server, "Few", &few.url(), &["user.disabled", "group.*"]);
        adds(&server, "None", &none.url(), &["mail.failed"]);
        server.user("ben").await;
        switches(&server, "disable", "ben");
        switches(&server, "enable", "ben");
        keyward(server.folder(), &["group", "add", "staff"]).done();
        let messages = few.until(|messages| messages.len() >= 2).await;
        server.until(WAITING, 0).await;
        // In order for each user, and a group is none.
        let kinds: BTreeSet<String> = messages.iter().map(Message::kind).collect();
        assert_eq!(kinds, ["group.added", "user.disabled"].map(str::to_owned).into());
        assert_eq!(messages.len(), 2);
        assert!(none.messages().is_empty());
        for bad in ["users.*", "user", "*.added", "user.created.x"] {
            let words = ["webhook", "add", "Bad", "--url", "https://x.example.org/", "--event", bad];
            keyward(server.folder(), &words).refused("webhook.invalid");
        }
    }

    async fn events_of_one_user_arrive_in_their_order_though_the_first_is_refused_for_a_while(at: At) {
        let receiver = Receiver::start(Manner::Status(500));
        let server = Server::with(at, &[LOOPBACK]).await;
        for name in ["ben", "carl"] {
            server.user(name).await;
        }
        adds(&server, "Chat", &receiver.url(), &["user.*"]);
        for act in ["disable", "enable", "disable", "enable"] {
            switches(&server, act, "ben");
            switches(&server, act, "carl");
        }
        // The first of each is tried; nothing behind it is.
        let tried = receiver.until(|messages| messages.len() >= 2).await;
        for name in ["ben", "carl"] {
            let kinds: BTreeSet<String> = about(&tried, name).into_iter().collect();
            assert!(kinds.iter().eq(["user.disabled"]), "{kinds:?}");
        }
        assert_eq!(server.database.number(WAITING), 8);
        assert_eq!(failure(&server, "Chat"), "answers HTTP 500");
        receiver.becomes(Manner::Status(200));
        let before = receiver.messages().len();
        server.clock.turn(Duration::from_secs(60));
        server.until(WAITING, 0).await;
        let messages = &receiver.messages()[before..];
        for name in ["ben", "carl"] {
            let expected = ["disabled", "enabled", "disabled", "enabled"];
            assert_eq!(about(messages, name), expected.map(|act| format!("user.{act}")));
        }
    }

    async fn a_receiver_of_ill_will_is_left_in_time_and_holds_up_no_other(at: At) {
        let victim = Receiver::start(Manner::Status(200));
        let good = Receiver::start(Manner::Status(200));
        let manners = [
            ("silence", Manner::Silence, "does not answer in time"),
            ("redirect", Manner::Redirect(victim.url()), "leads elsewhere (HTTP 307)"),
            ("hang-up", Manner::HangUp, "broke the connection"),
            ("hang-up-within", Manner::HangUpWithin, "broke the connection"),
            ("endless-head", Manner::EndlessHead, ""),
            ("noise", Manner::Noise, "broke the connection"),
            ("refusal", Manner::Status(503), "answers HTTP 503"),
        ];
        // Long enough for those that answer, on a machine that is busy.
        let timeout = ("webhooks.timeout", "\"3s\"");
        let server = Server::with(at, &[LOOPBACK, timeout]).await;
        let bad: Vec<Receiver> = manners
            .iter()
            .map(|(name, manner, _)| {
                let receiver = Receiver::start(manner.clone());
                adds(&server, name, &receiver.url(), &["user.created"]);
                receiver
            })
            .collect();
        adds(&server, "good", &good.url(), &["user.created"]);
        for number in 0..12 {
            server.user(&format!("user{number}")).await;
        }
        good.until(|messages| messages.len() == 12).await;
        for ((name, _, words), receiver) in manners.iter().zip(&bad) {
            receiver.until(|messages| !messages.is_empty()).await;
            let failed = format!("SELECT COUNT(*) FROM webhooks WHERE name = '{name}' AND failed_at IS NOT NULL");
            server.until(&failed, 1).await;
            assert!(failure(&server, name).contains(words), "{name}: {}", failure(&server, name));
        }
        // What the good one took is noted after it was taken.
        server.until(WAITING, 12 * i64::try_from(bad.len()).expect("few")).await;
        assert!(victim.messages().is_empty(), "a redirect was followed");
    }

    async fn a_body_without_end_is_not_read(at: At) {
        let endless = Receiver::start(Manner::EndlessBody);
        let server = Server::with(at, &[LOOPBACK]).await;
        adds(&server, "Chat", &endless.url(), &["user.created"]);
        for name in ["ben", "carl", "dora"] {
            server.user(name).await;
        }
        // The status was a success.
        endless.until(|messages| messages.len() == 3).await;
        server.until(WAITING, 0).await;
    }

    async fn nothing_inside_is_reached_that_no_setting_allows(at: At) {
        let inside = Receiver::start(Manner::Status(200));
        let port = inside.port();
        for (networks, url, words) in [
            ("[]", format!("http://127.0.0.1:{port}/"), "plain http"),
            ("[]", format!("https://127.0.0.1:{port}/"), "not public"),
            ("[]", format!("https://localhost:{port}/"), "not public"),
            ("[]", format!("https://[::ffff:127.0.0.1]:{port}/"), "not public"),
            ("[]", format!("https://2130706433:{port}/"), "not public"),
            ("[]", "https://10.0.0.1/".to_owned(), "not public"),
            ("[]", "https://169.254.169.254/latest/meta-data/".to_owned(), "not public"),
            ("[]", "https://[fd00:ec2::254]/".to_owned(), "not public"),
            ("[]", "http://1.1.1.1/".to_owned(), "plain http"),
            ("[\"10.0.0.0/8\"]", format!("http://localhost:{port}/"), "plain http"),
            ("[\"10.0.0.0/8\"]", format!("https://localhost:{port}/"), "not public"),
        ] {
            let server = Server::with(at, &[("webhooks.networks", networks)]).await;
            // What can be said without asking for the addresses of a name is said when it is saved.
            let is_saved = url.contains("localhost");
            let said = match is_saved {
                false => keyward(server.folder(), &["webhook", "add", "Inside", "--url", &url]).refused("webhook.invalid"),
                true => {
                    adds(&server, "Inside", &url, &[]);
                    keyward(server.folder(), &["webhook", "test", "Inside"]).refused("webhook.refused")
                }
            };
            assert!(said.contains(words), "{networks} {url}: {said}");
        }
        assert!(inside.messages().is_empty());
        let server = Server::with(at, &[("webhooks.networks", "[\"127.0.0.0/8\"]")]).await;
        adds(&server, "Inside", &format!("http://localhost:{port}/"), &["user.created"]);
        keyward(server.folder(), &["webhook", "test", "Inside"]).done();
        server.until(WAITING, 0).await;
        let kinds: Vec<String> = inside.messages().iter().map(Message::kind).collect();
        assert_eq!(kinds, ["webhook.tested"]);
    }

    async fn what_was_given_up_is_listed_and_sent_again_under_the_same_id(at: At) {
        let receiver = Receiver::start(Manner::Status(500));
        let settings = [LOOPBACK, ("webhooks.give_up", "\"1m\"")];
        let server = Server::with(at, &settings).await;
        let secret = adds(&server, "Chat", &receiver.url(), &["user.created"]);
        server.user("ben").await;
        receiver.until(|messages| messages.len() == 1).await;
        server.clock.turn(Duration::from_secs(61));
        server.until(DEAD, 1).await;
        let id = receiver.messages()[0].id().to_owned();
        let dead = keyward(server.folder(), &["--json", "webhook", "dead", "Chat"]).json();
        assert_eq!(dead[0]["event"], id.as_str());
        assert_eq!(dead[0]["kind"], "user.created");
        assert_eq!(dead[0]["failure"], "answers HTTP 500");
        receiver.becomes(Manner::Status(200));
        // It may be there before the command has said so.
        let before = receiver.messages().len();
        let said = keyward(server.folder(), &["webhook", "resend", "Chat"]).done();
        assert!(said.contains("1 event is sent again"), "{said}");
        let messages = receiver.until(|messages| messages.len() > before).await;
        let last = messages.last().expect("one");
        assert_eq!(last.id(), id);
        assert_eq!(last.json(), messages[0].json());
        drop(secret);
        server.until("SELECT COUNT(*) FROM webhook_deliveries", 0).await;
        assert_eq!(server.events("webhook.resent"), 1);
    }

    async fn a_receiver_that_is_gone_gets_no_second_try(at: At) {
        let receiver = Receiver::start(Manner::Status(410));
        let server = Server::with(at, &[LOOPBACK]).await;
        adds(&server, "Chat", &receiver.url(), &["user.created"]);
        server.user("ben").await;
        server.until(DEAD, 1).await;
        assert_eq!(receiver.messages().len(), 1);
    }

    async fn no_event_is_lost_by_a_server_that_is_killed_with_events_in_flight(at: At) {
        let receiver = Receiver::start(Manner::Silence);
        let server = Server::with(at, &[LOOPBACK]).await;
        // The server of the test sends too; whoever does not hold a row leaves it to the other.
        adds(&server, "Chat", &receiver.url(), &["user.created", "user.disabled"]);
        let serving = Serving::start(server.folder(), &[]);
        for number in 0..6 {
            let name = format!("user{number}");
            server.user(&name).await;
            switches(&server, "disable", &name);
        }
        receiver.until(|messages| messages.len() >= 4).await;
        serving.signal("KILL");
        serving.ended();
        receiver.becomes(Manner::Status(200));
        let _again = Serving::start(server.folder(), &[]);
        server.clock.turn(Duration::from_secs(300));
        server.until(WAITING, 0).await;
        let written: BTreeSet<String> = server
            .database
            .lines("SELECT id AS line FROM events WHERE kind IN ('user.created', 'user.disabled')")
            .into_iter()
            .collect();
        let mut arrived: BTreeMap<String, usize> = BTreeMap::new();
        for message in receiver.messages() {
            *arrived.entry(message.id().to_owned()).or_default() += 1;
        }
        assert_eq!(arrived.keys().cloned().collect::<BTreeSet<_>>(), written);
    }
}
