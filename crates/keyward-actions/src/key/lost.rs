//! A lost key: in one transaction, whatever it opened is shut, and a case is open until it is back, replaced or
//! written off.

use super::{judge_owners, note, owners, record_noted};
use crate::App;
use crate::grounds;
use crate::pass::{IssuedPass, NewPass};
use crate::session::what_is_open;
use crate::write_context::WriteContext;
use keyward_core::domain::device::{DeviceId, DeviceState};
use keyward_core::domain::event::{Actor, Event, EventKind};
use keyward_core::domain::event_detail::{NotedKey, StoppedByLoss};
use keyward_core::domain::key::{Key, KeyCase, KeyCaseId, KeyId, KeyLinks, KeyMove, KeyState};
use keyward_core::domain::pass::PassPlan;
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::flows::key::KeyStage;
use keyward_core::flows::permit::{Grounds, MayHelp, SignedIn};
use keyward_core::problem::{Result, codes};
use keyward_core::protocols::yubico::PublicId;
use keyward_store::sessions::Open;
use keyward_store::{
    AnyConnection, devices, journeys, keys, openid_grants, otp_keys, sessions, trusted_browsers,
    users,
};

/// What there is to say of a loss.
#[derive(Clone, Debug, Default)]
pub struct LossReport {
    /// Of which version of the key it is thought; `None` for whichever there is.
    pub version: Option<i64>,
    /// A note, at most 256 characters.
    pub note: String,
    /// The key that is kept for whoever lost theirs.
    pub spare: Option<KeyId>,
    /// The temporary pass that they get.
    pub pass: Option<PassPlan>,
}

/// What came of a report.
#[derive(Debug)]
pub struct Loss {
    /// The case that is open now.
    pub case: KeyCaseId,
    /// What was put out of use.
    pub stopped: StoppedByLoss,
    /// The pass, where one was wanted.
    pub pass: Option<IssuedPass>,
}

/// What the report of a loss will do, for the question before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeseenLoss {
    /// What it puts out of use.
    pub stopped: StoppedByLoss,
    /// The names of the people who have nothing then that they could prove themselves with.
    pub left_bare: Vec<String>,
}

/// Counts what the report of a loss would do.
///
/// # Errors
/// `key.unknown`
pub async fn foresee_loss(app: &App, _: &MayHelp, id: KeyId) -> Result<ForeseenLoss> {
    foresee(app, id, None).await
}

/// The same of a user's own key.
///
/// # Errors
/// `key.unknown`, also for another user's; `key.move` for one that they cannot lose.
pub async fn foresee_own_loss(
    app: &App,
    signed_in: &SignedIn,
    id: KeyId,
) -> Result<(Key, ForeseenLoss)> {
    let owner = signed_in.user().id;
    let key = app
        .store
        .look(move |connection| losable(connection, owner, id))
        .await?;
    Ok((key, foresee(app, id, Some(owner)).await?))
}

