//! Rules about the inventory: keys that prove which one they are, and whose they must be.

use serde_json::{Value, json};

use super::overtaken::{ADDED, at_every_moment};
use super::policy::{SOFT_KEY, believing, call, import, in_force, made_by, signed_in, uses};
use keyward_test_support::backends::At;
use keyward_test_support::hostile_validation::{HostileServer, Lie};
use keyward_test_support::maker::Maker;
use keyward_test_support::metadata::MetadataService;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use keyward_test_support::soft_yubikey::SoftYubikey;

/// Whom the certificates of the tests name.
const MAKER: &str = "The tests' maker";

/// A server that believes in the maker, and has keys of these serial numbers.
async fn with_keys(at: At, maker: &Maker, serials: &[u32]) -> Server {
    let service = MetadataService::generate();
    let server = believing(at, &service).await;
    import(&server, &service, 1, &[made_by(maker, "Soft Key One")]);
    for serial in serials {
        let serial = serial.to_string();
        call(&server, &["key", "add", &serial, "--maker", MAKER]).done();
    }
    server
}

/// What a key answers that is asked for its serial number.
async fn answered(
    person: &Person,
    key: &mut SoftAuthenticator,
    maker: &Maker,
    serial: u32,
) -> Value {
    let options = person.asks_to_register("security-key").await.json();
    assert_eq!(options["attestation"], "enterprise", "{options}");
    let mut answer = key.register(&options, &person.browser.origin());
    maker.attest_numbered(&mut answer, serial);
    answer
}

async fn adds(person: &Person, maker: &Maker, serial: u32) -> Page {
    let mut key = SoftAuthenticator::security_key();
    let answer = answered(person, &mut key, maker, serial).await;
    person.sends_registration(&answer).await
}

fn end(page: &Page) -> (u16, String) {
    match page.status {
        200 => (200, String::new()),
        status => (status, page.code()),
    }
}

fn refused(code: &str) -> (u16, String) {
    (403, code.to_owned())
}

/// The state of a key, whose it is, and how what is on it is known to be.
fn told(server: &Server, serial: &str) -> (Value, Value, Vec<String>) {
    let key = call(server, &["--json", "key", "show", serial]).json();
    let devices = key["devices"].as_array().expect("devices");
    let devices = devices.iter().map(|device| {
        let text = |field: &str| device[field].as_str().unwrap_or("?").to_owned();
        format!("{}: {}", text("user"), text("proof"))
    });
    (
        key["state"].clone(),
        key["owner"].clone(),
        devices.collect(),
    )
}

