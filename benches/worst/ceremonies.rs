//! What an authenticator is said to have answered: JSON, CBOR, keys and certificates.

use std::process::Command;

use keyward_core::clock::Timestamp;
use keyward_core::factors::webauthn::leads_to;
use keyward_core::protocols::webauthn::answer::{AuthenticationAnswer, RegistrationAnswer};
use keyward_core::protocols::webauthn::attestation_object::AttestationObject;
use keyward_core::protocols::webauthn::{cbor, client_data};

use super::{Input, measure as measure_one, texts};

/// What a body may have.
const LONGEST: usize = 64 * 1024;

/// A head of CBOR with a length of two bytes.
fn head(major: u8, length: usize) -> Vec<u8> {
    let length = u16::try_from(length).expect("short");
    let [high, low] = length.to_be_bytes();
    match length {
        0..24 => vec![major << 5 | low],
        24..256 => vec![major << 5 | 24, low],
        _ => vec![major << 5 | 25, high, low],
    }
}

/// Arrays or maps in each other, as many as the rules allow, each full.
fn nested(major: u8, depth: usize, width: usize, budget: usize) -> Vec<u8> {
    let mut bytes = head(major, width);
    for entry in 0..width {
        if major == 5 {
            bytes.extend(head(3, 3));
            bytes.extend(format!("{entry:03}").into_bytes());
        }
        let share = budget / width;
        match depth > 1 && share > width * 4 {
            true => bytes.extend(nested(major, depth - 1, width, share)),
            false => bytes.push(0),
        }
    }
    bytes
}

/// A map whose keys are long and differ in their last byte.
fn alike_keys() -> Vec<u8> {
    let mut bytes = head(5, 64);
    for entry in 0..64_u8 {
        let mut key = vec![b'k'; 700];
        key.push(b'0' + entry);
        bytes.extend(head(3, key.len()));
        bytes.extend(key);
        bytes.push(0);
    }
    bytes
}

fn cbors() -> Vec<Input<Vec<u8>>> {
    let deep = [vec![0x81; LONGEST - 1], vec![0]].concat();
    let tagged = vec![0xc0; LONGEST];
    let wide = [vec![0x99, 0xff, 0xff], vec![0; LONGEST - 3]].concat();
    let huge = vec![0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    [
        ("deep", deep),
        ("tags in tags", tagged),
        ("a wide array", wide),
        ("a length of 2^64", huge),
        ("full arrays in arrays", nested(4, 8, 64, 48_000)),
        ("few in few", nested(4, 8, 4, 48_000)),
        ("full maps in maps", nested(5, 8, 64, 48_000)),
        ("few in few maps", nested(5, 8, 4, 48_000)),
        ("keys that are alike", alike_keys()),
    ]
    .into_iter()
    .map(|(name, bytes)| Input::new(name, bytes.len(), bytes))
    .collect()
}

fn jsons() -> Vec<Input<String>> {
    let full = |unit: &str| unit.repeat((LONGEST - 200) / unit.len());
    let answer = |inside: &str| {
        format!(
            r#"{{"id":"AA","rawId":"AA","type":"public-key","response":{{"clientDataJSON":"AA","attestationObject":"AA","authenticatorData":"AA","signature":"AA",{inside}}}}}"#
        )
    };
    texts([
        ("arrays in arrays", "[".repeat(LONGEST)),
        (
            "arrays in an unknown member",
            answer(&format!(r#""x":{}"#, "[".repeat(LONGEST - 300))),
        ),
        (
            "many members",
            answer(&format!(r#"{}"x":1"#, full(r#""x":1,"#))),
        ),
        (
            "many transports",
            answer(&format!(r#""transports":[{}"usb"]"#, full(r#""usb","#))),
        ),
        ("escapes", answer(&format!(r#""x":"{}""#, full(r"\u0041")))),
        ("a long number", answer(&format!(r#""x":{}"#, full("9")))),
        (
            "a long fraction",
            answer(&format!(r#""x":0.{}e-9999"#, full("9"))),
        ),
        (
            "much base64",
            answer(&format!(r#""userHandle":"{}""#, full("A"))),
        ),
    ])
}

/// Certificates that sign each other under the dearest key that is verified at all: RSA of 8192 bits
/// with an exponent of 33.
fn chain() -> Vec<Vec<u8>> {
    let script = "set -e; cd $(mktemp -d); \
        openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:8192 \
          -pkeyopt rsa_keygen_pubexp:8589934591 -out key.pem >&2 2>/dev/null || \
        openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:8192 \
          -pkeyopt rsa_keygen_pubexp:8589934591 -out key.pem >&2 2>/dev/null; \
        openssl req -x509 -new -key key.pem -subj /CN=a -days 3650 -sha512 \
          -addext keyUsage=critical,keyCertSign -outform DER";
    let output = Command::new("/bin/sh").args(["-c", script]).output();
    let output = output.expect("openssl is there");
    assert!(!output.stdout.is_empty(), "no certificate was made");
    vec![output.stdout; 8]
}

pub fn measure() {
    measure_one("CBOR", &cbors(), |bytes: &Vec<u8>| {
        cbor::read(bytes).is_ok()
    });
    measure_one("attestation object", &cbors(), |bytes: &Vec<u8>| {
        AttestationObject::read(bytes).is_ok()
    });
    measure_one("client data", &jsons(), |text: &String| {
        client_data::challenge(text.as_bytes())
    });
    measure_one("registration, read", &jsons(), |text: &String| {
        RegistrationAnswer::read(text.as_bytes())
    });
    measure_one("authentication, read", &jsons(), |text: &String| {
        AuthenticationAnswer::read(text.as_bytes())
    });
    let chain = chain();
    let length = chain.iter().map(Vec::len).sum();
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).expect("a time");
    let now = Timestamp::from_seconds(i64::try_from(now.as_secs()).expect("a time") + 60);
    let inputs = [Input::new("RSA of 8192 bits, eight times", length, chain)];
    measure_one(
        "a chain of certificates",
        &inputs,
        |chain: &Vec<Vec<u8>>| leads_to(chain, &[[0_u8; 0]], now),
    );
}
