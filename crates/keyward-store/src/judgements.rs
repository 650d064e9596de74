//! What policy looks at in devices, and which of them do not satisfy it any more.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use uuid::Uuid;

use super::connection::{AnyConnection, failed, listed, unreadable};
use super::schema::{
    attestations, credentials, devices, group_members, groups, stopping_devices, users,
};
use keyward_core::clock::Timestamp;
use keyward_core::domain::attestation::AttestedSerial;
use keyward_core::domain::count::Count;
use keyward_core::domain::device::{DeviceId, DeviceKind, DeviceName};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::policy::{
    CredentialFacts, Reason, Rule, Scope, Stopping, StoppingSummary, Violation,
};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Problem, Result};

/// A device as policy looks at it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The device.
    pub id: DeviceId,
    /// Whose it is.
    pub user_id: UserId,
    /// What kind of thing it is.
    pub kind: DeviceKind,
    /// For passkeys and security keys.
    pub credential: Option<CredentialFacts>,
}

/// What policy and rules look at in one of a user's devices: its kind, and its credential's facts.
pub type DeviceFacts = (DeviceKind, Option<CredentialFacts>);

/// That of one device of a user; `None` where they have no such device.
pub fn facts_of(
    connection: &mut AnyConnection,
    owner: UserId,
    device: DeviceId,
) -> Result<Option<DeviceFacts>> {
    let found = devices_of(connection, &[owner])?;
    let found = found.into_iter().find(|judged| judged.id == device);
    Ok(found.map(|judged| (judged.kind, judged.credential)))
}

type CredentialColumns = Option<(String, bool, bool)>;

/// The devices of these users.
pub fn devices_of(connection: &mut AnyConnection, owners: &[UserId]) -> Result<Vec<Judged>> {
    let owners: Vec<String> = owners.iter().map(ToString::to_string).collect();
    devices::table
        .left_join(credentials::table)
        .left_join(attestations::table.on(attestations::device_id.eq(devices::id)))
        .filter(devices::user_id.eq_any(&owners))
        .order((devices::user_id, devices::id))
        .select((
            devices::id,
            devices::user_id,
            devices::kind,
            (
                credentials::aaguid,
                credentials::backup_eligible,
                credentials::user_verified,
            )
                .nullable(),
            attestations::is_verified.nullable(),
        ))
        .load::<(String, String, String, CredentialColumns, Option<bool>)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(id, user_id, kind, credential, is_verified)| {
            let bad = |what| unreadable("devices", &id, what);
            let facts = |(aaguid, backup_eligible, user_verified): (String, bool, bool)| {
                Ok::<_, Problem>(CredentialFacts {
                    aaguid: Uuid::try_parse(&aaguid).map_err(|_| bad("aaguid"))?,
                    is_verified_model: is_verified == Some(true),
                    backup_eligible,
                    user_verified,
                })
            };
            Ok(Judged {
                id: DeviceId::from_stored(&id).ok_or_else(|| bad("id"))?,
                user_id: UserId::from_stored(&user_id).ok_or_else(|| bad("user_id"))?,
                kind: DeviceKind::from_stored(&kind).ok_or_else(|| bad("kind"))?,
                credential: credential.map(facts).transpose()?,
            })
        })
        .filter_map(listed)
        .collect()
}

/// A page of users, by id: of the members of a group where one is named, of those who own a device
/// where only they are asked for.
pub fn owners_page(
    connection: &mut AnyConnection,
    group: Option<&GroupName>,
    owners_only: bool,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<UserId>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let ids: Vec<String> = match group {
        None if owners_only => users::table
            // Bare, as the partial index has it.
            .filter(sql::<Bool>("device_count > 0"))
            .filter(users::id.gt(after))
            .order(users::id)
            .limit(limit)
            .select(users::id)
            .load(connection),
        None => users::table
            .filter(users::id.gt(after))
            .order(users::id)
            .limit(limit)
            .select(users::id)
            .load(connection),
        Some(group) => group_members::table
            .inner_join(groups::table)
            .filter(groups::name.eq(group.as_str()))
            .filter(group_members::user_id.gt(after))
            .order(group_members::user_id)
            .limit(limit)
            .select(group_members::user_id)
            .load(connection),
    }
    .map_err(failed)?;
    ids.iter()
        .map(|id| UserId::from_stored(id).ok_or_else(|| unreadable("users", id, "id")))
        .collect()
}

