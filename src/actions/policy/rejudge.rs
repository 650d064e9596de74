//! Judging all enrolled devices again, after policy, metadata or groups have changed.

use std::collections::HashSet;

use super::book::{BATCH, Book, Person};
use super::duty::{judge_duties, known_duties};
use super::judge::told;
use crate::actions::{Keyward, Pen};
use crate::clock::Timestamp;
use crate::domain::device::DeviceId;
use crate::domain::event::{Event, EventKind};
use crate::domain::user::UserId;
use crate::problem::Result;
use crate::settings::Policy;
use crate::store::judgements::{self, Stopping};
use crate::store::{AnyConnection, policies};

/// What one judgement changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rejudged {
    /// Devices that do not satisfy policy any more.
    pub stopping: u64,
    /// Devices that satisfy it again.
    pub pardoned: u64,
}

impl Keyward {
    /// Judges everybody's devices again, where somebody wants that. Whoever is interrupted leaves
    /// the rest to the next; two at once do the same.
    ///
    /// # Errors
    /// The store's.
    pub async fn judge_again(&self) -> Result<Rejudged> {
        self.verify_models_again().await?;
        let mut total = Rejudged::default();
        while let Some(number) = self.store.look(policies::wanted_judgement).await? {
            let mut after = None;
            loop {
                let now = self.now();
                let settings = self.settings.clone();
                let (changed, last) = self
                    .store
                    .read(move |connection| changed_page(connection, after, &settings.policy, now))
                    .await?;
                if !changed.is_empty() {
                    let pen = self.pen();
                    let judged = self
                        .store
                        .write_batch(move |connection| judge_users(connection, &pen, &changed))
                        .await?;
                    total.stopping += judged.stopping;
                    total.pardoned += judged.pardoned;
                }
                match last {
                    Some(last) => after = Some(last),
                    None => break,
                }
            }
            self.store
                .write(move |connection| policies::note_judged(connection, number))
                .await?;
        }
        Ok(total)
    }

    /// Starts the same and gives it a moment: small houses see the result at once, large ones wait
    /// for no request.
    pub(in crate::actions) async fn begin_to_judge_again(&self) {
        let keyward = self.clone();
        let judging = tokio::spawn(async move {
            if let Err(problem) = keyward.judge_again().await {
                // The job that looks for what is left to judge tries again.
                tracing::error!(error = ?problem, "judging devices failed: {problem}");
            }
        });
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), judging).await;
    }
}

/// Those of a page of people whose rows are out of date, and the last of the page; `None` after the
/// last page.
fn changed_page(
    connection: &mut AnyConnection,
    after: Option<UserId>,
    settings: &Policy,
    now: Timestamp,
) -> Result<(Vec<UserId>, Option<UserId>)> {
    let people = judgements::owners_page(connection, None, after, BATCH)?;
    let duties = known_duties(connection, &people)?;
    let book = Book::open(connection, now)?;
    let judged = book.judge(connection, &people)?;
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
    Ok((
        changed.map(|person| person.id).collect(),
        people.last().copied(),
    ))
}

fn device_ids(people: &[Person]) -> Vec<DeviceId> {
    let devices = people.iter().flat_map(|person| &person.devices);
    devices.map(|(device, _)| device.id).collect()
}

/// Brings the rows of these people and of their devices up to date, in the caller's transaction. A device that
/// goes on not to count keeps its moment: nobody lengthens a grace by changing something else.
///
/// # Errors
/// The store's.
pub(in crate::actions) fn judge_users(
    connection: &mut AnyConnection,
    pen: &Pen,
    people: &[UserId],
) -> Result<Rejudged> {
    let book = Book::open(connection, pen.now)?;
    let judged = book.judge(connection, people)?;
    judge_duties(connection, pen, &judged)?;
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
            let since = before.map_or(pen.now, |before| before.since);
            let stopping = Stopping {
                reasons: reasons.clone(),
                since,
                deadline: since + grace,
            };
            judgements::put_stopping(connection, device.id, &stopping)?;
            if before.is_none() {
                total.stopping += 1;
                let event = Event::new(EventKind::DeviceStopping)
                    .about(person.id)
                    .on(device.id)
                    .detailed(format!("until {}: {}", stopping.deadline, told(reasons)));
                pen.record(connection, &event)?;
            }
        }
    }
    Ok(total)
}
