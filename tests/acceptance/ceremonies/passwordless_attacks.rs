//! Attacks on the sign-in by passkey alone.

use std::collections::BTreeSet;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use futures_util::future::join_all;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use keyward_test_support::backends::At;
use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::{
    COUNTER_AT, FLAGS_AT, SoftAuthenticator, Tampering, with_member,
};

const UNBOUNDED: [(&str, &str); 2] = [
    ("lockout.user_failures", "1000"),
    ("lockout.address_failures", "100000"),
];

async fn with_a_key(server: &Server, name: &str, key: &mut SoftAuthenticator) -> Person {
    let person = server.user(name).await;
    person.signs_in().await;
    let answer = person.registers("passkey", key).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    person.elsewhere(&server.base)
}

/// What a forger sends who knows a credential's id and nothing else.
fn forged(options: &Value, id: &Value, origin: &str) -> Value {
    forged_by(options, id, origin, Tampering::default())
}

/// The same, wrong in one more way.
fn forged_by(options: &Value, id: &Value, origin: &str, tampering: Tampering<'_>) -> Value {
    let mut other = SoftAuthenticator::passkey();
    other.register(
        &json!({
            "rp": { "id": "localhost" }, "user": { "id": "AAAA" },
            "challenge": options["challenge"],
        }),
        origin,
    );
    let mut anything = options.clone();
    anything["allowCredentials"] = json!([]);
    let mut answer = other.authenticate_tampered(&anything, origin, tampering);
    answer["id"] = id.clone();
    answer["rawId"] = id.clone();
    answer
}

/// Signs an answer anew with the one private key that fits the public key of a decoy, which is the
/// curve's base point: anybody can.
fn signed_by_nobodys_key(answer: &mut Value) {
    const BASE_POINT: &str = "04\
        6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
        4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    let public = data_encoding::HEXLOWER
        .decode(BASE_POINT.as_bytes())
        .expect("hexadecimal");
    let mut private = [0; 32];
    private[31] = 1;
    let (algorithm, chance) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
    let key = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &private, &public, &chance);
    let response = answer["response"].as_object_mut().expect("an object");
    response.remove("userHandle");
    let read = |name: &str| {
        let text = response[name].as_str().expect("text").as_bytes();
        BASE64URL_NOPAD.decode(text).expect("base64url")
    };
    let client_data = digest(&SHA256, &read("clientDataJSON"));
    let signed = [read("authenticatorData").as_slice(), client_data.as_ref()].concat();
    let signature = key
        .expect("a key")
        .sign(&chance, &signed)
        .expect("a signature");
    let signature = BASE64URL_NOPAD.encode(signature.as_ref());
    response.insert("signature".to_owned(), json!(signature));
}

async fn forges(person: &Person, name: Option<&str>, id: &Value) -> (u16, String) {
    let options = person.asks_for_a_passkey(name).await.json();
    let answer = forged(&options, id, &person.browser.origin());
    let refused = person.sends_authentication(&answer).await;
    (refused.status, refused.code())
}

