//! `/console/policies`

use actix_web::web::{Data, Form, Query};
use serde::Deserialize;

use super::paging::{ONE_MORE, ROWS, cut, read, typed};
use super::policy_form::{as_typed, rules, value};
use crate::views::Notice;
use crate::views::console::{
    AffectedPage, AffectedRow, DryRunPage, PoliciesPage, PolicyForm, PolicyPage, StoppingRow,
};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::group;
use keyward_actions::policy::{self, Announcement};
use keyward_core::clock::Timestamp;
use keyward_core::domain::assurance_level::AssuranceLevel;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::policy::{Rules, Scope};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, Superuser};
use keyward_core::problem::{Fault, Result, codes};

const HERE: &str = "/console/policies";

/// How long a page waits for a dry run to be over.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// The most groups that the form for a new policy offers.
const MOST_GROUPS: usize = 1000;

#[derive(Deserialize)]
pub struct Params {
    preset: Option<String>,
    group: Option<String>,
    after: Option<String>,
}

#[derive(Deserialize)]
pub struct AskedDryRun {
    group: Option<String>,
    after: Option<String>,
    run: Option<String>,
}

#[derive(Deserialize)]
pub struct Which {
    group: Option<String>,
    version: Option<i64>,
    no_mail: Option<String>,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let overview = policy::list(&site.app, &by).await?;
    let groups = group::names(&site.app, &by, MOST_GROUPS).await?;
    let groups = groups.iter().map(|group| group.as_str().to_owned());
    let page = PoliciesPage::new(&overview, groups.collect(), site.app.now());
    reader.at_console(&auditor).show(&page)
}

/// One policy with its rules.
pub async fn show(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    Query(asked): Query<Params>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let scope = scope(asked.group)?;
    let mut page = page(&site, &by, &scope).await?;
    if let Some(level) = asked.preset.as_deref().and_then(AssuranceLevel::parse) {
        page.form = PolicyForm::from(&Rules::for_level(level));
    }
    reader.at_console(&auditor).show(&page)
}

/// Keeps a draft.
pub async fn save(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(fields): Form<Vec<(String, String)>>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let group = value(&fields, "group").map(str::to_owned);
    let scope = scope(group)?;
    let saved = match rules(&fields) {
        Ok(rules) => {
            let draft = policy::draft(&site.app, &administrator, scope.clone(), rules);
            draft.await.map_err(|problem| (problem, None))
        }
        Err(wrong) => Err((codes::POLICY_INVALID.into(), Some(wrong))),
    };
    match saved {
        Ok(_) => reader.tell(&address("edit", &scope), Notice::PolicyDrafted),
        Err((problem, wrong)) if problem.fault() == Fault::Malformed => {
            let mut page = page(&site, &administrator, &scope).await?;
            page.form = as_typed(&fields);
            page.wrong = wrong;
            reader.at_console(&superuser).show_refused(&page, &problem)
        }
        Err((problem, _)) => Err(problem.into()),
    }
}

/// What the draft would do, as far as that is known after a moment. The pages of its list, and
/// a browser that looks again, name the run: it is not done anew for them.
pub async fn dry_run(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Query(asked): Query<AskedDryRun>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let scope = scope(asked.group)?;
    let after = read(asked.after, UserId::parse)?;
    let record = policy::find(&site.app, &administrator, scope.clone()).await?;
    let record = record.ok_or(codes::POLICY_NO_DRAFT)?;
    let draft = record.draft.ok_or(codes::POLICY_NO_DRAFT)?;
    let deadline = site.app.now() + draft.grace();
    let number = read(asked.run, |text| text.parse().ok())?;
    let known = number.and_then(|number| policy::known_dry_run(&site.app, number, &scope, &draft));
    let scan = match known {
        Some(scan) => scan,
        None => {
            let app = &site.app;
            policy::begin_dry_run(app, &administrator, scope.clone(), draft, None).await?
        }
    };
    let run = policy::dry_run_so_far(&site.app, &scan, after, ROWS, Some(PATIENCE)).await?;
    let page = DryRunPage {
        run: scan.number,
        looked_at: run.looked_at,
        of: run.of.max(run.looked_at),
        is_over: run.is_over,
        group: scope.group().map(|name| name.as_str().to_owned()),
        version: record.version,
        people: run.people,
        devices: run.devices,
        enrolling: run.enrolling,
        reminded: run.reminded,
        mails: run.mails,
        browsers: run.browsers,
        affected: run.list.iter().map(AffectedRow::from).collect(),
        deadline,
        next: run.next.map(|id| id.to_string()),
        is_first_page: after.is_none(),
    };
    reader.at_console(&superuser).show(&page)
}

