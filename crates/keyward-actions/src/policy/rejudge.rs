//! Judging enrolled devices again, after policy, metadata or groups have changed: those whom the
//! change can concern, a piece at a time.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::duty::{judge_duties, known_duties};
use super::policy_set::{BATCH, Person, PolicySet};
use crate::pieces::{self, Pieces};
use crate::{App, WriteContext};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::policy::{JudgementProgress, Stopping};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;
use keyward_settings::Policy;
use keyward_store::judgements;
use keyward_store::judging;
use keyward_store::{AnyConnection, groups};

/// How long an administrator who changed something waits for what comes of it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What one judgement changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rejudged {
    /// Devices that do not satisfy policy any more.
    pub stopping: u64,
    /// Devices that satisfy it again.
    pub pardoned: u64,
}

/// Judges the devices of the users whom a change concerns again, where that is wanted, and lets
/// members leave groups that are being removed. A run that is interrupted leaves the rest to the
/// next; of several nodes, each goes on where another was faster.
///
/// # Errors
/// The store's.
pub async fn judge_again(app: &App) -> Result<Rejudged> {
    // Two tasks of one process would do the same work twice.
    let _alone = app.judging.turn.lock().await;
    empty_removed_groups(app).await?;
    super::verify_again::verify_models_again(app).await?;
    let mut total = Rejudged::default();
    while let Some(judging) = app.store.look(judging::next).await? {
        judge_scope(app, judging, &mut total).await?;
    }
    Ok(total)
}

/// Judges one scope from where it stands, to its end or to where another node has gone on.
async fn judge_scope(
    app: &App,
    mut judging: JudgementProgress,
    total: &mut Rejudged,
) -> Result<()> {
    if judging.people == 0 {
        count_concerned(app, &judging).await?;
    }
    let mut pieces = Pieces::new();
    let mut policies = None;
    loop {
        let page = changed_page(app, &judging, policies).await?;
        let took = page.took;
        let moved = judge_page(app, &mut judging, &page, &mut pieces, total);
        if !moved.await? {
            return Ok(());
        }
        if page.people.is_empty() {
            return app
                .store
                .write(move |connection| judging::finish(connection, &judging))
                .await;
        }
        policies = Some(page.policies);
        // Others want the processor too.
        tokio::time::sleep(took / 4).await;
    }
}

async fn count_concerned(app: &App, judging: &JudgementProgress) -> Result<()> {
    let of = judging.clone();
    let people = app
        .store
        .read(move |connection| judging::count_people(connection, &of.scope, of.owners_only))
        .await?;
    let of = judging.clone();
    app.store
        .write(move |connection| judging::set_people(connection, &of, people))
        .await
}

/// The next people, and those of them whose rows are out of date.
async fn changed_page(
    app: &App,
    judging: &JudgementProgress,
    policies: Option<PolicySet>,
) -> Result<Page> {
    let now = app.now();
    let (settings, judging) = (app.settings.clone(), judging.clone());
    app.store
        .read(move |connection| {
            let started = Instant::now();
            let mut policies = match policies {
                Some(policies) => policies,
                None => PolicySet::open(connection, now)?,
            };
            let group = judging.scope.group();
            let (owners_only, after) = (judging.owners_only, judging.after);
            let people = judgements::owners_page(connection, group, owners_only, after, BATCH)?;
            let changed = changed(connection, &mut policies, &people, &settings.policy, now)?;
            Ok(Page {
                people,
                changed,
                policies,
                took: started.elapsed(),
            })
        })
        .await
}

/// Brings the rows of a page up to date and moves the place on, in one transaction each piece;
/// `false` where another node was faster.
async fn judge_page(
    app: &App,
    judging: &mut JudgementProgress,
    page: &Page,
    pieces: &mut Pieces,
    total: &mut Rejudged,
) -> Result<bool> {
    let place_of = |id: UserId| page.people.iter().position(|one| *one == id);
    let mut changed = page.changed.as_slice();
    let mut done = 0;
    while let Some(last) = page
        .people
        .last()
        .copied()
        .filter(|_| done < page.people.len())
    {
        let rows = usize::try_from(pieces.rows()).unwrap_or(changed.len());
        let (piece, rest) = changed.split_at(rows.min(changed.len()));
        changed = rest;
        // What follows the last one that changed needs no piece of its own.
        let to = match (rest.is_empty(), piece.last()) {
            (false, Some(id)) => *id,
            _ => last,
        };
        let next = place_of(to).map_or(page.people.len(), |place| place + 1);
        let more = (next - done) as u64;
        let (at, piece, context) = (judging.clone(), piece.to_vec(), app.context());
        let is_quiet = piece.is_empty();
        let work = move |connection: &mut AnyConnection| {
            let started = Instant::now();
            if !judging::advance(connection, &at, to, more)? {
                return Ok(None);
            }
            let judged = judge_users(connection, &context, &piece)?;
            Ok(Some((judged, started.elapsed())))
        };
        let judged = match is_quiet {
            true => app.store.write_unsynced(work).await?,
            false => app.store.write_batch(work).await?,
        };
        let Some((judged, took)) = judged else {
            return Ok(false);
        };
        total.stopping += judged.stopping;
        total.pardoned += judged.pardoned;
        judging.after = Some(to);
        done = next;
        if !is_quiet {
            pieces.breathe(took).await;
        }
    }
    Ok(true)
}

