//! Which one of its model an authenticator is (WebAuthn L3 §8.2.2).

use x509_parser::asn1_rs::{FromDer, OctetString, oid};
use x509_parser::oid_registry::Oid;

use super::certificate::Certificate;
use crate::domain::attestation::{AttestedSerial, printed};
use crate::domain::spelling::typed_name;

/// `id-fido-gen-ce-sernum`
const SERIAL: Oid<'_> = oid!(1.3.6.1.4.1.45724.1.1.2);

/// The longest name of a maker, in characters (RFC 5280, appendix A.1: `ub-organization-name`).
const LONGEST_MAKER: usize = 64;

/// The serial number in the attesting certificate of a statement of this format. `None` where it has
/// none, or none that can be read: its model is proved all the same.
///
/// It is proved where [`super::leads_to`] holds, and never before.
pub fn attested_serial(format: &str, chain: &[Vec<u8>]) -> Option<AttestedSerial> {
    let leaf = chain.first().filter(|_| format == "packed")?;
    let leaf = Certificate::read(leaf).ok()?;
    let value = leaf.extension(&SERIAL).ok().flatten()?;
    let Ok(([], octets)) = OctetString::from_der(value) else {
        return None;
    };
    let maker = leaf.0.subject().iter_organization().next()?.as_str().ok()?;
    Some(AttestedSerial {
        number: printed(octets.as_ref())?,
        maker: typed_name(maker, LONGEST_MAKER)?,
    })
}
