//! Applications that ask for a key whose maker vouches for its hardware.

use keyward_test_support::command::keyward;
use keyward_test_support::maker::Maker;
use keyward_test_support::metadata::MetadataService;
use keyward_test_support::on_every_database;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

use super::forward_auth::{asks, way, with_an_app};
use crate::actions::policy::{SOFT_KEY, believing, import, made_by, registers_attested};

const URL: &str = "http://pay.example.org/slips";

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
        let page = anna.browser.get(&on.expect("a way on")).await;
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
        import(&server, &service, 1, &[]);
        let found = keyward(server.folder(), &["check"]).done();
        assert!(!found.contains("attested hardware"), "{found}");
    }
}
