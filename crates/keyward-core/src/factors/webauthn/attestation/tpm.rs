//! The format `tpm` (WebAuthn L3 §8.3): a TPM certifies the key that it made.

use ring::digest::{self, Algorithm};
use x509_parser::asn1_rs::oid;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::Oid;

use super::certificate::{Certificate, Scheme, no_chain, unreadable};
use super::packed::check_aaguid;
use super::{Proved, Subject};
use crate::domain::attestation::AttestationKind;
use crate::problem::Result;
use crate::protocols::webauthn::public_key::PublicKey;
use crate::protocols::webauthn::refused;
use crate::protocols::webauthn::statement::Statement;
use crate::protocols::webauthn::tpm::{CertifyInfo, PublicArea, PublicId};

/// RSASSA-PKCS1-v1_5 with SHA-1, as COSE numbers it. Windows has most TPMs sign with it. The
/// chain above it knows no SHA-1.
const RS1: i64 = -65535;

/// `tcg-kp-AIKCertificate`
const ATTESTATION_KEY: Oid<'_> = oid!(2.23.133.8.3);
/// `tpmManufacturer`, `tpmModel`, `tpmVersion`
const MAKE: [Oid<'_>; 3] = [oid!(2.23.133.2.1), oid!(2.23.133.2.2), oid!(2.23.133.2.3)];

pub(super) fn verify(mut statement: Statement<'_>, subject: &Subject<'_>) -> Result<Proved> {
    if statement.text("ver")? != "2.0" {
        return Err(refused("the TPM is of another version than 2.0"));
    }
    let algorithm = statement.integer("alg")?;
    let signature = statement.bytes("sig")?;
    let cert_info = statement.bytes("certInfo")?;
    let pub_area = statement.bytes("pubArea")?;
    let chain = statement.chain()?.ok_or_else(no_chain)?;
    statement.end()?;

    let certificate = Certificate::first_of(&chain)?;
    let (scheme, hash) = scheme(algorithm)?;
    certificate.verify(scheme, cert_info, signature)?;
    let certified = CertifyInfo::read(cert_info)?;
    if certified.extra_data != digest::digest(hash, &subject.signed()).as_ref() {
        return Err(refused("the TPM certified another ceremony"));
    }
    let area = PublicArea::read(pub_area)?;
    if certified.name != name(&area, pub_area)? {
        return Err(refused("the TPM certified another key"));
    }
    if !holds(&area.key, &subject.credential.public_key) {
        return Err(refused("the TPM's key is not the credential's"));
    }
    check_certificate(&certificate)?;
    check_aaguid(&certificate, subject)?;
    Ok(Proved::with_chain(AttestationKind::AttestationCa, &chain))
}

/// How the attestation key signs, and what it hashes with.
fn scheme(algorithm: i64) -> Result<(Scheme, &'static Algorithm)> {
    if algorithm == RS1 {
        return Ok((Scheme::RsaSha1, &digest::SHA1_FOR_LEGACY_USE_ONLY));
    }
    let scheme = Scheme::of_cose(algorithm)?;
    match scheme {
        Scheme::EcdsaSha256 | Scheme::RsaSha256 => Ok((scheme, &digest::SHA256)),
        Scheme::EcdsaSha384 | Scheme::RsaSha384 => Ok((scheme, &digest::SHA384)),
        Scheme::RsaSha512 => Ok((scheme, &digest::SHA512)),
        Scheme::PssSha256 => Ok((scheme, &digest::SHA256)),
        Scheme::PssSha384 => Ok((scheme, &digest::SHA384)),
        Scheme::EcdsaSha512 | Scheme::PssSha512 => Ok((scheme, &digest::SHA512)),
        Scheme::Ed25519 | Scheme::RsaSha1 => Err(refused("no TPM signs with this algorithm")),
    }
}

/// The name of a key: an algorithm and a hash (TPM 2.0 Library, part 1, §16).
fn name(area: &PublicArea<'_>, bytes: &[u8]) -> Result<Vec<u8>> {
    let algorithm = match area.name_algorithm {
        0x000b => &digest::SHA256,
        0x000c => &digest::SHA384,
        0x000d => &digest::SHA512,
        _ => return Err(refused("the TPM names its key by an unknown hash")),
    };
    let hash = digest::digest(algorithm, bytes);
    Ok([&area.name_algorithm.to_be_bytes(), hash.as_ref()].concat())
}

fn holds(area: &PublicId<'_>, key: &PublicKey<'_>) -> bool {
    match (area, *key) {
        (PublicId::Ecc { curve: 3, x, y }, PublicKey::Es256 { x: ours, y: our_y }) => {
            *x == ours && *y == our_y
        }
        (PublicId::Ecc { curve: 4, x, y }, PublicKey::Es384 { x: ours, y: our_y }) => {
            *x == ours && *y == our_y
        }
        (PublicId::Ecc { curve: 5, x, y }, PublicKey::Es512 { x: ours, y: our_y }) => {
            *x == ours && *y == our_y
        }
        (PublicId::Rsa { exponent, modulus }, PublicKey::Rsa { n, .. }) => {
            matches!(exponent, 0 | 65537) && *modulus == n
        }
        _ => false,
    }
}

/// What the certificate of an attestation key has to say of itself (§8.3.1).
fn check_certificate(certificate: &Certificate<'_>) -> Result<()> {
    certificate.expect_leaf()?;
    if certificate.0.subject().iter_rdn().next().is_some() {
        return Err(refused("the certificate of a TPM's key has a subject"));
    }
    let usage = certificate.0.extended_key_usage().map_err(unreadable)?;
    if !usage.is_some_and(|usage| usage.value.other.contains(&ATTESTATION_KEY)) {
        return Err(refused(
            "the certificate is not one of a TPM's attestation key",
        ));
    }
    let names = certificate
        .0
        .subject_alternative_name()
        .map_err(unreadable)?
        .map(|names| names.value.general_names.as_slice())
        .unwrap_or_default();
    let says_make = |name: &GeneralName<'_>| match name {
        GeneralName::DirectoryName(name) => MAKE
            .iter()
            .all(|oid| name.iter_attributes().any(|known| known.attr_type() == oid)),
        _ => false,
    };
    if !names.iter().any(says_make) {
        return Err(refused("the certificate does not say the TPM's make"));
    }
    Ok(())
}
