//! Whom a blob is believed.

use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{
    CertificateDer, CertificateRevocationListDer, ServerName, SignatureVerificationAlgorithm,
    TrustAnchor, UnixTime,
};
use webpki::{
    BorrowedCertRevocationList, CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage,
    RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
    ring,
};

use super::jws::Signed;
use super::{malformed, untrusted};
use crate::clock::Timestamp;
use crate::domain::json_web_key::Algorithm;
use crate::problem::{Problem, Result, codes};

/// The signer of the FIDO Alliance's own blobs.
const FIDO_SIGNER: &str = "mds.fidoalliance.org";

/// The roots under which the FIDO Alliance's signer is certified, as their subjects end. Both are
/// public roots of the web: everybody's certificates come from there, and the signer's name alone
/// tells whose this one is.
const FIDO_ROOTS: [&[u8]; 2] = [b"GlobalSign Root R46", b"GlobalSign Root CA - R3"];

/// `id-kp-serverAuth`, 1.3.6.1.5.5.7.3.1: the public signer's certificate is one of a web server.
const SERVER_AUTH: &[u8] = &[43, 6, 1, 5, 5, 7, 3, 1];

/// Roots, the name that the signer must have, and what their authorities have revoked.
#[derive(Debug)]
pub struct Roots {
    anchors: Vec<TrustAnchor<'static>>,
    signer: Option<ServerName<'static>>,
    revoked: Vec<CertificateRevocationListDer<'static>>,
}

impl Roots {
    /// The FIDO Alliance's.
    pub fn fido() -> Self {
        let is_theirs = |anchor: &&TrustAnchor<'_>| {
            let subject = anchor.subject.as_ref();
            FIDO_ROOTS
                .iter()
                .any(|name| subject.windows(name.len()).any(|part| part == *name))
        };
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter();
        Self {
            anchors: roots.filter(is_theirs).cloned().collect(),
            signer: ServerName::try_from(FIDO_SIGNER).ok(),
            revoked: Vec::new(),
        }
    }

    /// One's own, from a file of certificates in PEM, or of one in DER. Without `signer`, whoever
    /// they certify may sign.
    ///
    /// # Errors
    /// `settings.invalid` where there is no certificate, or one that cannot be a root; or where
    /// `signer` is no name.
    pub fn from_file(bytes: &[u8], signer: Option<&str>) -> Result<Self> {
        let invalid = |why: &str| Problem::new(codes::SETTINGS_INVALID).detailed(why);
        let certificates: Vec<CertificateDer<'static>> = in_pem_or_der(bytes)
            .map_err(|_| invalid("metadata.roots is not a file of certificates in PEM"))?;
        let anchors = certificates
            .iter()
            .map(|one| anchor_from_trusted_cert(one).map(|anchor| anchor.to_owned()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| invalid("metadata.roots holds a certificate that is no root"))?;
        if anchors.is_empty() {
            return Err(invalid("metadata.roots holds no certificate"));
        }
        let signer = signer
            .map(|name| ServerName::try_from(name.to_owned()))
            .transpose()
            .map_err(|_| invalid("metadata.signer is no host name"))?;
        Ok(Self {
            anchors,
            signer,
            revoked: Vec::new(),
        })
    }

    /// The same with the revocation lists of a file in PEM, or with one in DER, as authorities
    /// publish them. A certificate that one of them names
    /// vouches for no model; one whose authority has no list here is taken as it is. A list that is
    /// overdue refuses what it speaks of.
    ///
    /// # Errors
    /// `settings.invalid` where there is no list, or one that cannot be read.
    pub fn with_revoked(self, bytes: &[u8]) -> Result<Self> {
        let invalid = |why: &str| Problem::new(codes::SETTINGS_INVALID).detailed(why);
        let revoked: Vec<CertificateRevocationListDer<'static>> = in_pem_or_der(bytes)
            .map_err(|_| invalid("metadata.revoked is not a file of revocation lists in PEM"))?;
        revoked
            .iter()
            .try_for_each(|list| read_through(list))
            .map_err(|_| invalid("metadata.revoked holds a list that cannot be read"))?;
        if revoked.is_empty() {
            return Err(invalid("metadata.revoked holds no list"));
        }
        Ok(Self { revoked, ..self })
    }

    /// Checks the chain, the signer's name and the signature.
    pub(super) fn check(&self, signed: &Signed, now: Timestamp) -> Result<()> {
        let certificates: Vec<CertificateDer<'_>> = signed
            .chain
            .iter()
            .map(|der| der.as_slice().into())
            .collect();
        let [leaf, above @ ..] = certificates.as_slice() else {
            return Err(malformed("there is no certificate"));
        };
        let leaf = EndEntityCert::try_from(leaf).map_err(|error| {
            untrusted("the signer's certificate cannot be read").caused_by(error)
        })?;
        let seconds = u64::try_from(now.seconds()).unwrap_or_default();
        let moment = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let usage = KeyUsage::required_if_present(SERVER_AUTH);
        // A few certificates are looked up in them: an index of a million entries would cost ten times
        // the memory of the list, and more time than the looking.
        let lists = self.revoked.iter();
        let lists: Vec<CertRevocationList<'_>> = lists
            .map(|der| BorrowedCertRevocationList::from_der(der).map(CertRevocationList::from))
            .collect::<Result<_, _>>()
            .map_err(|error| untrusted("a revocation list cannot be read").caused_by(error))?;
        let lists: Vec<&CertRevocationList<'_>> = lists.iter().collect();
        // None where there is no list: an air-gapped site has no server to ask.
        let revocation = RevocationOptionsBuilder::new(&lists).ok().map(|options| {
            options
                .with_depth(RevocationCheckDepth::Chain)
                .with_status_policy(UnknownStatusPolicy::Allow)
                .with_expiration_policy(ExpirationPolicy::Enforce)
                .build()
        });
        leaf.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &self.anchors,
            above,
            moment,
            usage,
            revocation,
            None,
        )
        .map_err(|error| untrusted(format!("the chain does not hold: {error}")))?;
        if let Some(name) = &self.signer {
            leaf.verify_is_valid_for_subject_name(name)
                .map_err(|_| untrusted(format!("the signer is not {}", name.to_str())))?;
        }
        self.check_signature(&leaf, signed)
    }

    fn check_signature(&self, leaf: &EndEntityCert<'_>, signed: &Signed) -> Result<()> {
        let wrong = || untrusted("the signature is not the signer's");
        let (algorithm, signature): (&dyn SignatureVerificationAlgorithm, _) =
            match signed.algorithm {
                Algorithm::Es256 => {
                    let der = der_signature::<32>(&signed.signature).ok_or_else(wrong)?;
                    (ring::ECDSA_P256_SHA256, der)
                }
                Algorithm::Es384 => {
                    let der = der_signature::<48>(&signed.signature).ok_or_else(wrong)?;
                    (ring::ECDSA_P384_SHA384, der)
                }
                other => (verifier(other), signed.signature.clone()),
            };
        leaf.verify_signature(algorithm, &signed.message, &signature)
            .map_err(|_| wrong())
    }
}

