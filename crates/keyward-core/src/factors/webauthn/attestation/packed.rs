//! The format `packed` (WebAuthn L3 §8.2), which most authenticators speak.

use x509_parser::asn1_rs::oid;
use x509_parser::oid_registry::Oid;
use x509_parser::x509::AttributeTypeAndValue;

use super::certificate::{Certificate, Scheme};
use super::{Proved, Subject};
use crate::domain::attestation::AttestationKind;
use crate::factors::webauthn::signature;
use crate::problem::Result;
use crate::protocols::webauthn::refused;
use crate::protocols::webauthn::statement::Statement;

/// `id-fido-gen-ce-aaguid`
const AAGUID: Oid<'_> = oid!(1.3.6.1.4.1.45724.1.1.4);

pub(super) fn verify(mut statement: Statement<'_>, subject: &Subject<'_>) -> Result<Proved> {
    let algorithm = statement.integer("alg")?;
    let signature = statement.bytes("sig")?;
    let chain = statement.chain()?;
    statement.end()?;
    match chain {
        None => by_itself(algorithm, signature, subject),
        Some(chain) => {
            let certificate = Certificate::first_of(&chain)?;
            let scheme = Scheme::of_cose(algorithm)?;
            certificate.verify(scheme, &subject.signed(), signature)?;
            check_certificate(&certificate)?;
            check_aaguid(&certificate, subject)?;
            Ok(Proved::with_chain(AttestationKind::Basic, &chain))
        }
    }
}

/// Self attestation: the credential's own key signs.
fn by_itself(algorithm: i64, signature: &[u8], subject: &Subject<'_>) -> Result<Proved> {
    let key = &subject.credential.public_key;
    if algorithm != key.algorithm().number() {
        return Err(refused(
            "the statement's algorithm is not the credential's own",
        ));
    }
    signature::verify(key, &subject.signed(), signature)?;
    Ok(Proved::without_chain(AttestationKind::SelfSigned))
}

/// What a certificate has to say of itself (§8.2.1).
fn check_certificate(certificate: &Certificate<'_>) -> Result<()> {
    certificate.expect_leaf()?;
    let name = certificate.0.subject();
    let country = only(name.iter_country());
    let unit = only(name.iter_organizational_unit());
    let is_country =
        |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !country.is_some_and(is_country)
        || unit != Some("Authenticator Attestation")
        || name.iter_organization().next().is_none()
        || name.iter_common_name().next().is_none()
    {
        return Err(refused(
            "the subject of the attestation certificate is not as it must be",
        ));
    }
    Ok(())
}

fn only<'a: 'b, 'b>(
    mut attributes: impl Iterator<Item = &'b AttributeTypeAndValue<'a>>,
) -> Option<&'a str> {
    let first = attributes.next()?;
    match attributes.next() {
        None => first.as_str().ok(),
        Some(_) => None,
    }
}

/// Where the certificate names a model, it must be the authenticator's.
pub(super) fn check_aaguid(certificate: &Certificate<'_>, subject: &Subject<'_>) -> Result<()> {
    const OCTET_STRING_OF_16: [u8; 2] = [0x04, 16];
    let Some(value) = certificate.extension(&AAGUID)? else {
        return Ok(());
    };
    if value.strip_prefix(&OCTET_STRING_OF_16) != Some(subject.credential.aaguid.as_bytes()) {
        return Err(refused("the certificate is another model's"));
    }
    Ok(())
}
