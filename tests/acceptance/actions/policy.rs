//! Policy: what counts at enrolment and at sign-in, who is named, what a draft would do, and until
//! when enrolled devices still work.

use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

use crate::jobs::mail::server_with;
use keyward_actions::metadata;
use keyward_actions::policy;
use keyward_core::flows::permit::Administrator;
use keyward_test_support::backends::At;
use keyward_test_support::command::{Said, keyward};
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::maker::Maker;
use keyward_test_support::metadata::{MetadataService, day, edition, model, with_status};
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

pub const SOFT_KEY: [u8; 16] = *b"soft-usb-key-001";
const SOFT_KEY_ID: &str = "736f6674-2d75-7362-2d6b-65792d303031";
const DAY: Duration = Duration::from_secs(86_400);

/// A server that believes a metadata service.
pub async fn believing(at: At, service: &MetadataService) -> Server {
    let roots = tempfile::tempdir()
        .expect("a folder")
        .keep()
        .join("roots.pem");
    fs::write(&roots, service.root_pem()).expect("a file");
    let roots = format!("\"{}\"", roots.display());
    Server::with(at, &[("metadata.roots", &roots)]).await
}

pub fn call(server: &Server, arguments: &[&str]) -> Said {
    keyward(server.folder(), arguments)
}

pub fn import(server: &Server, service: &MetadataService, serial: i64, models: &[Value]) {
    let file = server.folder().join("blob.jwt");
    fs::write(&file, service.blob(&edition(serial, models))).expect("a file");
    call(server, &["metadata", "import", "blob.jwt"]).done();
}

/// Drafts everybody's policy and switches it on.
pub fn in_force(server: &Server, rules: &[&str]) {
    call(server, &[&["policy", "set", "--empty"], rules].concat()).done();
    call(server, &["policy", "switch-on"]).done();
}

pub fn in_force_for(server: &Server, group: &str, rules: &[&str]) {
    let set = ["policy", "set", "--empty", "--group", group];
    call(server, &[&set, rules].concat()).done();
    call(server, &["policy", "switch-on", "--group", group]).done();
}

pub async fn signed_in(server: &Server, name: &str) -> Person {
    let person = server.user(name).await;
    person.signs_in().await;
    person
}

/// Registers a key whose maker vouches for it.
pub async fn registers_attested(
    person: &Person,
    key: &mut SoftAuthenticator,
    maker: &Maker,
) -> Page {
    let options = person.asks_to_register("security-key").await.json();
    assert_eq!(options["attestation"], "direct");
    let mut answer = key.register(&options, &person.browser.origin());
    maker.attest(&mut answer);
    person.sends_registration(&answer).await
}

/// A model of metadata with its maker's root.
pub fn made_by(maker: &Maker, name: &str) -> Value {
    let mut model = model(SOFT_KEY, name);
    model["metadataStatement"]["attestationRootCertificates"] = json!([maker.root()]);
    model
}

/// Signs in with a key, and gives the answer to its assertion.
pub async fn uses(server: &Server, person: &Person, key: &mut SoftAuthenticator) -> Page {
    let person = person.elsewhere(&server.base);
    person.types_password().await;
    let options = person
        .browser
        .post_json("/webauthn/authentication/options", &json!({}))
        .await;
    if options.status != 200 {
        return options;
    }
    let answer = key.authenticate(&options.json(), &person.browser.origin());
    person
        .browser
        .post_json("/webauthn/authentication/verify", &answer)
        .await
}