on_every_database! {
    async fn a_handle_and_a_credential_of_two_people_are_refused(at: At) {
        let server = Server::start(at).await;
        let (mut annas, mut bens) = (SoftAuthenticator::passkey(), SoftAuthenticator::passkey());
        let anna = with_a_key(&server, "anna", &mut annas).await;
        let ben = with_a_key(&server, "ben", &mut bens).await;
        let told = |answer: Value| answer["response"]["userHandle"].clone();
        let options = anna.asks_for_a_passkey(None).await.json();
        let annas_handle = told(annas.authenticate(&options, &anna.browser.origin()));
        let swap = |answer: &mut Value| answer["response"]["userHandle"] = annas_handle.clone();
        let tampering = Tampering { answer: Some(&swap), ..Tampering::default() };
        let options = ben.asks_for_a_passkey(None).await.json();
        let answer = bens.authenticate_tampered(&options, &ben.browser.origin(), tampering);
        let refused = ben.sends_authentication(&answer).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "ceremony.refused"));
        assert!(!ben.is_in().await && !anna.is_in().await);
        assert_eq!(server.trail("sign_in.passkey"), ["ceremony.refused"]);
    }

    async fn without_a_name_an_answer_without_a_handle_is_refused(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let silent = |answer: &mut Value| {
            answer["response"].as_object_mut().expect("an object").remove("userHandle");
        };
        let tampering = Tampering { answer: Some(&silent), ..Tampering::default() };
        let options = anna.asks_for_a_passkey(None).await.json();
        let answer = key.authenticate_tampered(&options, &anna.browser.origin(), tampering);
        assert_eq!(anna.sends_authentication(&answer).await.code(), "ceremony.refused");
        assert!(!anna.is_in().await);
    }

    async fn a_challenge_for_one_name_is_not_answered_by_another_person(at: At) {
        let server = Server::start(at).await;
        let (mut annas, mut bens) = (SoftAuthenticator::passkey(), SoftAuthenticator::passkey());
        let anna = with_a_key(&server, "anna", &mut annas).await;
        with_a_key(&server, "ben", &mut bens).await;
        let mut options = anna.asks_for_a_passkey(Some("anna")).await.json();
        options["allowCredentials"] = json!([]);
        let answer = bens.authenticate(&options, &anna.browser.origin());
        assert_eq!(anna.sends_authentication(&answer).await.code(), "ceremony.refused");
        assert!(!anna.is_in().await);
    }

    async fn a_replayed_answer_opens_nothing(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::synced_passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let options = anna.asks_for_a_passkey(None).await.json();
        let thief = anna.browser.copy();
        let answer = key.authenticate(&options, &anna.browser.origin());
        assert_eq!(anna.sends_authentication(&answer).await.status, 200);
        for browser in [&thief, &anna.browser] {
            let replayed = browser.post_json("/webauthn/authentication/verify", &answer).await;
            assert_eq!((replayed.status, replayed.code().as_str()), (409, "ceremony.not_started"));
        }
        assert_eq!(thief.get("/account").await.status, 303, "a replay opened the account");
    }

    async fn a_challenge_is_spent_by_a_wrong_answer_too(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let options = anna.asks_for_a_passkey(None).await.json();
        let nobody = |data: &mut Vec<u8>| data[FLAGS_AT] &= !1;
        let tampering = Tampering { authenticator_data: Some(&nobody), ..Tampering::default() };
        let wrong = key.authenticate_tampered(&options, &anna.browser.origin(), tampering);
        assert_eq!(anna.sends_authentication(&wrong).await.code(), "ceremony.refused");
        let right = key.authenticate(&options, &anna.browser.origin());
        assert_eq!(anna.sends_authentication(&right).await.code(), "ceremony.not_started");
        assert!(!anna.is_in().await);
    }

    async fn an_answer_that_was_fetched_at_another_browser_opens_nothing(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let thief = anna.elsewhere(&server.base);
        let options = anna.asks_for_a_passkey(None).await.json();
        let answer = key.authenticate(&options, &anna.browser.origin());
        assert_eq!(thief.sends_authentication(&answer).await.code(), "ceremony.not_started");
        thief.asks_for_a_passkey(None).await;
        assert_eq!(thief.sends_authentication(&answer).await.code(), "ceremony.not_started");
        assert!(!thief.is_in().await);
        assert_eq!(anna.sends_authentication(&answer).await.status, 200, "anna's own is spent");
    }

    async fn a_late_answer_opens_nothing(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let options = anna.asks_for_a_passkey(None).await.json();
        let answer = key.authenticate(&options, &anna.browser.origin());
        server.clock.turn(Duration::from_secs(6 * 60));
        assert_eq!(anna.sends_authentication(&answer).await.code(), "ceremony.not_started");
        assert!(!anna.is_in().await);
    }

    async fn an_answer_to_anything_but_a_challenge_of_ours_opens_nothing(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let options = anna.asks_for_a_passkey(None).await.json();
        for challenge in ["", "AAAA", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"] {
            let mut forged = options.clone();
            forged["challenge"] = challenge.into();
            let answer = key.authenticate(&forged, &anna.browser.origin());
            assert_eq!(anna.sends_authentication(&answer).await.code(), "ceremony.not_started");
        }
        // The challenge of a second factor is answered within its sign-in alone.
        let other = anna.elsewhere(&server.base);
        other.types_password().await;
        let options = other.asks_to_authenticate().await.json();
        let answer = key.authenticate(&options, &anna.browser.origin());
        assert_eq!(anna.sends_authentication(&answer).await.code(), "ceremony.not_started");
        assert!(!anna.is_in().await);
    }

    async fn an_answer_that_cannot_be_read_is_told_so(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        for member in ["clientDataJSON", "authenticatorData", "signature", "userHandle"] {
            let options = anna.asks_for_a_passkey(None).await.json();
            let mut answer = key.authenticate(&options, &anna.browser.origin());
            let padded = format!("{}=", answer["response"][member].as_str().expect("a text"));
            answer["response"][member] = padded.into();
            let refused = anna.sends_authentication(&answer).await;
            assert_eq!((refused.status, refused.code().as_str()), (400, "ceremony.malformed"), "{member}");
        }
        assert!(!anna.is_in().await);
    }

    async fn a_tampered_answer_opens_nothing(at: At) {
        let server = Server::with(at, &UNBOUNDED).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        type Text = dyn Fn(&mut String);
        type Bytes = dyn Fn(&mut Vec<u8>);
        let client_data: [(&str, &Text); 4] = [
            ("another origin", &|data| with_member(data, "origin", "http://evil.example".into())),
            ("another purpose", &|data| with_member(data, "type", "webauthn.create".into())),
            ("a foreign frame", &|data| with_member(data, "crossOrigin", true.into())),
            ("a foreign top", &|data| with_member(data, "topOrigin", "http://evil.example".into())),
        ];
        let signed: [(&str, &Bytes); 5] = [
            ("another relying party", &|data| data[0] ^= 1),
            ("nobody there", &|data| data[FLAGS_AT] &= !1),
            ("eligible all of a sudden", &|data| data[FLAGS_AT] |= 8),
            ("backed up but not eligible", &|data| data[FLAGS_AT] |= 16),
            ("trailing bytes", &|data| data.push(0)),
        ];
        let mut attacks: Vec<(&str, Tampering<'_>)> = Vec::new();
        for (name, change) in client_data {
            attacks.push((name, Tampering { client_data: Some(change), ..Tampering::default() }));
        }
        for (name, change) in signed {
            attacks.push((name, Tampering { authenticator_data: Some(change), ..Tampering::default() }));
        }
        let stored = "SELECT sign_count FROM credentials";
        let before = server.database.number(stored);
        for (name, tampering) in attacks {
            let options = anna.asks_for_a_passkey(None).await.json();
            let answer = key.authenticate_tampered(&options, &anna.browser.origin(), tampering);
            let refused = anna.sends_authentication(&answer).await;
            assert!([400, 403].contains(&refused.status), "{name}: {} {}", refused.status, refused.body);
            assert!(!anna.is_in().await, "{name}");
        }
        assert_eq!(server.database.number(stored), before, "a failed answer changed the counter");
        assert_eq!(anna.signs_in_with(&mut key, None).await.status, 200);
    }

    async fn an_unknown_credential_is_told_from_nothing_but_itself(at: At) {
        let server = Server::with(at, &UNBOUNDED).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let unknown = forges(&anna, None, &json!("AAAAAAAAAAAAAAAAAAAAAA")).await;
        assert_eq!(unknown, (403, "ceremony.unknown_credential".to_owned()));
        // A credential of anna's and a decoy are refused alike, whatever was asked.
        for name in ["anna", "nobody"] {
            let options = anna.asks_for_a_passkey(Some(name)).await.json();
            let id = options["allowCredentials"][0]["id"].clone();
            for asked in [None, Some(name), Some("zoe")] {
                let refused = forges(&anna, asked, &id).await;
                assert_eq!(refused, (403, "ceremony.refused".to_owned()), "{name} {asked:?}");
            }
        }
    }

    async fn no_forgery_of_a_decoy_is_answered_otherwise_than_one_of_a_credential(at: At) {
        let server = Server::with(at, &UNBOUNDED).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let absent = |data: &mut Vec<u8>| data[FLAGS_AT] &= !1;
        let elsewhere = |data: &mut Vec<u8>| data[0] ^= 1;
        let backed_up = |data: &mut Vec<u8>| data[FLAGS_AT] |= 1 << 4;
        let counted = |data: &mut Vec<u8>| data[COUNTER_AT] = 0xff;
        let other_origin = |text: &mut String| *text = text.replace("http://", "https://");
        let silent = |answer: &mut Value| {
            answer["response"].as_object_mut().expect("an object").remove("userHandle");
        };
        let none = Tampering::default();
        let attacks = [
            ("nothing", none),
            ("nobody is present", Tampering { authenticator_data: Some(&absent), ..none }),
            ("another relying party", Tampering { authenticator_data: Some(&elsewhere), ..none }),
            ("a backup that cannot be", Tampering { authenticator_data: Some(&backed_up), ..none }),
            ("a counter", Tampering { authenticator_data: Some(&counted), ..none }),
            ("another origin", Tampering { client_data: Some(&other_origin), ..none }),
            ("no handle", Tampering { answer: Some(&silent), ..none }),
            ("a right signature", Tampering { answer: Some(&signed_by_nobodys_key), ..none }),
        ];
        for (attack, tampering) in attacks {
            for asked_by_name in [false, true] {
                let mut told = Vec::new();
                for name in ["anna", "nobody"] {
                    let options = anna.asks_for_a_passkey(Some(name)).await.json();
                    let id = options["allowCredentials"][0]["id"].clone();
                    let asked = asked_by_name.then_some(name);
                    let options = anna.asks_for_a_passkey(asked).await.json();
                    let answer = forged_by(&options, &id, &anna.browser.origin(), tampering);
                    let refused = anna.sends_authentication(&answer).await;
                    let mut body = refused.json();
                    body["instance"] = json!(null);
                    let headers: BTreeSet<String> = refused.headers.keys().map(ToString::to_string).collect();
                    told.push((refused.status, body, headers));
                }
                assert_eq!(told[0], told[1], "{attack} {asked_by_name}");
                assert_eq!(told[0].0 / 100, 4, "{attack}");
            }
        }
        assert!(!anna.is_in().await);
    }

    async fn probing_for_accounts_by_locks_finds_none(at: At) {
        let server = Server::with(at, &[("lockout.user_failures", "3")]).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let mut seen = Vec::new();
        for name in ["anna", "nobody"] {
            let options = anna.asks_for_a_passkey(Some(name)).await.json();
            let id = options["allowCredentials"][0]["id"].clone();
            let mut answers = Vec::new();
            for _ in 0..5 {
                answers.push(forges(&anna, None, &id).await);
            }
            seen.push(answers);
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0][4], (403, "ceremony.refused".to_owned()));
        assert_eq!(anna.elsewhere(&server.base).signs_in_with(&mut key, Some("anna")).await.status, 200);
        anna.types_password().await;
        assert_eq!(anna.confirms_with(&mut key).await.status, 200);
    }

    async fn no_number_of_forged_answers_locks_anything(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "5")]).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let options = anna.asks_for_a_passkey(Some("anna")).await.json();
        let id = options["allowCredentials"][0]["id"].clone();
        for _ in 0..15 {
            forges(&anna, None, &json!("AAAAAAAAAAAAAAAAAAAAAA")).await;
            forges(&anna, Some("anna"), &id).await;
        }
        assert_eq!(server.events("lockout.locked"), 0);
        assert_eq!(anna.signs_in_with(&mut key, None).await.status, 200);
    }

    async fn an_answer_that_cannot_be_read_spends_what_it_was_meant_for_and_is_recorded_once(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let origin = anna.browser.origin();
        type Damage = dyn Fn(&mut Value);
        let damages: [(&str, &Damage); 9] = [
            ("no members", &|answer| *answer = json!({})),
            ("a list", &|answer| *answer = json!([answer.clone()])),
            ("another type", &|answer| answer["type"] = "password".into()),
            ("another id", &|answer| answer["id"] = "AAAA".into()),
            ("an empty id", &|answer| { answer["id"] = "".into(); answer["rawId"] = "".into(); }),
            ("no client data", &|answer| answer["response"]["clientDataJSON"] = "".into()),
            ("padded base64", &|answer| {
                let data = answer["response"]["clientDataJSON"].as_str().expect("text").to_owned();
                answer["response"]["clientDataJSON"] = format!("{data}==").into();
            }),
            ("another challenge", &|answer| {
                let data = json!({ "type": "webauthn.get", "challenge": "AAAA", "origin": "x" });
                answer["response"]["clientDataJSON"] =
                    data_encoding::BASE64URL_NOPAD.encode(data.to_string().as_bytes()).into();
            }),
            ("an endless handle", &|answer| answer["response"]["userHandle"] = "A".repeat(200).into()),
        ];
        for (name, damage) in damages {
            let before = server.trail("sign_in.passkey").len();
            let options = anna.asks_for_a_passkey(None).await.json();
            let right = key.authenticate(&options, &origin);
            let mut damaged = right.clone();
            damage(&mut damaged);
            let refused = anna.sends_authentication(&damaged).await;
            assert!((400..500).contains(&refused.status), "{name}: {}", refused.body);
            assert_eq!(server.trail("sign_in.passkey").len(), before + 1, "{name} is not recorded once");
            let late = anna.sends_authentication(&right).await;
            assert_eq!((late.status, late.code().as_str()), (409, "ceremony.not_started"), "{name}");
            assert!(!anna.is_in().await, "{name}");
            // A new question has a new answer.
            let again = anna.elsewhere(&server.base);
            assert_eq!(again.signs_in_with(&mut key, None).await.status, 200, "{name}");
        }
        assert_eq!(anna.signs_in_with(&mut key, None).await.status, 200, "this browser stays shut");
    }

    async fn a_disabled_user_does_not_get_in(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        server.database.execute("UPDATE users SET is_enabled = FALSE");
        let refused = anna.signs_in_with(&mut key, None).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "user.disabled"));
        assert!(!anna.is_in().await);
        assert_eq!(server.trail("sign_in.passkey"), ["user.disabled"]);
    }

    async fn a_cloned_passkey_is_put_on_hold(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let mut stolen = key.clone();
        assert_eq!(anna.signs_in_with(&mut key, None).await.status, 200);
        let thief = anna.elsewhere(&server.base);
        let refused = thief.signs_in_with(&mut stolen, None).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "ceremony.counter"));
        // From now on neither of the two gets in.
        for key in [&mut stolen, &mut key] {
            let someone = anna.elsewhere(&server.base);
            assert_eq!(someone.signs_in_with(key, None).await.code(), "ceremony.counter");
            assert!(!someone.is_in().await);
        }
        assert_eq!(server.events("device.suspect"), 1);
    }

    async fn of_two_answers_with_one_counter_at_once_one_wins_and_the_key_is_on_hold(at: At) {
        let server = Server::with(at, &UNBOUNDED).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let mut tries = Vec::new();
        for _ in 0..16 {
            let person = anna.elsewhere(&server.base);
            let options = person.asks_for_a_passkey(None).await.json();
            let answer = key.clone().authenticate(&options, &person.browser.origin());
            tries.push((person, answer));
        }
        let taken = join_all(tries.into_iter().map(|(person, answer)| {
            tokio::spawn(async move {
                let answer = person.sends_authentication(&answer).await;
                assert!(answer.status < 500, "{}", answer.body);
                answer.status == 200
            })
        }));
        let taken = taken.await.into_iter().filter(|taken| matches!(taken, Ok(true)));
        assert_eq!(taken.count(), 1);
        let on_hold = "SELECT COUNT(*) FROM devices WHERE state = 'suspect'";
        assert_eq!(server.database.number(on_hold), 1);
    }

    async fn one_answer_sent_many_times_at_once_opens_one_session(at: At) {
        let server = Server::with(at, &UNBOUNDED).await;
        let mut key = SoftAuthenticator::synced_passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        let options = anna.asks_for_a_passkey(None).await.json();
        let answer = key.authenticate(&options, &anna.browser.origin());
        let browsers: Vec<_> = (0..16).map(|_| anna.browser.copy()).collect();
        let sent = join_all(browsers.into_iter().map(|browser| {
            let answer = answer.clone();
            tokio::spawn(async move {
                browser.post_json("/webauthn/authentication/verify", &answer).await.status
            })
        }));
        let statuses: Vec<u16> = sent.await.into_iter().map(|sent| sent.expect("no panic")).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    }

    async fn the_step_to_the_password_cannot_be_skipped_or_repeated(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        key.user_verified = false;
        anna.signs_in_with(&mut key, None).await;
        for path in ["/account", "/account/devices", "/console", "/account/devices/add"] {
            assert_eq!(anna.browser.get(path).await.status, 303, "{path}");
        }
        // A code is no password.
        let code = anna.browser.post("/sign-in/totp", &[("turn", "0"), ("code", "000000")]).await;
        assert_eq!(code.status, 409);
        let fields = |turn: &'static str| [("turn", turn), ("password", "wrong")];
        assert_eq!(anna.browser.post("/sign-in/confirm", &fields("0")).await.status, 303);
        assert_eq!(anna.browser.post("/sign-in/confirm", &fields("0")).await.status, 409);
        let right = [("turn", "1"), ("password", anna.password.as_str())];
        let thief = anna.browser.copy();
        assert_eq!(anna.browser.post("/sign-in/confirm", &right).await.status, 303);
        assert_eq!(thief.post("/sign-in/confirm", &right).await.status, 409);
        assert_eq!(thief.get("/account").await.status, 303);
        assert!(anna.is_in().await);
    }

    async fn a_key_that_was_removed_meanwhile_does_not_lead_past_the_password(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", &mut key).await;
        key.user_verified = false;
        anna.signs_in_with(&mut key, None).await;
        server.database.execute("DELETE FROM devices");
        let right = [("turn", "0"), ("password", anna.password.as_str())];
        let refused = anna.browser.post("/sign-in/confirm", &right).await;
        assert_eq!(refused.status, 404, "{}", refused.text());
        assert!(!anna.is_in().await);
    }
}

/// What takes time is the database. On the one that answers in microseconds, and over which each
/// statement of a server can be heard, the same ones are run for every name.
#[tokio::test]
async fn probing_for_accounts_by_time_finds_none() {
    let server = Server::start(At::Sqlite).await;
    let mut key = SoftAuthenticator::passkey();
    let anna = with_a_key(&server, "anna", &mut key).await;
    server.reachable("ben", "ben@example.org").await;
    // From then on its browser is known by its cookie.
    anna.asks_for_a_passkey(None).await;
    let asked = async |name| {
        let request = async || assert_eq!(anna.asks_for_a_passkey(Some(name)).await.status, 200);
        server.hears_statements(request).await
    };
    let known = asked("anna").await;
    assert!(
        known
            .iter()
            .any(|statement| statement.contains("credentials")),
        "{known:?}"
    );
    assert_eq!(known, asked("ben").await);
    assert_eq!(known, asked("nobody").await);
    assert_eq!(
        asked("ben@example.org").await,
        asked("nobody@example.org").await
    );
}
