//! Attacks on registration from the authenticator's side: on its data, its statement and its key.
//! What can be signed is signed after it was changed.

use ciborium::Value as Cbor;
use keyward_core::domain::device::DeviceKind;
use keyward_core::factors::webauthn::CredentialRegistered;
use keyward_core::problem::Problem;

use super::registration::{attested, register};
use super::{ORIGIN, assert_accepted, assert_refused, relying_party, user};
use keyward_test_support::soft_authenticator::{
    Algorithm, COUNTER_AT, FLAGS_AT, ID_LENGTH_AT, SoftAuthenticator, Tampering,
};

const MALFORMED: &str = "ceremony.malformed";
const REFUSED: &str = "ceremony.refused";

/// The members of an attestation object.
type Members = Vec<(Cbor, Cbor)>;

fn with_data(change: &dyn Fn(&mut Vec<u8>)) -> Result<CredentialRegistered, Problem> {
    let tampering = Tampering {
        authenticator_data: Some(change),
        ..Tampering::default()
    };
    register(attested(), DeviceKind::Passkey, ORIGIN, tampering)
}

#[test]
fn bytes_after_the_authenticator_data_are_refused() {
    let outcome = with_data(&|data| data.push(0));
    assert_refused(outcome, MALFORMED, "follow the authenticator data");
    // Also where they look like extensions, but the flag does not announce them.
    let outcome = with_data(&|data| data.push(0xa0));
    assert_refused(outcome, MALFORMED, "follow the authenticator data");
}

#[test]
fn bytes_after_the_attestation_object_are_refused() {
    let append = |bytes: &mut Vec<u8>| bytes.push(0);
    let tampering = Tampering {
        attestation_bytes: Some(&append),
        ..Tampering::default()
    };
    let outcome = register(attested(), DeviceKind::Passkey, ORIGIN, tampering);
    assert_refused(outcome, MALFORMED, "follow the attestation object");
}

#[test]
fn reserved_flags_are_refused() {
    for flag in [0x02, 0x20] {
        let outcome = with_data(&|data| data[FLAGS_AT] |= flag);
        assert_refused(outcome, REFUSED, "reserved flag");
    }
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let outcome = with_data(&|data| data[FLAGS_AT] |= 0x10);
    assert_refused(outcome, REFUSED, "backed up");
    let outcome = with_data(&|data| data[FLAGS_AT] &= !0x40);
    assert_refused(outcome, MALFORMED, "follow the authenticator data");
    let outcome = with_data(&|data| {
        data.truncate(37);
        data[FLAGS_AT] &= !0x40;
    });
    assert_refused(outcome, MALFORMED, "no new credential");
    let outcome = with_data(&|data| data[FLAGS_AT] |= 0x80);
    assert_refused(outcome, MALFORMED, "end too early");
    let outcome = with_data(&|data| {
        data[FLAGS_AT] |= 0x80;
        data.push(0x01);
    });
    assert_refused(outcome, MALFORMED, "not a map");
}

#[test]
fn extensions_that_nobody_asked_for_are_no_reason_to_refuse() {
    assert_accepted(with_data(&|data| {
        data[FLAGS_AT] |= 0x80;
        data.extend([0xa1, 0x6b]);
        data.extend(b"hmac-secret");
        data.push(0xf5);
    }));
}

#[test]
fn nobody_at_the_authenticator_is_refused() {
    let outcome = with_data(&|data| data[FLAGS_AT] &= !0x01);
    assert_refused(outcome, REFUSED, "user present");
}

#[test]
fn a_passkey_that_does_not_verify_its_user_is_refused() {
    let outcome = with_data(&|data| data[FLAGS_AT] &= !0x04);
    assert_refused(outcome, "ceremony.user_verification", "");
}

#[test]
fn a_credential_for_another_relying_party_is_refused() {
    let outcome = with_data(&|data| data[0] ^= 1);
    assert_refused(outcome, REFUSED, "relying party id");
}

