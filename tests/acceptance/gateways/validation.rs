//! YubiKey OTPs against a real validation service.

use std::sync::Arc;
use std::time::Duration;

use keyward_core::clock::{Clock as _, SystemClock, SystemEntropy};
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::user::UserId;
use keyward_core::domain::validation_service::{
    SyncLevel, ValidationService, ValidationServiceSettings,
};
use keyward_core::factors::yubikey::{self, Said, Verdict, YubikeyDevice, YubikeyRefusal};
use keyward_core::protocols::yubico::{Declined, InvalidAnswer, Otp, PublicId};
use keyward_gateways::validation::ValidationGateway;
use secrecy::SecretString;

use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::yubiserver::Yubiserver;

/// A service of this name with these servers, with a key where one is given.
pub fn service(
    name: &str,
    urls: &[String],
    client_id: u64,
    api_key: Option<String>,
) -> ValidationService {
    let settings = ValidationServiceSettings {
        ca: None,
        name: name.to_owned(),
        urls: urls.iter().map(|url| url.parse().expect("a URL")).collect(),
        client_id,
        api_key: api_key.map(SecretString::from),
        sync_level: None,
        timeout: Duration::from_secs(5),
        is_enabled: true,
    };
    let settings = settings.checked().expect("sound settings");
    ValidationService { id: None, settings }
}

pub fn gateway() -> ValidationGateway {
    ValidationGateway::new(Arc::new(SystemEntropy)).expect("a gateway")
}

fn real(server: &Yubiserver) -> ValidationService {
    let key = Some(server.api_key_base64());
    service("real", &[server.url()], server.client_id(), key)
}

fn touch(key: &mut SoftYubikey) -> Otp {
    Otp::parse(&key.touch()).expect("an OTP")
}

fn device(key: &SoftYubikey) -> YubikeyDevice {
    let now = SystemClock.now();
    YubikeyDevice {
        id: DeviceId::generate(now, &SystemEntropy),
        user_id: UserId::generate(now, &SystemEntropy),
        public_id: PublicId::parse(&key.public_id).expect("a public id"),
    }
}

#[tokio::test]
async fn a_touch_proves_the_owner_of_the_key() {
    let mut key = SoftYubikey::numbered(1);
    let server = Yubiserver::start(&[&key]);
    let annas = device(&key);
    let otp = touch(&mut key);
    let verdict = gateway().verify(&[real(&server)], &otp).await;
    let proof = yubikey::verify(&annas, verdict).expect("a proof");
    assert_eq!(proof.user_id(), annas.user_id);
    assert_eq!(proof.device_id(), annas.id);
    assert_eq!(proof.service(), "real");
    assert_eq!(proof.otp().digest(), &otp.digest());
}

#[tokio::test]
async fn a_touch_of_somebody_elses_key_proves_nothing() {
    let (annas_key, mut bens_key) = (SoftYubikey::numbered(1), SoftYubikey::numbered(2));
    let server = Yubiserver::start(&[&annas_key, &bens_key]);
    let annas = device(&annas_key);
    let otp = touch(&mut bens_key);
    let devices = std::slice::from_ref(&annas);
    assert_eq!(YubikeyDevice::named_by(&otp, devices), None);
    let verdict = gateway().verify(&[real(&server)], &otp).await;
    assert!(matches!(verdict, Verdict::Confirmed { .. }), "{verdict:?}");
    let refusal = yubikey::verify(&annas, verdict).expect_err("not her key");
    assert_eq!(refusal, YubikeyRefusal::OtherKey);
}

#[tokio::test]
async fn a_touch_enrols_the_key_that_typed_it() {
    let mut key = SoftYubikey::numbered(1);
    let server = Yubiserver::start(&[&key]);
    let verdict = gateway().verify(&[real(&server)], &touch(&mut key)).await;
    let proof = yubikey::confirm(verdict).expect("a proof");
    assert_eq!(proof.public_id().as_str(), key.public_id);
}

