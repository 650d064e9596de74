//! WebAuthn credentials.

use diesel::prelude::*;
use diesel::sql_types::Bool;
use uuid::Uuid;

use super::connection::{AnyConnection, failed, is_taken, listed, prepared, unreadable};
use super::prepared_statements;
use super::schema::{credentials, devices, users};
use keyward_core::domain::credential::Credential;
use keyward_core::domain::device::{DeviceId, DeviceKind, DeviceState};
use keyward_core::domain::user::{User, UserId};
use keyward_core::problem::{Result, codes};
use keyward_core::protocols::webauthn::public_key::PublicKey;

#[derive(Queryable)]
struct CredentialRow {
    device_id: String,
    credential_id: Vec<u8>,
    public_key: Vec<u8>,
    sign_count: i64,
    aaguid: String,
    transports: String,
    backup_eligible: bool,
    backed_up: bool,
    user_verified: bool,
    discoverable: Option<bool>,
    attestation_format: String,
}

impl CredentialRow {
    fn into_credential(self, user_id: UserId, kind: &str) -> Result<Credential> {
        let bad = |what| unreadable("credentials", &self.device_id, what);
        Ok(Credential {
            device_id: DeviceId::from_stored(&self.device_id).ok_or_else(|| bad("device_id"))?,
            user_id,
            kind: DeviceKind::from_stored(kind).ok_or_else(|| bad("kind"))?,
            sign_count: u32::try_from(self.sign_count).map_err(|_| bad("sign_count"))?,
            aaguid: Uuid::try_parse(&self.aaguid).map_err(|_| bad("aaguid"))?,
            transports: self
                .transports
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            credential_id: self.credential_id,
            public_key: self.public_key,
            backup_eligible: self.backup_eligible,
            backed_up: self.backed_up,
            user_verified: self.user_verified,
            discoverable: self.discoverable,
            attestation_format: self.attestation_format,
        })
    }
}

/// Adds a credential to a device that is there already.
///
/// # Errors
/// `ceremony.already_registered` where any user has this credential (WebAuthn L3 §7.1 step 27).
pub fn insert(connection: &mut AnyConnection, credential: &Credential) -> Result<()> {
    let inserted = prepared!(connection, |c| diesel::insert_into(credentials::table)
        .values((
            credentials::device_id.eq(credential.device_id.to_string()),
            credentials::credential_id.eq(&credential.credential_id),
            credentials::public_key.eq(&credential.public_key),
            credentials::sign_count.eq(i64::from(credential.sign_count)),
            credentials::aaguid.eq(credential.aaguid.hyphenated().to_string()),
            credentials::transports.eq(credential.transports.join(" ")),
            credentials::backup_eligible.eq(credential.backup_eligible),
            credentials::backed_up.eq(credential.backed_up),
            credentials::user_verified.eq(credential.user_verified),
            credentials::discoverable.eq(credential.discoverable),
            credentials::attestation_format.eq(&credential.attestation_format),
        ))
        .execute(c));
    if is_taken(&inserted) {
        return Err(codes::CEREMONY_ALREADY_REGISTERED.into());
    }
    inserted.map(drop).map_err(failed)
}

/// The credentials of a user, suspect ones only where `with_suspect`: those must not sign in, but
/// an authenticator that holds one must not make another either.
pub fn of_user(
    connection: &mut AnyConnection,
    user: UserId,
    with_suspect: bool,
) -> Result<Vec<Credential>> {
    prepared!(connection, |c| credentials::table
        .inner_join(devices::table)
        .filter(devices::user_id.eq(user.to_string()))
        .filter(
            devices::state
                .eq(DeviceState::Active.as_str())
                .or(with_suspect.into_sql::<Bool>()),
        )
        .order(devices::id)
        .select((credentials::all_columns, devices::kind))
        .load::<(CredentialRow, String)>(c))
    .map_err(failed)?
    .into_iter()
    .map(|(row, kind)| row.into_credential(user, &kind))
    .collect()
}

/// A page of credentials in the order of their devices after one, suspect ones too; of one user where one
/// is named.
pub fn page(
    connection: &mut AnyConnection,
    user: Option<UserId>,
    after: Option<DeviceId>,
    limit: i64,
) -> Result<Vec<Credential>> {
    let mut query = credentials::table
        .inner_join(devices::table)
        .order(credentials::device_id)
        .limit(limit)
        .select((credentials::all_columns, devices::kind, devices::user_id))
        .into_boxed();
    if let Some(user) = user {
        query = query.filter(devices::user_id.eq(user.to_string()));
    }
    if let Some(after) = after {
        query = query.filter(credentials::device_id.gt(after.to_string()));
    }
    query
        .load::<(CredentialRow, String, String)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(row, kind, user)| {
            let bad = || unreadable("devices", &row.device_id, "user_id");
            let user = UserId::from_stored(&user).ok_or_else(bad)?;
            row.into_credential(user, &kind)
        })
        .filter_map(listed)
        .collect()
}

