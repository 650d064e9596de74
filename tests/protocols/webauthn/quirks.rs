//! How real clients write the same answer: what they leave out, add and spell otherwise. What means
//! the same is accepted, what has two meanings is not, and nothing is our own fault.

use keyward_core::domain::device::DeviceKind;
use serde_json::{Value, json};

use super::{Anna, ORIGIN, assert_accepted, assert_refused, relying_party, user};
use keyward_test_support::soft_authenticator::SoftAuthenticator;

const MALFORMED: &str = "ceremony.malformed";
const REFUSED: &str = "ceremony.refused";

type Change = fn(&mut Value);

fn without(answer: &mut Value, path: &[&str]) {
    let (last, before) = path.split_last().expect("a member");
    let holder = before.iter().fold(answer, |value, name| &mut value[*name]);
    holder.as_object_mut().expect("members").remove(*last);
}

fn registered(change: Change) -> Result<Vec<String>, keyward_core::problem::Problem> {
    let party = relying_party();
    let (options, ceremony) = party
        .start_registration(&user("anna"), DeviceKind::Passkey, &[])
        .expect("options");
    let mut answer = SoftAuthenticator::passkey().register(&options, ORIGIN);
    change(&mut answer);
    party
        .finish_registration(ceremony, answer.to_string().as_bytes())
        .map(|made| {
            made.into_credential(super::new_device_id())
                .transports
                .clone()
        })
}

fn authenticated(
    change: Change,
) -> Result<(), keyward_core::factors::webauthn::AuthenticationRefusal> {
    let mut anna = Anna::with(SoftAuthenticator::passkey());
    anna.answers(|authenticator, options| {
        let mut answer = authenticator.authenticate(options, ORIGIN);
        change(&mut answer);
        answer
    })
    .map(drop)
}

/// What either ceremony's answer may look like.
const EITHER: [(&str, Change); 9] = [
    ("attachment null", |it| {
        it["authenticatorAttachment"] = Value::Null;
    }),
    ("attachment of another kind", |it| {
        it["authenticatorAttachment"] = json!("wearable");
    }),
    ("no extension results", |it| {
        it.as_object_mut()
            .expect("members")
            .remove("clientExtensionResults");
    }),
    ("extension results null", |it| {
        it["clientExtensionResults"] = Value::Null;
    }),
    ("extension results of other kinds", |it| {
        it["clientExtensionResults"] = json!({
            "appid": false, "credProps": true, "largeBlob": { "supported": "maybe" },
            "uvm": [[2, 4, 2]], "prf": { "enabled": true, "results": { "first": "AAAA" } },
        });
    }),
    ("credProps null", |it| {
        it["clientExtensionResults"] = json!({ "credProps": null });
    }),
    ("credProps.rk of another kind", |it| {
        it["clientExtensionResults"] = json!({ "credProps": { "rk": "yes", "x": [] } });
    }),
    ("members that nobody knows", |it| {
        it["getClientExtensionResults"] = json!({});
        it["response"]["getTransports"] = json!({});
        it["challenge"] = json!("AAAA");
    }),
    ("what is there for convenience", |it| {
        it["response"]["publicKeyAlgorithm"] = json!(-65535);
        it["response"]["publicKey"] = Value::Null;
    }),
];

#[test]
fn what_real_clients_leave_out_or_add_is_no_reason_to_refuse() {
    for (name, change) in EITHER {
        println!("{name}");
        assert_accepted(registered(change));
        assert_accepted(authenticated(change));
    }
    let handles: [Change; 2] = [
        |it| it["response"]["userHandle"] = Value::Null,
        |it| it["response"]["userHandle"] = json!(""),
    ];
    for change in handles {
        assert_accepted(authenticated(change));
    }
    assert_accepted(authenticated(|it| without(it, &["response", "userHandle"])));
    assert_accepted(authenticated(|it| {
        it["response"]["attestationObject"] = Value::Null;
    }));
}

#[test]
fn transports_are_kept_where_they_are_known_and_never_a_reason_to_refuse() {
    let cases: [(Change, &[&str]); 5] = [
        (|it| without(it, &["response", "transports"]), &[]),
        (|it| it["response"]["transports"] = Value::Null, &[]),
        (|it| it["response"]["transports"] = json!([]), &[]),
        (
            |it| it["response"]["transports"] = json!(["usb", "cable", "usb", "nfc", ""]),
            &["nfc", "usb"],
        ),
        (
            |it| {
                let mut many = vec!["x".repeat(100); 300];
                many.push("ble".to_owned());
                it["response"]["transports"] = json!(many);
            },
            &["ble"],
        ),
    ];
    for (change, kept) in cases {
        assert_eq!(registered(change).expect("a credential"), kept);
    }
}

