//! What a policy would do, before it is switched on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

use super::change::concerns_owners_only;
use super::duty::{known_duties, must_enrol_anew};
use super::policy_set::{BATCH, PolicySet};
use super::trust::{browsers_of, ending};
use crate::App;
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{DeviceId, DeviceKind};
use keyward_core::domain::policy::{DutyKind, Rules, Scope, Violation};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Code, Problem, Result, codes};
use keyward_settings::{self, Settings};
use keyward_store::{AnyConnection, devices, judgements, judging, users};

/// How often it is said that it goes on.
const SAID_EVERY: Duration = Duration::from_secs(5);
/// The most people that a list tells of, whatever the number of those concerned.
const MOST_LISTED: usize = 20_000;

/// A device that would stop.
#[derive(Clone, Debug)]
pub struct AffectedDevice {
    /// The device.
    pub id: DeviceId,
    /// What kind of thing it is.
    pub kind: DeviceKind,
    /// What its owner calls it.
    pub name: String,
    /// Why, and whose policy says so.
    pub reasons: Vec<Violation>,
}

/// A person whom it would concern.
#[derive(Clone, Debug)]
pub struct Affected {
    /// Who.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Whether no device would be left to sign in with.
    pub is_shut_out: bool,
    /// Whether they have no device, and would have to add one.
    pub must_enrol: bool,
    /// How many devices they would be asked to have, where they have fewer.
    pub should_have: Option<u16>,
    /// The devices that would stop.
    pub devices: Vec<AffectedDevice>,
    /// The names of the browsers that would not be trusted any more.
    pub browsers: Vec<String>,
}

/// What a policy would do.
#[derive(Clone, Debug, Default)]
pub struct DryRun {
    /// How many people could not sign in any more.
    pub people: u64,
    /// How many devices would stop.
    pub devices: u64,
    /// How many people have no device and would have to add one.
    pub enrolling: u64,
    /// How many people would be asked to have more devices.
    pub reminded: u64,
    /// How many browsers would not be trusted any more.
    pub browsers: u64,
    /// How many people would get a mail, unless it is switched on without.
    pub mails: u64,
    /// How many people it would concern, all together.
    pub affected: u64,
    /// How many people were looked at.
    pub looked_at: u64,
    /// How many people there are to look at.
    pub of: u64,
    /// Whether everybody was looked at: until then the numbers grow.
    pub is_over: bool,
    /// A page of them, in the order of their accounts.
    pub list: Vec<Affected>,
    /// The place of the next page; `None` on the last one.
    pub next: Option<UserId>,
}

/// The dry runs of a process: one at a time, however many administrators ask, and however often.
/// The lease makes it one for all processes that use the database.
#[derive(Default)]
pub(crate) struct DryRuns {
    latest: Mutex<Option<Arc<Scan>>>,
    started: AtomicU64,
}

/// A dry run that is under way, or is over.
pub struct Scan {
    /// Its number in this process.
    pub number: u64,
    scope: Scope,
    rules: Rules,
    /// The numbers so far, without a list.
    totals: watch::Sender<DryRun>,
    /// Whom it would concern, in the order of their accounts, at most [`MOST_LISTED`].
    listed: Mutex<Vec<UserId>>,
    /// The list begins after this person.
    listed_after: Option<UserId>,
    failure: OnceLock<Code>,
}

impl Scan {
    fn is_over(&self) -> bool {
        self.totals.borrow().is_over
    }

    fn is_of(&self, scope: &Scope, rules: &Rules) -> bool {
        self.scope == *scope && self.rules == *rules
    }

