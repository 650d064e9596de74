//! Attestation under a maker's root: what is proved, by whom, and what is not believed.

use std::sync::Arc;

use ciborium::Value as Cbor;
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::DeviceKind;
use keyward_core::factors::webauthn::{CredentialRegistered, attested_serial, leads_to};
use keyward_core::problem::Problem;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, KeyUsagePurpose,
    date_time_ymd,
};

use super::registration::register;
use super::{Anna, ORIGIN, assert_accepted, assert_refused};
use keyward_test_support::soft_authenticator::{
    Algorithm, Attestation, SoftAuthenticator, Tampering,
};
use keyward_test_support::soft_maker::{Change, SoftMaker};

const REFUSED: &str = "ceremony.refused";
const MALFORMED: &str = "ceremony.malformed";
/// 2026-11-22.
const NOW: Timestamp = Timestamp::from_seconds(1_795_319_835);
/// 2019-12-31 and 2050-01-02.
const TOO_EARLY: Timestamp = Timestamp::from_seconds(1_577_750_400);
const TOO_LATE: Timestamp = Timestamp::from_seconds(2_524_694_400);

const FORMATS: [(Attestation, &str, &str); 5] = [
    (Attestation::Packed, "packed", "basic"),
    (Attestation::Tpm, "tpm", "attca"),
    (Attestation::AndroidKey, "android-key", "basic"),
    (Attestation::Apple, "apple", "anonca"),
    (Attestation::FidoU2f, "fido-u2f", "basic"),
];

fn made_by(maker: SoftMaker, attestation: Attestation) -> SoftAuthenticator {
    let mut authenticator = SoftAuthenticator::passkey();
    authenticator.attestation = attestation;
    authenticator.maker = Some(Arc::new(maker));
    authenticator
}

fn registered(authenticator: SoftAuthenticator) -> Result<CredentialRegistered, Problem> {
    register(
        authenticator,
        DeviceKind::Passkey,
        ORIGIN,
        Tampering::default(),
    )
}

/// With a certificate that is not as it should be.
fn changed(attestation: Attestation, change: Change) -> Result<CredentialRegistered, Problem> {
    let mut maker = SoftMaker::new();
    maker.change = Some(change);
    registered(made_by(maker, attestation))
}

#[test]
fn each_format_proves_its_make_under_its_makers_root() {
    for (attestation, format, kind) in FORMATS {
        let maker = SoftMaker::new();
        let (root, other) = (maker.root(), SoftMaker::new().root());
        let proof = registered(made_by(maker, attestation)).expect(format);
        let attestation = proof.attestation();
        assert_eq!(attestation.format, format);
        assert_eq!(attestation.kind.as_str(), kind);
        assert_eq!(attestation.covers_aaguid(), format != "fido-u2f");
        let chain = &attestation.chain;
        assert!(leads_to(chain, &[&other, &root], NOW), "{format}");
        assert!(!leads_to(chain, &[&other], NOW), "{format}: another's root");
        assert!(!leads_to(chain, &[vec![0x30]], NOW), "{format}: no root");
        for moment in [TOO_EARLY, TOO_LATE] {
            assert!(!leads_to(chain, &[&root], moment), "{format}: {moment}");
        }
    }
}

#[test]
fn a_chain_may_have_an_authority_between() {
    let maker = SoftMaker::with_intermediate(|_| ());
    let root = maker.root();
    let proof = registered(made_by(maker, Attestation::Packed)).expect("a credential");
    let chain = &proof.attestation().chain;
    assert_eq!(chain.len(), 2);
    assert!(leads_to(chain, &[&root], NOW));
    // Metadata may list the authority between, or the attestation certificate itself.
    for anchor in chain {
        assert!(leads_to(chain, &[anchor], NOW));
    }
    // A chain whose order or middle is another does not hold.
    let backwards: Vec<_> = chain.iter().rev().cloned().collect();
    assert!(!leads_to(&backwards[..1], &[&chain[0]], NOW));
    assert!(!leads_to(&chain[..1], &[&root], NOW));
}

