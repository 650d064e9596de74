//! `/api/v1/policies`

use std::time::Duration;

use actix_web::http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Call, done};
use super::lists::list;
use super::operation::{Operation, to};
use crate::lists::Policies;
use crate::rows::PolicyRow;
use crate::web::answer::Answer;
use keyward_actions::group;
use keyward_actions::policy::{self, Announcement};
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::policy::{PolicyRecord, Rules, Scope};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Code, Problem, Result, codes};

const ONE: &str = "/policies/{scope}";
const DRAFT: &str = "/policies/{scope}/draft";

/// How long a dry run may take before its numbers so far are told.
const PATIENCE: Duration = Duration::from_secs(20);

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::PoliciesRead, ApiScope::PoliciesWrite);
    let unknown: &[Code] = &[codes::GROUP_UNKNOWN];
    let changed = "The policy as it is now.";
    vec![
        list::<Policies>("policies.list", reads),
        Operation::new(
            Method::GET,
            ONE,
            "policies.read",
            reads,
            "The policy of `everybody`, or of `group:NAME`; without rules where there is none",
            || to(read),
        )
        .reads::<PolicyRow>()
        .tagged()
        .refuses(unknown),
        Operation::new(
            Method::PUT,
            DRAFT,
            "policies.draft",
            writes,
            "Prepares rules, which hold for nobody before they are switched on",
            || to(draft),
        )
        .takes::<DraftedRules>()
        .tells::<PolicyRow>(changed)
        .tagged()
        .conditional()
        .refuses(unknown)
        .refuses(&[codes::POLICY_INVALID]),
        Operation::new(
            Method::DELETE,
            DRAFT,
            "policies.discard",
            writes,
            "Forgets the draft",
            || to(discard),
        )
        .refuses(unknown)
        .refuses(&[codes::POLICY_NO_DRAFT]),
        Operation::new(
            Method::POST,
            "/policies/{scope}/dry-run",
            "policies.dry_run",
            reads,
            "Says what rules would do, or the draft; changes nothing",
            || to(dry_run),
        )
        .takes::<RulesToTry>()
        .tells::<DryRun>("What they would do; with `over` false the numbers so far.")
        .refuses(unknown)
        .refuses(&[
            codes::POLICY_INVALID,
            codes::POLICY_NO_DRAFT,
            codes::POLICY_DRY_RUN_BUSY,
        ]),
        Operation::new(
            Method::POST,
            "/policies/{scope}/switch-on",
            "policies.switch_on",
            writes,
            "Puts the draft in force",
            || to(switch_on),
        )
        .takes::<SwitchOn>()
        .tells::<PolicyRow>(changed)
        .tagged()
        .conditional()
        .refuses(unknown)
        .refuses(&[codes::POLICY_NO_DRAFT, codes::POLICY_UNKNOWN]),
        Operation::new(
            Method::DELETE,
            ONE,
            "policies.remove",
            writes,
            "Takes a policy back, with its draft",
            || to(remove),
        )
        .refuses(unknown)
        .refuses(&[codes::POLICY_UNKNOWN]),
    ]
}

/// Rules to prepare.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DraftedRules {
    /// The rules, as `keyward --json policy show` tells them; what is not named is not asked for.
    #[schema(value_type = Object)]
    rules: Rules,
}

/// Rules to try.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RulesToTry {
    /// The rules; the draft's where nothing is said.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    rules: Option<Rules>,
}

/// How to put a draft in force.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SwitchOn {
    /// Whether those whom it concerns get a mail.
    #[serde(default = "yes")]
    mail: bool,
}

fn yes() -> bool {
    true
}

/// What rules would do.
#[derive(Serialize, ToSchema)]
struct DryRun {
    /// How many people could not sign in any more.
    people: u64,
    /// How many devices would stop.
    devices: u64,
    /// How many people have no device and would have to add one.
    enrolling: u64,
    /// How many people would be asked to have more devices.
    reminded: u64,
    /// How many browsers would not be trusted any more.
    browsers: u64,
    /// How many people would get a mail.
    mails: u64,
    /// How many people they would concern, all together.
    affected: u64,
    /// How many people were looked at.
    looked_at: u64,
    /// How many people there are to look at.
    of: u64,
    /// Whether everybody was looked at; the same request goes on with it.
    over: bool,
}