    fn listed(&self) -> MutexGuard<'_, Vec<UserId>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, found: &[Found], looked_at: usize) {
        let sum = |of: fn(&Found) -> usize| found.iter().map(of).sum::<usize>() as u64;
        {
            let mut listed = self.listed();
            let room = MOST_LISTED.saturating_sub(listed.len());
            let ids = found.iter().map(|one| one.id);
            let after = self.listed_after;
            let ids = ids.filter(|id| after.is_none_or(|after| *id > after));
            listed.extend(ids.take(room));
        }
        self.totals.send_modify(|totals| {
            totals.looked_at += looked_at as u64;
            totals.affected += found.len() as u64;
            totals.people += sum(|one| usize::from(one.is_shut_out));
            totals.enrolling += sum(|one| usize::from(one.must_enrol));
            totals.reminded += sum(|one| usize::from(one.should_have.is_some()));
            totals.devices += sum(|one| one.devices.len());
            totals.browsers += sum(|one| one.browsers.len());
            totals.mails += sum(|one| usize::from(one.is_told));
        });
    }
}

/// Ends a scan however its task ends.
struct Ending(Arc<Scan>);

impl Drop for Ending {
    fn drop(&mut self) {
        let looked_at_all = |totals: &DryRun| totals.is_over;
        if !looked_at_all(&self.0.totals.borrow()) {
            // Where it ended with an error, that was said before.
            let _ = self.0.failure.set(codes::INTERNAL);
            self.0.totals.send_modify(|totals| totals.is_over = true);
        }
    }
}

/// People and devices as the scan meets them.
struct Found {
    id: UserId,
    is_shut_out: bool,
    must_enrol: bool,
    should_have: Option<u16>,
    devices: Vec<(DeviceId, Vec<Violation>)>,
    browsers: Vec<String>,
    is_told: bool,
}

/// What a scan looks with.
struct ScanContext {
    present: PolicySet,
    drafted: PolicySet,
}

impl ScanContext {
    fn open(
        connection: &mut AnyConnection,
        scope: &Scope,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Self> {
        let drafted = PolicySet::open(connection, now)?.with(scope.clone(), rules.clone());
        Ok(Self {
            present: PolicySet::open(connection, now)?,
            drafted,
        })
    }

    /// Whether no user without a device can be concerned.
    fn concern_owners_only(&self, scope: &Scope) -> bool {
        concerns_owners_only(self.present.rules(scope), self.drafted.rules(scope))
            && !self.drafted.asks_for_more_devices()
    }
}

/// Judges everybody whom a policy would concern as if it were in force, and changes nothing.
/// The list begins after `after` and has at most `limit` people; the numbers are of all.
///
/// # Errors
/// `policy.invalid`, `policy.dry_run_busy`
pub async fn dry_run(
    app: &App,
    administrator: &Administrator,
    scope: Scope,
    rules: Rules,
    after: Option<UserId>,
    limit: usize,
) -> Result<DryRun> {
    let scan = begin_dry_run(app, administrator, scope, rules, after).await?;
    dry_run_so_far(app, &scan, after, limit, None).await
}

/// Begins a dry run, which goes on by itself, or joins the one that is under way. Its list
/// begins after `after`.
///
/// # Errors
/// `policy.invalid`; `policy.dry_run_busy` while one of another policy is under way, or one of
/// another server or command; the store's.
pub async fn begin_dry_run(
    app: &App,
    _: &Administrator,
    scope: Scope,
    rules: Rules,
    after: Option<UserId>,
) -> Result<Arc<Scan>> {
    let rules = rules.checked()?;
    let (scan, is_new) = join_or_make(app, scope, rules, after)?;
    if !is_new {
        return Ok(scan);
    }
    let ending = Ending(Arc::clone(&scan));
    let holder = format!("{} {}", app.server.id, scan.number);
    let may_begin = match super::lease::keep_lease(app, &holder).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Problem::new(codes::POLICY_DRY_RUN_BUSY)),
        Err(problem) => Err(problem),
    };
    if let Err(problem) = may_begin {
        // For a user who joined meanwhile.
        let _ = scan.failure.set(problem.code());
        return Err(problem);
    }
    let app = app.clone();
    tokio::spawn(async move {
        let scan = &ending.0;
        let scanned = scan_everybody(&app, scan, &holder).await;
        // Given back before it is over, so that an administrator who sees the end may begin the next one.
        super::lease::give_lease_back(&app, holder).await;
        match scanned {
            Ok(()) => scan.totals.send_modify(|totals| totals.is_over = true),
            Err(problem) => {
                tracing::error!(error = ?problem, "a dry run failed: {problem}");
                let _ = scan.failure.set(problem.code());
            }
        }
    });
    Ok(scan)
}

