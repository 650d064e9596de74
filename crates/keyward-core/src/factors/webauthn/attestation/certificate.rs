//! Certificates (RFC 5280) of attestation statements.

use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521,
    OID_PKCS1_RSAENCRYPTION, OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA,
    OID_PKCS1_SHA512WITHRSA, OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384,
    OID_SIG_ECDSA_WITH_SHA512, OID_SIG_ED25519, Oid,
};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey as KeyForm;
use x509_parser::x509::{SubjectPublicKeyInfo, X509Version};

use crate::factors::webauthn::signature::verify_p521;
use crate::problem::{Problem, Result};
use crate::protocols::webauthn::public_key::PublicKey;
use crate::protocols::webauthn::{malformed, refused};

/// How something was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    EcdsaSha256,
    EcdsaSha384,
    /// On P-521 alone.
    EcdsaSha512,
    Ed25519,
    RsaSha256,
    RsaSha384,
    RsaSha512,
    PssSha256,
    PssSha384,
    PssSha512,
    /// Only where a format cannot do without (the TPMs of many laptops).
    RsaSha1,
}

impl Scheme {
    /// The scheme of a COSE algorithm.
    ///
    /// # Errors
    /// `ceremony.refused` for one that we do not verify.
    pub(super) fn of_cose(algorithm: i64) -> Result<Self> {
        Ok(match algorithm {
            -7 => Self::EcdsaSha256,
            -35 => Self::EcdsaSha384,
            -36 => Self::EcdsaSha512,
            -37 => Self::PssSha256,
            -38 => Self::PssSha384,
            -39 => Self::PssSha512,
            -8 => Self::Ed25519,
            -257 => Self::RsaSha256,
            -258 => Self::RsaSha384,
            -259 => Self::RsaSha512,
            other => {
                return Err(refused(format!(
                    "attestation signatures of algorithm {other} are not verified"
                )));
            }
        })
    }

    /// The scheme that a certificate was signed with. SHA-1 is not among them: an attacker who finds
    /// a collision could make a certificate.
    fn of_certificate(oid: &Oid<'_>) -> Option<Self> {
        [
            (OID_SIG_ECDSA_WITH_SHA256, Self::EcdsaSha256),
            (OID_SIG_ECDSA_WITH_SHA384, Self::EcdsaSha384),
            (OID_SIG_ECDSA_WITH_SHA512, Self::EcdsaSha512),
            (OID_SIG_ED25519, Self::Ed25519),
            (OID_PKCS1_SHA256WITHRSA, Self::RsaSha256),
            (OID_PKCS1_SHA384WITHRSA, Self::RsaSha384),
            (OID_PKCS1_SHA512WITHRSA, Self::RsaSha512),
        ]
        .into_iter()
        .find_map(|(known, scheme)| (known == *oid).then_some(scheme))
    }

    /// What verifies it with a key of this kind; `None` where the two do not go together.
    fn verifier(
        self,
        key: &SubjectPublicKeyInfo<'_>,
    ) -> Option<&'static dyn VerificationAlgorithm> {
        let kind = &key.algorithm.algorithm;
        let is_rsa = *kind == OID_PKCS1_RSAENCRYPTION;
        let (p256, p384) = (is_on(key, &OID_EC_P256), is_on(key, &OID_NIST_EC_P384));
        Some(match self {
            Self::EcdsaSha256 if p256 => &signature::ECDSA_P256_SHA256_ASN1,
            Self::EcdsaSha256 if p384 => &signature::ECDSA_P384_SHA256_ASN1,
            Self::EcdsaSha384 if p256 => &signature::ECDSA_P256_SHA384_ASN1,
            Self::EcdsaSha384 if p384 => &signature::ECDSA_P384_SHA384_ASN1,
            Self::Ed25519 if *kind == OID_SIG_ED25519 => &signature::ED25519,
            Self::RsaSha256 if is_rsa => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::RsaSha384 if is_rsa => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::RsaSha512 if is_rsa => &signature::RSA_PKCS1_2048_8192_SHA512,
            Self::PssSha256 if is_rsa => &signature::RSA_PSS_2048_8192_SHA256,
            Self::PssSha384 if is_rsa => &signature::RSA_PSS_2048_8192_SHA384,
            Self::PssSha512 if is_rsa => &signature::RSA_PSS_2048_8192_SHA512,
            Self::RsaSha1 if is_rsa => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            _ => return None,
        })
    }
}

/// One certificate.
pub(super) struct Certificate<'a>(pub(super) X509Certificate<'a>);

impl<'a> Certificate<'a> {
    /// Reads one certificate to its last byte.
    ///
    /// # Errors
    /// `ceremony.malformed`
    pub(super) fn read(der: &'a [u8]) -> Result<Self> {
        match X509Certificate::from_der(der) {
            Ok(([], certificate)) => Ok(Self(certificate)),
            Ok(_) => Err(malformed("bytes follow a certificate")),
            Err(error) => {
                Err(malformed("a certificate cannot be read").caused_by(error.to_string()))
            }
        }
    }