/// The groups of these users.
pub fn groups_of(
    connection: &mut AnyConnection,
    members: &[UserId],
) -> Result<HashMap<UserId, Vec<GroupName>>> {
    let ids: Vec<String> = members.iter().map(ToString::to_string).collect();
    let rows = group_members::table
        .inner_join(groups::table)
        .filter(groups::removed_at.is_null())
        .filter(group_members::user_id.eq_any(&ids))
        .select((group_members::user_id, groups::name))
        .load::<(String, String)>(connection)
        .map_err(failed)?;
    let mut groups: HashMap<UserId, Vec<GroupName>> = HashMap::new();
    for (user, name) in rows {
        let bad = |what| unreadable("group_members", &name, what);
        let user = UserId::from_stored(&user).ok_or_else(|| bad("user_id"))?;
        let name = GroupName::from_stored(&name);
        groups.entry(user).or_default().push(name);
    }
    Ok(groups)
}

/// What policy looks at in a user.
#[derive(Clone, Copy, Debug)]
pub struct PolicyUser {
    /// May open the console.
    pub is_superuser: bool,
    /// May sign in at all.
    pub is_enabled: bool,
}

/// What policy looks at in these users.
pub fn policy_users(
    connection: &mut AnyConnection,
    ids: &[UserId],
) -> Result<HashMap<UserId, PolicyUser>> {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let rows = users::table
        .filter(users::id.eq_any(&texts))
        .select((users::id, users::is_superuser, users::is_enabled))
        .load::<(String, bool, bool)>(connection)
        .map_err(failed)?;
    rows.into_iter()
        .map(|(id, is_superuser, is_enabled)| {
            let id = UserId::from_stored(&id).ok_or_else(|| unreadable("users", &id, "id"))?;
            let user = PolicyUser {
                is_superuser,
                is_enabled,
            };
            Ok((id, user))
        })
        .collect()
}

/// The names of these users.
pub fn names_of(connection: &mut AnyConnection, ids: &[UserId]) -> Result<HashMap<UserId, String>> {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let rows = users::table
        .filter(users::id.eq_any(&texts))
        .select((users::id, users::name))
        .load::<(String, String)>(connection)
        .map_err(failed)?;
    rows.into_iter()
        .map(|(id, name)| {
            let id = UserId::from_stored(&id).ok_or_else(|| unreadable("users", &id, "id"))?;
            Ok((id, name))
        })
        .collect()
}

#[derive(serde::Serialize, serde::Deserialize)]
struct KeptReason {
    scope: String,
    rule: Rule,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    what: Option<String>,
}

fn written(reasons: &[Violation]) -> Result<String> {
    let kept = |violation: &Violation| KeptReason {
        scope: violation.scope.as_str().to_owned(),
        rule: violation.reason.rule,
        what: violation.reason.what.clone(),
    };
    let kept: Vec<KeptReason> = reasons.iter().map(kept).collect();
    serde_json::to_string(&kept).map_err(Problem::internal)
}

fn stopping(device: &str, reasons: &str, since: i64, deadline: i64) -> Result<Stopping> {
    let bad = || unreadable("stopping_devices", device, "reasons");
    let kept: Vec<KeptReason> = serde_json::from_str(reasons).map_err(|_| bad())?;
    let reasons = kept.into_iter().map(|kept| Violation {
        scope: Scope::from_stored(&kept.scope),
        reason: Reason {
            rule: kept.rule,
            what: kept.what,
        },
    });
    Ok(Stopping {
        reasons: reasons.collect(),
        since: Timestamp::from_millis(since),
        deadline: Timestamp::from_millis(deadline),
    })
}