/// The scan of this process that is under way, or a new one.
fn join_or_make(
    app: &App,
    scope: Scope,
    rules: Rules,
    after: Option<UserId>,
) -> Result<(Arc<Scan>, bool)> {
    let mut latest = latest_dry_run(app);
    if let Some(scan) = latest.as_ref().filter(|scan| !scan.is_over()) {
        return match scan.is_of(&scope, &rules) && scan.listed_after == after {
            true => Ok((Arc::clone(scan), false)),
            false => Err(codes::POLICY_DRY_RUN_BUSY.into()),
        };
    }
    let scan = Arc::new(Scan {
        number: app.judging.dry_runs.started.fetch_add(1, Ordering::Relaxed) + 1,
        scope,
        rules,
        totals: watch::Sender::default(),
        listed: Mutex::default(),
        listed_after: after,
        failure: OnceLock::new(),
    });
    *latest = Some(Arc::clone(&scan));
    Ok((scan, true))
}

/// The latest dry run, where it has this number and is of this policy.
pub fn known_dry_run(app: &App, number: u64, scope: &Scope, rules: &Rules) -> Option<Arc<Scan>> {
    let latest = latest_dry_run(app);
    let known = |scan: &&Arc<Scan>| scan.number == number && scan.is_of(scope, rules);
    latest.as_ref().filter(known).map(Arc::clone)
}

fn latest_dry_run(app: &App) -> MutexGuard<'_, Option<Arc<Scan>>> {
    (app.judging.dry_runs.latest.lock()).unwrap_or_else(PoisonError::into_inner)
}

/// What a dry run has found when it is over, or when `patience` is. The list begins after
/// `after` and has at most `limit` people.
///
/// # Errors
/// The store's.
pub async fn dry_run_so_far(
    app: &App,
    scan: &Scan,
    after: Option<UserId>,
    limit: usize,
    patience: Option<Duration>,
) -> Result<DryRun> {
    let mut totals = scan.totals.subscribe();
    let over = totals.wait_for(|totals| totals.is_over);
    match patience {
        Some(patience) => drop(tokio::time::timeout(patience, over).await),
        None => drop(over.await),
    }
    if let Some(code) = scan.failure.get() {
        return Err((*code).into());
    }
    let mut run = scan.totals.borrow().clone();
    let mut ids: Vec<UserId> = {
        let listed = scan.listed();
        let from = listed.partition_point(|id| after.is_some_and(|after| *id <= after));
        // One more than the page has tells whether another follows.
        listed[from..].iter().take(limit + 1).copied().collect()
    };
    let is_more = ids.len() > limit;
    ids.truncate(limit);
    run.next = ids.last().copied().filter(|_| is_more);
    let (scope, rules, settings) = (scan.scope.clone(), scan.rules.clone(), settings(app));
    let now = app.now();
    run.list = app
        .store
        .read(move |connection| {
            let mut books = ScanContext::open(connection, &scope, &rules, now)?;
            let found = concerned(connection, &mut books, &settings, &ids, now)?;
            named(connection, found)
        })
        .await?;
    Ok(run)
}

fn settings(app: &App) -> Arc<Settings> {
    Arc::clone(&app.settings)
}

