//! What policy makes of one person's devices, and of a new one.

use std::collections::HashMap;

use uuid::Uuid;

use super::inventory::Inventory;
use crate::App;
use crate::delivered_code::is_kind_offered;
use crate::enrol::has_no_way_in;
use crate::validation;
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{DeviceId, DeviceKind};
use keyward_core::domain::event_detail::RefusalParticulars;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::model::Model;
use keyward_core::domain::policy::{
    CredentialFacts, DeviceFacts, Effective, InventoryFact, Rules, Scope, Verification, Violation,
};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Code, Problem, Result, codes};
use keyward_store::judgements::{self, Judged};
use keyward_store::{AnyConnection, devices, groups, metadata, policies};

/// A device that does not satisfy policy.
#[derive(Clone, Debug)]
pub struct DevicePolicyState {
    /// Why, and whose policy says so.
    pub reasons: Vec<Violation>,
    /// Until when it may be used all the same.
    pub deadline: Timestamp,
}

/// What policy makes of one person's devices.
#[derive(Clone, Debug)]
pub struct DevicePolicyStates {
    /// The policies that concern them.
    pub effective: Effective,
    /// Their devices that do not satisfy it.
    pub stopping: HashMap<DeviceId, DevicePolicyState>,
    now: Timestamp,
}

impl DevicePolicyStates {
    /// What to ask of an authenticator that may answer for one of these devices. A device in its
    /// grace may be one that verifies no user, and a request that requires it would shut it out.
    pub(crate) fn rules_to_ask(&self, devices: impl IntoIterator<Item = DeviceId>) -> Rules {
        let mut rules = self.effective.rules().clone();
        let is_in_grace = |device| self.stopping.contains_key(&device);
        if devices.into_iter().any(is_in_grace) {
            rules.user_verification = None;
        }
        rules
    }

    /// Whether a device may not be used any more.
    pub fn has_stopped(&self, device: DeviceId) -> bool {
        let state = self.stopping.get(&device);
        state.is_some_and(|state| state.deadline <= self.now)
    }
}

/// What holds for a person.
pub(crate) fn effective(connection: &mut AnyConnection, user: UserId) -> Result<Effective> {
    let groups = groups::of_user(connection, user)?;
    Ok(Effective::of(policies::in_force(connection, &groups)?))
}

/// What holds for every user: everybody's policy alone.
pub(crate) fn for_everybody(connection: &mut AnyConnection) -> Result<Effective> {
    Ok(Effective::of(policies::in_force(connection, &[])?))
}

/// Whether a policy for everybody or for one of these groups asks for a second factor.
pub(crate) fn asks_for_second_factor(
    connection: &mut AnyConnection,
    groups: &[GroupName],
) -> Result<bool> {
    let policies = policies::in_force(connection, groups)?;
    Ok(policies.iter().any(|(_, rules)| rules.second_factor))
}

/// Judges all devices of a person: by two point reads where no policy concerns them, by up to five
/// where one does.
pub(crate) fn policy_states(
    connection: &mut AnyConnection,
    user: UserId,
    now: Timestamp,
) -> Result<DevicePolicyStates> {
    let mut policy_states = DevicePolicyStates {
        effective: effective(connection, user)?,
        stopping: HashMap::new(),
        now,
    };
    if policy_states.effective.rules().is_empty() {
        return Ok(policy_states);
    }
    let devices = judgements::devices_of(connection, &[user])?;
    let models = models(connection, &policy_states.effective, &devices)?;
    let asks_for_keys = policy_states.effective.rules().asks_for_keys();
    let inventory = Inventory::of(connection, asks_for_keys, &devices)?;
    let judged: Vec<(DeviceId, Vec<Violation>)> = devices
        .iter()
        .map(|device| {
            (
                device.id,
                judge(&policy_states.effective, device, &models, &inventory, now),
            )
        })
        .filter(|(_, reasons)| !reasons.is_empty())
        .collect();
    if judged.is_empty() {
        return Ok(policy_states);
    }
    let ids: Vec<DeviceId> = judged.iter().map(|(id, _)| *id).collect();
    let known = judgements::stopping_among(connection, &ids)?;
    // A device that has not been judged yet stops counting now, and its grace begins.
    let grace = policy_states.effective.rules().grace();
    for (id, reasons) in judged {
        let deadline = known.get(&id).map_or(now + grace, |known| known.deadline);
        policy_states
            .stopping
            .insert(id, DevicePolicyState { reasons, deadline });
    }
    Ok(policy_states)
}

