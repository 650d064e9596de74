//! What a user adds who has nothing that proves what a rule asks for, or why nothing would help.

use super::find::can_prove_hardware;
use crate::App;
use crate::policy::{addable_kinds, policy_states};
use keyward_core::clock::Timestamp;
use keyward_core::domain::application::Level;
use keyward_core::domain::device::{DeviceKind, DeviceState};
use keyward_core::domain::policy::{Attestation, Rules};
use keyward_core::domain::user::UserId;
use keyward_core::factors::webauthn::AttestationConveyance;
use keyward_core::problem::Result;
use keyward_store::{AnyConnection, devices, judgements};

/// Why a user can never prove what a rule asks for, whatever they add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It asks for attested hardware, and there is no metadata to verify any by.
    NoMetadata,
    /// They may add no kind of device that proves so much.
    NoKind,
}

/// What a user can add to prove more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addable {
    /// A device of this kind, at best.
    Kind(DeviceKind),
    /// Nothing.
    Nothing(Obstacle),
}

/// How a user gets to what they have not proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WayToProve {
    /// By a device that they have, or by the password where they need none.
    StepUp,
    /// By a device of this kind, which they add first.
    Enrol(DeviceKind),
    /// Not at all.
    Unprovable(Obstacle),
}

/// How a user gets to a level. `is_full` where their session opens more than the enrolment of a device.
///
/// # Errors
/// The store's.
pub(crate) async fn way_to_prove(
    app: &App,
    user: UserId,
    is_full: bool,
    level: Level,
) -> Result<WayToProve> {
    let now = app.now();
    let best = app
        .store
        .look(move |connection| best_device(connection, user, now))
        .await?;
    let can_prove = match best {
        Some(best) => best >= level,
        // A password is proved anew by typing it.
        None => level == Level::Session,
    };
    if is_full && can_prove {
        return Ok(WayToProve::StepUp);
    }
    Ok(match addable(app, user, level).await? {
        Addable::Kind(kind) => WayToProve::Enrol(kind),
        Addable::Nothing(obstacle) => WayToProve::Unprovable(obstacle),
    })
}

/// What a user can add that proves so much.
pub(super) async fn addable(app: &App, user: UserId, level: Level) -> Result<Addable> {
    if level == Level::Hardware && !can_prove_hardware(app).await? {
        return Ok(Addable::Nothing(Obstacle::NoMetadata));
    }
    let now = app.now();
    let rules = app
        .store
        .look(move |connection| {
            Ok(policy_states(connection, user, now)?
                .effective
                .rules()
                .clone())
        })
        .await?;
    let usual = app.settings.webauthn.attestation;
    let mut kinds = addable_kinds(app, user).await?;
    kinds.retain(|kind| most_of(*kind, &rules, usual) >= level);
    // A key of its own serves on every machine, which is why it is named before what a browser keeps.
    let key = kinds.iter().find(|kind| **kind == DeviceKind::SecurityKey);
    Ok(match key.or(kinds.first()) {
        Some(kind) => Addable::Kind(*kind),
        None => Addable::Nothing(Obstacle::NoKind),
    })
}

/// The most that a new device of a kind can prove: hardware only where it is asked for its make, which
/// security keys are where a rule of an application asks that of their owner.
fn most_of(kind: DeviceKind, rules: &Rules, usual: AttestationConveyance) -> Level {
    let is_asked = match (rules.attestation_to_ask(), kind) {
        (Some(asked), _) => asked != Attestation::None,
        (None, DeviceKind::SecurityKey) => true,
        (None, _) => usual != AttestationConveyance::None,
    };
    match Level::of_device(kind, None) {
        Level::PhishingResistant if is_asked => Level::Hardware,
        level => level,
    }
}

/// The best that a user's devices prove; `None` where they have none. What is on hold and what policy has
/// stopped proves nothing.
pub(super) fn best_device(
    connection: &mut AnyConnection,
    user: UserId,
    now: Timestamp,
) -> Result<Option<Level>> {
    let states = policy_states(connection, user, now)?;
    let known = devices::of_user(connection, user)?;
    let is_usable = |id| {
        let mut active = known
            .iter()
            .filter(|device| device.state == DeviceState::Active);
        active.any(|device| device.id == id) && !states.has_stopped(id)
    };
    let levels = judgements::devices_of(connection, &[user])?
        .into_iter()
        .filter(|device| is_usable(device.id))
        .map(|device| Level::of_device(device.kind, device.credential));
    Ok(levels.max())
}
