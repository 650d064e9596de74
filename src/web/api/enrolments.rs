//! `/api/v1/enrolments`: keys that are registered for their owners, by desk tools and fulfilment services.

use actix_web::http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::call::{Call, done};
use super::lists::list;
use super::operation::{Operation, to};
use super::users::user_named;
use crate::lists::Enrolments;
use crate::web::answer::Answer;
use keyward_actions::key::{self, IssuedActivationCode};
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::key::EnrolmentId;
use keyward_core::problem::{Code, Problem, Result, codes};
use keyward_core::secret::Token;

/// What is refused of a key or its owner.
const REFUSED: &[Code] = &[
    codes::KEY_LOST,
    codes::KEY_MOVE,
    codes::KEY_ANOTHER_OWNER,
    codes::KEY_OWNER_NEEDED,
    codes::KEY_CHANGED,
    codes::USER_DISABLED,
    codes::USER_SELF,
];

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::EnrolmentsRead, ApiScope::EnrolmentsWrite);
    vec![
        list::<Enrolments>("enrolments.list", reads),
        Operation::new(
            Method::POST,
            "/enrolments",
            "enrolments.begin",
            writes,
            "Begins to register the key of a serial number for a user, which keeps it for them",
            || to(begin),
        )
        .takes::<Beginning>()
        .tells::<Begun>("What the browser or the tool at the desk is to do.")
        .refuses(&[
            codes::USER_UNKNOWN,
            codes::KEY_INVALID,
            codes::KEY_AMBIGUOUS,
        ])
        .refuses(REFUSED),
        Operation::new(
            Method::POST,
            "/enrolments/result",
            "enrolments.finish",
            writes,
            "Takes what the key made, and issues the activation code: this answer alone holds it",
            || to(finish),
        )
        .takes::<Made>()
        .tells::<Issued>("What waits for its owner.")
        .refuses(&[
            codes::CEREMONY_NOT_STARTED,
            codes::CEREMONY_MALFORMED,
            codes::CEREMONY_REFUSED,
            codes::CEREMONY_ALREADY_REGISTERED,
            codes::KEY_NOT_THIS,
            codes::DEVICE_TOO_MANY,
        ])
        .refuses(REFUSED),
        Operation::new(
            Method::POST,
            "/enrolments/{id}/code",
            "enrolments.issueCode",
            writes,
            "Issues another activation code: the one before is void",
            || to(issue_code),
        )
        .tells::<Issued>("What waits for its owner.")
        .refuses(&[codes::ENROLMENT_UNKNOWN])
        .refuses(REFUSED),
        Operation::new(
            Method::DELETE,
            "/enrolments/{id}",
            "enrolments.withdraw",
            writes,
            "Withdraws what waits for its owner: the key must be registered anew",
            || to(withdraw),
        )
        .refuses(&[codes::ENROLMENT_UNKNOWN]),
    ]
}

/// For whom which key is registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EnrolmentBeginning)]
struct Beginning {
    /// The user, by id or name.
    user: String,
    /// The number printed on the key, in stock or theirs; one that is not in the inventory is added.
    serial: String,
    /// `passkey` or `security-key`.
    #[serde(default = "passkey")]
    kind: String,
}

fn passkey() -> String {
    DeviceKind::Passkey.as_str().to_owned()
}

/// What the browser or the tool at the desk is to do.
#[derive(Serialize, ToSchema)]
#[schema(as = EnrolmentBegun)]
struct Begun {
    /// What the result is sent with. It is good for one result, by this token.
    ceremony: String,
    /// The input of `parseCreationOptionsFromJSON`.
    options: Value,
}

/// What the key made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EnrolmentResult)]
struct Made {
    /// What the beginning told.
    ceremony: String,
    /// The `toJSON()` of the new credential.
    credential: Value,
}

/// A code that was issued.
#[derive(Serialize, ToSchema)]
#[schema(as = IssuedActivationCode)]
struct Issued {
    /// The enrolment, by id.
    id: String,
    /// The key, by id.
    key_id: String,
    /// What its owner types at `/activate`, together with a use of the key. It is told this once.
    code: String,
    /// Until when it is good.
    #[schema(format = "date-time")]
    expires_at: String,
}

impl From<&IssuedActivationCode> for Issued {
    fn from(issued: &IssuedActivationCode) -> Self {
        Self {
            id: issued.enrolment.id.to_string(),
            key_id: issued.enrolment.key.to_string(),
            code: issued.code.expose(),
            expires_at: issued.expires_at.rfc3339(),
        }
    }
}

async fn begin(call: Call) -> Answer {
    let (by, said): (_, Beginning) = (call.administrator()?, call.body()?);
    let kind = DeviceKind::parse(&said.kind).ok_or_else(|| {
        Problem::new(codes::REQUEST_MALFORMED).detailed("kind must be passkey or security-key")
    })?;
    let user = user_named(&call, &by, &said.user).await?;
    let id = key::keep_for(call.app(), &by, &said.serial, user).await?;
    let (journey, options) = key::desk_options(call.app(), &by, id, kind).await?;
    let begun = Begun {
        ceremony: journey.expose().to_string(),
        options,
    };
    call.changed(&begun, None)
}

async fn finish(call: Call) -> Answer {
    let (by, made): (_, Made) = (call.administrator()?, call.body()?);
    let journey = Token::parse(&made.ceremony);
    let answer = serde_json::to_vec(&made.credential).map_err(Problem::internal)?;
    let id = key::desk_registered(call.app(), &by, journey.as_ref(), answer).await?;
    let issued = key::issue_activation_code(call.app(), &by, id).await?;
    call.changed(&Issued::from(&issued), None)
}

fn enrolment_of(call: &Call) -> Result<EnrolmentId> {
    let id = call.path("id", |text| Some(EnrolmentId::parse(text)))?;
    id.ok_or_else(|| codes::ENROLMENT_UNKNOWN.into())
}

async fn issue_code(call: Call) -> Answer {
    let (by, id) = (call.administrator()?, enrolment_of(&call)?);
    let issued = key::issue_activation_code(call.app(), &by, id).await?;
    call.changed(&Issued::from(&issued), None)
}

async fn withdraw(call: Call) -> Answer {
    key::withdraw_enrolment(call.app(), &call.administrator()?, enrolment_of(&call)?).await?;
    done()
}
