//! Lock codes of held keys at rest: sealed, each for its key.

use crate::clock::Entropy;
use crate::problem::{Problem, Result, codes};
use crate::protocols::provisioning::LockCode;
use crate::protocols::yubico::PublicId;
use crate::secret::{MasterKey, Place};

fn place(public_id: &PublicId) -> Place<'_> {
    Place {
        table: "otp_keys",
        column: "lock_code",
        row: public_id.as_str(),
    }
}

/// Seals a lock code for the row of this public id.
pub fn seal(
    key: &MasterKey,
    entropy: &dyn Entropy,
    public_id: &PublicId,
    code: &LockCode,
) -> Vec<u8> {
    key.seal(entropy, place(public_id), code.expose())
}

/// Opens what [`seal`] sealed.
///
/// # Errors
/// `master_key.wrong` where the key or the public id differs.
pub fn unseal(key: &MasterKey, public_id: &PublicId, sealed: &[u8]) -> Result<Option<LockCode>> {
    let bytes = key.open(place(public_id), sealed)?;
    let bytes = bytes.as_slice().try_into().map_err(|_| {
        Problem::new(codes::DATABASE_ROW).detailed(format!("otp_keys {public_id}: lock_code"))
    })?;
    Ok(LockCode::new(bytes))
}