#[test]
fn an_authority_that_may_not_sign_vouches_for_nobody() {
    let changes: [(&str, Change); 4] = [
        ("no authority", |params| params.is_ca = IsCa::ExplicitNoCa),
        ("says nothing", |params| params.is_ca = IsCa::NoCa),
        ("for other things", |params| {
            params.key_usages = vec![KeyUsagePurpose::CrlSign];
        }),
        ("expired", |params| {
            params.not_after = date_time_ymd(2024, 1, 1)
        }),
    ];
    for (name, change) in changes {
        let maker = SoftMaker::with_intermediate(change);
        let root = maker.root();
        let proof = registered(made_by(maker, Attestation::Packed)).expect(name);
        let chain = &proof.attestation().chain;
        assert!(!leads_to(chain, &[&root], NOW), "{name}");
    }
    let maker = SoftMaker::with_intermediate(|params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let root = maker.root();
    let proof = registered(made_by(maker, Attestation::Packed)).expect("a credential");
    assert!(leads_to(&proof.attestation().chain, &[&root], NOW));
}

#[test]
fn a_leaf_that_signs_a_leaf_vouches_for_nobody() {
    let maker = SoftMaker::new();
    let leaf_of = |authenticator| {
        let proof: CredentialRegistered = registered(authenticator).expect("a credential");
        proof.attestation().chain[0].clone()
    };
    let anchor = leaf_of(made_by(SoftMaker::new(), Attestation::Packed));
    let proof = registered(made_by(maker, Attestation::Packed)).expect("a credential");
    assert!(!leads_to(&proof.attestation().chain, &[&anchor], NOW));
    let forged = [proof.attestation().chain[0].clone(), anchor.clone()];
    assert!(!leads_to(&forged, &[&anchor], NOW));
}

#[test]
fn a_batch_certificate_is_no_devices_identity() {
    let first = made_by(SoftMaker::new(), Attestation::Packed);
    let second = first.clone();
    let chains = [first, second].map(|key| {
        let anna = Anna::with(key.clone());
        assert_eq!(anna.credentials.len(), 1);
        registered(key)
            .expect("a credential")
            .attestation()
            .chain
            .clone()
    });
    assert_eq!(
        chains[0], chains[1],
        "one certificate, and four credentials"
    );
}

#[test]
fn keys_of_all_algorithms_are_registered_in_all_formats_that_have_them() {
    use Algorithm::{Ed25519, Es256, Es384, Rs256};
    use Attestation::{AndroidKey, Apple, None, Packed, PackedSelf, Tpm};
    for (algorithm, formats) in [
        (
            Es256,
            vec![None, PackedSelf, Packed, AndroidKey, Apple, Tpm],
        ),
        (Es384, vec![None, PackedSelf, Packed, AndroidKey, Apple]),
        (Ed25519, vec![None, PackedSelf, Packed]),
        (Rs256, vec![None, PackedSelf, Packed, AndroidKey, Tpm]),
    ] {
        for format in formats {
            let mut authenticator = made_by(SoftMaker::new(), format);
            authenticator.algorithm = algorithm;
            let mut anna = Anna::with(authenticator);
            assert_accepted(anna.authenticates());
            assert_accepted(anna.authenticates());
        }
    }
    let mut u2f = made_by(SoftMaker::new(), Attestation::FidoU2f);
    u2f.algorithm = Es384;
    assert_refused(registered(u2f), REFUSED, "P-256 alone");
}

#[test]
fn a_packed_certificate_that_is_none_is_refused() {
    let cases: [(Change, &str); 6] = [
        (|params| params.is_ca = IsCa::NoCa, "authority's"),
        (
            |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            "authority's",
        ),
        (
            |params| {
                let unit = DnType::OrganizationalUnitName;
                params.distinguished_name.push(unit, "Web Servers");
            },
            "subject",
        ),
        (
            |params| {
                params
                    .distinguished_name
                    .push(DnType::CountryName, "Utopia")
            },
            "subject",
        ),
        (
            |params| {
                params.distinguished_name.remove(DnType::OrganizationName);
            },
            "subject",
        ),
        (
            |params| {
                let other = [&[0x04, 16], [9; 16].as_slice()].concat();
                let oid = [1, 3, 6, 1, 4, 1, 45724, 1, 1, 4];
                params.custom_extensions =
                    vec![rcgen::CustomExtension::from_oid_content(&oid, other)];
            },
            "another model's",
        ),
    ];
    for (change, reason) in cases {
        assert_refused(changed(Attestation::Packed, change), REFUSED, reason);
    }
}

#[test]
fn a_certificate_of_a_tpms_key_that_is_none_is_refused() {
    let cases: [(Change, &str); 4] = [
        (
            |params| params.distinguished_name.push(DnType::CommonName, "TPM"),
            "has a subject",
        ),
        (
            |params| params.extended_key_usages.clear(),
            "attestation key",
        ),
        (|params| params.custom_extensions.clear(), "make"),
        (
            |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            "authority's",
        ),
    ];
    for (change, reason) in cases {
        assert_refused(changed(Attestation::Tpm, change), REFUSED, reason);
    }
}

#[test]
fn a_key_that_androids_key_store_did_not_make_for_signing_is_refused() {
    let cases: [(&[u8], &str); 4] = [
        (&[0xbf, 0x85, 0x3e, 3, 2, 1, 2], "not made in"),
        (&[0xbf, 0x84, 0x58, 2, 5, 0], "one relying party"),
        (&[0xa1, 5, 0x31, 3, 2, 1, 0], "signing alone"),
        (&[0xa1, 2, 0x31, 0], "signing alone"),
    ];
    for (says, reason) in cases {
        let mut maker = SoftMaker::new();
        maker.key_store_says = says;
        let outcome = registered(made_by(maker, Attestation::AndroidKey));
        assert_refused(outcome, REFUSED, reason);
    }
}

/// With a member of the statement changed after it was signed.
fn tampered(
    attestation: Attestation,
    member: &str,
    change: &dyn Fn(&mut Cbor),
) -> Result<CredentialRegistered, Problem> {
    let tampering = |object: &mut Vec<(Cbor, Cbor)>| {
        let Cbor::Map(statement) = &mut object[1].1 else {
            panic!("a statement is a map");
        };
        let found = statement
            .iter_mut()
            .find(|(name, _)| *name == Cbor::from(member));
        change(&mut found.expect("a member").1);
    };
    let authenticator = made_by(SoftMaker::new(), attestation);
    let tampering = Tampering {
        attestation_object: Some(&tampering),
        ..Tampering::default()
    };
    register(authenticator, DeviceKind::Passkey, ORIGIN, tampering)
}

fn flip_last(value: &mut Cbor) {
    if let Cbor::Bytes(bytes) = value {
        *bytes.last_mut().expect("a byte") ^= 1;
    }
}

#[test]
fn what_a_tpm_did_not_certify_is_refused() {
    let outcome = tampered(Attestation::Tpm, "certInfo", &flip_last);
    assert_refused(outcome, REFUSED, "signature");
    let outcome = tampered(Attestation::Tpm, "pubArea", &flip_last);
    assert_refused(outcome, REFUSED, "another key");
    let outcome = tampered(Attestation::Tpm, "ver", &|ver| *ver = Cbor::from("1.2"));
    assert_refused(outcome, REFUSED, "version");
    let outcome = tampered(Attestation::Tpm, "sig", &flip_last);
    assert_refused(outcome, REFUSED, "signature");
    let outcome = tampered(Attestation::Tpm, "alg", &|alg| *alg = Cbor::from(-8));
    assert_refused(outcome, REFUSED, "");
}

#[test]
fn a_statement_with_missing_or_foreign_members_is_refused() {
    for (attestation, format, _) in FORMATS {
        let outcome = tampered(attestation, "x5c", &|chain| {
            *chain = Cbor::Array(Vec::new())
        });
        assert_refused(outcome, MALFORMED, "");
        let outcome = tampered(attestation, "x5c", &|chain| *chain = Cbor::from("text"));
        assert_refused(outcome, MALFORMED, "");
        let outcome = tampered(attestation, "x5c", &|chain| {
            *chain = Cbor::Array(vec![Cbor::Bytes(vec![0x30, 0])]);
        });
        assert_refused(outcome, MALFORMED, "certificate");
        let add = |object: &mut Vec<(Cbor, Cbor)>| {
            if let Cbor::Map(statement) = &mut object[1].1 {
                statement.push((Cbor::from("other"), Cbor::from(1)));
            }
        };
        let tampering = Tampering {
            attestation_object: Some(&add),
            ..Tampering::default()
        };
        let authenticator = made_by(SoftMaker::new(), attestation);
        let outcome = register(authenticator, DeviceKind::Passkey, ORIGIN, tampering);
        assert_refused(outcome, MALFORMED, "another member");
        // The certificate of another ceremony, with its own key.
        let other = registered(made_by(SoftMaker::new(), attestation)).expect(format);
        let other = other.attestation().chain[0].clone();
        let outcome = tampered(attestation, "x5c", &move |chain| {
            *chain = Cbor::Array(vec![Cbor::Bytes(other.clone())]);
        });
        assert_refused(outcome, REFUSED, "");
    }
}

/// Gives the certificate a serial number, written so.
fn numbered(params: &mut CertificateParams, content: &[u8]) {
    let oid = [1, 3, 6, 1, 4, 1, 45724, 1, 1, 2];
    let extension = CustomExtension::from_oid_content(&oid, content.to_vec());
    params.custom_extensions.push(extension);
}

#[test]
fn a_serial_number_is_what_the_certificate_says_as_octets() {
    let cases: [(Change, Option<&str>); 8] = [
        (
            |params| numbered(params, &[4, 4, 0, 0xbc, 0x61, 0x4e]),
            Some("12345678"),
        ),
        (|params| numbered(params, &[4, 1, 0]), Some("0")),
        (
            |params| numbered(params, &[&[4, 9, 1], [0; 8].as_slice()].concat()),
            Some("010000000000000000"),
        ),
        (|_| (), None),
        // Empty, too long, of another type, and with something behind it.
        (|params| numbered(params, &[4, 0]), None),
        (
            |params| numbered(params, &[&[4, 65], [7; 65].as_slice()].concat()),
            None,
        ),
        (|params| numbered(params, &[2, 1, 7]), None),
        (|params| numbered(params, &[4, 1, 7, 0]), None),
    ];
    for (nth, (change, expected)) in cases.into_iter().enumerate() {
        let proof = changed(Attestation::Packed, change).expect("a model is proved without one");
        let attestation = proof.attestation();
        let serial = attested_serial(&attestation.format, &attestation.chain);
        let number = serial.map(|serial| serial.number);
        assert_eq!(number.as_deref(), expected, "case {nth}");
        assert_eq!(attested_serial("tpm", &attestation.chain), None);
    }
}

#[test]
fn a_serial_number_that_is_marked_critical_or_given_twice_is_none() {
    let critical: Change = |params| {
        numbered(params, &[4, 1, 7]);
        let last = params.custom_extensions.last_mut().expect("it was added");
        last.set_criticality(true);
    };
    let twice: Change = |params| {
        numbered(params, &[4, 1, 7]);
        numbered(params, &[4, 1, 8]);
    };
    for change in [critical, twice] {
        let proof = changed(Attestation::Packed, change).expect("its model is proved");
        let attestation = proof.attestation();
        assert_eq!(attested_serial("packed", &attestation.chain), None);
    }
}