/// What verifies a signature that certificates and JSON Web Signatures write alike.
fn verifier(algorithm: Algorithm) -> &'static dyn SignatureVerificationAlgorithm {
    match algorithm {
        Algorithm::Rs256 => ring::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => ring::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => ring::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        Algorithm::Ps384 => ring::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        Algorithm::Ps512 => ring::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
        Algorithm::Es256 => ring::ECDSA_P256_SHA256,
        Algorithm::Es384 => ring::ECDSA_P384_SHA384,
        Algorithm::EdDsa => ring::ED25519,
    }
}

/// Reads a revocation list to its last entry.
fn read_through(list: &[u8]) -> Result<(), webpki::Error> {
    let list = BorrowedCertRevocationList::from_der(list)?;
    (&list).into_iter().try_for_each(|entry| entry.map(drop))
}

/// What a file holds: one thing in DER where it begins as a long sequence does, which is no text,
/// else any number in PEM.
fn in_pem_or_der<T: PemObject + From<Vec<u8>>>(bytes: &[u8]) -> Result<Vec<T>, pem::Error> {
    // Before the first heading it would hide the first of several.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes {
        [0x30, 0x81..=0x84, ..] => Ok(vec![T::from(bytes.to_vec())]),
        _ => T::pem_slice_iter(bytes).collect(),
    }
}

/// An ECDSA signature as certificates have it (`Ecdsa-Sig-Value`, RFC 3279 §2.2.3) from the two
/// numbers of `N` bytes that JSON Web Signatures have (RFC 7518 §3.4).
fn der_signature<const N: usize>(fixed: &[u8]) -> Option<Vec<u8>> {
    let (first, second) = fixed.split_first_chunk::<N>()?;
    let second: &[u8; N] = second.try_into().ok()?;
    let mut numbers = Vec::new();
    for number in [first, second] {
        let digits = number.iter().copied().skip_while(|byte| *byte == 0);
        let digits: Vec<u8> = digits.collect();
        // A leading bit would make it negative, and zero has one digit.
        let is_led = digits.first().is_none_or(|first| *first >= 0x80);
        let led = is_led.then_some(0).into_iter().chain(digits);
        let led: Vec<u8> = led.collect();
        numbers.push(0x02);
        numbers.push(u8::try_from(led.len()).ok()?);
        numbers.extend(led);
    }
    let mut der = vec![0x30, u8::try_from(numbers.len()).ok()?];
    der.extend(numbers);
    Some(der)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_roots_of_the_fido_alliance_are_there() {
        let roots = Roots::fido();
        assert_eq!(roots.anchors.len(), FIDO_ROOTS.len());
        assert!(roots.signer.is_some());
    }

    #[test]
    fn numbers_of_a_signature_are_written_without_zeros_and_never_negative() {
        let mut fixed = [0_u8; 64];
        fixed[31] = 0x7f;
        fixed[32] = 0x80;
        let der = der_signature::<32>(&fixed).expect("a signature");
        assert_eq!(der[..7], [0x30, 38, 2, 1, 0x7f, 2, 33]);
        assert_eq!(der[7..9], [0, 0x80]);
        assert_eq!(der_signature::<32>(&fixed[1..]), None);
        assert_eq!(der_signature::<48>(&fixed), None);
        assert_eq!(
            der_signature::<32>(&[0; 64]),
            Some(vec![0x30, 6, 2, 1, 0, 2, 1, 0])
        );
    }

    #[test]
    fn revocation_lists_come_from_a_file_of_lists_alone() {
        for pem in [
            &b""[..],
            b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
        ] {
            let refused = Roots::fido().with_revoked(pem).expect_err("no list");
            assert_eq!(refused.code(), codes::SETTINGS_INVALID);
        }
    }

    #[test]
    fn roots_come_from_a_file_of_certificates_alone() {
        for pem in [
            &b""[..],
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            let refused = Roots::from_file(pem, None).expect_err("no root");
            assert_eq!(refused.code(), codes::SETTINGS_INVALID);
        }
    }
}