const OF_A_GROUP: &str = "group:";

/// OwnerFilter policy a path is about. A group must be there.
async fn scope_of(call: &Call, by: &Administrator) -> Result<Scope> {
    let scope = call.path("scope", |text| match text {
        "everybody" => Some(Scope::Everybody),
        _ => {
            let name = text.strip_prefix(OF_A_GROUP)?;
            (!name.is_empty()).then(|| Scope::Group(GroupName::from_stored(name)))
        }
    })?;
    if let Some(group) = scope.group() {
        group::exists(call.app(), by, group.clone()).await?;
    }
    Ok(scope)
}

async fn record(call: &Call, by: &Administrator, scope: Scope) -> Result<PolicyRecord> {
    let found = policy::find(call.app(), by, scope.clone()).await?;
    Ok(found.unwrap_or_else(|| PolicyRecord::none(scope)))
}

fn shown(call: &Call, record: &PolicyRecord) -> Answer {
    call.changed(&PolicyRow::from(record), Some(&record.edition()))
}

async fn read(call: Call) -> Answer {
    let by = call.administrator()?;
    let scope = scope_of(&call, &by).await?;
    let record = record(&call, &by, scope).await?;
    call.read(&PolicyRow::from(&record), Some(&record.edition()))
}

async fn draft(call: Call) -> Answer {
    let (by, edition) = (call.administrator()?, call.if_match()?);
    let scope = scope_of(&call, &by).await?;
    let DraftedRules { rules } = call.body()?;
    let record = policy::draft_on(call.app(), &by, scope, rules, edition).await?;
    shown(&call, &record)
}

async fn discard(call: Call) -> Answer {
    let by = call.administrator()?;
    let scope = scope_of(&call, &by).await?;
    policy::discard_draft(call.app(), &by, scope).await?;
    done()
}

async fn dry_run(call: Call) -> Answer {
    let by = call.administrator()?;
    let scope = scope_of(&call, &by).await?;
    let RulesToTry { rules } = call.body()?;
    let rules = match rules {
        Some(rules) => rules,
        None => {
            let draft = record(&call, &by, scope.clone()).await?.draft;
            draft.ok_or(codes::POLICY_NO_DRAFT)?
        }
    };
    let app = call.app();
    let scan = policy::begin_dry_run(app, &by, scope, rules, None).await?;
    let run = policy::dry_run_so_far(app, &scan, None, 0, Some(PATIENCE)).await?;
    let told = DryRun {
        people: run.people,
        devices: run.devices,
        enrolling: run.enrolling,
        reminded: run.reminded,
        browsers: run.browsers,
        mails: run.mails,
        affected: run.affected,
        looked_at: run.looked_at,
        of: run.of,
        over: run.is_over,
    };
    call.changed(&told, None)
}

async fn switch_on(call: Call) -> Answer {
    let (by, edition) = (call.administrator()?, call.if_match()?);
    let scope = scope_of(&call, &by).await?;
    let SwitchOn { mail } = call.body()?;
    let before = record(&call, &by, scope.clone()).await?;
    before.edition().require(edition.as_ref())?;
    let told = match mail {
        true => Announcement::ByMail,
        false => Announcement::None,
    };
    let version = before.version;
    let on = policy::switch_on_and_tell(call.app(), &by, scope, version, told).await;
    let record = on.map_err(|problem| match problem.code() {
        codes::POLICY_CHANGED => Problem::new(codes::RESOURCE_OVERTAKEN),
        _ => problem,
    })?;
    shown(&call, &record)
}

async fn remove(call: Call) -> Answer {
    let by = call.administrator()?;
    let scope = scope_of(&call, &by).await?;
    policy::remove(call.app(), &by, scope).await?;
    done()
}
