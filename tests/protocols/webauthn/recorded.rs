//! Ceremonies of real authenticators in real browsers, replayed with their own challenge, origin and
//! relying party. `fixtures/webauthn/recorded.json` says where each was published.

use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::vectors::{decoded, encoded, with_challenge};
use super::{assert_refused, new_device_id, settings, user};
use keyward_core::clock::Timestamp;
use keyward_core::domain::credential::Credential;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::user::UserHandle;
use keyward_core::factors::webauthn::{
    CredentialRegistered, CredentialVerified, RelyingParty, UserVerification, leads_to,
};
use keyward_core::problem::Problem;
use keyward_core::protocols::webauthn::algorithm::Algorithm;

const RECORDED: &str = include_str!("../../../fixtures/webauthn/recorded.json");

/// What its relying party was configured to, beside its address, and how the ceremony is refused
/// where that is not so: two of the standard's vectors ran in a frame of another site, and four keys
/// are of algorithms that are not offered by default (RSA with SHA-1, ES512, RSA-PSS).
const CONFIGURED: [(&str, Configured, &str); 6] = [
    (
        "scan-010",
        Configured::Offers(Algorithm::Rs1),
        "algorithm -65535 was not offered",
    ),
    (
        "scan-040",
        Configured::FramedBy("https://example.com"),
        "in a frame",
    ),
    (
        "scan-044",
        Configured::Offers(Algorithm::Es512),
        "algorithm -36 was not offered",
    ),
    (
        "scan-050",
        Configured::FramedBy("https://example.com"),
        "in a frame",
    ),
    (
        "scan-203",
        Configured::Offers(Algorithm::Rs1),
        "algorithm -65535 was not offered",
    ),
    (
        "scan-208",
        Configured::Offers(Algorithm::Ps384),
        "algorithm -38 was not offered",
    ),
];