#[tokio::test]
async fn a_replayed_otp_is_refused() {
    let mut key = SoftYubikey::numbered(1);
    let server = Yubiserver::start(&[&key]);
    let services = [real(&server)];
    let older = touch(&mut key);
    let newer = touch(&mut key);
    let gateway = gateway();
    let first = gateway.verify(&services, &newer).await;
    assert!(matches!(first, Verdict::Confirmed { .. }), "{first:?}");
    for used in [&newer, &older] {
        let verdict = gateway.verify(&services, used).await;
        let refusal = yubikey::confirm(verdict).expect_err("used before");
        assert_eq!(refusal, YubikeyRefusal::Replayed);
    }
    key.plug_in_again();
    let next = gateway.verify(&services, &touch(&mut key)).await;
    assert!(matches!(next, Verdict::Confirmed { .. }), "{next:?}");
}

#[tokio::test]
async fn an_unknown_key_and_a_forged_otp_are_refused() {
    let key = SoftYubikey::numbered(1);
    let server = Yubiserver::start(&[&key]);
    let mut stranger = SoftYubikey::numbered(9);
    let mut forged = SoftYubikey::new(&key.public_id, key.private_id, [0; 16]);
    for otp in [touch(&mut stranger), touch(&mut forged)] {
        let verdict = gateway().verify(&[real(&server)], &otp).await;
        let refusal = yubikey::confirm(verdict).expect_err("not one of its keys");
        assert_eq!(refusal, YubikeyRefusal::Refused);
    }
}

#[tokio::test]
async fn a_service_that_does_not_know_us_says_nothing_about_the_person() {
    let mut key = SoftYubikey::numbered(1);
    let server = Yubiserver::start(&[&key]);
    let mut services = [real(&server)];
    services[0].settings.client_id = 99;
    let verdict = gateway().verify(&services, &touch(&mut key)).await;
    let Verdict::Unavailable { reports } = verdict else {
        panic!("{verdict:?}");
    };
    let claimed = Some(Declined::NoSuchClient);
    let said = Said::Distrusted(InvalidAnswer::WrongSignature(claimed));
    assert_eq!(reports[0].said, said, "it signs this with no key at all");
}

#[tokio::test]
async fn a_wrong_api_key_is_found_out_by_the_test_with_a_touch() {
    let mut key = SoftYubikey::numbered(1);
    let server = Yubiserver::start(&[&key]);
    let wrong = Some(data_encoding::BASE64.encode(b"some other client's!"));
    let service = service("real", &[server.url()], server.client_id(), wrong);
    let reports = gateway().test(&service, &touch(&mut key)).await;
    let said: Vec<Said> = reports.iter().map(|report| report.said).collect();
    assert_eq!(
        said,
        [Said::Distrusted(InvalidAnswer::WrongSignature(None))]
    );
}

#[tokio::test]
async fn a_service_without_a_key_is_asked_unsigned() {
    let mut key = SoftYubikey::numbered(1);
    let server = Yubiserver::start(&[&key]);
    let service = service("open", &[server.url()], server.client_id(), None);
    let verdict = gateway().verify(&[service], &touch(&mut key)).await;
    assert!(matches!(verdict, Verdict::Confirmed { .. }), "{verdict:?}");
}

#[tokio::test]
async fn a_service_is_told_the_sync_level_and_how_long_to_wait() {
    let mut key = SoftYubikey::numbered(1);
    let server = Yubiserver::start(&[&key]);
    let mut service = real(&server);
    service.settings.sync_level = Some(SyncLevel::Percent(100));
    let verdict = gateway().verify(&[service], &touch(&mut key)).await;
    assert!(matches!(verdict, Verdict::Confirmed { .. }), "{verdict:?}");
}

/// `yubiserver` shows the asked level in its answer and signs `sl=100` whatever it was.
#[tokio::test]
async fn an_answer_whose_sync_level_is_not_the_signed_one_is_not_believed() {
    let mut key = SoftYubikey::numbered(1);
    let server = Yubiserver::start(&[&key]);
    let mut service = real(&server);
    service.settings.sync_level = Some(SyncLevel::Percent(50));
    let reports = gateway().test(&service, &touch(&mut key)).await;
    let said: Vec<Said> = reports.iter().map(|report| report.said).collect();
    assert_eq!(
        said,
        [Said::Distrusted(InvalidAnswer::WrongSignature(None))]
    );
}
