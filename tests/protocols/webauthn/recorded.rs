//! Ceremonies of real authenticators in real browsers, replayed with their own challenge, origin and
//! relying party. `fixtures/webauthn/recorded.json` says where each was published.

use keyward::clock::Timestamp;
use keyward::domain::credential::Credential;
use keyward::domain::device::DeviceKind;
use keyward::domain::user::UserHandle;
use keyward::factors::webauthn::{
    CredentialRegistered, CredentialVerified, RelyingParty, UserVerification, leads_to,
};
use keyward::problem::Problem;
use serde_json::Value;
use uuid::Uuid;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::vectors::{decoded, with_challenge};
use super::{assert_refused, new_device_id, settings, user};

const RECORDED: &str = include_str!("../../../fixtures/webauthn/recorded.json");

/// What is refused all the same, and why: two of the standard's vectors run in a frame of another
/// site, where no page of ours can be; four keys are of algorithms that are not offered here (RSA
/// with SHA-1, ES512, RSA-PSS), so that no authenticator makes one for us.
const REFUSED: [(&str, &str); 6] = [
    ("scan-010", "algorithm -65535 was not offered"),
    ("scan-040", "in a frame"),
    ("scan-044", "algorithm -36 was not offered"),
    ("scan-050", "in a frame"),
    ("scan-203", "algorithm -65535 was not offered"),
    ("scan-208", "algorithm -38 was not offered"),
];

fn refusal(case: &Value) -> Option<&'static str> {
    let known = REFUSED.iter().find(|(id, _)| case["id"] == **id);
    known.map(|(_, reason)| *reason)
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

fn party(case: &Value) -> RelyingParty {
    let mut settings = settings();
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
    let party = party(case);
    let (_, ceremony) = party
        .start_registration(&user("anna"), DeviceKind::Passkey, &[])
        .expect("options");
    let ceremony = with_challenge(ceremony, &case["challenge"]);
    party.finish_registration(ceremony, &answer(case))
}

/// Handles of other servers have other lengths than ours, so the answer gets this one.
fn authenticate(case: &Value, handle: Option<&str>) -> Result<CredentialVerified, Problem> {
    let (party, anna) = (party(case), user("anna"));
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
        if let Some(reason) = refusal(&case) {
            match is_registration {
                true => assert_refused(register(&case), "ceremony.refused", reason),
                false => assert_refused(authenticate(&case, None), "ceremony.refused", reason),
            }
            continue;
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
        if case["kind"] != "registration" || refusal(&case).is_some() {
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