#[test]
fn credential_ids_of_no_or_too_many_bytes_are_refused() {
    for (length, accepted) in [
        (0, false),
        (1, true),
        (1023, true),
        (1024, false),
        (4000, false),
    ] {
        let mut authenticator = attested();
        authenticator.credential_id_length = length;
        let outcome = register(
            authenticator,
            DeviceKind::Passkey,
            ORIGIN,
            Tampering::default(),
        );
        if accepted {
            assert_accepted(outcome);
        } else {
            assert_refused(outcome, MALFORMED, "1 to 1023 bytes");
        }
    }
    let outcome = with_data(&|data| data[ID_LENGTH_AT + 1] = 255);
    assert_refused(outcome, MALFORMED, "");
}

#[test]
fn a_statement_under_the_format_none_is_refused() {
    let relabel = |object: &mut Members| object[0].1 = Cbor::from("none");
    let tampering = Tampering {
        attestation_object: Some(&relabel),
        ..Tampering::default()
    };
    let outcome = register(attested(), DeviceKind::Passkey, ORIGIN, tampering);
    assert_refused(outcome, REFUSED, "under the format none");
}

#[test]
fn statements_of_unknown_formats_are_refused() {
    for format in ["android-safetynet", "compound", "PACKED", ""] {
        let relabel = |object: &mut Members| object[0].1 = Cbor::from(format);
        let tampering = Tampering {
            attestation_object: Some(&relabel),
            ..Tampering::default()
        };
        let outcome = register(attested(), DeviceKind::Passkey, ORIGIN, tampering);
        assert_refused(outcome, REFUSED, "");
    }
}

#[test]
fn an_attestation_object_with_other_members_is_refused() {
    let changes: [fn(&mut Members); 4] = [
        |object| object.push((Cbor::from("fmt"), Cbor::from("none"))),
        |object| object.push((Cbor::from("other"), Cbor::from(1))),
        |object| drop(object.remove(1)),
        |object| object[2].1 = Cbor::from("text"),
    ];
    for change in changes {
        let tampering = Tampering {
            attestation_object: Some(&change),
            ..Tampering::default()
        };
        let outcome = register(attested(), DeviceKind::Passkey, ORIGIN, tampering);
        assert_refused(outcome, MALFORMED, "");
    }
}

#[test]
fn a_statement_about_other_authenticator_data_is_refused() {
    let raise_counter = |object: &mut Members| {
        if let Cbor::Bytes(data) = &mut object[2].1 {
            data[COUNTER_AT] ^= 1;
        }
    };
    let tampering = Tampering {
        attestation_object: Some(&raise_counter),
        ..Tampering::default()
    };
    let outcome = register(attested(), DeviceKind::Passkey, ORIGIN, tampering);
    assert_refused(outcome, REFUSED, "signature");
}

#[test]
fn a_u2f_statement_with_another_ones_signature_is_refused() {
    let party = relying_party();
    let mut statement_of_another = Cbor::Null;
    let mut key = SoftAuthenticator::u2f_key();
    for expected in [true, false] {
        let (options, ceremony) = party
            .start_registration(&user("anna"), DeviceKind::SecurityKey, &[])
            .expect("options");
        let kept = std::cell::RefCell::new(Cbor::Null);
        let swap = |object: &mut Members| {
            *kept.borrow_mut() = object[1].1.clone();
            if !expected {
                object[1].1 = statement_of_another.clone();
            }
        };
        let tampering = Tampering {
            attestation_object: Some(&swap),
            ..Tampering::default()
        };
        let answer = key
            .register_tampered(&options, ORIGIN, tampering)
            .to_string();
        statement_of_another = kept.into_inner();
        match party.finish_registration(ceremony, answer.as_bytes()) {
            outcome if expected => assert_accepted(outcome),
            outcome => assert_refused(outcome, REFUSED, "signature"),
        }
    }
}