fn models(
    connection: &mut AnyConnection,
    effective: &Effective,
    devices: &[Judged],
) -> Result<HashMap<Uuid, Model>> {
    if !effective.rules().asks_for_metadata() {
        return Ok(HashMap::new());
    }
    let credentials = devices.iter().filter_map(|device| device.credential);
    let ids: Vec<Uuid> = credentials.map(|credential| credential.aaguid).collect();
    metadata::models_of(connection, &ids)
}

fn judge(
    effective: &Effective,
    device: &Judged,
    models: &HashMap<Uuid, Model>,
    inventory: &Inventory,
    now: Timestamp,
) -> Vec<Violation> {
    let facts = DeviceFacts {
        kind: device.kind,
        credential: device.credential,
        model: device.credential.and_then(|one| models.get(&one.aaguid)),
        key: inventory.fact(device),
    };
    effective.judge(&facts, now)
}

/// Policy lets a device prove its user, in this transaction.
#[must_use = "it opens the session"]
pub(crate) struct Admitted {
    user: UserId,
    device: DeviceId,
}

impl Admitted {
    /// Whether it is about this device of this user.
    pub fn is_for(&self, user: UserId, device: Option<DeviceId>) -> bool {
        self.user == user && device == Some(self.device)
    }
}

/// Refuses a device that policy does not let prove its user any more, in the caller's transaction.
/// `user_verified` is what its answer said, for kinds that verify their user.
///
/// # Errors
/// `policy.device_stopped`, `ceremony.user_verification`
pub(crate) fn admit_use(
    connection: &mut AnyConnection,
    user: UserId,
    device: DeviceId,
    user_verified: Option<bool>,
    now: Timestamp,
) -> Result<Admitted> {
    let policy_states = policy_states(connection, user, now)?;
    if policy_states.has_stopped(device) {
        let reasons = policy_states
            .stopping
            .get(&device)
            .map(|one| one.reasons.as_slice());
        let reasons = reasons.unwrap_or_default();
        return Err(violating(codes::POLICY_DEVICE_STOPPED, reasons));
    }
    let needed = policy_states.effective.rules().user_verification == Some(Verification::Required);
    let in_grace = policy_states.stopping.contains_key(&device);
    if needed && !in_grace && user_verified == Some(false) {
        return Err(codes::CEREMONY_USER_VERIFICATION.into());
    }
    Ok(Admitted { user, device })
}

/// A device about to be added, as policy looks at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewDeviceFacts {
    pub kind: DeviceKind,
    pub credential: Option<CredentialFacts>,
    pub key: InventoryFact,
}

/// Refuses a device that policy does not let a user add, in the caller's transaction, which holds
/// the user's row.
///
/// # Errors
/// `policy.…`
pub(crate) fn admit_new(
    connection: &mut AnyConnection,
    user: UserId,
    new: NewDeviceFacts,
    now: Timestamp,
) -> Result<()> {
    let effective = effective(connection, user)?;
    let rules = effective.rules();
    if rules.is_empty() {
        return Ok(());
    }
    if let Some(most) = rules.most_devices {
        let present = devices::of_user(connection, user)?.len();
        if present >= usize::from(most) {
            let whose = effective.spoken_by(|rules| rules.most_devices);
            let particulars = RefusalParticulars::DeviceLimit {
                scopes: whose.iter().map(|scope| (*scope).clone()).collect(),
                most,
            };
            return Err(Problem::new(codes::POLICY_TOO_MANY_DEVICES)
                .detailed(format!("{}: {most}", scopes(&whose)))
                .caused_by(particulars));
        }
    }
    let ids: Vec<Uuid> = new.credential.iter().map(|one| one.aaguid).collect();
    let models = match rules.asks_for_metadata() {
        true => metadata::models_of(connection, &ids)?,
        false => HashMap::new(),
    };
    let facts = DeviceFacts {
        kind: new.kind,
        credential: new.credential,
        model: ids.first().and_then(|id| models.get(id)),
        key: new.key,
    };
    let reasons = effective.judge(&facts, now);
    match reasons.first() {
        None => Ok(()),
        Some(first) => Err(violating(first.reason.rule.refusal(), &reasons)),
    }
}