on_every_database! {
    async fn a_model_counts_only_where_its_maker_vouches_for_it(at: At) {
        let service = MetadataService::generate();
        let (maker, other) = (Maker::of(SOFT_KEY), Maker::of(SOFT_KEY));
        let server = believing(at, &service).await;
        import(&server, &service, 1, &[made_by(&maker, "Soft Key One")]);
        in_force(&server, &["--allow", "certification:L1 & key-protection:secure_element"]);
        let anna = signed_in(&server, "anna").await;
        let mut key = SoftAuthenticator::security_key();

        // The model says what it is, and nobody vouches for that.
        let bare = anna.registers("security-key", &mut key).await;
        assert_eq!((bare.status, bare.code().as_str()), (403, "policy.model_unverified"));
        let mut forged = SoftAuthenticator::security_key();
        let forged = registers_attested(&anna, &mut forged, &other).await;
        assert_eq!(forged.code(), "policy.model_unverified", "another root vouches for it");
        assert!(anna.devices().await.is_empty());

        let mut honest = SoftAuthenticator::security_key();
        let added = registers_attested(&anna, &mut honest, &maker).await;
        assert_eq!(added.status, 200, "{}", added.body);
        assert_eq!(anna.devices().await.len(), 1);
        assert_eq!(uses(&server, &anna, &mut honest).await.status, 200);
        let trail = server.trail("device.added");
        assert_eq!(trail, ["policy.model_unverified", "policy.model_unverified", "done"]);
    }

    async fn a_model_that_is_not_on_the_list_is_refused_though_its_maker_vouches_for_it(at: At) {
        let service = MetadataService::generate();
        let maker = Maker::of(SOFT_KEY);
        let server = believing(at, &service).await;
        import(&server, &service, 1, &[made_by(&maker, "Soft Key One")]);
        for (number, (rules, code)) in [
            (["--allow", "certification:L3"], "policy.model"),
            (["--allow", "2fc0579f-8113-47ea-b116-bb5a8db9202a"], "policy.model"),
            (["--deny", "user-verification:passcode_internal"], "policy.model"),
            (["--deny", SOFT_KEY_ID], "policy.model"),
            (["--certification", "L2"], "policy.model"),
            (["--status", "FIDO_CERTIFIED_L1"], "policy.model_reported"),
        ]
        .into_iter()
        .enumerate()
        {
            in_force(&server, &[&rules[..], &["--attestation", "direct"]].concat());
            let name = format!("anna{number}");
            let anna = signed_in(&server, &name).await;
            let mut key = SoftAuthenticator::security_key();
            let refused = registers_attested(&anna, &mut key, &maker).await;
            assert_eq!((refused.status, refused.code().as_str()), (403, code), "{rules:?}");
        }
    }

    async fn kinds_copies_and_numbers_are_limited(at: At) {
        let server = Server::start(at).await;
        let mut anna = signed_in(&server, "anna").await;
        in_force(&server, &["--device-bound", "--kind", "passkey,security-key", "--most-devices", "2"]);
        let copied = anna.registers("passkey", &mut SoftAuthenticator::synced_passkey()).await;
        assert_eq!((copied.status, copied.code().as_str()), (403, "policy.device_bound"));
        let page = anna.visits("/account/devices/add").await;
        assert!(!page.text().contains("authenticator app"), "{}", page.text());
        let app = anna.adds_an_app().await;
        assert!(app.status == 403, "{}", app.text());
        anna.app = None;
        for key in [SoftAuthenticator::passkey(), SoftAuthenticator::security_key()] {
            let mut key = key;
            let kind = if key.attachment == "platform" { "passkey" } else { "security-key" };
            assert_eq!(anna.registers(kind, &mut key).await.status, 200);
        }
        let third = anna.asks_to_register("security-key").await;
        assert_eq!((third.status, third.code().as_str()), (403, "policy.too_many_devices"));
    }

    async fn a_key_without_a_pin_is_refused_where_policy_asks_for_verification(at: At) {
        let server = Server::start(at).await;
        in_force(&server, &["--user-verification", "required"]);
        let anna = signed_in(&server, "anna").await;
        let refused = anna.registers("security-key", &mut SoftAuthenticator::u2f_key()).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "ceremony.user_verification"));
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        key.user_verified = false;
        let refused = uses(&server, &anna, &mut key).await;
        assert_eq!(refused.code(), "ceremony.user_verification", "{}", refused.body);
        key.user_verified = true;
        assert_eq!(uses(&server, &anna, &mut key).await.status, 200);
    }

    async fn what_policy_requires_of_verification_is_asked_of_keys_too(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        let ben = signed_in(&server, "ben").await;
        let wanted = |page: Page| match page.json() {
            Value::Object(options) if options.contains_key("authenticatorSelection") => {
                options["authenticatorSelection"]["userVerification"].clone()
            }
            options => options["userVerification"].clone(),
        };
        call(&server, &["user", "groups", "anna", "--add", "vault"]).done();
        in_force_for(&server, "vault", &["--user-verification", "required"]);
        assert_eq!(wanted(anna.asks_to_register("security-key").await), "required");
        assert_eq!(wanted(ben.asks_to_register("security-key").await), "preferred");
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        let waiting = anna.elsewhere(&server.base);
        waiting.types_password().await;
        assert_eq!(wanted(waiting.asks_to_authenticate().await), "required");
        // A name tells nothing of its groups: what everybody's policy says is asked for.
        for name in [None, Some("anna"), Some("nobody")] {
            let asked = server.stranger("anna").asks_for_a_passkey(name).await;
            assert_eq!(wanted(asked), "preferred", "{name:?}");
        }
        in_force(&server, &["--user-verification", "required"]);
        for name in [None, Some("anna"), Some("nobody")] {
            let asked = server.stranger("anna").asks_for_a_passkey(name).await;
            assert_eq!(wanted(asked), "required", "{name:?}");
        }
    }

    async fn a_key_in_its_grace_is_not_asked_for_more_than_it_can(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        let mut old = SoftAuthenticator::u2f_key();
        assert_eq!(anna.registers("security-key", &mut old).await.status, 200);
        in_force(&server, &["--user-verification", "required", "--grace-days", "3"]);
        let waiting = anna.elsewhere(&server.base);
        waiting.types_password().await;
        let options = waiting.asks_to_authenticate().await.json();
        assert_eq!(options["userVerification"], "preferred");
        assert_eq!(uses(&server, &anna, &mut old).await.status, 200);
    }

    async fn where_only_security_keys_count_browsers_are_told_so(at: At) {
        let server = Server::start(at).await;
        in_force(&server, &["--hardware-only"]);
        let options = server.stranger("anna").asks_for_a_passkey(None).await.json();
        assert_eq!(options["hints"], json!(["security-key"]));
        let anna = signed_in(&server, "anna").await;
        let options = anna.asks_to_register("security-key").await.json();
        assert_eq!(options["hints"], json!(["security-key"]));
        let refused = anna.asks_to_register("passkey").await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "policy.hardware_only"));
        assert_eq!(server.trail("device.added"), ["policy.hardware_only"], "it is in the trail");
    }

    async fn the_last_device_that_counts_stays_beside_those_that_policy_has_stopped(at: At) {
        let server = Server::start(at).await;
        let mut anna = signed_in(&server, "anna").await;
        anna.adds_an_app().await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        in_force(&server, &["--second-factor", "--phishing-resistant", "--grace-days", "0"]);
        let devices = anna.devices().await;
        let path = |number: usize| format!("/account/devices/{}/remove", devices[number].id);
        let remove = async |number: usize| {
            let answer = anna.browser.post(&path(number), &[]).await;
            anna.browser.follow(answer).await.notice()
        };
        for kept in [anna.visits(&path(1)).await.notice(), remove(1).await] {
            assert!(kept.contains("Add another one first"), "{kept}");
        }
        assert_eq!(server.trail("device.removed"), ["device.last"]);
        // The one that has stopped may go: the other stays.
        let page = anna.visits(&path(0)).await;
        let gone = anna.presses(&page, "Remove").await.notice();
        assert!(gone.contains("was removed"), "{gone}");
        assert_eq!(anna.devices().await.len(), 1);
    }

    async fn the_owner_of_a_device_that_stops_is_told_by_mail(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        in_force(&server, &["--phishing-resistant", "--grace-days", "3"]);
        let mail = mailbox.about("One of your devices will stop working").await;
        assert_eq!(mail.to, "anna@example.org");
        for words in ["Authenticator app", "Add another device before then"] {
            assert!(mail.text.contains(words), "{words}: {}", mail.text);
        }
        // Changing something else says nothing anew.
        call(&server, &["policy", "set", "--most-devices", "9"]).done();
        call(&server, &["policy", "switch-on"]).done();
        assert_eq!(server.events("device.stopping"), 1);
    }

    async fn the_strictest_of_several_groups_wins_and_is_named(at: At) {
        let server = Server::start(at).await;
        for name in ["anna", "ben"] {
            server.user(name).await;
        }
        call(&server, &["user", "groups", "anna", "--add", "staff", "--add", "vault"]).done();
        call(&server, &["user", "groups", "ben", "--add", "staff"]).done();
        in_force(&server, &["--most-devices", "5"]);
        in_force_for(&server, "staff", &["--most-devices", "3", "--grace-days", "20"]);
        in_force_for(&server, "vault", &["--hardware-only", "--grace-days", "2"]);
        let holds = |name: &str| call(&server, &["--json", "policy", "show", "--user", name]).json();
        let anna = holds("anna");
        assert_eq!(anna["rules"]["most_devices"], 3);
        assert_eq!(anna["rules"]["hardware_only"], true);
        assert_eq!(anna["rules"]["grace_seconds"], 2 * 86_400);
        assert_eq!(anna["policies"], json!(["everybody", "group staff", "group vault"]));
        assert_eq!(holds("ben")["rules"]["hardware_only"], false);
        let anna = server.stranger("anna");
        anna.signs_in().await;
        let refused = anna.asks_to_register("passkey").await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "policy.hardware_only"));
    }

    async fn a_draft_changes_nothing_and_says_what_it_would_do(at: At) {
        let server = Server::start(at).await;
        let mut anna = signed_in(&server, "anna").await;
        anna.adds_an_app().await;
        let ben = signed_in(&server, "ben").await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(ben.registers("security-key", &mut key).await.status, 200);
        let mut bens_app = ben.clone();
        bens_app.adds_an_app().await;
        call(&server, &["policy", "dry-run"]).refused("policy.no_draft");
        call(&server, &["policy", "set", "--phishing-resistant", "--grace-days", "3"]).done();
        let report = call(&server, &["policy", "dry-run"]).done();
        let first = report.lines().next().expect("a line");
        assert_eq!(first, "1 people could not sign in, 2 devices would stop");
        let report = call(&server, &["--json", "policy", "dry-run"]).json();
        assert_eq!((&report["people"], &report["devices"]), (&json!(1), &json!(2)));
        let list = report["list"].as_array().expect("a list");
        let anna_row = list.iter().find(|row| row["user"] == "anna").expect("anna");
        assert_eq!(anna_row["can_sign_in"], false);
        assert_eq!(anna_row["devices"][0]["reasons"], json!(["everybody: phishing-resistant"]));
        let page = call(&server, &["--json", "policy", "dry-run", "--limit", "1"]).json();
        assert_eq!(page["list"].as_array().map(Vec::len), Some(1));
        let after = page["next"].as_str().expect("another page");
        let rest = ["--json", "policy", "dry-run", "--limit", "1", "--after", after];
        let rest = call(&server, &rest).json();
        assert_eq!((&rest["people"], &rest["next"]), (&json!(1), &Value::Null));
        assert_ne!(rest["list"], page["list"]);
        // Nothing has changed for anybody.
        let anna = anna.elsewhere(&server.base);
        server.clock.turn(Duration::from_secs(60));
        assert_eq!(anna.signs_in().await.path, "/account");
        assert_eq!(call(&server, &["--json", "policy", "affected"]).json(), json!([]));
    }

    async fn an_enrolled_device_works_until_its_deadline_and_not_after(at: At) {
        let server = Server::start(at).await;
        let mut anna = signed_in(&server, "anna").await;
        anna.adds_an_app().await;
        in_force(&server, &["--phishing-resistant", "--grace-days", "3"]);
        let affected = call(&server, &["--json", "policy", "affected"]).json();
        assert_eq!(affected[0]["user"], "anna");
        assert_eq!(affected[0]["reasons"], json!(["everybody: phishing-resistant"]));
        assert_eq!(server.events("device.stopping"), 1);
        server.clock.turn(2 * DAY);
        let page = anna.elsewhere(&server.base).signs_in().await;
        assert_eq!(page.path, "/account");
        assert!(page.text().contains("no longer accepts one of your devices"), "{}", page.text());
        // Something else is changed: the deadline stays.
        call(&server, &["policy", "set", "--most-devices", "9"]).done();
        call(&server, &["policy", "switch-on"]).done();
        server.clock.turn(2 * DAY);
        let late = anna.elsewhere(&server.base).types_password().await;
        assert!(!late.text().contains("Type the code"), "{}", late.text());
        assert_eq!(late.path, "/sign-in");
        // Taken back, it works again.
        call(&server, &["policy", "remove"]).done();
        assert_eq!(call(&server, &["--json", "policy", "affected"]).json(), json!([]));
        let back = anna.elsewhere(&server.base).signs_in().await;
        assert_eq!(back.path, "/account");
    }

    async fn without_grace_a_device_stops_at_once(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        let other = anna.elsewhere(&server.base);
        other.types_password().await;
        let options = other.browser.post_json("/webauthn/authentication/options", &json!({})).await;
        let answer = key.authenticate(&options.json(), &other.browser.origin());
        in_force(&server, &["--deny", SOFT_KEY_ID, "--grace-days", "0"]);
        // Asked before, answered after.
        let late = other.browser.post_json("/webauthn/authentication/verify", &answer).await;
        assert_eq!((late.status, late.code().as_str()), (403, "policy.device_stopped"));
        // It is not looked at again, whatever policy says by then.
        call(&server, &["policy", "remove"]).done();
        let again = other.browser.post_json("/webauthn/authentication/verify", &answer).await;
        assert_eq!(again.code(), "ceremony.not_started");
        in_force(&server, &["--deny", SOFT_KEY_ID, "--grace-days", "0"]);
        let refused = uses(&server, &anna, &mut key).await;
        assert_eq!(refused.status, 404, "{}", refused.body);
        assert_eq!(server.refusals("sign_in.second_factor", "policy.device_stopped"), 1);
    }

    async fn metadata_that_revokes_a_model_stops_its_devices(at: At) {
        let service = MetadataService::generate();
        let maker = Maker::of(SOFT_KEY);
        let server = believing(at, &service).await;
        import(&server, &service, 1, &[made_by(&maker, "Soft Key One")]);
        in_force(&server, &["--status", "REVOKED", "--verified-models", "--grace-days", "1"]);
        let anna = signed_in(&server, "anna").await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(registers_attested(&anna, &mut key, &maker).await.status, 200);
        assert_eq!(call(&server, &["--json", "policy", "affected"]).json(), json!([]));
        let revoked = with_status(made_by(&maker, "Soft Key One"), "REVOKED");
        import(&server, &service, 2, &[revoked]);
        let affected = call(&server, &["--json", "policy", "affected"]).json();
        assert_eq!(affected[0]["reasons"], json!(["everybody: statuses"]));
        assert_eq!(uses(&server, &anna, &mut key).await.status, 200, "within its grace");
        server.clock.turn(2 * DAY);
        assert_eq!(uses(&server, &anna, &mut key).await.status, 404);
        let ben = signed_in(&server, "ben").await;
        let mut another = SoftAuthenticator::security_key();
        let refused = registers_attested(&ben, &mut another, &maker).await;
        assert_eq!(refused.code(), "policy.model_reported");
    }

    async fn a_model_is_verified_by_metadata_that_comes_later_and_not_without_its_root(at: At) {
        let service = MetadataService::generate();
        let maker = Maker::of(SOFT_KEY);
        let server = believing(at, &service).await;
        in_force(&server, &["--attestation", "direct"]);
        let anna = signed_in(&server, "anna").await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(registers_attested(&anna, &mut key, &maker).await.status, 200);
        in_force(&server, &["--verified-models", "--grace-days", "5"]);
        let affected = || call(&server, &["--json", "policy", "affected"]).json();
        assert_eq!(affected()[0]["reasons"], json!(["everybody: verified-models"]));
        import(&server, &service, 1, &[made_by(&maker, "Soft Key One")]);
        assert_eq!(affected(), json!([]));
        import(&server, &service, 2, &[model(SOFT_KEY, "Soft Key One")]);
        assert_eq!(affected()[0]["reasons"], json!(["everybody: verified-models"]));
    }

    /// Certificates of phones last for days: what they proved at the enrolment stays proved.
    async fn a_chain_that_ended_since_the_enrolment_stays_verified(at: At) {
        let service = MetadataService::generate();
        let maker = Maker::until(SOFT_KEY, 3600);
        let server = believing(at, &service).await;
        import(&server, &service, 1, &[made_by(&maker, "Soft Key One")]);
        in_force(&server, &["--verified-models", "--grace-days", "5"]);
        let anna = signed_in(&server, "anna").await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(registers_attested(&anna, &mut key, &maker).await.status, 200);
        server.clock.turn(2 * DAY);
        let administrator = Administrator::at_command_line();
        let next = async |serial, models: &[Value]| {
            let blob = service.blob(&edition(serial, models)).into_bytes();
            let imported = metadata::import(&server.app, &administrator, blob).await;
            let _ = imported.expect("it is taken into use");
            policy::judge_again(&server.app).await.expect("judged");
            server.database.number("SELECT COUNT(*) FROM attestations WHERE is_verified")
        };
        assert_eq!(next(2, &[made_by(&maker, "Soft Key One")]).await, 1);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM stopping_devices"), 0);
        // The maker's root goes, and comes back.
        assert_eq!(next(3, &[model(SOFT_KEY, "Soft Key One")]).await, 0);
        assert_eq!(next(4, &[made_by(&maker, "Soft Key One")]).await, 1);
        // Who enrols now shows a chain that is over now.
        let ben = signed_in(&server, "ben").await;
        let mut late = SoftAuthenticator::security_key();
        let refused = registers_attested(&ben, &mut late, &maker).await;
        assert_eq!(refused.code(), "policy.model_unverified");
    }

    /// What an edition says of a model holds from then on, and not longer than it says so.
    async fn each_edition_is_judged_by_what_it_says_and_by_nothing_else(at: At) {
        let service = MetadataService::generate();
        let (maker, other) = (Maker::of(SOFT_KEY), Maker::of(SOFT_KEY));
        let server = believing(at, &service).await;
        let made = || made_by(&maker, "Soft Key One");
        import(&server, &service, 1, &[made()]);
        let statuses = ["--status", "REVOKED", "--status", "ATTESTATION_KEY_COMPROMISE"];
        in_force(&server, &[&statuses[..], &["--verified-models", "--grace-days", "5"]].concat());
        let anna = signed_in(&server, "anna").await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(registers_attested(&anna, &mut key, &maker).await.status, 200);
        let mut biometric = made();
        biometric["biometricStatusReports"] = json!([{ "certLevel": 1, "modality": "fingerprint_internal" }]);
        let mut announced = with_status(made(), "REVOKED");
        announced["statusReports"][1]["effectiveDate"] = json!(day(10));
        let mut unreported = made();
        unreported["statusReports"] = json!([]);
        let stranger = model(*b"another-key-0001", "Another");
        let editions = [
            (with_status(made(), "UPDATE_AVAILABLE"), ""),
            (biometric, ""),
            (with_status(made(), "ATTESTATION_KEY_COMPROMISE"), "statuses"),
            (announced, ""),
            (stranger, "verified-models"),
            (made(), ""),
            (made_by(&other, "Soft Key One"), "verified-models"),
            (unreported, ""),
            (with_status(made(), "SOMETHING_NEW"), ""),
            (with_status(made(), "REVOKED"), "statuses"),
            (made(), ""),
        ];
        for (serial, (said, reason)) in (2..).zip(editions) {
            import(&server, &service, serial, &[said]);
            let affected = call(&server, &["--json", "policy", "affected"]).json();
            let reasons = affected[0]["reasons"].to_string();
            match reason {
                "" => assert_eq!(affected, json!([]), "no. {serial}"),
                reason => assert!(reasons.contains(reason), "no. {serial}: {affected}"),
            }
        }
        assert_eq!(uses(&server, &anna, &mut key).await.status, 200);
    }

    async fn a_root_counts_for_the_statements_of_its_model_alone(at: At) {
        let service = MetadataService::generate();
        let maker = Maker::of(SOFT_KEY);
        let server = believing(at, &service).await;
        in_force(&server, &["--verified-models"]);
        let anna = signed_in(&server, "anna").await;
        let says = |types: Value, formats: Value| {
            let mut model = made_by(&maker, "Soft Key One");
            model["metadataStatement"]["attestationTypes"] = types;
            model["metadataStatement"]["authenticatorGetInfo"] = json!({ "attestationFormats": formats });
            model
        };
        for (serial, model, status) in [
            (1, says(json!(["basic_surrogate"]), json!(null)), 403),
            (2, says(json!(["basic_full"]), json!(["tpm", "none"])), 403),
            (3, says(json!(["basic_full"]), json!(["packed", "none"])), 200),
        ] {
            import(&server, &service, serial, &[model]);
            let mut key = SoftAuthenticator::security_key();
            let answer = registers_attested(&anna, &mut key, &maker).await;
            assert_eq!(answer.status, status, "{serial}: {}", answer.body);
        }
    }

    async fn joining_a_group_judges_ones_devices(at: At) {
        let server = Server::start(at).await;
        let mut anna = signed_in(&server, "anna").await;
        anna.adds_an_app().await;
        call(&server, &["group", "add", "vault"]).done();
        in_force_for(&server, "vault", &["--phishing-resistant"]);
        assert_eq!(call(&server, &["--json", "policy", "affected"]).json(), json!([]));
        call(&server, &["group", "members", "vault", "--add", "anna"]).done();
        let affected = call(&server, &["--json", "policy", "affected"]).json();
        assert_eq!(affected[0]["reasons"], json!(["group vault: phishing-resistant"]));
        call(&server, &["group", "remove", "vault"]).done();
        assert_eq!(call(&server, &["--json", "policy", "affected"]).json(), json!([]));
        call(&server, &["policy", "set", "--group", "vault", "--hardware-only"])
            .refused("group.unknown");
    }

    async fn two_devices_are_asked_for_by_a_reminder(at: At) {
        let server = Server::start(at).await;
        let mut anna = signed_in(&server, "anna").await;
        anna.adds_an_app().await;
        in_force(&server, &["--least-devices", "2"]);
        let page = anna.visits("/account").await;
        assert!(page.text().contains("asks you to have 2 devices"), "{}", page.text());
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        let page = anna.visits("/account").await;
        assert!(!page.text().contains("asks you to have 2 devices"), "{}", page.text());
    }

    async fn a_policy_that_cannot_be_followed_is_refused(at: At) {
        let server = Server::start(at).await;
        for rules in [
            &["--most-devices", "0"][..],
            &["--least-devices", "3", "--most-devices", "2"],
            &["--verified-models", "--attestation", "none"],
        ] {
            call(&server, &[&["policy", "set"], rules].concat()).refused("policy.invalid");
        }
        let wrong = call(&server, &["policy", "set", "--allow", "yubikey"]);
        assert_eq!(wrong.code, Some(2), "{wrong:?}");
        assert_eq!(call(&server, &["policy", "show"]).done(), "There is no policy\n");
    }
}