on_every_database! {
    async fn only_keys_of_the_inventory_are_added_that_prove_which_one_they_are(at: At) {
        let (maker, forger) = (Maker::of(SOFT_KEY), Maker::of(SOFT_KEY));
        let server = with_keys(at, &maker, &[101]).await;
        call(&server, &["key", "add", "103", "--maker", "Somebody else"]).done();
        in_force(&server, &["--inventory-only"]);
        let anna = signed_in(&server, "anna").await;
        let only = refused("policy.inventory_only");
        assert_eq!(end(&adds(&anna, &maker, 102).await), only, "a serial number that nobody knows");
        assert_eq!(end(&adds(&anna, &maker, 103).await), only, "another maker's serial number");
        assert_eq!(end(&adds(&anna, &forger, 101).await), only, "anybody wrote it");
        let mut bare = SoftAuthenticator::security_key();
        assert_eq!(end(&anna.registers("security-key", &mut bare).await), only, "it says nothing");
        assert_eq!(end(&adds(&anna, &maker, 101).await), (200, String::new()));
        // In stock, and nobody's: that is for whoever keeps the stock to see.
        let expected = (json!("stock"), Value::Null, vec!["anna: serial".to_owned()]);
        assert_eq!(told(&server, "101"), expected);
        call(&server, &["key", "retire", "101", "--yes"]).done();
        let ben = signed_in(&server, "ben").await;
        assert_eq!(end(&adds(&ben, &maker, 101).await), only, "it is out of use");
        let trail = server.trail("device.added");
        assert_eq!(trail.iter().filter(|end| *end == "policy.inventory_only").count(), 5, "{trail:?}");
    }

    async fn only_the_key_that_one_was_given_is_added_and_it_is_active_then(at: At) {
        let maker = Maker::of(SOFT_KEY);
        let server = with_keys(at, &maker, &[201, 202, 203]).await;
        in_force(&server, &["--own-keys"]);
        let (anna, ben) = (signed_in(&server, "anna").await, signed_in(&server, "ben").await);
        call(&server, &["key", "assign", "201", "anna"]).done();
        call(&server, &["key", "assign", "202", "ben"]).done();
        call(&server, &["key", "ship", "202"]).done();
        let own = refused("policy.own_keys");
        assert_eq!(end(&adds(&ben, &maker, 201).await), own, "it is kept for anna");
        assert_eq!(end(&adds(&ben, &maker, 203).await), own, "it is in stock");
        for (person, serial) in [(&anna, 201), (&ben, 202)] {
            assert_eq!(end(&adds(person, &maker, serial).await), (200, String::new()));
        }
        for (name, serial) in [("anna", "201"), ("ben", "202")] {
            let expected = (json!("active"), json!(name), vec![format!("{name}: serial")]);
            assert_eq!(told(&server, serial), expected);
        }
        let history = call(&server, &["--json", "key", "show", "201"]).json();
        let kinds = history["history"].as_array().expect("events").iter();
        let kinds: Vec<_> = kinds.filter_map(|event| event["kind"].as_str()).collect();
        assert_eq!(kinds, ["key.activated", "key.handed_over", "key.assigned", "key.added"]);
    }

    async fn a_key_that_is_lost_or_taken_back_stops_what_is_on_it(at: At) {
        let maker = Maker::of(SOFT_KEY);
        let server = with_keys(at, &maker, &[301]).await;
        call(&server, &["policy", "set", "--empty", "--own-keys", "--grace-days", "0"]).done();
        let drafted = call(&server, &["--json", "policy", "dry-run"]).json();
        assert_eq!(drafted["people"], json!(0), "{drafted}");
        call(&server, &["policy", "switch-on"]).done();
        let anna = signed_in(&server, "anna").await;
        call(&server, &["key", "hand-over", "301", "anna"]).done();
        let mut key = SoftAuthenticator::security_key();
        let answer = answered(&anna, &mut key, &maker, 301).await;
        assert_eq!(anna.sends_registration(&answer).await.status, 200);
        assert_eq!(uses(&server, &anna, &mut key).await.status, 200);
        for (away, back) in [
            (["key", "lost", "301", "--yes"], vec![["key", "give-back", "301"].as_slice()]),
            (["key", "take-back", "301", "--yes"], vec![["key", "assign", "301", "anna"].as_slice(), &["key", "hand-over", "301"]]),
        ] {
            call(&server, &away).done();
            let affected = call(&server, &["--json", "policy", "affected"]).json();
            assert_eq!(affected[0]["reasons"], json!(["everybody: own-keys"]), "{away:?}");
            assert_eq!(uses(&server, &anna, &mut key).await.status, 404, "{away:?}");
            for step in &back {
                call(&server, step).done();
            }
            assert_eq!(call(&server, &["--json", "policy", "affected"]).json(), json!([]));
            assert_eq!(uses(&server, &anna, &mut key).await.status, 200, "{back:?}");
        }
    }

    async fn a_touch_proves_the_key_whose_slot_types_it(at: At) {
        let service = HostileServer::start(Lie::Truth);
        let services = format!("[{}]", service.as_table("forgetful", "10s"));
        let server = Server::with(at, &[("yubikey.services", &services)]).await;
        call(&server, &["key", "add", "401"]).done();
        call(&server, &["key", "link", "401", &SoftYubikey::numbered(1).public_id]).done();
        in_force(&server, &["--own-keys", "--attestation", "enterprise"]);
        let (anna, ben) = (signed_in(&server, "anna").await, signed_in(&server, "ben").await);
        call(&server, &["key", "hand-over", "401", "anna"]).done();
        for (person, number, name, is_added) in
            [(&ben, 1, "ben", false), (&anna, 2, "anna", false), (&anna, 1, "anna", true)]
        {
            let touch = SoftYubikey::numbered(number).touch();
            let fields = [("otp", &*touch)];
            let page = person.browser.post("/account/devices/add/yubikey", &fields).await;
            let added = person.devices().await.len();
            assert_eq!(added, usize::from(is_added), "{name} {number}: {} {}", page.status, page.text());
        }
        let expected = (json!("active"), json!("anna"), vec!["anna: public-id".to_owned()]);
        assert_eq!(told(&server, "401"), expected);
        assert_eq!(server.refusals("device.added", "policy.own_keys"), 2);
    }

    async fn a_key_that_comes_into_the_inventory_later_is_the_one_that_was_proved(at: At) {
        let maker = Maker::of(SOFT_KEY);
        let server = with_keys(at, &maker, &[]).await;
        in_force(&server, &["--attestation", "enterprise"]);
        for (name, serial) in [("anna", 701), ("ben", 702)] {
            let person = signed_in(&server, name).await;
            assert_eq!(end(&adds(&person, &maker, serial).await), (200, String::new()));
        }
        in_force(&server, &["--inventory-only"]);
        let affected = || call(&server, &["--json", "policy", "affected"]).json().as_array().map(Vec::len);
        assert_eq!(affected(), Some(2));
        call(&server, &["key", "add", "701", "--maker", MAKER]).done();
        assert_eq!(affected(), Some(1), "one by one");
        let list = server.folder().join("keys.csv");
        std::fs::write(&list, format!("serial;maker\n702;{MAKER}\n")).expect("a file");
        call(&server, &["key", "import", "keys.csv"]).done();
        assert_eq!(affected(), Some(0), "by a list");
    }

    async fn a_device_that_was_there_before_counts_by_an_administrators_word(at: At) {
        let maker = Maker::of(SOFT_KEY);
        let server = with_keys(at, &maker, &[601]).await;
        let anna = signed_in(&server, "anna").await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        in_force(&server, &["--inventory-only", "--grace-days", "0"]);
        assert_eq!(uses(&server, &anna, &mut key).await.status, 404, "nobody knows which key it is");
        let listed = call(&server, &["--json", "device", "list"]).json();
        let id = listed[0]["id"].as_str().expect("an id").to_owned();
        call(&server, &["key", "link", "601", &id]).done();
        assert_eq!(call(&server, &["--json", "policy", "affected"]).json(), json!([]));
        assert_eq!(uses(&server, &anna, &mut key).await.status, 200);
        assert_eq!(told(&server, "601").2, ["anna: told"]);
        call(&server, &["key", "unlink", "601", &id]).done();
        let affected = call(&server, &["--json", "policy", "affected"]).json();
        assert_eq!(affected[0]["reasons"], json!(["everybody: inventory-only"]));
    }

    async fn no_key_is_added_that_is_taken_back_meanwhile(at: At) {
        let maker = Maker::of(SOFT_KEY);
        let server = with_keys(at, &maker, &[]).await;
        in_force(&server, &["--own-keys"]);
        let prepare = async |server: &Server, name: &str| {
            let person = signed_in(server, name).await;
            let number = name.trim_start_matches("anna").parse::<u32>().expect("a number") + 500;
            call(server, &["key", "add", &number.to_string(), "--maker", MAKER]).done();
            call(server, &["key", "hand-over", &number.to_string(), name]).done();
            let mut key = SoftAuthenticator::security_key();
            let answer = answered(&person, &mut key, &maker, number).await;
            (person, answer)
        };
        let sends = async |(person, answer): (Person, Value)| person.sends_registration(&answer).await;
        let taken_back = "UPDATE keys SET state = 'stock', owner_id = NULL, version = version + 1 \
            WHERE owner_id = '{id}'";
        at_every_moment(&server, (taken_back, ADDED), "a key", prepare, sends).await;
    }
}
