//! Tokens by example, honest and forged.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::{Value, json};

use super::*;
use crate::clock::{SystemEntropy, Timestamp};

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);
const ISSUER: &str = "https://id.example.org";
const ALL: Expectation<'static> = Expectation {
    issuer: ISSUER,
    audiences: &["payroll"],
    algorithms: Algorithm::ALL,
    types: Expectation::PLAIN,
    leeway: Duration::from_secs(60),
    even_expired: false,
};

fn key(algorithm: SigningAlgorithm) -> SigningKey {
    let pkcs8 = SigningKey::generate(algorithm, &SystemEntropy).expect("a key");
    SigningKey::from_pkcs8(algorithm, &pkcs8).expect("reads")
}

fn set(keys: &[&SigningKey]) -> JwkSet {
    let keys = keys.iter().map(|key| key.jwk().clone()).collect();
    // As another program reads it.
    JwkSet::parse(JwkSet::new(keys).to_json().to_string().as_bytes()).expect("a set")
}

fn honest() -> Value {
    json!({
        "iss": ISSUER, "aud": "payroll", "sub": "anna", "jti": "1", "nonce": "n",
        "iat": NOW.seconds(), "exp": NOW.seconds() + 300,
    })
}

fn refused(token: &str, keys: &JwkSet, expected: &Expectation<'_>) -> Refusal {
    verify(token, keys, expected, NOW).expect_err("it is refused")
}

/// A token of these parts with an empty signature.
fn unsigned(header: &Value, claims: &Value) -> String {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encoded(header), encoded(claims))
}

#[test]
fn what_is_signed_is_verified_with_every_algorithm() {
    for algorithm in SigningAlgorithm::ALL {
        let key = key(algorithm);
        let token = sign(&honest(), "JWT", &key).expect("signs");
        let verified = verify(&token, &set(&[&key]), &ALL, NOW).expect("verifies");
        assert_eq!(verified.algorithm, algorithm.into());
        assert_eq!(verified.subject.as_deref(), Some("anna"));
        assert_eq!(verified.kid.as_deref(), Some(key.kid()));
        assert_eq!(verified.text("nonce"), Some("n"));
        assert_eq!(verified.expires_at, NOW + Duration::from_secs(300));
    }
}

#[test]
fn a_key_is_read_back_as_itself_and_prints_nothing_secret() {
    for algorithm in SigningAlgorithm::ALL {
        let pkcs8 = SigningKey::generate(algorithm, &SystemEntropy).expect("a key");
        let [one, two] =
            [(); 2].map(|()| SigningKey::from_pkcs8(algorithm, &pkcs8).expect("reads"));
        assert_eq!(one.jwk(), two.jwk());
        assert_eq!(one.kid().len(), 43);
        assert_eq!(format!("{one:?}"), format!("SigningKey({})", one.kid()));
        for other in SigningAlgorithm::ALL {
            let reads = SigningKey::from_pkcs8(other, &pkcs8).is_ok();
            assert_eq!(reads, other == algorithm, "{algorithm:?} as {other:?}");
        }
    }
}

