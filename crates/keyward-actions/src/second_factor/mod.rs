//! Checking a second factor, whatever it is for: a sign-in, or a proof in an open session.

mod ceremony;
mod code;
pub(crate) use ceremony::check_ceremony;
pub(crate) use ceremony::opened_by;
pub(crate) use ceremony::start_ceremony;
pub(crate) use code::check_code;
pub(super) use code::verify_code;

pub(super) use ceremony::CounterReading;
pub(super) use code::CodeRefused;
pub use code::{CodeOutcome, Typed};

use std::collections::HashMap;

use super::WriteContext;
use super::attempt::{Tried, settle};
use super::policy::{Admitted, admit_use, policy_states};
use super::turn::{Check, Turn};
use keyward_core::clock::Timestamp;
use keyward_core::domain::application::Level;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::delivery_address::DeliveryMethod;
use keyward_core::domain::device::{Device, DeviceId, DeviceKind, DeviceState};
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::message::About;
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::sign_in::SecondFactorVerified;
use keyward_core::problem::{Result, codes};
use keyward_core::secret::TokenHash;
use keyward_settings::Lockout;
use keyward_store::delivered_codes::Outstanding;
use keyward_store::{
    AnyConnection, backup_codes, credentials, delivered_codes, delivery_addresses, devices,
    journeys, judgements, outbox, spent_otps, totp_secrets, users,
};

/// What the page of a second factor needs to know.
#[derive(Debug)]
pub struct Awaiting {
    /// The step that the page's answer takes.
    pub turn: i64,
    /// Who has to prove themselves.
    pub user: User,
    /// The devices that they may use, in the order in which they are offered.
    pub devices: Vec<Device>,
    /// By what those are reached that codes are sent to.
    pub methods: HashMap<DeviceId, DeliveryMethod>,
    /// The code that was sent on this journey, while it can be typed.
    pub sent: Option<Outstanding>,
    /// Whether one of their devices is on a key that was reported lost.
    pub has_lost_one: bool,
}

/// What a user may prove themselves with; `None` where they have no device.
///
/// Whatever is in the person's hand comes before codes that are delivered, and those before what only
/// stands in (SP 800-63B-4 §3.1.3.3: where the telephone network is used, something else is offered).
/// Among equals the default comes first, and then the strongest.
pub(super) fn awaiting(
    connection: &mut AnyConnection,
    user_id: UserId,
    journey: &TokenHash,
    turn: i64,
    now: Timestamp,
) -> Result<Option<Awaiting>> {
    let user = users::expect(connection, user_id)?;
    let mut devices = devices::of_user(connection, user_id)?;
    if devices.is_empty() {
        return Ok(None);
    }
    let has_lost_one = devices
        .iter()
        .any(|device| device.state == DeviceState::Lost);
    let policy_states = policy_states(connection, user_id, now)?;
    devices.retain(|device| {
        device.state == DeviceState::Active && !policy_states.has_stopped(device.id)
    });
    // A set of which every code was used proves nothing any more.
    let set = devices
        .iter()
        .find(|device| device.kind == DeviceKind::BackupCodes)
        .map(|device| device.id);
    if let Some(set) = set
        && !backup_codes::has_any_left(connection, set)?
    {
        devices.retain(|device| device.id != set);
    }
    let rank = |device: &Device| {
        (
            device.kind.is_stand_in(),
            device.kind.comes_last(),
            user.default_device != Some(device.id),
            device.kind,
        )
    };
    devices.sort_by_key(rank);
    let (methods, sent) = if devices.iter().any(|device| device.kind.is_delivered()) {
        let methods = delivery_addresses::methods_of(connection, user_id)?;
        let sent = delivered_codes::outstanding(connection, journey, now)?;
        (methods.into_iter().collect(), sent)
    } else {
        (HashMap::new(), None)
    };
    Ok(Some(Awaiting {
        turn,
        user,
        devices,
        methods,
        sent,
        has_lost_one,
    }))
}

/// The devices of a user that prove as much as a level.
pub(super) fn proving(
    connection: &mut AnyConnection,
    user: UserId,
    level: Level,
) -> Result<Vec<DeviceId>> {
    let devices = judgements::devices_of(connection, &[user])?;
    let proving = devices
        .iter()
        .filter(|device| Level::of_device(device.kind, device.credential) >= level);
    Ok(proving.map(|device| device.id).collect())
}

