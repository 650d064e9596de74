//! Applications that ask for a key whose maker vouches for its hardware.

use keyward_test_support::command::keyward;
use keyward_test_support::maker::Maker;
use keyward_test_support::metadata::MetadataService;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use serde_json::Value;

use super::forward_auth::{asks, way, with_an_app};
use crate::actions::policy::{SOFT_KEY, believing, import, in_force, made_by, registers_attested};
use crate::console::at_console;

const URL: &str = "http://pay.example.org/slips?year=2026&month=11";

/// What `keyward application explain` says of somebody at [`URL`].
fn explained(server: &Server, user: &str) -> Value {
    let asked = [
        "--json",
        "application",
        "explain",
        "--user",
        user,
        "--url",
        URL,
    ];
    keyward(server.folder(), &asked).json()
}

on_every_database! {
    async fn a_key_that_an_application_asks_for_proves_its_maker_when_it_is_added(at: At) {
        let service = MetadataService::generate();
        let maker = Maker::of(SOFT_KEY);
        let server = believing(at, &service).await;
        import(&server, &service, 1, &[made_by(&maker, "Soft Key One")]);
        server.protects("Payroll", "pay.example.org", &["/ anyone hardware"]).await;
        let anna = with_an_app(&server, "anna").await;
        let enter = way(&server, &asks(&anna.browser, URL).await);
        let page = anna.visits(&enter).await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains("Add a device"), "{}", page.text());
        let passkey = anna.asks_to_register("passkey").await.json();
        assert_eq!(passkey["attestation"], "none", "nobody asks that of a passkey");
        let mut key = SoftAuthenticator::security_key();
        let added = registers_attested(&anna, &mut key, &maker).await;
        assert_eq!(added.status, 200, "{}", added.body);
        let on = anna.visits("/account/devices").await.link("Go on to Payroll");
        let on = on.expect("a way on");
        assert!(on.contains("year%3D2026%26month%3D11"), "all of the address: {on}");
        let page = anna.browser.get(&on).await;
        let step_up = page.location().expect("a step up").to_owned();
        assert!(step_up.starts_with("/step-up?level=hardware&next="), "{step_up}");
        assert_eq!(anna.visits(&step_up).await.status, 200);
        let next: String = url::form_urlencoded::byte_serialize(enter.as_bytes()).collect();
        assert_eq!(anna.steps_up_with(&mut key, &next).await.status, 200);
        assert_eq!(asks(&anna.browser, URL).await.status, 200);
    }

    async fn where_nothing_can_verify_hardware_nobody_is_sent_to_add_a_key(at: At) {
        let service = MetadataService::generate();
        let server = believing(at, &service).await;
        let add = ["application", "add", "Payroll", "--host", "pay.example.org", "--rule", "/ anyone hardware"];
        let said = keyward(server.folder(), &add).done();
        assert!(said.contains("rule 1 (/ anyone hardware) asks for attested hardware"), "{said}");
        let found = keyward(server.folder(), &["check"]).done();
        assert!(found.contains("Payroll asks for attested hardware"), "{found}");
        let anna = with_an_app(&server, "anna").await;
        let page = anna.visits(&way(&server, &asks(&anna.browser, URL).await)).await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains("nothing is set up here that could verify one"), "{}", page.text());
        let said = explained(&server, "anna");
        assert_eq!(said["outcome"], "denied", "{said}");
        assert!(said["reason"].as_str().is_some_and(|why| why.contains("no FIDO metadata")), "{said}");
        import(&server, &service, 1, &[]);
        let found = keyward(server.folder(), &["check"]).done();
        assert!(!found.contains("attested hardware"), "{found}");
        assert_eq!(explained(&server, "anna")["outcome"], "needs");
    }

    async fn where_policy_allows_no_device_that_would_do_nobody_is_sent_to_add_one(at: At) {
        let server = Server::start(at).await;
        server.protects("Payroll", "pay.example.org", &["/ anyone phishing-resistant"]).await;
        in_force(&server, &["--kind", "totp"]);
        let ben = with_an_app(&server, "ben").await;
        let enter = way(&server, &asks(&ben.browser, URL).await);
        let page = ben.visits(&enter).await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains("you may add none that would do"), "{}", page.text());
        assert_eq!(page.link("Add a device"), None);
        let said = explained(&server, "ben");
        assert_eq!(said["outcome"], "denied", "{said}");
        assert!(said["reason"].as_str().is_some_and(|why| why.contains("may add none")), "{said}");
        let anna = at_console(&server).await;
        let question = "/console/applications/explain?user=ben&url=http%3A%2F%2Fpay.example.org%2Fslips";
        let page = anna.visits(question).await;
        assert!(page.text().contains("Does not pass") && page.text().contains("may add none"), "{}", page.text());

        in_force(&server, &["--kind", "totp", "--kind", "passkey"]);
        assert_eq!(explained(&server, "ben")["outcome"], "needs");
        let page = anna.visits(question).await;
        assert!(page.text().contains("is led to adding one"), "{}", page.text());
        let page = ben.visits(&enter).await;
        let add = page.link("Add a device").expect("a way on");
        assert_eq!(ben.visits(&add).await.status, 200, "a kind that policy allows: {add}");
    }

    async fn policy_that_forbids_to_ask_for_a_make_keeps_everybody_from_proving_hardware(at: At) {
        let service = MetadataService::generate();
        let server = believing(at, &service).await;
        import(&server, &service, 1, &[]);
        server.protects("Payroll", "pay.example.org", &["/ anyone hardware"]).await;
        with_an_app(&server, "anna").await;
        assert_eq!(explained(&server, "anna")["outcome"], "needs");
        in_force(&server, &["--attestation", "none"]);
        assert_eq!(explained(&server, "anna")["outcome"], "denied");
    }

    async fn a_device_that_policy_has_stopped_or_that_is_on_hold_counts_for_nothing(at: At) {
        let server = Server::start(at).await;
        server.protects("Payroll", "pay.example.org", &["/ anyone phishing-resistant"]).await;
        let anna = with_an_app(&server, "anna").await;
        let mut passkey = SoftAuthenticator::passkey();
        assert_eq!(anna.registers("passkey", &mut passkey).await.status, 200);
        assert_eq!(explained(&server, "anna")["outcome"], "allowed");
        in_force(&server, &["--kind", "totp", "--kind", "security-key", "--grace-days", "0"]);
        let said = explained(&server, "anna");
        assert_eq!((&said["outcome"], &said["user_can"]), (&"needs".into(), &"second-factor".into()), "{said}");
        in_force(&server, &["--grace-days", "0"]);
        assert_eq!(explained(&server, "anna")["outcome"], "allowed");
        server.database.execute("UPDATE devices SET state = 'suspect' WHERE kind = 'passkey'");
        assert_eq!(explained(&server, "anna")["user_can"], "second-factor");
    }
}