#[test]
fn a_thumbprint_is_the_one_of_the_standard() {
    // The example of RFC 7638 §3.1.
    let set = JwkSet::parse(
        br#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#,
    )
    .expect("a key");
    let [key] = set.keys() else { panic!("one key") };
    assert_eq!(
        key.key.thumbprint(),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
    assert_eq!(key.kid.as_deref(), Some("2011-04-29"));
}

#[test]
fn a_signature_of_the_standard_is_verified() {
    // RFC 8037 appendix A.4: Ed25519. The payload is no object, so that it is refused after its signature.
    let key = br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let keys = JwkSet::parse(key).expect("a key");
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(refused(token, &keys, &ALL), Refusal::Claims);
    let other = token.replace("RXhh", "RXhi");
    assert_eq!(refused(&other, &keys, &ALL), Refusal::Signature);
}

#[test]
fn attack_a_token_that_nobody_signed() {
    let keys = set(&[&key(SigningAlgorithm::Es256)]);
    for alg in ["none", "None", "NONE", "nOnE", "", "HS256", "HS512"] {
        let token = unsigned(&json!({ "alg": alg }), &honest()) + ".";
        assert_eq!(refused(&token, &keys, &ALL), Refusal::Algorithm, "{alg}");
    }
    let token = unsigned(&json!({ "alg": "ES256" }), &honest()) + ".";
    assert_eq!(refused(&token, &keys, &ALL), Refusal::Signature);
    // r = s = 0, which some libraries took for right.
    let zeros = URL_SAFE_NO_PAD.encode([0; 64]);
    let token = unsigned(&json!({ "alg": "ES256" }), &honest()) + "." + &zeros;
    assert_eq!(refused(&token, &keys, &ALL), Refusal::Signature);
}

#[test]
fn attack_a_keyed_hash_with_the_public_key_as_its_secret() {
    let key = key(SigningAlgorithm::Rs256);
    let keys = set(&[&key]);
    let PublicKey::Rsa { n, .. } = &key.jwk().key else {
        panic!("RSA")
    };
    for secret in [n.clone(), keys.to_json().to_string().into_bytes()] {
        for alg in ["HS256", "RS256"] {
            let message = unsigned(&json!({ "alg": alg, "kid": key.kid() }), &honest());
            let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
            let tag = hmac::sign(&secret, message.as_bytes());
            let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
            let refusal = refused(&token, &keys, &ALL);
            let is_named = alg == "HS256";
            let expected = if is_named {
                Refusal::Algorithm
            } else {
                Refusal::Signature
            };
            assert_eq!(refusal, expected);
        }
    }
}

#[test]
fn attack_a_key_that_the_token_brings_along() {
    let (ours, theirs) = (key(SigningAlgorithm::Es256), key(SigningAlgorithm::Es256));
    let token = sign(&honest(), "JWT", &theirs).expect("signs");
    assert_eq!(refused(&token, &set(&[&ours]), &ALL), Refusal::UnknownKey);
    let header = json!({ "alg": "ES256", "kid": ours.kid(), "jwk": theirs.jwk().to_json(), "jku": "https://example.net" });
    let message = unsigned(&header, &honest());
    let made = theirs.signature(message.as_bytes()).expect("signs");
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(made));
    assert_eq!(refused(&token, &set(&[&ours]), &ALL), Refusal::Signature);
}

#[test]
fn attack_any_bit_of_a_token_is_turned() {
    let key = key(SigningAlgorithm::Es256);
    let keys = set(&[&key]);
    let token = sign(&honest(), "JWT", &key).expect("signs");
    for at in 0..token.len() {
        let mut turned = token.clone().into_bytes();
        turned[at] = match turned[at] {
            b'.' => b'A',
            b'A' => b'B',
            _ => b'A',
        };
        let turned = String::from_utf8(turned).expect("ASCII");
        assert!(verify(&turned, &keys, &ALL, NOW).is_err(), "byte {at}");
    }
    // Several spellings of one token would be several tokens to whoever remembers spent ones.
    for spelt in [
        format!("{token}="),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}."),
    ] {
        assert_eq!(refused(&spelt, &keys, &ALL), Refusal::Malformed);
    }
}

#[test]
fn attack_a_token_of_another_kind_or_algorithm() {
    let key = key(SigningAlgorithm::Es256);
    let keys = set(&[&key]);
    let token = |typ: &str| sign(&honest(), typ, &key).expect("signs");
    assert_eq!(refused(&token("at+jwt"), &keys, &ALL), Refusal::Type);
    let access = Expectation {
        types: &[Some("at+jwt")],
        ..ALL
    };
    assert!(verify(&token("at+jwt"), &keys, &access, NOW).is_ok());
    assert!(verify(&token("application/AT+JWT"), &keys, &access, NOW).is_ok());
    assert_eq!(refused(&token("JWT"), &keys, &access), Refusal::Type);
    let only = Expectation {
        algorithms: &[Algorithm::Rs256],
        ..ALL
    };
    assert_eq!(refused(&token("JWT"), &keys, &only), Refusal::Algorithm);
}

