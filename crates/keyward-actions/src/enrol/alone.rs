//! Who has no password and is linked with nobody elsewhere: their devices are all that proves them, so
//! that the first one must be a passkey or a security key that checked its user. Anything else would
//! leave them shut out.

use keyward_core::domain::device::{DeviceId, DeviceKind};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Result, codes};
use keyward_store::{AnyConnection, credentials, passwords, upstream_links};

/// Whether this person has no password, no link with another provider, and no device that opens a session by itself.
pub(crate) fn has_no_way_in(connection: &mut AnyConnection, owner: UserId) -> Result<bool> {
    Ok(!passwords::has_one(connection, owner)?
        && !upstream_links::is_linked(connection, owner)?
        && !has_way_in_besides(connection, owner, None)?)
}

/// Whether a person without a password could sign in without this device.
pub(crate) fn has_way_in_besides(
    connection: &mut AnyConnection,
    owner: UserId,
    besides: Option<DeviceId>,
) -> Result<bool> {
    let credentials = credentials::of_user(connection, owner, false)?;
    Ok(credentials
        .iter()
        .any(|credential| credential.user_verified && Some(credential.device_id) != besides))
}

/// Refuses a device that would be a user's only one and would not let them in.
///
/// # Errors
/// `enrolment.needs_passkey`; `ceremony.user_verification` for an authenticator that did not check
/// its user, where that is known.
pub(crate) fn admit_alone(
    connection: &mut AnyConnection,
    owner: UserId,
    kind: DeviceKind,
    user_verified: Option<bool>,
) -> Result<()> {
    if !has_no_way_in(connection, owner)? {
        return Ok(());
    }
    match user_verified {
        _ if !kind.is_webauthn() => Err(codes::ENROLMENT_NEEDS_PASSKEY.into()),
        Some(false) => Err(codes::CEREMONY_USER_VERIFICATION.into()),
        Some(true) | None => Ok(()),
    }
}