/// Which of these devices are known not to satisfy policy any more.
pub fn stopping_among(
    connection: &mut AnyConnection,
    ids: &[DeviceId],
) -> Result<HashMap<DeviceId, Stopping>> {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    stopping_devices::table
        .filter(stopping_devices::device_id.eq_any(&texts))
        .load::<(String, String, i64, i64)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(device, reasons, since, deadline)| {
            let found = stopping(&device, &reasons, since, deadline)?;
            let bad = || unreadable("stopping_devices", &device, "device_id");
            Ok((DeviceId::from_stored(&device).ok_or_else(bad)?, found))
        })
        .collect()
}

/// Notes that a device does not satisfy policy any more.
pub fn put_stopping(
    connection: &mut AnyConnection,
    device: DeviceId,
    stopping: &Stopping,
) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO stopping_devices (device_id, reasons, since, deadline) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (device_id) DO UPDATE SET \
         reasons = excluded.reasons, since = excluded.since, deadline = excluded.deadline",
    )
    .bind::<Text, _>(device.to_string())
    .bind::<Text, _>(written(&stopping.reasons)?)
    .bind::<BigInt, _>(stopping.since.millis())
    .bind::<BigInt, _>(stopping.deadline.millis())
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Notes that a device satisfies policy again.
pub fn forget_stopping(connection: &mut AnyConnection, device: DeviceId) -> Result<()> {
    diesel::delete(stopping_devices::table.find(device.to_string()))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// A page of the devices that stop working, the earliest first, after a place in that order.
pub fn page(
    connection: &mut AnyConnection,
    after: Option<(Timestamp, DeviceId)>,
    limit: i64,
) -> Result<Vec<StoppingSummary>> {
    let mut query = stopping_devices::table
        .inner_join(devices::table.inner_join(users::table))
        .order((stopping_devices::deadline, stopping_devices::device_id))
        .limit(limit)
        .select((
            stopping_devices::all_columns,
            (devices::kind, devices::name),
            (users::id, users::name),
        ))
        .into_boxed();
    if let Some((deadline, device)) = after {
        query = query.filter(
            sql::<Bool>("(stopping_devices.deadline, stopping_devices.device_id) > (")
                .bind::<BigInt, _>(deadline.millis())
                .sql(", ")
                .bind::<Text, _>(device.to_string())
                .sql(")"),
        );
    }
    type Row = (
        (String, String, i64, i64),
        (String, String),
        (String, String),
    );
    query
        .load::<Row>(connection)
        .map_err(failed)?
        .into_iter()
        .map(
            |((id, reasons, since, deadline), (kind, name), (owner_id, owner))| {
                let bad = |what| unreadable("stopping_devices", &id, what);
                Ok(StoppingSummary {
                    stopping: stopping(&id, &reasons, since, deadline)?,
                    id: DeviceId::from_stored(&id).ok_or_else(|| bad("device_id"))?,
                    kind: DeviceKind::from_stored(&kind).ok_or_else(|| bad("kind"))?,
                    name: DeviceName::from_stored(&name),
                    owner_id: UserId::from_stored(&owner_id).ok_or_else(|| bad("user_id"))?,
                    owner,
                })
            },
        )
        .filter_map(listed)
        .collect()
}

/// How many devices stop working, or have stopped.
pub fn count_stopping(connection: &mut AnyConnection) -> Result<Count> {
    super::counts::stopping_devices(connection)
}

/// What is kept of a chain of certificates.
#[derive(Clone, Copy, Debug)]
pub struct KeptChain<'a> {
    /// In DER, the attesting one first.
    pub certificates: &'a [Vec<u8>],
    /// Whether they lead to a root of the model.
    pub is_verified: bool,
    /// Which one of its model the first says that the authenticator is.
    pub serial: Option<&'a AttestedSerial>,
}

