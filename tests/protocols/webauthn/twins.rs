//! The tampered twins of the W3C's vectors: one thing is changed in each, and each is refused with
//! the code and the reason of what was changed.

use keyward_core::problem::Problem;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::assert_refused;
use super::vectors::{
    authentication, authentications, decoded, encoded, registration, registrations,
};

/// What is changed, and the code and the reason of the refusal.
type Twin = (&'static str, fn(&mut Value), &'static str, &'static str);

const REFUSED: &str = "ceremony.refused";
const MALFORMED: &str = "ceremony.malformed";

/// What can be done to either ceremony.
const BOTH: [Twin; 8] = [
    (
        "the other ceremony's type",
        |fixture| {
            let other = if fixture["ceremony"] == "registration" {
                ("webauthn.create", "webauthn.get")
            } else {
                ("webauthn.get", "webauthn.create")
            };
            says(fixture, other.0, other.1);
        },
        REFUSED,
        "of another type",
    ),
    (
        "another challenge",
        |fixture| {
            let challenge = fixture["challenge"].as_str().expect("a text").to_owned();
            let other = encoded(&Sha256::digest(&challenge));
            says(fixture, &challenge, other.as_str().expect("a text"));
        },
        REFUSED,
        "challenge is another one",
    ),
    (
        "another origin",
        |fixture| says(fixture, "https://example.org", "https://example.com"),
        REFUSED,
        "origin is none of ours",
    ),
    (
        "a frame",
        |fixture| says(fixture, r#""crossOrigin":false"#, r#""crossOrigin":true"#),
        REFUSED,
        "in a frame",
    ),
    (
        "client data that end too early",
        |fixture| client_data(fixture, |data| data.truncate(data.len() - 1)),
        MALFORMED,
        "client data cannot be read",
    ),
    (
        "an id that is not rawId",
        |fixture| fixture["answer"]["id"] = json!("AAAA"),
        REFUSED,
        "id and rawId differ",
    ),
    (
        "another relying party",
        |fixture| authenticator_data(fixture, |data| data[0] ^= 1),
        REFUSED,
        "relying party id is another one",
    ),
    (
        "nobody there",
        |fixture| authenticator_data(fixture, |data| data[32] &= !0x01),
        REFUSED,
        "no user present",
    ),
];

/// What can be done to a registration.
const REGISTRATIONS: [Twin; 3] = [
    (
        "a reserved flag",
        |fixture| authenticator_data(fixture, |data| data[32] |= 0x02),
        REFUSED,
        "reserved flag",
    ),
    (
        "no new credential",
        |fixture| authenticator_data(fixture, |data| data[32] &= !0x40),
        MALFORMED,
        "",
    ),
    (
        "an unknown format",
        |fixture| {
            attestation_object(fixture, |object| {
                let at = position(object, b"\x63fmt") + 4;
                let length = usize::from(object[at] & 0x1f);
                object[at + length] ^= 1;
            });
        },
        REFUSED,
        "format is unknown",
    ),
];

/// What can be done to an authentication.
const AUTHENTICATIONS: [Twin; 7] = [
    (
        "another signature",
        |fixture| {
            let signature = &mut fixture["answer"]["response"]["signature"];
            let mut bytes = decoded(signature);
            *bytes.last_mut().expect("a byte") ^= 1;
            *signature = encoded(&bytes);
        },
        REFUSED,
        "signature is wrong",
    ),
    (
        "client data with another member",
        |fixture| client_data(fixture, adds_a_member),
        REFUSED,
        "signature is wrong",
    ),
    (
        "another counter",
        |fixture| authenticator_data(fixture, |data| data[36] ^= 1),
        REFUSED,
        "signature is wrong",
    ),
    (
        "a reserved flag",
        |fixture| authenticator_data(fixture, |data| data[32] |= 0x02),
        REFUSED,
        "reserved flag",
    ),
    (
        "a byte behind the authenticator data",
        |fixture| authenticator_data(fixture, |data| data.push(0)),
        MALFORMED,
        "bytes follow the authenticator data",
    ),
    (
        "another eligibility for backup",
        |fixture| {
            let stored = &mut fixture["expected"]["backup_eligible"];
            *stored = json!(*stored != json!(true));
        },
        REFUSED,
        "backup eligibility changed",
    ),
    (
        "a counter that went back",
        |fixture| fixture["stored"]["sign_count"] = json!(u32::MAX),
        "ceremony.counter",
        "",
    ),
];

#[test]
fn the_tampered_twin_of_each_registration_is_refused_with_its_code() {
    let mut twins = 0;
    for fixture in registrations()
        .iter()
        .filter(|one| registration(one).is_ok())
    {
        for twin in BOTH.iter().chain(&REGISTRATIONS) {
            twins += usize::from(is_refused(fixture, twin, registration));
        }
        // What was signed is what the browser said: `none` alone signs nothing.
        let mut changed = fixture.clone();
        client_data(&mut changed, adds_a_member);
        let format = fixture["expected"]["format"].as_str().expect("a format");
        let outcome = registration(&changed);
        assert_eq!(outcome.is_ok(), format == "none", "{format}: {outcome:?}");
        if format != "none" {
            assert_refused(outcome, REFUSED, "");
        }
    }
    assert!(twins >= 100, "only {twins} twins");
}

#[test]
fn the_tampered_twin_of_each_authentication_is_refused_with_its_code() {
    let mut twins = 0;
    for fixture in authentications()
        .iter()
        .filter(|one| authentication(one).is_ok())
    {
        for twin in BOTH.iter().chain(&AUTHENTICATIONS) {
            twins += usize::from(is_refused(fixture, twin, authentication));
        }
    }
    assert!(twins >= 150, "only {twins} twins");
}

/// Whether there is such a twin of this vector; a test fails where it is not refused.
fn is_refused(
    fixture: &Value,
    (name, change, code, reason): &Twin,
    verify: fn(&Value) -> Result<Value, Problem>,
) -> bool {
    let mut twin = fixture.clone();
    change(&mut twin);
    if twin == *fixture {
        return false;
    }
    println!("{}: {name}", fixture["title"]);
    assert_refused(verify(&twin), code, reason);
    true
}

/// Changes the words of the client data; nothing where they are not there.
fn says(fixture: &mut Value, from: &str, to: &str) {
    client_data(fixture, |data| {
        let text = String::from_utf8(data.clone()).expect("a text");
        *data = text.replace(from, to).into_bytes();
    });
}

fn adds_a_member(data: &mut Vec<u8>) {
    let end = data.pop();
    assert_eq!(end, Some(b'}'));
    data.extend_from_slice(br#","unknown":1}"#);
}

fn client_data(fixture: &mut Value, change: impl FnOnce(&mut Vec<u8>)) {
    let data = &mut fixture["answer"]["response"]["clientDataJSON"];
    let mut bytes = decoded(data);
    change(&mut bytes);
    *data = encoded(&bytes);
}

fn attestation_object(fixture: &mut Value, change: impl FnOnce(&mut Vec<u8>)) {
    let object = &mut fixture["answer"]["response"]["attestationObject"];
    let mut bytes = decoded(object);
    change(&mut bytes);
    *object = encoded(&bytes);
}

/// Changes the authenticator data where they stand, inside the attestation object or alone.
fn authenticator_data(fixture: &mut Value, change: impl FnOnce(&mut Vec<u8>)) {
    let rp_id = fixture["rp_id"].as_str().expect("a text");
    let start = Sha256::digest(rp_id);
    if fixture["ceremony"] == "registration" {
        return attestation_object(fixture, |object| {
            let at = position(object, &start);
            let mut data = object.split_off(at);
            change(&mut data);
            object.append(&mut data);
        });
    }
    let data = &mut fixture["answer"]["response"]["authenticatorData"];
    let mut bytes = decoded(data);
    change(&mut bytes);
    *data = encoded(&bytes);
}

fn position(bytes: &[u8], wanted: &[u8]) -> usize {
    let mut windows = bytes.windows(wanted.len());
    windows
        .position(|window| window == wanted)
        .expect("it is in there")
}
