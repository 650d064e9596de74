//! The format `android-key` (WebAuthn L3 §8.4): Android's key store describes the key in its
//! certificate.

use x509_parser::asn1_rs::{Any, Class, FromDer, oid};
use x509_parser::oid_registry::Oid;

use super::certificate::{Certificate, Scheme, no_chain};
use super::{Proved, Subject};
use crate::domain::attestation::AttestationKind;
use crate::problem::{Problem, Result};
use crate::protocols::webauthn::statement::Statement;
use crate::protocols::webauthn::{malformed, refused};

/// Android's key attestation extension.
const DESCRIPTION: Oid<'_> = oid!(1.3.6.1.4.1.11129.2.1.17);

// The tags of an authorization list.
const PURPOSE: u32 = 1;
const ALL_APPLICATIONS: u32 = 600;
const ORIGIN: u32 = 702;

/// `KM_PURPOSE_SIGN`
const SIGN: &[u8] = &[2];
/// `KM_ORIGIN_GENERATED`
const GENERATED: &[u8] = &[0];

pub(super) fn verify(mut statement: Statement<'_>, subject: &Subject<'_>) -> Result<Proved> {
    let algorithm = statement.integer("alg")?;
    let signature = statement.bytes("sig")?;
    let chain = statement.chain()?.ok_or_else(no_chain)?;
    statement.end()?;
    let certificate = Certificate::first_of(&chain)?;
    let scheme = Scheme::of_cose(algorithm)?;
    certificate.verify(scheme, &subject.signed(), signature)?;
    if !certificate.has_key(&subject.credential.public_key) {
        return Err(refused("the certificate is another key's"));
    }
    let description = certificate
        .extension(&DESCRIPTION)?
        .ok_or_else(|| refused("the certificate does not describe its key"))?;
    Description::read(description)?.check(&subject.client_data_hash)?;
    Ok(Proved::with_chain(AttestationKind::Basic, &chain))
}

/// What the key store says of a key: `KeyDescription` in Android's documentation.
struct Description<'a> {
    challenge: &'a [u8],
    /// What software enforces, and what hardware does.
    authorizations: [Vec<Any<'a>>; 2],
}

impl<'a> Description<'a> {
    fn read(der: &'a [u8]) -> Result<Self> {
        let (rest, sequence) = Any::from_der(der).map_err(unreadable)?;
        let items = items(sequence.data)?;
        // Versions and security levels come first; later versions may append.
        let [_, _, _, _, challenge, _, software, hardware, ..] = items.as_slice() else {
            return Err(malformed("the key description ends too early"));
        };
        if !rest.is_empty() {
            return Err(malformed("bytes follow the key description"));
        }
        Ok(Self {
            challenge: challenge.data,
            authorizations: [self::items(software.data)?, self::items(hardware.data)?],
        })
    }

    /// The key store of a device always says where a key is from and what it is for; the vectors
    /// of the standard do not. What is said has to be right, whether software or hardware says it.
    fn check(&self, client_data_hash: &[u8]) -> Result<()> {
        if self.challenge != client_data_hash {
            return Err(refused("the key was made for another ceremony"));
        }
        if self.of(ALL_APPLICATIONS).next().is_some() {
            return Err(refused("the key is not bound to one relying party"));
        }
        let mut origins = self.of(ORIGIN).map(inner);
        if !origins.all(|origin| origin.is_some_and(is(GENERATED))) {
            return Err(refused("the key was not made in the authenticator"));
        }
        let mut purposes = self.of(PURPOSE).map(inner);
        let sign_alone = |purposes: Any<'_>| {
            items(purposes.data).is_ok_and(|all| !all.is_empty() && all.into_iter().all(is(SIGN)))
        };
        if !purposes.all(|purposes| purposes.is_some_and(sign_alone)) {
            return Err(refused("the key is not for signing alone"));
        }
        Ok(())
    }

    fn of(&self, tag: u32) -> impl Iterator<Item = &Any<'a>> {
        let all = self.authorizations.iter().flatten();
        all.filter(move |item| item.class() == Class::ContextSpecific && item.tag().0 == tag)
    }
}

/// What stands inside an explicit tag.
fn inner<'a>(tagged: &Any<'a>) -> Option<Any<'a>> {
    Any::from_der(tagged.data).ok().map(|(_, inner)| inner)
}

fn is(content: &'static [u8]) -> impl Fn(Any<'_>) -> bool {
    move |any| any.data == content
}

fn items(mut content: &[u8]) -> Result<Vec<Any<'_>>> {
    let mut items = Vec::new();
    while !content.is_empty() {
        let (rest, item) = Any::from_der(content).map_err(unreadable)?;
        items.push(item);
        content = rest;
    }
    Ok(items)
}

fn unreadable(error: impl ToString) -> Problem {
    malformed("the key description cannot be read").caused_by(error.to_string())
}