#[test]
fn attack_a_header_with_demands_or_two_answers() {
    let key = key(SigningAlgorithm::Es256);
    let keys = set(&[&key]);
    let signed = |header: &str| {
        let claims = URL_SAFE_NO_PAD.encode(honest().to_string());
        let message = format!("{}.{claims}", URL_SAFE_NO_PAD.encode(header));
        let made = key.signature(message.as_bytes()).expect("signs");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(made))
    };
    for (header, refusal) in [
        (
            r#"{"alg":"ES256","crit":["exp"],"exp":1}"#,
            Refusal::Critical,
        ),
        (
            r#"{"alg":"ES256","b64":false,"crit":["b64"]}"#,
            Refusal::Critical,
        ),
        (r#"{"alg":"none","alg":"ES256"}"#, Refusal::Malformed),
        (r#"{"alg":"ES256","kid":"a","kid":"b"}"#, Refusal::Malformed),
        (r#"["ES256"]"#, Refusal::Malformed),
        (r#"{"alg":"ES256","kid":"another"}"#, Refusal::UnknownKey),
    ] {
        assert_eq!(refused(&signed(header), &keys, &ALL), refusal, "{header}");
    }
    assert!(verify(&signed(r#"{"alg":"ES256"}"#), &keys, &ALL, NOW).is_ok());
}

#[test]
fn claims_are_for_us_from_whom_we_expect_and_of_now() {
    let key = key(SigningAlgorithm::Es256);
    let keys = set(&[&key]);
    let with = |name: &str, value: Value| {
        let mut claims = honest();
        claims[name] = value;
        sign(&claims, "JWT", &key).expect("signs")
    };
    let at = |seconds: i64| Value::from(NOW.seconds() + seconds);
    for (name, value, refusal) in [
        ("iss", json!("https://id.example.org/"), Refusal::Issuer),
        ("iss", json!(null), Refusal::Issuer),
        ("aud", json!("payrol"), Refusal::Audience),
        ("aud", json!([]), Refusal::Audience),
        ("aud", json!(null), Refusal::Audience),
        ("aud", json!([1]), Refusal::Claims),
        ("exp", at(-60), Refusal::Expired),
        ("exp", json!(null), Refusal::Claims),
        ("exp", json!("tomorrow"), Refusal::Claims),
        ("exp", json!(1e300), Refusal::Claims),
        ("exp", json!(-1), Refusal::Claims),
        ("nbf", at(61), Refusal::NotYet),
        ("iat", at(61), Refusal::NotYet),
    ] {
        assert_eq!(
            refused(&with(name, value.clone()), &keys, &ALL),
            refusal,
            "{name} {value}"
        );
    }
    for (name, value) in [
        ("aud", json!(["wiki", "payroll"])),
        ("exp", at(-59)),
        ("exp", json!(1_795_000_000.5)),
        ("nbf", at(60)),
        ("iat", at(60)),
    ] {
        assert!(
            verify(&with(name, value.clone()), &keys, &ALL, NOW).is_ok(),
            "{name} {value}"
        );
    }
    let hint = Expectation {
        even_expired: true,
        ..ALL
    };
    assert!(verify(&with("exp", at(-1_000_000)), &keys, &hint, NOW).is_ok());
}

#[test]
fn attack_a_claim_that_stands_there_twice() {
    let key = key(SigningAlgorithm::Es256);
    let claims = honest().to_string();
    let claims = claims.replacen('{', r#"{"iss":"https://id.example.net","#, 1);
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#);
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let made = key.signature(message.as_bytes()).expect("signs");
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(made));
    assert_eq!(refused(&token, &set(&[&key]), &ALL), Refusal::Claims);
}

#[test]
fn attack_a_token_without_end_or_depth() {
    let keys = set(&[&key(SigningAlgorithm::Es256)]);
    let long = "A".repeat(16 * 1024 + 1);
    assert_eq!(refused(&long, &keys, &ALL), Refusal::TooLong);
    let deep = "[".repeat(8000) + &"]".repeat(8000);
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#);
    let short: String = deep.chars().take(8000).collect();
    let token = format!("{header}.{}.AA", URL_SAFE_NO_PAD.encode(short));
    assert_eq!(refused(&token, &keys, &ALL), Refusal::Signature);
    for nothing in ["", ".", "..", "a.b.c", "...."] {
        assert_eq!(refused(nothing, &keys, &ALL), Refusal::Malformed);
    }
}

#[test]
fn a_token_that_names_no_key_needs_a_set_in_which_one_fits() {
    let [one, two] = [(); 2].map(|()| key(SigningAlgorithm::Es256));
    let rsa = key(SigningAlgorithm::Rs256);
    let message = unsigned(&json!({ "alg": "ES256" }), &honest());
    let made = one.signature(message.as_bytes()).expect("signs");
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(made));
    assert!(verify(&token, &set(&[&rsa, &one]), &ALL, NOW).is_ok());
    assert_eq!(
        refused(&token, &set(&[&one, &two]), &ALL),
        Refusal::AmbiguousKey
    );
}

#[test]
fn a_set_of_keys_is_read_strictly_and_what_is_of_no_use_passed_over() {
    let refused = |json: Value| JwkSet::parse(json.to_string().as_bytes()).expect_err("refused");
    let ours = key(SigningAlgorithm::Es256).jwk().to_json();
    let with = |name: &str, value: Value| {
        let mut key = ours.clone();
        key[name] = value;
        key
    };
    refused(json!([]));
    refused(json!({ "keys": {} }));
    refused(json!({ "keys": [1] }));
    refused(json!({ "keys": [{}] }));
    refused(json!({ "keys": vec![ours.clone(); 65] }));
    // A private key, a point off the curve, one that lacks a byte, another algorithm.
    refused(with("d", json!("AA")));
    refused(with("x", ours["y"].clone()));
    refused(with("x", json!("AAAA")));
    refused(with("alg", json!("RS256")));
    refused(json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" }));
    // The point of order one, under which anybody's signature would hold.
    refused(
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }),
    );
    // Where another party publishes them, the others count.
    let odd = json!({ "keys": [with("x", ours["y"].clone()), 1, {}, ours.clone()] });
    let published = JwkSet::published(odd.to_string().as_bytes()).expect("a set");
    assert_eq!(
        published,
        JwkSet::parse(ours.to_string().as_bytes()).expect("one alone")
    );
    let passed_over = [
        json!({ "kty": "oct", "k": "AA" }),
        json!({ "kty": "EC", "crv": "secp256k1" }),
        json!({ "kty": "RSA", "use": "enc", "n": "x", "e": "x" }),
        with("alg", json!("ECDH-ES")),
        with("key_ops", json!(["sign"])),
    ];
    let set = JwkSet::parse(json!({ "keys": passed_over }).to_string().as_bytes());
    assert!(set.expect("a set").keys().is_empty());
    let set = JwkSet::parse(ours.to_string().as_bytes()).expect("one alone");
    assert_eq!(JwkSet::from_stored(&set.to_json().to_string()), set);
}

#[test]
fn what_binds_an_access_token_is_the_half_hash_of_the_standard() {
    // OpenID Connect Core 1.0 appendix A.3.
    let hash = Algorithm::Rs256.half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
    assert_eq!(hash, "77QmUPtjPfzWtF2AnpK9RQ");
}
