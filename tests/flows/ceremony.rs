//! A challenge stands for as long as browsers wait, whatever its stage waits for.

use std::time::Duration;

use keyward_core::clock::{SystemEntropy, Timestamp};
use keyward_core::domain::credential::Credential;
use keyward_core::domain::device::{DeviceId, DeviceKind};
use keyward_core::domain::user::UserId;
use keyward_core::factors::webauthn::{
    AttestationConveyance, RelyingParty, RelyingPartySettings, UserVerification,
};
use keyward_core::flows::ceremony::CeremonyInProgress;
use keyward_core::protocols::webauthn::algorithm::Algorithm;

use crate::people::NOW;

const LASTING: Duration = Duration::from_mins(5);
const MOMENT: Duration = Duration::from_millis(1);

fn asked_for() -> CeremonyInProgress {
    let settings = RelyingPartySettings {
        id: "example.org".to_owned(),
        name: "Example".to_owned(),
        origins: vec!["https://example.org".to_owned()],
        top_origins: Vec::new(),
        algorithms: Algorithm::USUAL.to_vec(),
        user_verification: UserVerification::Preferred,
        attestation: AttestationConveyance::None,
        save_key_slots: false,
        timeout: LASTING,
    };
    let party = RelyingParty::new(settings).expect("a relying party");
    let user = UserId::generate(NOW, &SystemEntropy);
    let credential = Credential {
        device_id: DeviceId::generate(NOW, &SystemEntropy),
        user_id: user,
        kind: DeviceKind::Passkey,
        credential_id: vec![7; 16],
        public_key: Vec::new(),
        sign_count: 0,
        aaguid: uuid::Uuid::nil(),
        transports: Vec::new(),
        backup_eligible: false,
        backed_up: false,
        user_verified: true,
        discoverable: None,
        attestation_format: "none".to_owned(),
    };
    let begun = party.start_authentication(user, &[credential]);
    CeremonyInProgress::begin(begun.expect("a challenge").1, NOW)
}

#[test]
fn a_challenge_is_answered_in_its_time_alone() {
    let at = |moment: Timestamp| asked_for().open(moment, LASTING).is_ok();
    assert!(at(NOW) && at(NOW + LASTING - MOMENT));
    assert!(!at(NOW + LASTING), "it was too late");
    assert!(!at(NOW - MOMENT), "the clock went back");
}
