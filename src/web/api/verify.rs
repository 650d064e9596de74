//! `/api/v1/verify` and `/api/v1/sessions/check`: who is there, for other programs.

use std::net::IpAddr;

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::CACHE_CONTROL;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::call::Call;
use super::operation::{Operation, to};
use crate::web::answer::Answer;
use crate::web::session_cookie;
use keyward_actions::api_token;
use keyward_actions::session::{self, CheckedSession};
use keyward_actions::verify::{self, AskedCode, Verification, Verified, WhyNot};
use keyward_core::clock::Timestamp;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::authentication_context::AuthenticationContext;
use keyward_core::domain::device::{Device, DeviceKind};
use keyward_core::domain::user::User;
use keyward_core::flows::api_token::Presented;
use keyward_core::problem::{Fault, Problem, codes};
use keyward_core::secret::Token;

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (verify, post) = (ApiScope::Verify, || Method::POST);
    let of_tries = [
        codes::SIGN_IN_LOCKED,
        codes::SIGN_IN_TOO_MANY,
        codes::SIGN_IN_BUSY,
        codes::POLICY_DEVICE_STOPPED,
        codes::DEVICE_UNKNOWN,
    ];
    let says = "Verifies a code of a user: of a YubiKey, of an authenticator app, or a backup code";
    let with_code = Operation::new(post(), "/verify", "verify.code", verify, says, || to(code))
        .takes::<CodeToVerify>()
        .tells::<VerificationResult>("Whether the user proved themselves.")
        .refuses(&of_tries)
        .refuses(&[
            codes::SERVICE_NONE,
            codes::SERVICE_UNREACHABLE,
            codes::SERVICE_REFUSES,
        ]);
    let path = "/verify/webauthn/options";
    let says = "Begins to verify a user by a passkey or security key, on a page of your own";
    let options = Operation::new(post(), path, "verify.options", verify, says, || to(options))
        .takes::<WhomToVerify>()
        .tells::<Offer>("What the page asks the browser for.");
    let path = "/verify/webauthn/verify";
    let says = "Verifies what the authenticator answered; once, whatever it is";
    let with_answer = Operation::new(post(), path, "verify.answer", verify, says, || to(answer))
        .takes::<AnswerToVerify>()
        .tells::<VerificationResult>("Whether the user proved themselves.")
        .refuses(&of_tries);
    let (path, scope) = ("/sessions/check", ApiScope::SessionsCheck);
    let says = "Says whose a session or an API token is, and how that is known";
    let checked = Operation::new(post(), path, "sessions.check", scope, says, || to(check))
        .takes::<ToCheck>()
        .tells::<Checked>("Who is there, if anybody is.");
    vec![with_code, options, with_answer, checked]
}

/// Of what a code must be.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum CodeKind {
    /// A one-time password of a YubiKey.
    Yubikey,
    /// A code of an authenticator app.
    Totp,
    /// A backup code.
    BackupCodes,
}

impl From<CodeKind> for DeviceKind {
    fn from(kind: CodeKind) -> Self {
        match kind {
            CodeKind::Yubikey => Self::Yubikey,
            CodeKind::Totp => Self::Totp,
            CodeKind::BackupCodes => Self::BackupCodes,
        }
    }
}

/// A code to verify.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CodeToVerify {
    /// Whose: a user name, or an e-mail address that is one user's.
    user: String,
    /// What the user typed.
    code: String,
    /// Of what it must be; told by its letters where nothing is said.
    #[serde(default)]
    kind: Option<CodeKind>,
    /// The address from which the user typed it, as you saw it: failed tries are counted on it. Yours
    /// where you do not say.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "ip")]
    address: Option<IpAddr>,
}

/// Whom to verify.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WhomToVerify {
    /// A user name, or an e-mail address that is one user's.
    user: String,
}

/// A verification that was begun. One of a user who does not exist looks alike.
#[derive(Serialize, ToSchema)]
struct Offer {
    /// To bring back with the answer, within the time that the options give.
    verification: String,
    /// `PublicKeyCredentialRequestOptionsJSON` (WebAuthn L3 §5.1.10). The page must be of the relying
    /// party's own domain or of an origin of `webauthn.related_origins`.
    #[schema(value_type = Object)]
    options: Value,
}

