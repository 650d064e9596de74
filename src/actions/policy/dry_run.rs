//! What a policy would do, before it is switched on.

use std::collections::HashMap;

use super::book::{BATCH, Book, Person};
use super::duty::must_enrol_anew;
use crate::actions::Keyward;
use crate::clock::Timestamp;
use crate::domain::device::{DeviceId, DeviceKind};
use crate::domain::group::GroupName;
use crate::domain::policy::{Effective, Rules, Scope, Spoken};
use crate::domain::trusted_browser::{TrustTerms, TrustedBrowser};
use crate::domain::user::UserId;
use crate::flows::permit::Administrator;
use crate::problem::Result;
use crate::settings::{self, Settings};
use crate::store::{AnyConnection, devices, judgements, trusted_browsers};

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
    pub reasons: Vec<Spoken>,
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
    /// How many people it would concern, all together.
    pub affected: u64,
    /// A page of them, in the order of their accounts.
    pub list: Vec<Affected>,
    /// The place of the next page; `None` on the last one.
    pub next: Option<UserId>,
}

/// People and devices as the scan meets them.
struct Found {
    id: UserId,
    is_shut_out: bool,
    must_enrol: bool,
    should_have: Option<u16>,
    devices: Vec<(DeviceId, Vec<Spoken>)>,
    browsers: Vec<String>,
}

impl Keyward {
    /// Judges everybody whom a policy would concern as if it were in force, and changes nothing.
    /// The list begins after `after` and has at most `limit` people; the numbers are of all.
    ///
    /// # Errors
    /// `policy.invalid`
    pub async fn dry_run(
        &self,
        _: &Administrator,
        scope: Scope,
        rules: Rules,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<DryRun> {
        let rules = rules.checked()?;
        let now = self.now();
        let mut run = DryRun::default();
        let mut listed = Vec::new();
        let mut page = None;
        loop {
            let (group, scope, rules) = (scope.group().cloned(), scope.clone(), rules.clone());
            let settings = self.settings.clone();
            let (found, last) = self
                .store
                .read(move |connection| {
                    let present = Book::open(connection, now)?;
                    let drafted = Book::open(connection, now)?.with(scope, rules);
                    let books = (&present, &drafted);
                    scan(connection, books, &settings, group.as_ref(), page, now)
                })
                .await?;
            for one in found {
                run.affected += 1;
                run.people += u64::from(one.is_shut_out);
                run.enrolling += u64::from(one.must_enrol);
                run.reminded += u64::from(one.should_have.is_some());
                run.devices += u64::try_from(one.devices.len()).unwrap_or_default();
                run.browsers += u64::try_from(one.browsers.len()).unwrap_or_default();
                // One more than the page has tells whether another follows.
                if after.is_none_or(|after| one.id > after) && listed.len() <= limit {
                    listed.push(one);
                }
            }
            match last {
                Some(last) => page = Some(last),
                None => break,
            }
        }
        let is_more = listed.len() > limit;
        listed.truncate(limit);
        run.next = listed.last().map(|last| last.id).filter(|_| is_more);
        run.list = self
            .store
            .read(move |connection| named(connection, listed))
            .await?;
        Ok(run)
    }
}

/// Those of a page of people whom the draft would concern, and the last of the page.
fn scan(
    connection: &mut AnyConnection,
    (present, drafted): (&Book, &Book),
    settings: &Settings,
    group: Option<&GroupName>,
    after: Option<UserId>,
    now: Timestamp,
) -> Result<(Vec<Found>, Option<UserId>)> {
    let people = judgements::owners_page(connection, group, after, BATCH)?;
    let judged = drafted.judge(connection, &people)?;
    let trusted = browsers_of(connection, &people, now)?;
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
        concerns.then_some(Found {
            id: person.id,
            is_shut_out,
            must_enrol,
            should_have,
            devices,
            browsers,
        })
    });
    Ok((found.collect(), people.last().copied()))
}

fn browsers_of(
    connection: &mut AnyConnection,
    people: &[UserId],
    now: Timestamp,
) -> Result<HashMap<UserId, Vec<TrustedBrowser>>> {
    let mut browsers: HashMap<UserId, Vec<TrustedBrowser>> = HashMap::new();
    for browser in trusted_browsers::of_users(connection, people, now)? {
        browsers.entry(browser.user_id).or_default().push(browser);
    }
    Ok(browsers)
}

/// The names of a person's browsers that the present policies trust and the draft would not.
fn ending(
    person: &Person,
    present: &Book,
    settings: &settings::TrustedBrowser,
    browsers: &[TrustedBrowser],
    now: Timestamp,
) -> Vec<String> {
    let Some(age) = settings.age else {
        return Vec::new();
    };
    let most = settings.max_per_user;
    let kept = |effective: &Effective| {
        let terms = TrustTerms { age, most }.under(effective.rules());
        terms.map_or_else(Vec::new, |terms| terms.keep(browsers, now))
    };
    let trusted = kept(&present.effective(&person.groups));
    let staying = kept(&person.effective);
    let end =
        |browser: &&TrustedBrowser| trusted.contains(&browser.id) && !staying.contains(&browser.id);
    let ending = browsers.iter().filter(end);
    ending
        .map(|browser| browser.name.as_str().to_owned())
        .collect()
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
