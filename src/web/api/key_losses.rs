//! `/api/v1/keys/{id}/loss` and `/api/v1/key-cases`: lost keys.

use actix_web::http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Call, done};
use super::keys::key_of;
use super::lists::list;
use super::operation::{Operation, to};
use crate::lists::KeyCases;
use crate::web::answer::Answer;
use keyward_actions::key::{self, LossReport};
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::event_detail::StoppedByLoss;
use keyward_core::domain::key::KeyId;
use keyward_core::problem::{Code, Problem, Result, codes};

const LOSS: &str = "/keys/{id}/loss";
const UNKNOWN: &[Code] = &[codes::KEY_UNKNOWN];

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::KeysRead, ApiScope::KeysWrite);
    vec![
        list::<KeyCases>("keyCases.list", reads),
        Operation::new(
            Method::GET,
            LOSS,
            "keys.foreseeLoss",
            reads,
            "What reporting a key lost would do, in numbers",
            || to(foresee),
        )
        .tells::<ForeseenLoss>("What would be put out of use.")
        .refuses(UNKNOWN),
        Operation::new(
            Method::POST,
            LOSS,
            "keys.reportLost",
            writes,
            "Reports a key lost: what is on it works no more, and what it had opened ends",
            || to(report),
        )
        .takes::<Report>()
        .tells::<Loss>("What was put out of use.")
        .refuses(UNKNOWN)
        .refuses(&[
            codes::KEY_MOVE,
            codes::KEY_CHANGED,
            codes::KEY_INVALID,
            codes::KEY_SPARE,
            codes::KEY_OWNER_NEEDED,
            codes::USER_DISABLED,
        ]),
        Operation::new(
            Method::POST,
            "/keys/{id}/loss/spare",
            "keys.keepSpare",
            writes,
            "Keeps a key from stock for whoever lost this one",
            || to(keep_spare),
        )
        .takes::<Spare>()
        .refuses(UNKNOWN)
        .refuses(&[
            codes::KEY_CASE_CLOSED,
            codes::KEY_SPARE,
            codes::KEY_OWNER_NEEDED,
            codes::KEY_CHANGED,
            codes::USER_DISABLED,
        ]),
        Operation::new(
            Method::POST,
            "/keys/{id}/loss/replaced",
            "keys.closeReplaced",
            writes,
            "Closes the case of a lost key whose owner has another one; what is on it is removed",
            || to(close_replaced),
        )
        .takes::<Closing>()
        .refuses(UNKNOWN)
        .refuses(&[codes::KEY_CASE_CLOSED, codes::KEY_INVALID]),
    ]
}

/// What the loss of a key puts out of use.
#[derive(Serialize, ToSchema)]
struct Stopped {
    /// Devices that prove nothing any more.
    devices: usize,
    /// Secrets of OTP slots that the validation server uses no more.
    slots: usize,
    /// Sessions that end.
    sessions: usize,
    /// Browsers that are trusted no more.
    browsers: usize,
    /// What applications were let have, once a session.
    grants: usize,
}

impl From<StoppedByLoss> for Stopped {
    fn from(stopped: StoppedByLoss) -> Self {
        Self {
            devices: stopped.devices,
            slots: stopped.slots,
            sessions: stopped.sessions,
            browsers: stopped.browsers,
            grants: stopped.grants,
        }
    }
}

/// What the report of a loss would do.
#[derive(Serialize, ToSchema)]
#[schema(as = ForeseenKeyLoss)]
struct ForeseenLoss {
    /// What would be put out of use.
    stops: Stopped,
    /// The names of users who would have no other device.
    left_bare: Vec<String>,
}

/// What there is to say of a loss.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KeyLossReport)]
struct Report {
    /// A note for the key's history, at most 256 characters.
    #[serde(default)]
    note: String,
    /// A key in stock, by id, which is kept for whoever lost theirs.
    #[serde(default)]
    spare: Option<String>,
}

/// A loss that was reported.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyLoss)]
struct Loss {
    /// The case that is open now, by id.
    case_id: String,
    /// What was put out of use.
    stopped: Stopped,
}

/// A key that takes the place of a lost one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SpareKey)]
struct Spare {
    /// It, by id.
    spare: String,
}

/// What there is to say when a case is closed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KeyCaseClosing)]
struct Closing {
    /// A note for the key's history, at most 256 characters.
    #[serde(default)]
    note: String,
}

fn spare(text: &str) -> Result<KeyId> {
    KeyId::parse(text).ok_or_else(|| Problem::new(codes::KEY_UNKNOWN).detailed("the spare key"))
}

async fn foresee(call: Call) -> Answer {
    let (by, id) = (call.administrator()?, key_of(&call)?);
    let foreseen = key::foresee_loss(call.app(), &by.helps(), id).await?;
    let answer = ForeseenLoss {
        stops: foreseen.stopped.into(),
        left_bare: foreseen.left_bare,
    };
    call.changed(&answer, None)
}

async fn report(call: Call) -> Answer {
    let (by, id, said): (_, _, Report) = (call.administrator()?, key_of(&call)?, call.body()?);
    let report = LossReport {
        note: said.note,
        spare: said.spare.as_deref().map(spare).transpose()?,
        ..LossReport::default()
    };
    let loss = key::report_lost(call.app(), &by.helps(), id, report).await?;
    let answer = Loss {
        case_id: loss.case.to_string(),
        stopped: loss.stopped.into(),
    };
    call.changed(&answer, None)
}

async fn keep_spare(call: Call) -> Answer {
    let (by, id, said): (_, _, Spare) = (call.administrator()?, key_of(&call)?, call.body()?);
    key::keep_spare(call.app(), &by.helps(), id, spare(&said.spare)?).await?;
    done()
}

async fn close_replaced(call: Call) -> Answer {
    let (by, id, said): (_, _, Closing) = (call.administrator()?, key_of(&call)?, call.body()?);
    key::close_replaced(call.app(), &by.helps(), id, &said.note).await?;
    done()
}
