//! What policy asks of people rather than of their devices: a second factor, from a date on, and
//! more devices than one; and reminding them.

use std::collections::HashMap;
use std::time::Duration;

use super::policy_set::{Person, PolicySet};
use super::rejudge::judge_users;
use crate::{App, WriteContext};
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::policy::{
    Duty, DutyChange, DutyKind, DutyWanted, Effective, RequireSecondFactor, Scope,
};
use keyward_core::domain::user::{User, UserId};
use keyward_core::problem::Result;
use keyward_settings::Policy;
use keyward_store::{AnyConnection, duties, groups, policies};

/// How many reminders are looked for at once.
const BATCH: i64 = 50;

/// The user must have a second factor.
#[derive(Clone, Debug)]
pub struct SecondFactorDuty {
    /// From when on nothing opens without one.
    pub deadline: Timestamp,
    /// The groups whose policy, or whom the settings, ask for it; none where everybody is asked.
    pub groups: Vec<GroupName>,
    /// Whether its beginning is remembered.
    pub is_noted: bool,
}

impl SecondFactorDuty {
    /// Whether the grace is over.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.deadline <= now
    }
}

/// Whether this user must have a second factor, and from when on.
pub(crate) fn second_factor_duty(
    connection: &mut AnyConnection,
    settings: &Policy,
    user: &User,
    now: Timestamp,
) -> Result<Option<SecondFactorDuty>> {
    let groups = groups::of_user(connection, user.id)?;
    let effective = Effective::of(policies::in_force(connection, &groups)?);
    let Some(grace) = second_factor_grace(settings, &effective, user.is_superuser, &groups) else {
        return Ok(None);
    };
    let known = match grace.is_zero() {
        true => None,
        false => duties::get(connection, user.id, DutyKind::SecondFactor)?,
    };
    let since = known.map_or(now, |known| known.since);
    Ok(Some(SecondFactorDuty {
        deadline: since + grace,
        groups: who_asks(settings, &effective, user.is_superuser, &groups),
        is_noted: known.is_some() || grace.is_zero(),
    }))
}

/// Whether a user without a device must add one before anything else opens, from the first sign-in
/// on: nothing stands beside their password for the time of a grace.
pub(crate) fn must_enrol_at_once(
    connection: &mut AnyConnection,
    settings: &Policy,
    is_superuser: bool,
    groups: &[GroupName],
) -> Result<bool> {
    let effective = Effective::of(policies::in_force(connection, groups)?);
    let grace = second_factor_grace(settings, &effective, is_superuser, groups);
    Ok(grace.is_some_and(|grace| grace.is_zero()))
}

/// Remembers when a grace began, for a user who came by before the scan did.
pub(crate) fn note_duty(
    connection: &mut AnyConnection,
    user: UserId,
    duty: &SecondFactorDuty,
    now: Timestamp,
) -> Result<()> {
    let duty = Duty {
        user_id: user,
        kind: DutyKind::SecondFactor,
        since: now,
        deadline: Some(duty.deadline),
        remind_at: Some(now),
    };
    duties::begin(connection, &duty).map(drop)
}

/// How long a user may go on without a second factor; `None` where none is asked of them. The
/// shortest grace of all who set one wins.
fn second_factor_grace(
    settings: &Policy,
    effective: &Effective,
    is_superuser: bool,
    groups: &[GroupName],
) -> Option<Duration> {
    let by_settings = settings
        .require_second_factor
        .applies_to(is_superuser, groups);
    let said = effective.rules().grace_seconds.map(Duration::from_secs);
    match (by_settings, effective.rules().second_factor, said) {
        (false, false, _) => None,
        (true, _, Some(said)) => Some(said.min(settings.grace)),
        (false, true, Some(said)) => Some(said),
        (_, _, None) => Some(settings.grace),
    }
}

