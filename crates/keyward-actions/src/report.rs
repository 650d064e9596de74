//! Reports: how many people are covered by which devices, day by day, and how many keys there are of which
//! firmware.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::App;
use keyward_core::clock::Timestamp;
use keyward_core::domain::coverage::{
    CountedCoverage, Coverage, CoverageFilter, CoverageOf, CoveragePlace, Day,
};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::key::{FirmwareCount, FirmwarePlace};
use keyward_core::domain::policy::{DeviceFacts, InventoryFact};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{Administrator, MayAudit};
use keyward_core::problem::Result;
use keyward_store::reports::People;
use keyward_store::{leases, reports};

/// How long figures are kept.
pub(super) const FIGURES_LAST: Duration = Duration::from_hours(24 * 400);
/// The lease of the server that counts.
const LEASE: &str = "coverage";
/// How long it lasts after it was last heard of its holder.
const LEASE_LASTS: Duration = Duration::from_mins(1);
/// How many people are read at once, and how many rows are written at once.
const PIECE: usize = 500;

/// Counts people, where nobody has done so today; `None` where there was nothing to do.
///
/// # Errors
/// The store's; nothing is written then, or what was counted of some groups.
pub async fn count_where_due(app: &App) -> Result<Option<Coverage>> {
    let today = Day::of(app.now());
    let is_counted = move |connection: &mut _| reports::is_counted(connection, today);
    if app.store.look(is_counted).await? || !keep_lease(app).await? {
        return Ok(None);
    }
    let counted = count(app, true).await;
    let holder = app.server.id.to_string();
    let given_back = app
        .store
        .write(move |connection| leases::give_back(connection, LEASE, &holder))
        .await;
    if let Err(problem) = given_back {
        tracing::warn!(error = ?problem, "a lease was not given back: {problem}");
    }
    counted
}

/// Counts people now, whatever was counted today: everybody's figures.
///
/// # Errors
/// The store's.
pub async fn count_now(app: &App, _: &Administrator) -> Result<Coverage> {
    count(app, false).await.map(Option::unwrap_or_default)
}

/// Counts people, piece by piece: who comes or changes meanwhile is counted as they are when their turn comes.
/// `None` where another server took the lease.
async fn count(app: &App, under_lease: bool) -> Result<Option<Coverage>> {
    let began = app.now();
    let mut everybody = Coverage::default();
    let mut groups: HashMap<GroupName, Coverage> = HashMap::new();
    let mut after: Option<UserId> = None;
    loop {
        let limit = i64::try_from(PIECE).unwrap_or(i64::MAX);
        let people = app
            .store
            .read(move |connection| reports::people(connection, after, limit))
            .await?;
        let is_last = people.users.len() < PIECE;
        after = people.users.last().copied().or(after);
        add(&people, &mut everybody, &mut groups);
        if is_last {
            break;
        }
        if under_lease && !keep_lease(app).await? {
            return Ok(None);
        }
    }
    let (now, day) = (app.now(), Day::of(began));
    let row = |group, coverage| CountedCoverage {
        day,
        group,
        coverage,
        counted_at: now,
    };
    let mut rows: Vec<_> = groups
        .into_iter()
        .map(|(group, coverage)| row(Some(group), coverage))
        .collect();
    // Of two that count, each holds the rows in one order.
    rows.sort_unstable_by(|one, other| one.group.cmp(&other.group));
    // Everybody's row says that all are there, so it comes last.
    rows.push(row(None, everybody));
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(PIECE));
        let piece = std::mem::replace(&mut rows, rest);
        app.store
            .write_batch(move |connection| reports::put(connection, &piece))
            .await?;
    }
    app.store
        .write_batch(move |connection| reports::remove_earlier(connection, day, began))
        .await?;
    Ok(Some(everybody))
}

/// Counts some people.
fn add(people: &People, everybody: &mut Coverage, groups: &mut HashMap<GroupName, Coverage>) {
    let mut owners = HashSet::new();
    let mut in_use: HashMap<UserId, Vec<DeviceFacts<'static>>> = HashMap::new();
    for device in &people.devices {
        owners.insert(device.user_id);
        if people.idle.contains(&device.id) {
            continue;
        }
        in_use.entry(device.user_id).or_default().push(DeviceFacts {
            kind: device.kind,
            credential: device.credential,
            model: None,
            key: InventoryFact::Unasked,
        });
    }
    for user in &people.users {
        let (has_device, own) = (owners.contains(user), in_use.get(user));
        let own = own.map(Vec::as_slice).unwrap_or_default();
        everybody.count(has_device, own);
        for group in people.groups.get(user).into_iter().flatten() {
            groups
                .entry(group.clone())
                .or_default()
                .count(has_device, own);
        }
    }
}

async fn keep_lease(app: &App) -> Result<bool> {
    let (holder, now) = (app.server.id.to_string(), app.now());
    app.store
        .write(move |connection| leases::take(connection, LEASE, &holder, now, now + LEASE_LASTS))
        .await
}

/// What was counted of people, at most so much after a place.
///
/// # Errors
/// The store's.
pub async fn people(
    app: &App,
    _: &MayAudit,
    filter: CoverageFilter,
    after: Option<CoveragePlace>,
    limit: i64,
) -> Result<Vec<CountedCoverage>> {
    app.store
        .read(move |connection| reports::list(connection, &filter, after.as_ref(), limit))
        .await
}

/// What was counted on the last day: of everybody, and of groups by name, at most so many.
///
/// # Errors
/// The store's.
pub async fn last_count(app: &App, _: &MayAudit, limit: i64) -> Result<Vec<CountedCoverage>> {
    app.store
        .read(move |connection| {
            let filter = CoverageFilter {
                of: CoverageOf::All,
                since: reports::last_day(connection)?,
            };
            reports::list(connection, &filter, None, limit)
        })
        .await
}

/// The first day of the figures of this day and so many before it.
pub fn days_before(now: Timestamp, days: u32) -> Day {
    Day::of(now).before(days)
}

/// How many keys there are of each make and state, at most so many after a place.
///
/// # Errors
/// The store's.
pub async fn keys(
    app: &App,
    _: &MayAudit,
    after: Option<FirmwarePlace>,
    limit: i64,
) -> Result<Vec<FirmwareCount>> {
    app.store
        .read(move |connection| reports::firmware(connection, after.as_ref(), limit))
        .await
}