    /// The first certificate of a chain, each of which can be read.
    ///
    /// # Errors
    /// `ceremony.malformed`, `ceremony.refused` for an empty chain.
    pub(super) fn first_of(chain: &[&'a [u8]]) -> Result<Self> {
        for der in chain.iter().skip(1) {
            Self::read(der)?;
        }
        chain
            .first()
            .map_or_else(|| Err(no_chain()), |der| Self::read(der))
    }

    /// Verifies what this certificate's key signed.
    ///
    /// # Errors
    /// `ceremony.refused`
    pub(super) fn verify(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> Result<()> {
        let key = self.0.public_key();
        if scheme == Scheme::EcdsaSha512 && is_on(key, &OID_NIST_EC_P521) {
            let point = &key.subject_public_key.data;
            return verify_p521(point, message, signature)
                .then_some(())
                .ok_or_else(wrong);
        }
        let verifier = scheme
            .verifier(key)
            .ok_or_else(|| refused("the attestation key contradicts its algorithm"))?;
        UnparsedPublicKey::new(verifier, &key.subject_public_key.data)
            .verify(message, signature)
            .map_err(|_| wrong())
    }

    /// Whether the key of `issuer` signed this certificate.
    pub(super) fn is_signed_by(&self, issuer: &Certificate<'_>) -> bool {
        let inside = &self.0.tbs_certificate.signature;
        let outside = &self.0.signature_algorithm;
        let scheme = Scheme::of_certificate(&outside.algorithm);
        inside == outside
            && scheme.is_some_and(|scheme| {
                let (message, signature) = (
                    self.0.tbs_certificate.as_ref(),
                    &self.0.signature_value.data,
                );
                issuer.verify(scheme, message, signature).is_ok()
            })
    }

    /// Whether its key is a point of P-256.
    pub(super) fn is_on_p256(&self) -> bool {
        is_on(self.0.public_key(), &OID_EC_P256)
    }

    /// Whether its key is this credential's.
    pub(super) fn has_key(&self, key: &PublicKey<'_>) -> bool {
        let own = self.0.public_key();
        let is_point = |x: &[u8], y: &[u8]| {
            own.subject_public_key.data.as_ref() == [&[4], x, y].concat().as_slice()
        };
        match *key {
            PublicKey::Es256 { x, y } => is_on(own, &OID_EC_P256) && is_point(x, y),
            PublicKey::Es384 { x, y } => is_on(own, &OID_NIST_EC_P384) && is_point(x, y),
            PublicKey::Ed25519 { x } => {
                own.algorithm.algorithm == OID_SIG_ED25519
                    && own.subject_public_key.data.as_ref() == x
            }
            PublicKey::Es512 { x, y } => is_on(own, &OID_NIST_EC_P521) && is_point(x, y),
            PublicKey::Rsa { n, e, .. } => match own.parsed() {
                Ok(KeyForm::RSA(own)) => {
                    strip_zeros(own.modulus) == n && strip_zeros(own.exponent) == e
                }
                _ => false,
            },
        }
    }

    /// The value of an extension; `None` where it is absent.
    ///
    /// # Errors
    /// `ceremony.malformed` where it stands there twice, or is marked critical although those who
    /// do not know it must be able to pass over it.
    pub(super) fn extension(&self, oid: &Oid<'_>) -> Result<Option<&'a [u8]>> {
        let found = self.0.get_extension_unique(oid).map_err(unreadable)?;
        match found {
            Some(extension) if extension.critical => {
                Err(malformed("an extension of attestation is marked critical"))
            }
            found => Ok(found.map(|extension| extension.value)),
        }
    }

    /// Makes sure that it is a certificate of version 3 and no authority's (WebAuthn L3 §8.2.1,
    /// §8.3.1).
    ///
    /// # Errors
    /// `ceremony.refused`
    pub(super) fn expect_leaf(&self) -> Result<()> {
        if self.0.version() != X509Version::V3 {
            return Err(refused("the attestation certificate is not of version 3"));
        }
        let constraints = self.0.basic_constraints().map_err(unreadable)?;
        if constraints.is_none_or(|constraints| constraints.value.ca) {
            return Err(refused("the attestation certificate is an authority's"));
        }
        Ok(())
    }
}

fn is_on(key: &SubjectPublicKeyInfo<'_>, curve: &Oid<'_>) -> bool {
    let parameters = key.algorithm.parameters.as_ref();
    key.algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY
        && parameters.is_some_and(|parameters| parameters.as_oid().is_ok_and(|oid| oid == *curve))
}

fn wrong() -> Problem {
    refused("the signature of the attestation statement is wrong")
}

pub(super) fn no_chain() -> Problem {
    malformed("the attestation statement has no certificate")
}

pub(super) fn unreadable(error: impl ToString) -> Problem {
    malformed("an extension of a certificate cannot be read").caused_by(error.to_string())
}

fn strip_zeros(number: &[u8]) -> &[u8] {
    let first = number.iter().position(|byte| *byte != 0);
    first
        .and_then(|first| number.get(first..))
        .unwrap_or_default()
}