#[test]
fn an_answer_with_two_meanings_or_none_is_refused() {
    let cases: [(&str, Change, &str); 12] = [
        (
            "padding",
            |it| {
                let padded = format!("{}=", it["rawId"].as_str().expect("a text"));
                it["rawId"] = json!(padded);
            },
            MALFORMED,
        ),
        (
            "the other alphabet",
            |it| it["rawId"] = json!("+/+/"),
            MALFORMED,
        ),
        (
            "a line break",
            |it| it["rawId"] = json!("AAAA\n"),
            MALFORMED,
        ),
        (
            "no id",
            |it| {
                it["id"] = json!("");
                it["rawId"] = json!("");
            },
            MALFORMED,
        ),
        (
            "an id of 1024 bytes",
            |it| {
                let long = "A".repeat(1366);
                it["id"] = json!(long);
                it["rawId"] = json!(long);
            },
            MALFORMED,
        ),
        (
            "bytes in place of text",
            |it| it["rawId"] = json!([1, 2]),
            MALFORMED,
        ),
        ("id null", |it| it["id"] = Value::Null, MALFORMED),
        ("type null", |it| it["type"] = Value::Null, MALFORMED),
        ("another type", |it| it["type"] = json!("password"), REFUSED),
        (
            "response null",
            |it| it["response"] = Value::Null,
            MALFORMED,
        ),
        (
            "no client data",
            |it| {
                it["response"]["clientDataJSON"] = json!("");
            },
            MALFORMED,
        ),
        (
            "client data in the clear",
            |it| {
                it["response"]["clientDataJSON"] = json!({ "type": "webauthn.get" });
            },
            MALFORMED,
        ),
    ];
    for (name, change, code) in cases {
        println!("{name}");
        assert_refused(registered(change), code, "");
        assert_refused(authenticated(change), code, "");
    }
    let longest = |it: &mut Value| {
        let long = "A".repeat(86);
        it["response"]["userHandle"] = json!(long);
    };
    assert_refused(authenticated(longest), REFUSED, "user handle");
    let too_long = |it: &mut Value| {
        let long = "A".repeat(87);
        it["response"]["userHandle"] = json!(long);
    };
    assert_refused(authenticated(too_long), MALFORMED, "user handle");
}

#[test]
fn json_that_is_none_is_refused() {
    let party = relying_party();
    let deep = "[".repeat(30_000);
    for text in [
        "",
        " ",
        "null",
        "[]",
        "{}",
        "\"\\ud800\"",
        "{\"id\":\"\\ud800\"}",
        "\u{feff}{}",
        "{\"id\":1e999}",
        r#"{"id":"AA","id":"AA","rawId":"AA","type":"public-key","response":{}}"#,
        deep.as_str(),
    ] {
        let (_, ceremony) = party
            .start_registration(&user("anna"), DeviceKind::Passkey, &[])
            .expect("options");
        let outcome = party.finish_registration(ceremony, text.as_bytes());
        assert_refused(outcome, MALFORMED, "");
    }
}

/// Client data as browsers and apps wrote them over the years.
#[test]
fn client_data_are_read_as_the_standard_has_it() {
    type Rewrite = fn(String) -> String;
    let good: [(&str, Rewrite); 6] = [
        ("a byte-order mark", |data| format!("\u{feff}{data}")),
        ("white space", |data| {
            data.replace(',', " ,\n\t").replace('{', "\r\n{ ")
        }),
        ("a closed world's members", |data| {
            data.replacen(
                '{',
                r#"{"hashAlgorithm":"SHA-256","clientExtensions":{},"androidPackageName":"com.android.chrome","other_keys_can_be_added_here":"do not compare clientDataJSON against a template. See https://goo.gl/yabPex","#,
                1,
            )
        }),
        ("token binding that is not there", |data| {
            data.replacen('{', r#"{"tokenBinding":{"status":"supported"},"#, 1)
        }),
        ("escapes", |data| data.replace("webauthn", "web\\u0061uthn")),
        ("slashes escaped", |data| {
            data.replace("https://", "https:\\/\\/")
        }),
    ];
    let bad: [(&str, Rewrite, &str); 8] = [
        (
            "two marks",
            |data| format!("\u{feff}\u{feff}{data}"),
            MALFORMED,
        ),
        ("something behind", |data| format!("{data} x"), MALFORMED),
        (
            "a member twice",
            |data| data.replacen('{', r#"{"origin":"https://example.org","#, 1),
            MALFORMED,
        ),
        (
            "half a character",
            |data| data.replace("webauthn", "\\ud800"),
            MALFORMED,
        ),
        ("an array", |data| format!("[{data}]"), MALFORMED),
        (
            "a type that says null",
            |data| data.replacen(r#""type":"#, r#""type":null,"kind":"#, 1),
            MALFORMED,
        ),
        (
            "token binding",
            |data| {
                data.replacen(
                    '{',
                    r#"{"tokenBinding":{"status":"present","id":"AAAA"},"#,
                    1,
                )
            },
            REFUSED,
        ),
        (
            "an origin in another case",
            |data| data.replace("example.org", "Example.org"),
            REFUSED,
        ),
    ];
    let replay = |rewrite: Rewrite| {
        let mut anna = Anna::with(SoftAuthenticator::passkey());
        let changed = move |data: &mut String| *data = rewrite(std::mem::take(data));
        anna.authenticates_tampered(keyward_test_support::soft_authenticator::Tampering {
            client_data: Some(&changed),
            ..Default::default()
        })
        .map(drop)
    };
    let enrol = |rewrite: Rewrite| {
        let party = relying_party();
        let (options, ceremony) = party
            .start_registration(&user("anna"), DeviceKind::Passkey, &[])
            .expect("options");
        let changed = move |data: &mut String| *data = rewrite(std::mem::take(data));
        let tampering = keyward_test_support::soft_authenticator::Tampering {
            client_data: Some(&changed),
            ..Default::default()
        };
        let answer = SoftAuthenticator::passkey().register_tampered(&options, ORIGIN, tampering);
        party
            .finish_registration(ceremony, answer.to_string().as_bytes())
            .map(drop)
    };
    for (name, rewrite) in good {
        println!("{name}");
        assert_accepted(replay(rewrite));
        assert_accepted(enrol(rewrite));
    }
    for (name, rewrite, code) in bad {
        println!("{name}");
        assert_refused(replay(rewrite), code, "");
        assert_refused(enrol(rewrite), code, "");
    }
}