/// The groups for whose sake a user must have a second factor; none where everybody must, or a
/// superuser.
fn who_asks(
    settings: &Policy,
    effective: &Effective,
    is_superuser: bool,
    groups: &[GroupName],
) -> Vec<GroupName> {
    let scopes = effective.spoken_by(|rules| rules.second_factor);
    let required = &settings.require_second_factor;
    let named = match required {
        RequireSecondFactor::Groups(named) if !is_superuser => named.as_slice(),
        _ if required.applies_to(is_superuser, groups) => return Vec::new(),
        _ => &[],
    };
    if scopes.contains(&&Scope::Everybody) {
        return Vec::new();
    }
    let by_policy = scopes.into_iter().filter_map(Scope::group).cloned();
    let by_settings = groups.iter().filter(|group| named.contains(group)).cloned();
    let mut all: Vec<GroupName> = by_policy.chain(by_settings).collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl Person {
    /// What the rows should say of this person.
    pub(super) fn wants(&self, kind: DutyKind, settings: &Policy) -> Option<DutyWanted> {
        if !self.is_enabled {
            return None;
        }
        match kind {
            DutyKind::SecondFactor => {
                let groups = self.groups.as_slice();
                let grace =
                    second_factor_grace(settings, &self.effective, self.is_superuser, groups)?;
                Some(DutyWanted {
                    grace: Some(grace),
                    is_open: self.devices.is_empty(),
                })
            }
            DutyKind::MoreDevices => {
                self.lacks_devices()?;
                Some(DutyWanted {
                    grace: None,
                    is_open: true,
                })
            }
        }
    }

    /// How many devices this person should have, where they have fewer that count. Backup codes
    /// are not another device.
    pub(super) fn lacks_devices(&self) -> Option<u16> {
        let least = self.effective.rules().least_devices?;
        let counts = self
            .devices
            .iter()
            .filter(|(device, reasons)| !device.kind.is_stand_in() && reasons.is_empty());
        (counts.count() < usize::from(least)).then_some(least)
    }

    /// What has to change in this person's rows.
    pub(super) fn duty_changes(
        &self,
        known: &[Duty],
        settings: &Policy,
        now: Timestamp,
    ) -> Vec<(DutyKind, DutyChange)> {
        let change = |kind| {
            let row = known.iter().find(|row| row.kind == kind);
            let change = DutyWanted::change(self.wants(kind, settings), row, (self.id, kind), now);
            change.map(|change| (kind, change))
        };
        DutyKind::ALL.into_iter().filter_map(change).collect()
    }
}

/// The duties of these people, by person.
pub(super) fn known_duties(
    connection: &mut AnyConnection,
    people: &[UserId],
) -> Result<HashMap<UserId, Vec<Duty>>> {
    let mut known: HashMap<UserId, Vec<Duty>> = HashMap::new();
    for duty in duties::of_users(connection, people)? {
        known.entry(duty.user_id).or_default().push(duty);
    }
    Ok(known)
}

/// Brings the duties of these people up to date, in the caller's transaction.
pub(super) fn judge_duties(
    connection: &mut AnyConnection,
    context: &WriteContext,
    people: &[Person],
) -> Result<()> {
    let ids: Vec<UserId> = people.iter().map(|person| person.id).collect();
    let known = known_duties(connection, &ids)?;
    for person in people {
        let rows = known.get(&person.id).map_or(&[][..], Vec::as_slice);
        for (kind, change) in person.duty_changes(rows, &context.settings.policy, context.now) {
            match change {
                DutyChange::Begin(duty) => drop(duties::begin(connection, &duty)?),
                DutyChange::Change(duty) => duties::change(connection, &duty)?,
                DutyChange::End => duties::end(connection, person.id, kind)?,
            }
        }
    }
    Ok(())
}

/// Whether this user must have a second factor, from when on, and who says so.
///
/// # Errors
/// The store's.
pub async fn duty_of(app: &App, user: &User) -> Result<Option<SecondFactorDuty>> {
    let (user, settings, now) = (user.clone(), app.settings.clone(), app.now());
    app.store
        .look(move |connection| second_factor_duty(connection, &settings.policy, &user, now))
        .await
}

/// Reminds everybody who is to be reminded now of what policy asks of them, and counts the
/// reminders. Of several nodes one reminds.
///
/// # Errors
/// The store's.
pub async fn remind(app: &App) -> Result<usize> {
    let mut reminded = 0;
    loop {
        let now = app.now();
        let due = app
            .store
            .look(move |connection| duties::to_remind(connection, now, BATCH))
            .await?;
        if due.is_empty() {
            return Ok(reminded);
        }
        let context = app.context();
        reminded += app
            .store
            .write_batch(move |connection| {
                // A device may have come since, and the row was not told.
                let people: Vec<UserId> = due.iter().map(|duty| duty.user_id).collect();
                judge_users(connection, &context, &people)?;
                let mut told = 0;
                for duty in &due {
                    told += usize::from(remind_of(connection, &context, duty)?);
                }
                Ok(told)
            })
            .await?;
    }
}

/// Reminds one person of one duty; `false` where there is nothing to remind them of any more, or
/// another node was faster.
fn remind_of(connection: &mut AnyConnection, context: &WriteContext, duty: &Duty) -> Result<bool> {
    let Some(duty) = duties::get(connection, duty.user_id, duty.kind)? else {
        return Ok(false);
    };
    if duty.remind_at.is_none_or(|at| at > context.now) {
        return Ok(false);
    }
    let next = duty
        .next_reminder(context.now)
        .filter(|next| *next > context.now);
    if !duties::take_reminder(connection, &duty, next)? {
        return Ok(false);
    }
    if duty
        .deadline
        .is_some_and(|deadline| deadline <= context.now)
    {
        return Ok(false);
    }
    let event = match duty.kind {
        DutyKind::SecondFactor => Event::new(EventKind::SecondFactorDue),
        DutyKind::MoreDevices => Event::new(EventKind::DevicesMissing),
    };
    let mut event = event
        .about(duty.user_id)
        .quiet_if(is_quiet(connection, &duty)?);
    event.detail = duty.deadline.map(|until| EventDetail::Until { until });
    context.record(connection, &event)?;
    Ok(true)
}

/// Whether all policies that concern a user were switched on without mails.
fn is_quiet(connection: &mut AnyConnection, duty: &Duty) -> Result<bool> {
    let groups = groups::of_user(connection, duty.user_id)?;
    let in_force = policies::in_force(connection, &groups)?;
    let quiet = policies::quiet(connection)?;
    Ok(!in_force.is_empty() && in_force.iter().all(|(scope, _)| quiet.contains(scope)))
}

/// Whether a person has no device and would have to get one by these policies, and does not have to
/// by those.
pub(super) fn must_enrol_anew(person: &Person, now: &mut PolicySet, settings: &Policy) -> bool {
    let groups = person.groups.as_slice();
    let asked = |effective: &Effective| {
        second_factor_grace(settings, effective, person.is_superuser, groups).is_some()
    };
    person.is_enabled
        && person.devices.is_empty()
        && asked(&person.effective)
        && !asked(&now.effective(groups))
}