/// Keeps what came with a credential that proved its make.
pub fn put_attestation(
    connection: &mut AnyConnection,
    device: DeviceId,
    kept: &KeptChain<'_>,
) -> Result<()> {
    let chain = kept.certificates.iter().map(|der| STANDARD.encode(der));
    let chain: Vec<String> = chain.collect();
    diesel::insert_into(attestations::table)
        .values((
            attestations::device_id.eq(device.to_string()),
            attestations::is_verified.eq(kept.is_verified),
            attestations::chain.eq(chain.join("\n")),
            attestations::serial.eq(kept.serial.map(|serial| &serial.number)),
            attestations::serial_maker.eq(kept.serial.map(|serial| &serial.maker)),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// The serial number that a maker's certificate gives the authenticator of a device.
#[derive(Clone, Debug)]
pub struct SerialOf {
    /// The device.
    pub device: DeviceId,
    /// What its certificate says.
    pub serial: AttestedSerial,
    /// Whether that certificate leads to a root of the model: it proves nothing where it does not.
    pub is_proved: bool,
}

/// Those of these devices that have one.
pub fn serials_of(connection: &mut AnyConnection, devices: &[DeviceId]) -> Result<Vec<SerialOf>> {
    let devices: Vec<String> = devices.iter().map(ToString::to_string).collect();
    attestations::table
        .filter(attestations::device_id.eq_any(&devices))
        .filter(attestations::serial.is_not_null())
        .filter(attestations::serial_maker.is_not_null())
        .order(attestations::device_id)
        .select((
            attestations::device_id,
            attestations::serial.assume_not_null(),
            attestations::serial_maker.assume_not_null(),
            attestations::is_verified,
        ))
        .load::<(String, String, String, bool)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(device, number, maker, is_proved)| {
            let bad = || unreadable("attestations", &device, "device_id");
            Ok(SerialOf {
                device: DeviceId::from_stored(&device).ok_or_else(bad)?,
                serial: AttestedSerial { number, maker },
                is_proved,
            })
        })
        .filter_map(listed)
        .collect()
}

/// What came with a credential that proved its make.
#[derive(Debug)]
pub struct KeptAttestation {
    /// The device that holds the credential.
    pub device: DeviceId,
    /// The model, as it says itself.
    pub aaguid: Uuid,
    /// The statement's format.
    pub format: String,
    /// When it was judged first: when the device was enrolled.
    pub enrolled_at: Timestamp,
    /// The certificates in DER, the attesting one first.
    pub chain: Vec<Vec<u8>>,
    /// Whether they led to a root of the model when last looked at.
    pub is_verified: bool,
}

/// A page of what came with credentials, by device.
pub fn attestations_page(
    connection: &mut AnyConnection,
    after: Option<DeviceId>,
    limit: i64,
) -> Result<Vec<KeptAttestation>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    attestations::table
        .inner_join(credentials::table.on(credentials::device_id.eq(attestations::device_id)))
        .inner_join(devices::table.on(devices::id.eq(attestations::device_id)))
        .filter(attestations::device_id.gt(after))
        .order(attestations::device_id)
        .limit(limit)
        .select((
            (
                attestations::device_id,
                attestations::is_verified,
                attestations::chain,
            ),
            credentials::aaguid,
            credentials::attestation_format,
            devices::created_at,
        ))
        .load::<((String, bool, String), String, String, i64)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(
            |((device, is_verified, chain), aaguid, format, enrolled_at)| {
                let bad = |what| unreadable("attestations", &device, what);
                let chain = chain.lines().map(|line| STANDARD.decode(line));
                Ok(KeptAttestation {
                    device: DeviceId::from_stored(&device).ok_or_else(|| bad("device_id"))?,
                    aaguid: Uuid::try_parse(&aaguid).map_err(|_| bad("aaguid"))?,
                    chain: chain.collect::<Result<_, _>>().map_err(|_| bad("chain"))?,
                    format,
                    enrolled_at: Timestamp::from_millis(enrolled_at),
                    is_verified,
                })
            },
        )
        .filter_map(listed)
        .collect()
}

/// Changes whether a model is verified.
pub fn set_verified(
    connection: &mut AnyConnection,
    device: DeviceId,
    is_verified: bool,
) -> Result<()> {
    diesel::update(attestations::table.find(device.to_string()))
        .set(attestations::is_verified.eq(is_verified))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}