/// An authenticator's answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerToVerify {
    /// As the options came with it.
    verification: String,
    /// `AuthenticationResponseJSON` (WebAuthn L3 §5.1.8): `toJSON()` of the credential.
    #[schema(value_type = Object)]
    credential: Box<RawValue>,
    /// The address of the browser, as you saw it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "ip")]
    address: Option<IpAddr>,
}

/// A user.
#[derive(Serialize, ToSchema)]
struct Who {
    /// The id, which stays.
    id: String,
    /// The user name, which may change.
    name: String,
    /// What they are called, where that is more.
    display_name: Option<String>,
    /// Where mail reaches them.
    email: Option<String>,
}

impl From<&User> for Who {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.name.as_str().to_owned(),
            display_name: user
                .display_name
                .as_ref()
                .map(|name| name.as_str().to_owned()),
            email: user.email.as_ref().map(|email| email.as_str().to_owned()),
        }
    }
}

/// The device by which a user proved themselves.
#[derive(Serialize, ToSchema)]
struct ByDevice {
    /// Its id.
    id: String,
    /// Its kind.
    kind: &'static str,
    /// What its owner calls it.
    name: String,
    /// The product, where that is known.
    model: Option<String>,
}

impl From<&Device> for ByDevice {
    fn from(device: &Device) -> Self {
        Self {
            id: device.id.to_string(),
            kind: device.kind.as_str(),
            name: device.name.as_str().to_owned(),
            model: device.model.clone(),
        }
    }
}

/// How a user proved themselves, where one did.
#[derive(Default, Serialize, ToSchema)]
struct How {
    /// By what, as RFC 8176 names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    amr: Option<Vec<String>>,
    /// How strong that is, weakest first: `aal1`, `aal2`, `phr` (resists phishing), `phrh` (and its key is
    /// kept by hardware).
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'static str>,
    /// The assurance level of NIST SP 800-63B: `aal1`, `aal2`, `aal3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    aal: Option<&'static str>,
    /// When they last did; not there where a trusted browser stood in, which is never fresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    proved_at: Option<String>,
    /// How many seconds ago that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof_age: Option<u64>,
}

impl How {
    fn new(context: &AuthenticationContext, now: Timestamp) -> Self {
        Self {
            amr: Some(context.methods.iter().map(str::to_owned).collect()),
            acr: Some(context.class.as_str()),
            aal: Some(context.level.as_str()),
            proved_at: context.proved_at.map(Timestamp::rfc3339),
            proof_age: context.age(now).map(|age| age.as_secs()),
        }
    }
}

/// Whether a user proved themselves.
#[derive(Serialize, ToSchema)]
struct VerificationResult {
    /// Whether they did. Nothing else here is an answer to that.
    verified: bool,
    /// Why not, where they did not: `wrong` or `used`. There may be no such user.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user: Option<Who>,
    /// By which device.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    device: Option<ByDevice>,
    /// By what, and how strong that is by itself.
    #[serde(flatten)]
    how: How,
}

impl VerificationResult {
    fn of(verification: Verification, now: Timestamp) -> Self {
        let not = |reason| Self {
            verified: false,
            reason: Some(reason),
            user: None,
            device: None,
            how: How::default(),
        };
        match verification {
            Verification::Not(WhyNot::Wrong) => not("wrong"),
            Verification::Not(WhyNot::Used) => not("used"),
            Verification::Verified(verified) => {
                let Verified {
                    user,
                    device,
                    context,
                    at: _,
                } = *verified;
                Self {
                    verified: true,
                    reason: None,
                    user: Some(Who::from(&user)),
                    device: Some(ByDevice::from(&device)),
                    how: How::new(&context, now),
                }
            }
        }
    }
}

/// What to look at: one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ToCheck {
    /// The session's cookie: its value, or the whole `Cookie` header.
    #[serde(default)]
    cookie: Option<String>,
    /// An API token.
    #[serde(default)]
    token: Option<String>,
    /// The address from which it came, as you saw it: API tokens may be bound to networks.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "ip")]
    address: Option<IpAddr>,
}