#[derive(Clone, Copy)]
enum Configured {
    Offers(Algorithm),
    FramedBy(&'static str),
}

fn configured(case: &Value) -> Option<(Configured, &'static str)> {
    let known = CONFIGURED.iter().find(|(id, ..)| case["id"] == **id);
    known.map(|(_, configured, reason)| (*configured, *reason))
}

fn cases() -> Vec<Value> {
    let recorded: Value = serde_json::from_str(RECORDED).expect("JSON");
    let cases = recorded["cases"].as_array().expect("cases").clone();
    assert_eq!(cases.len(), 57);
    cases
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn party(case: &Value, configured: Option<Configured>) -> RelyingParty {
    let mut settings = settings();
    match configured {
        Some(Configured::Offers(algorithm)) => settings.algorithms.push(algorithm),
        Some(Configured::FramedBy(origin)) => settings.top_origins.push(origin.to_owned()),
        None => {}
    }
    settings.id = text(&case["rp_id"]);
    // Apps have no origin on a domain: a page of the relying party stands beside them.
    settings.origins = vec![format!("https://{}", settings.id)];
    let origins = case["origins"].as_array().expect("origins");
    settings.origins.extend(origins.iter().map(text));
    settings.user_verification = match case["require_user_verification"].as_bool() {
        Some(true) => UserVerification::Required,
        _ => UserVerification::Preferred,
    };
    RelyingParty::new(settings).expect("a relying party")
}

fn answer(case: &Value) -> Vec<u8> {
    let mut answer = case["response"].clone();
    // Some were written down without the constants of `toJSON()`.
    answer["type"] = "public-key".into();
    answer.to_string().into_bytes()
}

fn register(case: &Value) -> Result<CredentialRegistered, Problem> {
    register_at(case, &party(case, configured(case).map(|(one, _)| one)))
}

fn register_at(case: &Value, party: &RelyingParty) -> Result<CredentialRegistered, Problem> {
    let (_, ceremony) = party
        .start_registration(&user("anna"), DeviceKind::Passkey, &[])
        .expect("options");
    let ceremony = with_challenge(ceremony, &case["challenge"]);
    party.finish_registration(ceremony, &answer(case))
}

/// Handles of other servers have other lengths than ours, so the answer gets this one.
fn authenticate(case: &Value, handle: Option<&str>) -> Result<CredentialVerified, Problem> {
    let party = party(case, configured(case).map(|(one, _)| one));
    authenticate_at(case, &party, handle)
}

fn authenticate_at(
    case: &Value,
    party: &RelyingParty,
    handle: Option<&str>,
) -> Result<CredentialVerified, Problem> {
    let anna = user("anna");
    let data = decoded(&case["response"]["response"]["authenticatorData"]);
    let eligible = case["registered_be"].as_bool();
    let credentials = [Credential {
        device_id: new_device_id(),
        user_id: anna.id,
        kind: DeviceKind::Passkey,
        credential_id: decoded(&case["response"]["rawId"]),
        public_key: decoded(&case["credential_public_key_cose"]),
        sign_count: u32::try_from(case["stored_sign_count"].as_u64().expect("a number"))
            .expect("u32"),
        aaguid: Uuid::nil(),
        transports: Vec::new(),
        backup_eligible: eligible.unwrap_or(data[32] & 8 != 0),
        backed_up: false,
        user_verified: true,
        discoverable: None,
        attestation_format: "none".to_owned(),
    }];
    let (_, ceremony) = party
        .start_authentication(anna.id, &credentials)
        .expect("options");
    let ceremony = with_challenge(ceremony, &case["challenge"]);
    let mut answer: Value = serde_json::from_slice(&answer(case)).expect("JSON");
    answer["response"]["userHandle"] = handle.map_or(Value::Null, Value::from);
    let handle: UserHandle = anna.handle;
    party
        .finish_authentication(
            ceremony,
            answer.to_string().as_bytes(),
            &credentials,
            &handle,
        )
        .map_err(Problem::from)
}

#[test]
fn each_recorded_ceremony_is_accepted() {
    let mut wrong = Vec::new();
    for case in cases() {
        let id = text(&case["id"]);
        let is_registration = case["kind"] == "registration";
        if let Some((_, reason)) = configured(&case) {
            let usual = party(&case, None);
            match is_registration {
                true => assert_refused(register_at(&case, &usual), "ceremony.refused", reason),
                false => {
                    let outcome = authenticate_at(&case, &usual, None);
                    assert_refused(outcome, "ceremony.refused", reason);
                }
            }
        }
        if !is_registration {
            for handle in [None, Some("")] {
                if let Err(problem) = authenticate(&case, handle) {
                    wrong.push(format!("{id} {handle:?}: {problem}"));
                }
            }
            let stranger = authenticate(&case, Some("AAAA"));
            assert_refused(stranger, "ceremony.refused", "user handle");
            continue;
        }
        match register(&case) {
            Err(problem) => wrong.push(format!("{id}: {problem}")),
            Ok(made) => {
                assert_eq!(made.attestation().format, case["fmt"], "{id}");
                if let Some(aaguid) = case["aaguid"].as_str() {
                    assert_eq!(made.aaguid().simple().to_string(), aaguid, "{id}");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// When the chains of these ceremonies were valid all, and today.
#[test]
fn recorded_chains_are_judged_by_the_moment_of_their_enrolment() {
    let today = Timestamp::from_date("2026-11-29").expect("a day");
    let (mut over, mut valid) = (0, 0);
    for case in cases() {
        if case["kind"] != "registration" {
            continue;
        }
        let made = register(&case).unwrap_or_else(|problem| panic!("{}: {problem}", case["id"]));
        let chain = &made.attestation().chain;
        let Some(last) = chain.last() else { continue };
        let read = chain
            .iter()
            .map(|der| X509Certificate::from_der(der).expect("DER").1);
        let spans: Vec<(i64, i64)> = read
            .map(|certificate| certificate.validity().clone())
            .map(|span| (span.not_before.timestamp(), span.not_after.timestamp()))
            .collect();
        // The anchor's own time is nobody's business.
        let of_chain = &spans[..spans.len() - 1];
        let leaf = spans[0];
        let begun = of_chain
            .iter()
            .map(|(from, _)| *from)
            .max()
            .unwrap_or(leaf.0);
        let ended = of_chain.iter().map(|(_, to)| *to).min().unwrap_or(leaf.1);
        let then = Timestamp::from_seconds(begun + 60);
        assert!(leads_to(chain, &[last], then), "{}: {then}", case["id"]);
        let still = today.seconds() <= ended;
        assert_eq!(leads_to(chain, &[last], today), still, "{}", case["id"]);
        if still { valid += 1 } else { over += 1 }
    }
    assert!(over >= 5 && valid >= 5, "{over} are over, {valid} are not");
}

/// One bit of each byte, of client data, authenticator data and signature. What the browser and the
/// authenticator signed is as it was, or it is refused; a format that signs nothing (`none`) still
/// binds challenge, origin and relying party.
#[test]
fn no_recorded_ceremony_is_accepted_after_a_bit_was_turned() {
    let mut turned = 0;
    for case in cases() {
        let party = party(&case, configured(&case).map(|(one, _)| one));
        let is_registration = case["kind"] == "registration";
        let members: &[&str] = match (is_registration, case["fmt"] == "none") {
            (true, true) => &[],
            (true, false) => &["clientDataJSON"],
            (false, _) => &["clientDataJSON", "authenticatorData", "signature"],
        };
        for member in members {
            let original = decoded(&case["response"]["response"][member]);
            for at in 0..original.len() {
                let mut bytes = original.clone();
                bytes[at] ^= 1 << (at % 8);
                let mut twin = case.clone();
                twin["response"]["response"][member] = encoded(&bytes);
                let is_accepted = match is_registration {
                    true => register_at(&twin, &party).is_ok(),
                    false => authenticate_at(&twin, &party, None).is_ok(),
                };
                assert!(!is_accepted, "{} {member} at {at}", case["id"]);
                turned += 1;
            }
        }
        if is_registration {
            turned += turned_data(&case, &party);
        }
    }
    assert!(turned > 10_000, "only {turned}");
}

/// The authenticator data inside the attestation object, and what a chain proves afterwards.
fn turned_data(case: &Value, party: &RelyingParty) -> usize {
    let original = decoded(&case["response"]["response"]["attestationObject"]);
    let hash = Sha256::digest(case["rp_id"].as_str().expect("a text"));
    let start = original
        .windows(32)
        .position(|window| window == hash.as_slice())
        .expect("the authenticator data");
    let signs_all = !matches!(case["fmt"].as_str(), Some("none" | "fido-u2f"));
    // `none` signs nothing, and what follows the first signed bytes of U2F is not signed whole.
    let end = if signs_all {
        original.len()
    } else {
        start + 32
    };
    // Some write the statement behind the data, and a statement has parts that nobody signs.
    let length = usize::from(u16::from_be_bytes([
        original[start - 2],
        original[start - 1],
    ]));
    let end = match (original[start - 3], original[start - 2]) {
        (0x59, _) => end.min(start + length),
        (_, 0x58) => end.min(start + usize::from(original[start - 1])),
        _ => panic!("{}: another head", case["id"]),
    };
    for at in start..end {
        let mut bytes = original.clone();
        bytes[at] ^= 1 << (at % 8);
        let mut twin = case.clone();
        twin["response"]["response"]["attestationObject"] = encoded(&bytes);
        let outcome = register_at(&twin, party);
        assert!(outcome.is_err(), "{} at {}", case["id"], at - start);
    }
    end - start
}
