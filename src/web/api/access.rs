//! `/api/v1/sessions`, `/api/v1/passes` and `/api/v1/lockouts`

use std::net::IpAddr;
use std::time::Duration;

use actix_web::http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Call, done};
use super::lists::list;
use super::operation::{Operation, to};
use super::users::{Count, user_named, user_of};
use crate::lists::{self, Passes, Sessions};
use crate::rows::{PassRow, SessionRow};
use crate::web::answer::Answer;
use keyward_actions::lockout::{self, Lockouts};
use keyward_actions::{pass, session};
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::pass::PassPlan;
use keyward_core::domain::session::SessionId;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::SessionsRead, ApiScope::SessionsWrite);
    let (reads_passes, issues) = (ApiScope::PassesRead, ApiScope::PassesWrite);
    let (reads_lockouts, clears) = (ApiScope::LockoutsRead, ApiScope::LockoutsWrite);
    let none = &[codes::USER_UNKNOWN, codes::PASS_NONE];
    vec![
        list::<Sessions>("sessions.list", reads),
        Operation::new(
            Method::GET,
            "/sessions/{id}",
            "sessions.read",
            reads,
            "One open session",
            || to(read_session),
        )
        .reads::<SessionRow>()
        .refuses(&[codes::SESSION_UNKNOWN]),
        Operation::new(
            Method::DELETE,
            "/sessions/{id}",
            "sessions.end",
            writes,
            "Ends a session",
            || to(end_session),
        )
        .refuses(&[codes::SESSION_UNKNOWN]),
        list::<Passes>("passes.list", reads_passes),
        Operation::new(
            Method::POST,
            "/passes",
            "passes.issue",
            issues,
            "Issues a temporary pass, in place of any before it. Its code is told this once",
            || to(issue),
        )
        .takes::<NewPass>()
        .creates::<IssuedPass>()
        .refuses(&[
            codes::USER_UNKNOWN,
            codes::USER_DISABLED,
            codes::USER_SELF,
            codes::PASS_TOO_LONG,
        ]),
        Operation::new(
            Method::GET,
            "/passes/{id}",
            "passes.read",
            reads_passes,
            "The pass of one user, by the user's id",
            || to(read_pass),
        )
        .reads::<PassRow>()
        .refuses(none),
        Operation::new(
            Method::DELETE,
            "/passes/{id}",
            "passes.revoke",
            issues,
            "Takes a user's pass back, and ends the sessions that it opened",
            || to(revoke),
        )
        .refuses(none),
        list::<lists::Lockouts>("lockouts.list", reads_lockouts),
        Operation::new(
            Method::POST,
            "/lockouts/clear",
            "lockouts.clear",
            clears,
            "Forgets failed tries, and the locks that follow from them",
            || to(clear),
        )
        .takes::<Clearing>()
        .tells::<Count>("How many counts were forgotten."),
        Operation::new(
            Method::DELETE,
            "/lockouts/{scope}",
            "lockouts.delete",
            clears,
            "Forgets one count, by its key",
            || to(clear_one),
        ),
    ]
}

/// A pass to issue.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPass {
    /// OwnerFilter, by id or name.
    user: String,
    /// For how many minutes it works; `pass.lasting` where nothing is said.
    #[serde(default)]
    #[schema(minimum = 1)]
    minutes: Option<u32>,
    /// Whether it works once.
    #[serde(default)]
    once: bool,
}

/// A pass that was issued.
#[derive(Serialize, ToSchema)]
struct IssuedPass {
    /// The code, which is told this once.
    code: String,
    /// OwnerFilter it is, by name.
    user: String,
    /// OwnerFilter it is, by id.
    user_id: String,
    /// Until when it works.
    #[schema(format = "date-time")]
    expires_at: String,
    /// Whether it works once.
    once: bool,
}

/// What to forget.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Clearing {
    /// Everything, or what holds nobody up any more.
    Which(Which),
    /// What is counted on a user, or on a name that no user has.
    User(String),
    /// What is counted on an address.
    #[schema(value_type = String, format = "ip")]
    Address(IpAddr),
}

/// Which counts.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Which {
    /// All.
    All,
    /// Those that hold nobody up any more.
    Expired,
}

fn session_of(call: &Call) -> Result<SessionId> {
    let id = call.path("id", |text| Some(SessionId::parse(text)))?;
    id.ok_or_else(|| codes::SESSION_UNKNOWN.into())
}

async fn read_session(call: Call) -> Answer {
    let found = session::find(call.app(), &call.looks_up()?, session_of(&call)?).await?;
    call.read(&SessionRow::from(&found), None)
}

async fn end_session(call: Call) -> Answer {
    session::end(call.app(), &call.administrator()?, session_of(&call)?).await?;
    done()
}

async fn issue(call: Call) -> Answer {
    let new: NewPass = call.body()?;
    let plan = PassPlan {
        lasting: new
            .minutes
            .map(|minutes| Duration::from_secs(60 * u64::from(minutes))),
        is_once: new.once,
    };
    let (app, whose) = (call.app(), call.administrator()?);
    let user = user_named(&call, &whose, &new.user).await?;
    let created = async |by: Administrator| {
        let issued = pass::issue(app, &by.helps(), user, plan).await?;
        let secret = Some(issued.code.expose().into());
        Ok(Created {
            secret,
            ..Created::plain(user)
        })
    };
    let shown = async |by: &Administrator, created: &Created| {
        let found = pass::find(app, by, user).await?;
        let row = PassRow::from(&found);
        let code = created.secret.as_ref().map(|secret| secret.to_string());
        let issued = IssuedPass {
            code: code.unwrap_or_default(),
            user: row.user,
            user_id: row.user_id,
            expires_at: row.expires_at,
            once: row.once,
        };
        Ok((format!("/passes/{user}"), issued))
    };
    call.create(created, shown).await
}

async fn read_pass(call: Call) -> Answer {
    let found = pass::find(call.app(), &call.looks_up()?, user_of(&call)?).await?;
    call.read(&PassRow::from(&found), None)
}

async fn revoke(call: Call) -> Answer {
    pass::revoke(call.app(), &call.helps()?, user_of(&call)?).await?;
    done()
}

async fn clear(call: Call) -> Answer {
    let clearing: Clearing = call.body()?;
    let which = match clearing {
        Clearing::Which(Which::All) => Lockouts::All,
        Clearing::Which(Which::Expired) => Lockouts::Expired,
        Clearing::User(name) => Lockouts::Name(name),
        Clearing::Address(address) => Lockouts::Address(address),
    };
    let count = lockout::clear(call.app(), &call.administrator()?, which).await?;
    call.changed(&Count { count }, None)
}

/// The longest key of a count, in bytes.
const LONGEST_SCOPE: usize = 256;

async fn clear_one(call: Call) -> Answer {
    let key = call.path("scope", |text| {
        let is_key = text.len() <= LONGEST_SCOPE && !text.chars().any(char::is_control);
        is_key.then(|| text.to_owned())
    })?;
    let by = call.administrator()?;
    match lockout::clear(call.app(), &by, Lockouts::Scope(key)).await? {
        0 => Err(Problem::new(codes::REQUEST_NOT_FOUND).into()),
        _ => done(),
    }
}