/// Looks at everybody, some at a time.
async fn scan_everybody(app: &App, scan: &Arc<Scan>, holder: &str) -> Result<()> {
    let (now, mut said) = (app.now(), Instant::now());
    let (scope, rules) = (scan.scope.clone(), scan.rules.clone());
    let (mut books, owners_only, of) = app
        .store
        .read(move |connection| {
            let books = ScanContext::open(connection, &scope, &rules, now)?;
            let owners_only = books.concern_owners_only(&scope);
            let of = judging::count_people(connection, &scope, owners_only)?;
            Ok((books, owners_only, of))
        })
        .await?;
    scan.totals.send_modify(|totals| totals.of = of);
    let mut after = None;
    loop {
        let (settings, group) = (settings(app), scan.scope.group().cloned());
        let (found, people, took);
        (books, found, people, took) = app
            .store
            .read(move |connection| {
                let started = Instant::now();
                let group = group.as_ref();
                let people = judgements::owners_page(connection, group, owners_only, after, BATCH)?;
                let found = concerned(connection, &mut books, &settings, &people, now)?;
                Ok((books, found, people, started.elapsed()))
            })
            .await?;
        scan.count(&found, people.len());
        match people.last() {
            Some(last) => after = Some(*last),
            None => return Ok(()),
        }
        if said.elapsed() > SAID_EVERY {
            if !super::lease::keep_lease(app, holder).await? {
                return Err(codes::POLICY_DRY_RUN_BUSY.into());
            }
            said = Instant::now();
        }
        // Others want the processor too.
        tokio::time::sleep(took / 4).await;
    }
}

/// Those of these people whom the draft would concern.
fn concerned(
    connection: &mut AnyConnection,
    books: &mut ScanContext,
    settings: &Settings,
    people: &[UserId],
    now: Timestamp,
) -> Result<Vec<Found>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let judged = books.drafted.judge(connection, people)?;
    let trusted = browsers_of(connection, people, now)?;
    let reachable = users::reachable_among(connection, people)?;
    let duties = known_duties(connection, people)?;
    let stopping: Vec<DeviceId> = judged
        .iter()
        .flat_map(|person| person.devices.iter().filter(|(_, why)| !why.is_empty()))
        .map(|(device, _)| device.id)
        .collect();
    let known = judgements::stopping_among(connection, &stopping)?;
    let present = &mut books.present;
    let found = judged.into_iter().filter_map(|person| {
        let must_enrol = must_enrol_anew(&person, present, &settings.policy);
        let theirs = trusted.get(&person.id).map_or(&[][..], Vec::as_slice);
        let browsers = ending(&person, present, &settings.trusted_browser, theirs, now);
        let should_have = person.lacks_devices().filter(|_| person.is_enabled);
        let is_shut_out =
            !person.devices.is_empty() && person.devices.iter().all(|(_, why)| !why.is_empty());
        let stopping = person
            .devices
            .into_iter()
            .filter(|(_, why)| !why.is_empty());
        let devices: Vec<_> = stopping.map(|(device, why)| (device.id, why)).collect();
        let concerns =
            must_enrol || should_have.is_some() || !devices.is_empty() || !browsers.is_empty();
        let has = duties.get(&person.id).map_or(&[][..], Vec::as_slice);
        let is_new = |kind| !has.iter().any(|duty| duty.kind == kind);
        let is_told = reachable.contains(&person.id)
            && (devices
                .iter()
                .any(|(device, _)| !known.contains_key(device))
                || must_enrol && is_new(DutyKind::SecondFactor)
                || should_have.is_some() && is_new(DutyKind::MoreDevices));
        concerns.then_some(Found {
            is_told,
            id: person.id,
            is_shut_out,
            must_enrol,
            should_have,
            devices,
            browsers,
        })
    });
    Ok(found.collect())
}

fn named(connection: &mut AnyConnection, found: Vec<Found>) -> Result<Vec<Affected>> {
    let ids: Vec<UserId> = found.iter().map(|one| one.id).collect();
    let mut names = judgements::names_of(connection, &ids)?;
    let mut list = Vec::with_capacity(found.len());
    for one in found {
        let theirs = devices::of_user(connection, one.id)?;
        let affected = one.devices.into_iter().filter_map(|(id, reasons)| {
            // It may be gone since.
            let device = theirs.iter().find(|device| device.id == id)?;
            Some(AffectedDevice {
                id,
                kind: device.kind,
                name: device.name.as_str().to_owned(),
                reasons,
            })
        });
        list.push(Affected {
            devices: affected.collect(),
            name: names.remove(&one.id).unwrap_or_default(),
            is_shut_out: one.is_shut_out,
            must_enrol: one.must_enrol,
            should_have: one.should_have,
            browsers: one.browsers,
            id: one.id,
        });
    }
    Ok(list)
}