/// A device that policy does not count, with the reasons for the log and as cases for the trail.
fn violating(code: Code, reasons: &[Violation]) -> Problem {
    Problem::new(code)
        .detailed(violation_list(reasons))
        .caused_by(RefusalParticulars::Policy {
            violations: reasons.to_vec(),
        })
}

/// Reasons for the log: `everybody: deny (2fc0…), group printers: kinds`.
fn violation_list(reasons: &[Violation]) -> String {
    let reasons: Vec<String> = reasons
        .iter()
        .map(|violation| {
            let what = violation.reason.what.as_ref();
            let what = what.map(|what| format!(" ({what})")).unwrap_or_default();
            let rule = violation.reason.rule.as_str();
            format!("{}: {rule}{what}", scopes(&[&violation.scope]))
        })
        .collect();
    reasons.join(", ")
}

fn scopes(scopes: &[&Scope]) -> String {
    let names: Vec<String> = scopes
        .iter()
        .map(|scope| match scope.group() {
            None => "everybody".to_owned(),
            Some(group) => format!("group {}", group.as_str()),
        })
        .collect();
    names.join(" and ")
}

/// What policy makes of a person's devices.
///
/// # Errors
/// The store's.
pub async fn device_states(app: &App, user: UserId) -> Result<DevicePolicyStates> {
    let now = app.now();
    app.store
        .look(move |connection| policy_states(connection, user, now))
        .await
}

/// The kinds of devices that a person may add, by the settings and the policies that concern
/// them, the recommended one first: what nothing here could verify is not among them.
///
/// # Errors
/// The store's; `master_key.wrong` where a validation service's API key does not open.
pub async fn addable_kinds(app: &App, user: UserId) -> Result<Vec<DeviceKind>> {
    let mut kinds = app
        .store
        .look(move |connection| {
            let mut kinds = addable(&effective(connection, user)?);
            if has_no_way_in(connection, user)? {
                kinds.retain(|kind| kind.is_webauthn());
            }
            Ok(kinds)
        })
        .await?;
    kinds.retain(|kind| is_kind_offered(&app.settings, *kind));
    if kinds.contains(&DeviceKind::Yubikey) && !validation::can_judge_otps(app).await? {
        kinds.retain(|kind| *kind != DeviceKind::Yubikey);
    }
    Ok(kinds)
}

/// Whether policy lets a person have backup codes beside their devices.
///
/// # Errors
/// The store's.
pub async fn may_have_backup_codes(app: &App, user: UserId) -> Result<bool> {
    let effective = app
        .store
        .look(move |connection| effective(connection, user))
        .await?;
    Ok(effective.rules().counts_kind(DeviceKind::BackupCodes))
}

/// The kinds of devices that members of these groups may add.
pub(crate) fn kinds_for(
    connection: &mut AnyConnection,
    groups: &[GroupName],
) -> Result<Vec<DeviceKind>> {
    let effective = Effective::of(policies::in_force(connection, groups)?);
    Ok(addable(&effective))
}

fn addable(effective: &Effective) -> Vec<DeviceKind> {
    let rules = effective.rules();
    DeviceKind::addable()
        .filter(|kind| rules.counts_kind(*kind))
        .collect()
}