/// Puts the draft in force.
pub async fn switch_on(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(which): Form<Which>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let scope = scope(which.group)?;
    let version = which.version.ok_or(codes::REQUEST_MALFORMED)?;
    let announcement = match which.no_mail.as_deref() {
        Some("true") => Announcement::None,
        Some(_) | None => Announcement::ByMail,
    };
    let switched = policy::switch_on_and_tell(
        &site.app,
        &administrator,
        scope.clone(),
        version,
        announcement,
    )
    .await;
    match switched {
        Ok(_) => reader.tell(HERE, Notice::PolicySwitchedOn),
        Err(problem) if problem.fault() == Fault::Stale => {
            reader.tell(&address("edit", &scope), Notice::refused(&problem))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Forgets the draft.
pub async fn discard(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(which): Form<Which>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let scope = scope(which.group)?;
    policy::discard_draft(&site.app, &administrator, scope).await?;
    reader.tell(HERE, Notice::PolicyDraftDiscarded)
}

/// Takes a policy back.
pub async fn remove(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(which): Form<Which>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let scope = scope(which.group)?;
    policy::remove(&site.app, &administrator, scope).await?;
    reader.tell(HERE, Notice::PolicyRemoved)
}

/// The devices that stop working.
pub async fn affected(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    Query(asked): Query<Params>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let after = read(asked.after, place)?;
    let mut found = policy::stopping_devices(&site.app, &by, after, ONE_MORE).await?;
    let is_more = cut(&mut found);
    let last = found.last().filter(|_| is_more);
    let now = site.app.now();
    let page = AffectedPage {
        next: last.map(|last| format!("{}:{}", last.stopping.deadline.millis(), last.id)),
        devices: found.iter().map(|one| StoppingRow::new(one, now)).collect(),
        is_first_page: after.is_none(),
    };
    reader.at_console(&auditor).show(&page)
}

fn place(text: &str) -> Option<(Timestamp, DeviceId)> {
    let (deadline, device) = text.split_once(':')?;
    let deadline = Timestamp::from_millis(deadline.parse().ok()?);
    Some((deadline, DeviceId::parse(device)?))
}

async fn page(site: &Site, by: &MayAudit, scope: &Scope) -> Result<PolicyPage> {
    if let Some(group) = scope.group() {
        group::find(&site.app, by, group.clone()).await?;
    }
    let record = policy::find(&site.app, by, scope.clone()).await?;
    let group = scope.group().map(|name| name.as_str().to_owned());
    Ok(PolicyPage::new(group, record.as_ref()))
}

pub(super) fn scope(group: Option<String>) -> Result<Scope> {
    match typed(group)? {
        None => Ok(Scope::Everybody),
        Some(name) => match super::groups::existing(&name) {
            Some(name) => Ok(Scope::Group(name)),
            None => Err(codes::GROUP_UNKNOWN.into()),
        },
    }
}

fn address(place: &str, scope: &Scope) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    match scope.group() {
        None => format!("{HERE}/{place}"),
        Some(group) => {
            let query = query.append_pair("group", group.as_str()).finish();
            format!("{HERE}/{place}?{query}")
        }
    }
}
