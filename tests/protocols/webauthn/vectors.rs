//! Replays recorded ceremonies: the test vectors of WebAuthn Level 3 and some of our own. The
//! verdict is the first word of a fixture's name.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use uuid::Uuid;

use super::{new_device_id, settings, user};
use keyward_core::clock::Timestamp;
use keyward_core::domain::credential::Credential;
use keyward_core::domain::device::DeviceKind;
use keyward_core::factors::webauthn::{
    AuthenticationRefusal, CredentialRegistered, CredentialVerified, RelyingParty, leads_to,
};
use keyward_core::problem::Problem;
use keyward_core::protocols::webauthn::algorithm::Algorithm;

#[test]
fn recorded_ceremonies_get_the_verdict_in_their_name() {
    let mut counted = 0;
    for path in fixtures() {
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let Some((verdict, _)) = name
            .split_once('_')
            .filter(|(verdict, _)| *verdict != "aaguids")
        else {
            continue;
        };
        let fixture = fs::read(&path).expect("a readable fixture");
        let fixture: Value = serde_json::from_slice(&fixture).expect("JSON");
        let outcome = match fixture["ceremony"].as_str() {
            Some("registration") => registration(&fixture),
            Some("authentication") => authentication(&fixture),
            other => panic!("{name}: {other:?}"),
        };
        match (verdict, outcome) {
            ("good", Ok(seen)) => assert_eq!(seen, fixture["expected"], "{name}"),
            ("bad", Err(_)) | ("either", _) => {}
            (_, outcome) => panic!("{name}: {outcome:?}"),
        }
        counted += 1;
    }
    assert!(counted >= 34, "only {counted} fixtures were found");
}

#[test]
fn what_only_a_setting_allows_is_refused_without_it() {
    let mut counted = 0;
    for mut fixture in registrations().into_iter().chain(authentications()) {
        let is_framed = fixture["top_origins"].is_array();
        if !is_framed && !fixture["offered"].is_array() {
            continue;
        }
        let replay = match fixture["ceremony"] == "registration" {
            true => registration,
            false => authentication,
        };
        assert!(replay(&fixture).is_ok(), "{}", fixture["title"]);
        for setting in ["offered", "top_origins"] {
            fixture.as_object_mut().expect("members").remove(setting);
        }
        let reason = if is_framed {
            "in a frame"
        } else {
            "was not offered"
        };
        super::assert_refused(replay(&fixture), "ceremony.refused", reason);
        // Another setting of the same kind is none for this ceremony.
        fixture["offered"] = json!([-7]);
        fixture["top_origins"] = json!(["https://example.net"]);
        let outcome = replay(&fixture);
        let names_its_top = !fixture["title"]
            .as_str()
            .expect("a title")
            .contains("crossOrigin");
        if !is_framed || names_its_top {
            super::assert_refused(outcome, "ceremony.refused", "");
        }
        counted += 1;
    }
    assert!(counted >= 11, "only {counted}");
}

/// The authority that the W3C's vectors were attested under.
const W3C_AUTHORITY: &str = "MIICBzCCAa2gAwIBAgIRAO1_kF2L0LQU0XhJExcKkLYwCgYIKoZIzj0EAwIwYjEeMBwGA1UEAwwVV2ViQXV0aG4gdGVzdCB2ZWN0b3JzMQwwCgYDVQQKDANXM0MxJTAjBgNVBAsMHEF1dGhlbnRpY2F0b3IgQXR0ZXN0YXRpb24gQ0ExCzAJBgNVBAYTAkFBMCAXDTI0MDEwMTAwMDAwMFoYDzMwMjQwMTAxMDAwMDAwWjBiMR4wHAYDVQQDDBVXZWJBdXRobiB0ZXN0IHZlY3RvcnMxDDAKBgNVBAoMA1czQzElMCMGA1UECwwcQXV0aGVudGljYXRvciBBdHRlc3RhdGlvbiBDQTELMAkGA1UEBhMCQUEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQyaTAOX_e2mQFfcM-AqHY79wW8LirwwbOc_3GLfDWIDKMPMZB42RsDOJoAb9_IodzYTt-gfTCqE0dKJIoNq1uqo0IwQDAPBgNVHRMBAf8EBTADAQH_MA4GA1UdDwEB_wQEAwIBBjAdBgNVHQ4EFgQURa_3FbDdeGdB_umW68FlR6OTGx4wCgYIKoZIzj0EAwIDSAAwRQIgSDBjtrsI3Mg9ozoCwR0vQiAxdok1VNE4xhSjaQhyTMgCIQD17yyRLUUAs-L1tZHQYiSR6fIg39H5c07EhLt-kIh2Yw";

#[test]
fn the_chains_of_the_w3cs_vectors_end_at_its_authority() {
    let authority = URL_SAFE_NO_PAD.decode(W3C_AUTHORITY).expect("base64url");
    let now = Timestamp::from_seconds(1_795_319_835);
    let mut seen = BTreeSet::new();
    let is_the_w3cs = |fixture: &Value| {
        let source = fixture["source"].as_str().unwrap_or_default();
        source.starts_with("W3C")
    };
    for fixture in registrations().into_iter().filter(is_the_w3cs) {
        let Ok(registered) = registered(&fixture) else {
            continue;
        };
        let attestation = registered.attestation();
        let found = leads_to(&attestation.chain, &[&authority], now);
        assert_eq!(found, !attestation.chain.is_empty(), "{fixture}");
        seen.insert((attestation.format.clone(), attestation.kind.as_str()));
    }
    let expected = [
        ("android-key", "basic"),
        ("apple", "anonca"),
        ("fido-u2f", "basic"),
        ("none", "none"),
        ("packed", "basic"),
        ("packed", "self"),
        ("tpm", "attca"),
    ];
    assert_eq!(
        seen,
        expected
            .map(|(format, kind)| (format.to_owned(), kind))
            .into()
    );
}