/// Lets everybody leave groups that are being removed, and judges those for whom the group had
/// a policy.
async fn empty_removed_groups(app: &App) -> Result<()> {
    while let Some(group) = app.store.look(groups::next_removed).await? {
        let context = app.context();
        pieces::write_in_pieces(app, move |connection, limit| {
            let left = groups::leavers(connection, &group, limit)?;
            if group.judges_leavers {
                judge_users(connection, &context, &left)?;
            }
            // Only a piece without a member is the last one: it removes the group.
            match left.is_empty() {
                true => Ok(0),
                false => Ok(usize::try_from(limit).unwrap_or(left.len())),
            }
        })
        .await?;
    }
    Ok(())
}

/// Starts the same and gives it a moment: small organisations see the result at once, large ones wait
/// for no request.
pub(crate) async fn begin_to_judge_again(app: &App) {
    let app = app.clone();
    let judging = tokio::spawn(async move {
        if let Err(problem) = judge_again(&app).await {
            // The job that looks for what is left to judge tries again.
            tracing::error!(error = ?problem, "judging devices failed: {problem}");
        }
    });
    let _ = tokio::time::timeout(PATIENCE, judging).await;
}

/// Some people, in the order of their accounts.
struct Page {
    people: Vec<UserId>,
    /// Those whose rows are out of date.
    changed: Vec<UserId>,
    policies: PolicySet,
    took: Duration,
}

/// Those of these people whose rows are out of date.
fn changed(
    connection: &mut AnyConnection,
    policies: &mut PolicySet,
    people: &[UserId],
    settings: &Policy,
    now: Timestamp,
) -> Result<Vec<UserId>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let duties = known_duties(connection, people)?;
    let judged = policies.judge(connection, people)?;
    let known = judgements::stopping_among(connection, &device_ids(&judged))?;
    let is_changed = |person: &&Person| {
        let rows = duties.get(&person.id).map_or(&[][..], Vec::as_slice);
        if !person.duty_changes(rows, settings, now).is_empty() {
            return true;
        }
        let grace = person.effective.rules().grace();
        person.devices.iter().any(|(device, reasons)| {
            known.get(&device.id).map_or(!reasons.is_empty(), |known| {
                known.reasons != *reasons || known.deadline != known.since + grace
            })
        })
    };
    let changed = judged.iter().filter(is_changed);
    Ok(changed.map(|person| person.id).collect())
}

fn device_ids(people: &[Person]) -> Vec<DeviceId> {
    let devices = people.iter().flat_map(|person| &person.devices);
    devices.map(|(device, _)| device.id).collect()
}

/// Brings the rows of these people and of their devices up to date, in the caller's transaction. A
/// device that goes on not to count keeps its moment: no user lengthens a grace by changing
/// something else.
///
/// # Errors
/// The store's.
pub(crate) fn judge_users(
    connection: &mut AnyConnection,
    context: &WriteContext,
    people: &[UserId],
) -> Result<Rejudged> {
    if people.is_empty() {
        return Ok(Rejudged::default());
    }
    let mut policies = PolicySet::open(connection, context.now)?;
    let judged = policies.judge(connection, people)?;
    judge_duties(connection, context, &judged)?;
    let known = judgements::stopping_among(connection, &device_ids(&judged))?;
    let mut total = Rejudged::default();
    let mut seen = HashSet::new();
    for person in &judged {
        let grace = person.effective.rules().grace();
        for (device, reasons) in &person.devices {
            if !seen.insert(device.id) {
                continue;
            }
            let before = known.get(&device.id);
            if reasons.is_empty() {
                if before.is_some() {
                    judgements::forget_stopping(connection, device.id)?;
                    total.pardoned += 1;
                }
                continue;
            }
            let since = before.map_or(context.now, |before| before.since);
            let stopping = Stopping {
                reasons: reasons.clone(),
                since,
                deadline: since + grace,
            };
            judgements::put_stopping(connection, device.id, &stopping)?;
            if before.is_none() {
                total.stopping += 1;
                let event = Event::new(EventKind::DeviceStopping)
                    // A user who cannot sign in has nothing to replace.
                    .quiet_if(
                        !person.is_enabled
                            || policies.is_quiet(reasons.iter().map(|violation| &violation.scope)),
                    )
                    .about(person.id)
                    .on(device.id)
                    .detailed(EventDetail::Stopping {
                        until: stopping.deadline,
                        violations: reasons.clone(),
                    });
                context.record(connection, &event)?;
            }
        }
    }
    Ok(total)
}