/// Whether the session of this user ends when the key is reported lost.
///
/// # Errors
/// The store's.
pub async fn ends_with(app: &App, signed_in: &SignedIn, id: KeyId) -> Result<bool> {
    let (device, browser) = {
        let session = signed_in.session();
        (session.device_id, session.trusted_browser_id)
    };
    app.store
        .look(move |connection| {
            for linked in keys::links_of(connection, id)?.devices {
                let vouched = trusted_browsers::vouched_by(connection, linked.id)?;
                if device == Some(linked.id) || browser.is_some_and(|one| vouched.contains(&one)) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
        .await
}

async fn foresee(app: &App, id: KeyId, owner: Option<UserId>) -> Result<ForeseenLoss> {
    let open = what_is_open(app);
    app.store
        .look(move |connection| {
            if let Some(owner) = owner {
                losable(connection, owner, id)?;
            }
            keys::by_id(connection, id)?.ok_or(codes::KEY_UNKNOWN)?;
            let links = keys::links_of(connection, id)?;
            count(connection, &links, open)
        })
        .await
}

fn count(connection: &mut AnyConnection, links: &KeyLinks, open: Open) -> Result<ForeseenLoss> {
    let mut stopped = StoppedByLoss::default();
    let on_key: Vec<DeviceId> = links.devices.iter().map(|device| device.id).collect();
    for device in &on_key {
        let device = *device;
        let is_used = devices::by_id(connection, device)?
            .is_some_and(|device| device.state != DeviceState::Lost);
        stopped.devices += usize::from(is_used);
        let proved = sessions::count_proved_by(connection, device, None, open)?;
        stopped.sessions += usize::try_from(proved).unwrap_or_default();
        stopped.browsers += trusted_browsers::vouched_by(connection, device)?.len();
        let grants = openid_grants::count_proved_by(connection, device)?;
        stopped.grants += usize::try_from(grants).unwrap_or_default();
    }
    stopped.slots = links.slots.iter().filter(|slot| slot.is_held).count();
    let mut left_bare = Vec::new();
    for owner in owners(links) {
        let theirs = devices::of_user(connection, owner)?;
        let counts = |device: &keyward_core::domain::device::Device| {
            device.state == DeviceState::Active
                && !device.kind.is_stand_in()
                && !on_key.contains(&device.id)
        };
        if !theirs.iter().any(counts) {
            left_bare.push(users::expect(connection, owner)?.name.to_string());
        }
    }
    Ok(ForeseenLoss { stopped, left_bare })
}

/// Reports a key lost: every device on it proves nothing any more, what was opened with any of them ends
/// (sessions, the trust in browsers, what applications were let have), and the validation server takes no
/// one-time password of its slots. A case is open from then on.
///
/// # Errors
/// `key.unknown`, `key.changed`, `key.move` where it is lost or retired already, `key.invalid` for a note
/// that cannot be kept; `key.spare` for another key that cannot take its place; as the pass's where one is
/// wanted, and `key.owner_needed` where the key is nobody's then; `api_token.scope`
pub async fn report_lost(
    app: &App,
    helper: &MayHelp,
    id: KeyId,
    report: LossReport,
) -> Result<Loss> {
    let note = note(&report.note)?;
    let event = helper.does(EventKind::KeyLost);
    let owner = match (&report.pass, &report.spare) {
        (None, None) => None,
        _ => {
            let key = super::find(app, helper, id).await?;
            Some(key.owner.ok_or(codes::KEY_OWNER_NEEDED)?)
        }
    };
    let pass = match report.pass.zip(owner) {
        Some((plan, owner)) => Some(NewPass::planned(app, helper, owner, plan)?),
        None => None,
    };
    let assigned = helper.does(EventKind::KeyAssigned);
    let by = helper.grounds();
    let context = app.context();
    grounds::write_for(app, by.clone(), move |connection| {
        let report = Report {
            by: &by,
            version: report.version,
            spare: report.spare.map(|spare| (spare, assigned)),
            event,
            note,
        };
        let (case, key, stopped) = report.carry_out(connection, &context, id)?;
        if owner.is_some() && owner != key.owner {
            return Err(codes::KEY_CHANGED.into());
        }
        let pass = match pass {
            Some(pass) => Some(pass.give(connection, &context, &by)?),
            None => None,
        };
        Ok(Loss {
            case,
            stopped,
            pass,
        })
    })
    .await
}

/// Reports one's own key lost. That asks for no fresh proof, for what would give it may be what is lost; and
/// this session ends too, where the key had opened it.
///
/// # Errors
/// `key.unknown`, also for another user's; `key.move` for one that lies in stock, is lost or retired.
pub async fn report_own_lost(
    app: &App,
    signed_in: &SignedIn,
    id: KeyId,
    said: &str,
    client: &Client,
) -> Result<(Key, StoppedByLoss)> {
    let owner = signed_in.user().id;
    let note = note(said)?;
    let event = Event::new(EventKind::KeyLost)
        .by(Actor::User(owner))
        .from(client);
    let context = app.context();
    let by = signed_in.grounds();
    grounds::write_for(app, by.clone(), move |connection| {
        losable(connection, owner, id)?;
        let report = Report {
            by: &by,
            version: None,
            spare: None,
            event,
            note,
        };
        let (_, key, stopped) = report.carry_out(connection, &context, id)?;
        if key.owner != Some(owner) {
            return Err(codes::KEY_CHANGED.into());
        }
        Ok((key, stopped))
    })
    .await
}

/// A key that this user can have lost: theirs, and on its way to them at least.
fn losable(connection: &mut AnyConnection, owner: UserId, id: KeyId) -> Result<Key> {
    let key = keys::by_id(connection, id)?.filter(|key| key.owner == Some(owner));
    let key = key.ok_or(codes::KEY_UNKNOWN)?;
    match key.state {
        KeyState::Shipped | KeyState::Issued | KeyState::Active => Ok(key),
        KeyState::Stock | KeyState::Lost | KeyState::Retired => Err(codes::KEY_MOVE.into()),
    }
}

struct Report<'a> {
    by: &'a Grounds,
    version: Option<i64>,
    spare: Option<(KeyId, Event)>,
    event: Event,
    note: String,
}

impl Report<'_> {
    fn carry_out(
        self,
        connection: &mut AnyConnection,
        context: &WriteContext,
        id: KeyId,
    ) -> Result<(KeyCaseId, Key, StoppedByLoss)> {
        let key = keys::by_id(connection, id)?.ok_or(codes::KEY_UNKNOWN)?;
        if self.version.is_some_and(|version| version != key.version) {
            return Err(codes::KEY_CHANGED.into());
        }
        let held = owners(&keys::links_of(connection, id)?);
        let theirs = held.iter().copied().chain(key.owner).collect();
        users::hold_all(connection, theirs)?;
        for owner in &held {
            grounds::may_change(connection, self.by, *owner)?;
        }
        if let Some(owner) = key.owner {
            grounds::may_help(connection, self.by, owner)?;
        }
        let moved = KeyStage::of(key.clone()).take(KeyMove::ReportLost, None)?;
        if !keys::make_move(connection, &moved, context.now)? {
            return Err(codes::KEY_CHANGED.into());
        }
        // Who adds a device on a key holds the key until it is there: it is among these.
        let links = keys::links_of(connection, id)?;
        if owners(&links) != held {
            return Err(codes::KEY_CHANGED.into());
        }
        let case = KeyCase {
            id: KeyCaseId::generate(context.now, &*context.entropy),
            key: id,
            owner: key.owner,
            opened_at: context.now,
            closed: None,
            replacement: self.spare.as_ref().map(|(spare, _)| *spare),
        };
        if !keys::open_case(connection, &case)? {
            return Err(codes::KEY_CHANGED.into());
        }
        let stopped = stop(connection, context, case.id, &links)?;
        // The key and the letter may be in one pair of hands.
        keys::void_codes_of(connection, None, Some(id))?;
        let event = match key.owner {
            Some(owner) => self.event.about(owner),
            None => self.event,
        };
        let noted = NotedKey {
            key: key.label(),
            note: self.note,
            stopped: Some(stopped),
        };
        record_noted(context, connection, key.id, event, noted)?;
        judge_owners(connection, context, &links)?;
        if let Some((spare, event)) = self.spare {
            reserve(connection, context, spare, &key, event)?;
        }
        Ok((case.id, key, stopped))
    }
}

/// Keeps a spare key for whoever lost theirs.
pub(super) fn reserve(
    connection: &mut AnyConnection,
    context: &WriteContext,
    spare: KeyId,
    lost: &Key,
    event: Event,
) -> Result<()> {
    let owner = lost.owner.ok_or(codes::KEY_OWNER_NEEDED)?;
    let key = keys::by_id(connection, spare)?.ok_or(codes::KEY_UNKNOWN)?;
    if key.owner == Some(owner) && key.state == KeyState::Stock {
        return Ok(());
    }
    let KeyStage::InStock(stock) = KeyStage::of(key) else {
        return Err(codes::KEY_SPARE.into());
    };
    if !users::expect(connection, owner)?.is_enabled {
        return Err(codes::USER_DISABLED.into());
    }
    let moved = stock.assign(owner);
    if !keys::make_move(connection, &moved, context.now)? {
        return Err(codes::KEY_CHANGED.into());
    }
    let noted = NotedKey {
        key: moved.before().label(),
        note: format!("in place of {}", lost.label()),
        stopped: None,
    };
    record_noted(context, connection, spare, event.about(owner), noted)
}

/// Puts what is on a key out of use, and ends whatever it opened. The states of devices come first: who signs in
/// by one of them meanwhile has either opened their session, which ends here, or finds the device lost.
pub(super) fn stop(
    connection: &mut AnyConnection,
    context: &WriteContext,
    case: KeyCaseId,
    links: &KeyLinks,
) -> Result<StoppedByLoss> {
    let mut stopped = StoppedByLoss::default();
    for device in links.devices.iter().map(|device| device.id) {
        for before in [DeviceState::Active, DeviceState::Suspect] {
            if devices::change_state(connection, device, before, DeviceState::Lost)? {
                keys::keep_device(connection, case, device, before)?;
                stopped.devices += 1;
            }
        }
        for browser in trusted_browsers::vouched_by(connection, device)? {
            stopped.sessions += sessions::end_opened_by(connection, browser)?;
        }
        stopped.browsers += trusted_browsers::end_vouched_by(connection, device)?;
        stopped.sessions += sessions::end_proved_by(connection, device, None)?;
        stopped.grants += openid_grants::forget_device(connection, device)?;
    }
    for slot in &links.slots {
        let public_id = PublicId::from_stored(&slot.public_id);
        if let Some(public_id) = public_id.filter(|_| slot.is_held)
            && otp_keys::put_out(connection, &public_id, context.now)?
        {
            keys::keep_slot(connection, case, &public_id)?;
            stopped.slots += 1;
        }
    }
    // What such a device has proved already, of a sign-in that waits for more.
    for owner in owners(links) {
        journeys::abandon_all_of(connection, owner)?;
    }
    Ok(stopped)
}