/// Who is there.
#[derive(Default, Serialize, ToSchema)]
struct Checked {
    /// Whether anybody is. Nothing else here is an answer to that.
    active: bool,
    /// By what: `session` or `token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user: Option<Who>,
    /// Their groups, of a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<String>>,
    /// The session's id, which opens nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    since: Option<String>,
    /// Until when at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    expires_at: Option<String>,
    /// The device that proved the session, or that vouched for the trusted browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    device: Option<ByDevice>,
    /// How they proved themselves, of a session.
    #[serde(flatten)]
    how: How,
    /// What a token may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<&'static str>>,
}

impl Checked {
    fn session(checked: &CheckedSession, now: Timestamp) -> Self {
        let CheckedSession {
            user,
            groups,
            session,
            context,
            device,
        } = checked;
        let groups = groups.iter().map(|group| group.as_str().to_owned());
        Self {
            active: true,
            by: Some("session"),
            user: Some(Who::from(user)),
            groups: Some(groups.collect()),
            session: Some(session.id.to_string()),
            since: Some(session.opened_at.rfc3339()),
            expires_at: Some(session.expires_at.rfc3339()),
            device: device.as_ref().map(ByDevice::from),
            how: How::new(context, now),
            scopes: None,
        }
    }

    fn token(presented: &Presented) -> Self {
        let (token, plan) = (presented.token(), &presented.token().plan);
        Self {
            active: true,
            by: Some("token"),
            user: Some(Who::from(presented.owner())),
            since: Some(token.created_at.rfc3339()),
            expires_at: plan.expires_at.map(Timestamp::rfc3339),
            scopes: Some(presented.usable_scopes().map(ApiScope::as_str).collect()),
            ..Self::default()
        }
    }
}

fn told(row: &impl Serialize) -> Answer {
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(row))
}

async fn code(call: Call) -> Answer {
    let asked: CodeToVerify = call.body()?;
    let asked = AskedCode {
        user: &asked.user,
        code: &asked.code,
        kind: asked.kind.map(DeviceKind::from),
        address: asked.address,
    };
    let verification = verify::with_code(call.app(), call.may(), asked).await?;
    told(&VerificationResult::of(verification, call.app().now()))
}

async fn options(call: Call) -> Answer {
    let asked: WhomToVerify = call.body()?;
    let offer = verify::options(call.app(), call.may(), &asked.user).await?;
    told(&Offer {
        verification: offer.verification.expose().to_string(),
        options: json!(offer.options),
    })
}

async fn answer(call: Call) -> Answer {
    let asked: AnswerToVerify = call.body()?;
    let verification = match Token::parse(&asked.verification) {
        // What is no verification was not begun: as one that is over.
        None => Verification::Not(WhyNot::Wrong),
        Some(begun) => {
            let answer = asked.credential.get().as_bytes();
            let (app, may) = (call.app(), call.may());
            verify::with_ceremony(app, may, &begun, answer, asked.address).await?
        }
    };
    told(&VerificationResult::of(verification, call.app().now()))
}

async fn check(call: Call) -> Answer {
    let asked: ToCheck = call.body()?;
    let app = call.app();
    let checked = match (asked.cookie, asked.token) {
        (Some(cookie), None) => match session_cookie::identifier(call.site(), &cookie).await? {
            None => None,
            Some(identifier) => {
                let checked = session::check(app, &identifier).await?;
                checked.map(|checked| Checked::session(&checked, app.now()))
            }
        },
        (None, Some(token)) => {
            let mut client = call.may().client().clone();
            client.address = asked.address.unwrap_or(client.address);
            match api_token::present(app, &token, &client).await {
                Ok(presented) => Some(Checked::token(&presented)),
                Err(problem) if problem.fault() == Fault::Unauthenticated => None,
                Err(problem) => return Err(problem.into()),
            }
        }
        (Some(_), Some(_)) | (None, None) => {
            let why = "a cookie or a token is asked for, and not both";
            return Err(Problem::new(codes::REQUEST_MALFORMED).detailed(why).into());
        }
    };
    told(&checked.unwrap_or_default())
}
