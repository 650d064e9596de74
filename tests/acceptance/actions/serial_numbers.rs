//! Which one of its model a key is: what a maker's certificate says of it, and when that is proved.

use serde_json::{Value, json};

use super::policy::{SOFT_KEY, believing, call, import, in_force, made_by, signed_in};
use keyward_test_support::maker::Maker;
use keyward_test_support::metadata::MetadataService;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

/// Registers a key that tells its serial number where it is asked for it.
async fn registers_numbered(person: &Person, maker: &Maker, serial: u32) -> Page {
    let options = person.asks_to_register("security-key").await.json();
    let mut key = SoftAuthenticator::security_key();
    let mut answer = key.register(&options, &person.browser.origin());
    match options["attestation"].as_str() {
        Some("enterprise") => maker.attest_numbered(&mut answer, serial),
        _ => maker.attest(&mut answer),
    }
    person.sends_registration(&answer).await
}

/// The serial number of somebody's one credential, and whether it is proved.
fn told(server: &Server, name: &str) -> (Value, Value) {
    let listed = call(server, &["--json", "credential", "list", "--user", name]).json();
    let listed = listed.as_array().expect("a list");
    assert_eq!(listed.len(), 1, "{listed:?}");
    (
        listed[0]["serial"].clone(),
        listed[0]["serial_is_proved"].clone(),
    )
}

on_every_database! {
    async fn a_serial_number_is_proved_under_the_makers_root_and_asked_for_by_policy_alone(at: At) {
        let service = MetadataService::generate();
        let (maker, forger) = (Maker::of(SOFT_KEY), Maker::of(SOFT_KEY));
        let server = believing(at, &service).await;
        import(&server, &service, 1, &[made_by(&maker, "Soft Key One")]);
        let anna = signed_in(&server, "anna").await;
        assert_eq!(registers_numbered(&anna, &maker, 1).await.status, 200);
        assert_eq!(told(&server, "anna"), (Value::Null, json!(false)), "it was not asked");

        in_force(&server, &["--attestation", "enterprise"]);
        // Two keys of one batch: each has its own number.
        for (name, serial) in [("ben", 12_345_678), ("carla", 12_345_679)] {
            let person = signed_in(&server, name).await;
            assert_eq!(registers_numbered(&person, &maker, serial).await.status, 200, "{name}");
            assert_eq!(told(&server, name), (json!(serial.to_string()), json!(true)));
        }
        let dora = signed_in(&server, "dora").await;
        assert_eq!(registers_numbered(&dora, &forger, 12_345_678).await.status, 200);
        assert_eq!(told(&server, "dora"), (json!("12345678"), json!(false)), "anybody wrote it");
    }

    async fn what_verified_models_need_asks_for_no_less_than_the_rule_of_attestation(at: At) {
        let server = Server::with(at, &[("webauthn.attestation", "\"enterprise\"")]).await;
        let anna = signed_in(&server, "anna").await;
        let asked = async || anna.asks_to_register("security-key").await.json()["attestation"].clone();
        assert_eq!(asked().await, json!("enterprise"), "the setting");
        in_force(&server, &["--verified-models"]);
        assert_eq!(asked().await, json!("enterprise"), "a rule that needs direct attestation");
        in_force(&server, &["--verified-models", "--attestation", "indirect"]);
        assert_eq!(asked().await, json!("direct"), "a rule that asks for less than another needs");
        in_force(&server, &["--attestation", "none"]);
        assert_eq!(asked().await, json!("none"), "a rule against it");
    }

    async fn a_serial_number_is_proved_by_metadata_that_comes_later(at: At) {
        let service = MetadataService::generate();
        let maker = Maker::of(SOFT_KEY);
        let server = believing(at, &service).await;
        in_force(&server, &["--attestation", "enterprise"]);
        let anna = signed_in(&server, "anna").await;
        assert_eq!(registers_numbered(&anna, &maker, 7).await.status, 200);
        assert_eq!(told(&server, "anna"), (json!("7"), json!(false)), "nobody vouches for the maker");
        import(&server, &service, 1, &[made_by(&maker, "Soft Key One")]);
        assert_eq!(told(&server, "anna"), (json!("7"), json!(true)));
        let program = server.program(&["devices:read"]).await;
        let read = program.gets("/credentials").await.json();
        assert_eq!(read["items"][0]["serial"], json!("7"), "{read}");
    }
}