/// The recorded registrations, of all formats that the library examines.
pub(super) fn registrations() -> Vec<Value> {
    let read = fixtures()
        .into_iter()
        .map(|path| fs::read(path).expect("a readable fixture"));
    let parsed = read.map(|json| serde_json::from_slice(&json).expect("JSON"));
    parsed
        .filter(|fixture: &Value| fixture["ceremony"] == "registration")
        .collect()
}

/// The recorded authentications.
pub(super) fn authentications() -> Vec<Value> {
    let read = fixtures()
        .into_iter()
        .map(|path| fs::read(path).expect("a readable fixture"));
    let parsed = read.map(|json| serde_json::from_slice(&json).expect("JSON"));
    parsed
        .filter(|fixture: &Value| fixture["ceremony"] == "authentication")
        .collect()
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/webauthn");
    let entries = fs::read_dir(folder).expect("the fixtures");
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

/// The vectors come from authenticators with and without user verification, so they are replayed
/// as security keys.
const KIND: DeviceKind = DeviceKind::SecurityKey;

fn party(fixture: &Value) -> RelyingParty {
    let mut settings = settings();
    settings.id = text(&fixture["rp_id"]);
    settings.origins = vec![text(&fixture["origin"])];
    // What the relying party of the vector offered, and who could show its pages, where it says so.
    if let Some(offered) = fixture["offered"].as_array() {
        let offered = offered.iter().filter_map(Value::as_i64);
        settings.algorithms = offered.filter_map(Algorithm::of_number).collect();
    }
    if let Some(tops) = fixture["top_origins"].as_array() {
        settings.top_origins = tops.iter().map(text).collect();
    }
    RelyingParty::new(settings).expect("a relying party")
}

fn registered(fixture: &Value) -> Result<CredentialRegistered, Problem> {
    let party = party(fixture);
    let (_, ceremony) = party
        .start_registration(&user("anna"), KIND, &[])
        .expect("options");
    let ceremony = with_challenge(ceremony, &fixture["challenge"]);
    party.finish_registration(ceremony, &answer(fixture))
}

pub(super) fn registration(fixture: &Value) -> Result<Value, Problem> {
    let credential = registered(fixture)?.into_credential(new_device_id());
    assert_eq!(
        encoded(&credential.credential_id),
        fixture["answer"]["rawId"]
    );
    Ok(json!({
        "user_verified": credential.user_verified,
        "backup_eligible": credential.backup_eligible,
        "backed_up": credential.backed_up,
        "aaguid": credential.aaguid.simple().to_string(),
        "format": credential.attestation_format,
    }))
}

pub(super) fn authentication(fixture: &Value) -> Result<Value, Problem> {
    let (party, anna) = (party(fixture), user("anna"));
    let stored = &fixture["stored"];
    let credential = Credential {
        device_id: new_device_id(),
        user_id: anna.id,
        kind: KIND,
        credential_id: decoded(&fixture["answer"]["rawId"]),
        public_key: decoded(&stored["public_key"]),
        sign_count: u32::try_from(stored["sign_count"].as_u64().expect("a number")).expect("u32"),
        aaguid: Uuid::nil(),
        transports: Vec::new(),
        backup_eligible: fixture["expected"]["backup_eligible"] == true,
        backed_up: false,
        user_verified: false,
        discoverable: None,
        attestation_format: "none".to_owned(),
    };
    let credentials = [credential];
    let (_, ceremony) = party
        .start_authentication(anna.id, &credentials)
        .expect("options");
    let ceremony = with_challenge(ceremony, &fixture["challenge"]);
    let verified: Result<CredentialVerified, AuthenticationRefusal> =
        party.finish_authentication(ceremony, &answer(fixture), &credentials, &anna.handle);
    let verified = verified.map_err(Problem::from)?;
    assert_eq!(verified.user_id(), anna.id);
    Ok(json!({
        "user_verified": verified.user_verified(),
        "backup_eligible": credentials[0].backup_eligible,
        "backed_up": verified.backed_up(),
        "sign_count": verified.sign_count(),
    }))
}

/// Puts a recorded challenge into a ceremony by way of its stored form.
pub(super) fn with_challenge<T: Serialize + DeserializeOwned>(ceremony: T, challenge: &Value) -> T {
    let mut stored = serde_json::to_value(ceremony).expect("a stored form");
    stored["challenge"] = challenge.clone();
    stored["state"]["challenge"] = challenge.clone();
    serde_json::from_value(stored).expect("a ceremony")
}

fn answer(fixture: &Value) -> Vec<u8> {
    fixture["answer"].to_string().into_bytes()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

pub(super) fn decoded(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text(value)).expect("base64url")
}

pub(super) fn encoded(bytes: &[u8]) -> Value {
    json!(URL_SAFE_NO_PAD.encode(bytes))
}
