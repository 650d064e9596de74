//! Whether a chain of certificates ends at an issuer that is trusted (RFC 5280 §6.1, as far as
//! attestation has it): the order is given, there are no policies and no revocation lists here (the
//! metadata's status reports stand for those), and names are compared byte by byte.

use x509_parser::extensions::ParsedExtension;
use x509_parser::x509::X509Version;

use super::certificate::Certificate;
use crate::clock::Timestamp;

/// Whether a trust anchor stands behind a chain: one that is a certificate of it, or signed one of
/// it. `chain` is [`crate::domain::attestation::Attestation::chain`], `anchors` are
/// certificates in DER, such as the `attestationRootCertificates` of metadata; anchors that cannot
/// be read are passed over.
///
/// Each certificate up to the anchor must be valid at `at`. The anchor itself is trusted as it is,
/// also when its time is over (RFC 5280 §6.1.1): makers' roots are seldom renewed, and whoever
/// publishes them takes back what is not to be trusted any more. An anchor that is no authority
/// (metadata may list the attestation certificate itself) vouches for itself alone.
///
/// An anchor says which model a key is, never which key.
pub fn leads_to<A: AsRef<[u8]>>(chain: &[Vec<u8>], anchors: &[A], at: Timestamp) -> bool {
    let read = chain.iter().map(|der| Certificate::read(der).ok());
    let Some(certificates) = read.collect::<Option<Vec<_>>>() else {
        return false;
    };
    for (position, (certificate, der)) in certificates.iter().zip(chain).enumerate() {
        if !is_acceptable(certificate, position, at) {
            return false;
        }
        let is_anchored = anchors.iter().map(AsRef::as_ref).any(|anchor| {
            *anchor == **der
                || Certificate::read(anchor)
                    .is_ok_and(|issuer| issues(&issuer, certificate, position))
        });
        if is_anchored {
            return true;
        }
        let issuer = certificates.get(position.saturating_add(1));
        if !issuer.is_some_and(|issuer| issues(issuer, certificate, position)) {
            return false;
        }
    }
    false
}

/// What does not depend on the issuer: the time, and that everything critical is understood.
fn is_acceptable(certificate: &Certificate<'_>, position: usize, at: Timestamp) -> bool {
    let validity = certificate.0.validity();
    let is_timely = validity.not_before.timestamp() <= at.seconds()
        && at.seconds() <= validity.not_after.timestamp();
    let is_understood = certificate.0.extensions().iter().all(|extension| {
        match extension.parsed_extension() {
            // These would have to be obeyed, and no authenticator's maker uses them.
            ParsedExtension::NameConstraints(_) => false,
            ParsedExtension::ParseError { .. } => false,
            ParsedExtension::BasicConstraints(_)
            | ParsedExtension::KeyUsage(_)
            | ParsedExtension::ExtendedKeyUsage(_)
            | ParsedExtension::SubjectAlternativeName(_)
            | ParsedExtension::CertificatePolicies(_) => true,
            _ => !extension.critical,
        }
    });
    is_timely && is_understood && (position == 0 || certificate.0.extensions_map().is_ok())
}

/// Whether `issuer` is an authority that may sign, and signed this certificate, below which
/// `position` others stand.
fn issues(issuer: &Certificate<'_>, certificate: &Certificate<'_>, position: usize) -> bool {
    issuer.0.subject().as_raw() == certificate.0.issuer().as_raw()
        && is_authority(issuer, position)
        && certificate.is_signed_by(issuer)
}

fn is_authority(issuer: &Certificate<'_>, below: usize) -> bool {
    // Roots of the first version have no extensions to say it with.
    if issuer.0.version() == X509Version::V1 {
        return true;
    }
    let Ok(Some(constraints)) = issuer.0.basic_constraints() else {
        return false;
    };
    let Ok(usage) = issuer.0.key_usage() else {
        return false;
    };
    let length = constraints.value.path_len_constraint;
    constraints.value.ca
        && length.is_none_or(|length| below <= usize::try_from(length).unwrap_or(usize::MAX))
        && usage.is_none_or(|usage| usage.value.key_cert_sign())
}