/// The credential in this device.
pub fn in_device(connection: &mut AnyConnection, device: DeviceId) -> Result<Option<Credential>> {
    let found = credentials::table
        .inner_join(devices::table)
        .filter(credentials::device_id.eq(device.to_string()))
        .select((credentials::all_columns, devices::kind, devices::user_id))
        .first::<(CredentialRow, String, String)>(connection)
        .optional()
        .map_err(failed)?;
    found
        .map(|(row, kind, user)| {
            let bad = || unreadable("devices", &row.device_id, "user_id");
            let user = UserId::from_stored(&user).ok_or_else(bad)?;
            row.into_credential(user, &kind)
        })
        .transpose()
}

/// Rows as they are, in the order of their devices after one.
pub(super) fn as_they_are(
    connection: &mut AnyConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Result<()>)>> {
    let rows = credentials::table
        .inner_join(devices::table)
        .filter(credentials::device_id.gt(after))
        .order(credentials::device_id)
        .limit(limit)
        .select((credentials::all_columns, devices::kind))
        .load::<(CredentialRow, String)>(connection)
        .map_err(failed)?;
    let read = |(row, kind): (CredentialRow, String)| {
        let id = row.device_id.clone();
        let read = row.into_credential(UserId::nil(), &kind).and_then(|read| {
            let key = PublicKey::read(&read.public_key);
            key.map_err(|problem| unreadable("credentials", &id, "public_key").caused_by(problem))
                .map(drop)
        });
        (id, read)
    };
    Ok(rows.into_iter().map(read).collect())
}

/// A credential that was found by its id alone, with whose it is.
#[derive(Debug)]
pub struct Found {
    /// The credential.
    pub credential: Credential,
    /// Its user.
    pub user: User,
    /// Whether its device may be used.
    pub state: DeviceState,
}

/// The credential of this id, whichever user has it.
pub fn by_credential_id(connection: &mut AnyConnection, id: &[u8]) -> Result<Option<Found>> {
    let row = prepared!(connection, |c| credentials::table
        .inner_join(devices::table)
        .filter(credentials::credential_id.eq(id))
        .select((
            credentials::all_columns,
            devices::kind,
            devices::user_id,
            devices::state,
        ))
        .first::<(CredentialRow, String, String, String)>(c))
    .optional()
    .map_err(failed)?;
    let Some((row, kind, user, state)) = row else {
        return Ok(None);
    };
    let bad = |what| unreadable("devices", &row.device_id, what);
    let user_id = UserId::from_stored(&user).ok_or_else(|| bad("user_id"))?;
    let state = DeviceState::from_stored(&state).ok_or_else(|| bad("state"))?;
    Ok(Some(Found {
        credential: row.into_credential(user_id, &kind)?,
        user: super::users::expect(connection, user_id)?,
        state,
    }))
}

/// The credentials of the user who has this folded name, suspect ones too; none where no user has
/// it.
pub fn of_name(connection: &mut AnyConnection, folded: &str) -> Result<Vec<Credential>> {
    prepared!(connection, |c| credentials::table
        .inner_join(devices::table.inner_join(users::table))
        .filter(users::name_folded.eq(folded))
        .order(devices::id)
        .select((credentials::all_columns, devices::kind, devices::user_id))
        .load::<(CredentialRow, String, String)>(c))
    .map_err(failed)?
    .into_iter()
    .map(|(row, kind, user)| {
        let bad = || unreadable("devices", &row.device_id, "user_id");
        let user = UserId::from_stored(&user).ok_or_else(bad)?;
        row.into_credential(user, &kind)
    })
    .collect()
}

/// Lets the counter of a device count on from here, also where it went farther before.
pub fn restart_counter(
    connection: &mut AnyConnection,
    device: DeviceId,
    sign_count: u32,
) -> Result<()> {
    diesel::update(credentials::table.find(device.to_string()))
        .set(credentials::sign_count.eq(i64::from(sign_count)))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Stores what an answer told: its counter and whether the credential is backed up. `false` where
/// the stored counter is not below it, also in a race; authenticators without a counter always
/// send zero (WebAuthn L3 §7.2 step 23).
pub fn raise_counter(
    connection: &mut AnyConnection,
    device: DeviceId,
    sign_count: u32,
    backed_up: bool,
) -> Result<bool> {
    let row = credentials::table.find(device.to_string());
    let change = (
        credentials::sign_count.eq(i64::from(sign_count)),
        credentials::backed_up.eq(backed_up),
    );
    let updated = if sign_count == 0 {
        prepared!(connection, |c| prepared_statements::update(
            row.filter(credentials::sign_count.eq(0))
        )
        .set(change)
        .execute(c))
    } else {
        prepared!(connection, |c| prepared_statements::update(
            row.filter(credentials::sign_count.lt(i64::from(sign_count)))
        )
        .set(change)
        .execute(c))
    };
    updated.map(|rows| rows == 1).map_err(failed)
}