/// The check of a user's second factor of this kind.
pub(super) fn check_of(user: UserId, kind: DeviceKind, event: EventKind) -> Check {
    Check {
        user,
        scope: AttemptScope::SecondFactor(user, kind),
        event,
        token: None,
    }
}

/// Accepts a proof, in the caller's transaction: spends what it stands on, ends the journey, notes
/// the device's use, settles the count and records the event. `None` where what it stands on was
/// spent by another request, also in a race.
///
/// # Errors
/// `sign_in.turn_used` where the journey moved on or ended, `device.unknown` where the device was
/// removed meanwhile, `policy.device_stopped` where policy does not let it prove its user any more.
pub(super) fn accept(
    connection: &mut AnyConnection,
    context: &WriteContext,
    turn: &Turn,
    proof: &SecondFactorVerified,
    lockout: &Lockout,
    client: &Client,
) -> Result<Option<Admitted>> {
    let Some(admitted) = admit_and_spend(connection, context, turn.check.user, proof)? else {
        return Ok(None);
    };
    // Who mistyped and set it right is told nothing of it.
    if turn.turn > 1 {
        outbox::withdraw(connection, &About::Failure(turn.id.clone()), context.now)?;
    }
    if !journeys::finish(connection, &turn.id, turn.turn)? {
        return Err(codes::SIGN_IN_TURN_USED.into());
    }
    conclude(connection, context, &turn.check, proof, lockout, client)?;
    Ok(Some(admitted))
}

/// Asks policy about a proof and spends what it stands on, in the caller's transaction; `None` where
/// another request spent it.
///
/// # Errors
/// `policy.device_stopped`
pub(super) fn admit_and_spend(
    connection: &mut AnyConnection,
    context: &WriteContext,
    user: UserId,
    proof: &SecondFactorVerified,
) -> Result<Option<Admitted>> {
    let device = proof.device_id();
    let admitted = admit_use(connection, user, device, proof.user_verified(), context.now)?;
    Ok(spend(connection, proof, context.now)?.then_some(admitted))
}

/// Notes the use of a device that proved its user, settles the count and records it, in the caller's
/// transaction.
///
/// # Errors
/// `device.unknown` where the device was removed meanwhile.
pub(super) fn conclude(
    connection: &mut AnyConnection,
    context: &WriteContext,
    check: &Check,
    proof: &SecondFactorVerified,
    lockout: &Lockout,
    client: &Client,
) -> Result<()> {
    if !devices::note_use(connection, proof.device_id(), context.now)? {
        return Err(codes::DEVICE_UNKNOWN.into());
    }
    let Check {
        user,
        scope,
        event,
        token,
    } = check;
    let by_token = |event: Event| Event {
        token: token.clone(),
        ..event
    };
    settle(connection, context, scope, Tried::Right, lockout, client)?;
    let accepted = Event::new(*event)
        .by(Actor::User(*user))
        .about(*user)
        .on(proof.device_id())
        .detailed(EventDetail::Device {
            kind: proof.kind(),
            name: None,
        })
        .from(client);
    context.record(connection, &by_token(accepted))?;
    if let SecondFactorVerified::BackupCode(code) = proof {
        let used = Event::new(EventKind::BackupCodeUsed)
            .by(Actor::User(*user))
            .about(*user)
            .on(code.device_id())
            .detailed(EventDetail::CodesLeft { left: code.left() })
            .from(client);
        context.record(connection, &by_token(used))?;
    }
    Ok(())
}

/// Spends what a proof stands on; `false` where another request did, also in a race.
fn spend(
    connection: &mut AnyConnection,
    proof: &SecondFactorVerified,
    now: Timestamp,
) -> Result<bool> {
    match proof {
        SecondFactorVerified::Totp(proof) => {
            totp_secrets::spend(connection, proof.device_id(), proof.step(), proof.drift())
        }
        SecondFactorVerified::Delivered(proof) => {
            delivered_codes::spend(connection, proof.code().journey(), proof.code().id())
        }
        SecondFactorVerified::BackupCode(proof) => {
            backup_codes::spend(connection, proof.device_id(), proof.hash(), now)
        }
        SecondFactorVerified::Yubikey(proof) => spent_otps::spend(connection, proof.otp(), now),
        SecondFactorVerified::Credential(proof) => credentials::raise_counter(
            connection,
            proof.device_id(),
            proof.sign_count(),
            proof.backed_up(),
        ),
    }
}