#[test]
fn a_key_whose_label_lies_is_refused() {
    let relabel = |data: &mut Vec<u8>, from: &[u8], to: &[u8]| {
        let at = data
            .windows(from.len())
            .rposition(|window| window == from)
            .expect("a label");
        data.splice(at..at + from.len(), to.iter().copied());
    };
    let with_label = |algorithm, from: &'static [u8], to: &'static [u8]| {
        let mut authenticator = SoftAuthenticator::passkey();
        authenticator.algorithm = algorithm;
        let change = move |data: &mut Vec<u8>| relabel(data, from, to);
        let tampering = Tampering {
            authenticator_data: Some(&change),
            ..Tampering::default()
        };
        register(authenticator, DeviceKind::Passkey, ORIGIN, tampering)
    };
    let es256: &[u8] = &[0x01, 0x02, 0x03, 0x26, 0x20, 0x01];
    let es384: &[u8] = &[0x01, 0x02, 0x03, 0x38, 0x22, 0x20, 0x02];
    // A P-384 point labelled ES256, with its own curve and with P-256.
    let outcome = with_label(
        Algorithm::Es384,
        es384,
        &[0x01, 0x02, 0x03, 0x26, 0x20, 0x02],
    );
    assert_refused(outcome, REFUSED, "curve contradicts");
    let outcome = with_label(Algorithm::Es384, es384, es256);
    assert_refused(outcome, REFUSED, "is not 32 bytes");
    // A P-256 point labelled ES384.
    let outcome = with_label(
        Algorithm::Es256,
        es256,
        &[0x01, 0x02, 0x03, 0x38, 0x22, 0x20, 0x01],
    );
    assert_refused(outcome, REFUSED, "curve contradicts");
    // ES512, which has a curve of its own.
    let outcome = with_label(
        Algorithm::Es256,
        es256,
        &[0x01, 0x02, 0x03, 0x38, 0x23, 0x20, 0x01],
    );
    assert_refused(outcome, REFUSED, "curve contradicts");
    // ES256K, which is no algorithm of ours, and RS1, which has a key type of its own.
    let labels: [(&[u8], &str); 2] = [
        (&[0x38, 0x2e], "was not offered"),
        (&[0x39, 0xff, 0xfe], "type contradicts"),
    ];
    for (label, why) in labels {
        let lie: &'static [u8] = [&[0x01, 0x02, 0x03], label, &[0x20, 0x01]].concat().leak();
        assert_refused(with_label(Algorithm::Es256, es256, lie), REFUSED, why);
    }
    // EdDSA, which has a key type of its own.
    let outcome = with_label(
        Algorithm::Es256,
        es256,
        &[0x01, 0x02, 0x03, 0x27, 0x20, 0x01],
    );
    assert_refused(outcome, REFUSED, "type contradicts");
    // An RSA key type with the parameters of a point.
    let outcome = with_label(
        Algorithm::Es256,
        es256,
        &[0x01, 0x03, 0x03, 0x26, 0x20, 0x01],
    );
    assert_refused(outcome, REFUSED, "type contradicts");
}

#[test]
fn a_key_with_optional_or_doubled_parameters_is_refused() {
    for (extra, reason) in [([0x04, 0x80], "optional"), ([0x03, 0x26], "twice")] {
        let outcome = with_data(&|data| {
            data[ID_LENGTH_AT + 2 + 32] = 0xa6;
            data.extend(extra);
        });
        assert_refused(outcome, MALFORMED, reason);
    }
}

#[test]
fn a_point_off_its_curve_is_refused() {
    let change = |data: &mut Vec<u8>| *data.last_mut().expect("a coordinate") ^= 1;
    let tampering = Tampering {
        authenticator_data: Some(&change),
        ..Tampering::default()
    };
    let authenticator = SoftAuthenticator::passkey();
    let outcome = register(authenticator, DeviceKind::Passkey, ORIGIN, tampering);
    assert_refused(outcome, REFUSED, "");
}
