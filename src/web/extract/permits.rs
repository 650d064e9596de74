//! Who asks: a handler that takes a permit is reached by no caller without it.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::browser::Browser;
use super::client;
use crate::web::Site;
use crate::web::answer::Refused;
use keyward_actions::session;
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind, Refusal};
use keyward_core::domain::session::Assurance;
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{
    Access, Auditor, HelpDesk, MayChoosePassword, MayEnrol, MayStepUp, SignedIn, Staff, SteppedUp,
    Superuser,
};
use keyward_core::problem::{Code, Problem, Result, codes};

/// What the session of this request opens.
///
/// # Errors
/// The store's.
pub async fn access(request: &HttpRequest) -> Result<Access> {
    let Ok(browser) = Browser::extract(request).await;
    let Some(identifier) = browser.identifier() else {
        return Ok(Access::Nothing);
    };
    session::visit(&site(request)?.app, &identifier).await
}

/// What every handler may use.
///
/// # Errors
/// `internal` where the application is not set up.
pub fn site(request: &HttpRequest) -> Result<&Data<Site>> {
    request
        .app_data::<Data<Site>>()
        .ok_or_else(|| Problem::internal("the application has no site"))
}

async fn signed_in(request: &HttpRequest) -> Result<SignedIn> {
    match access(request).await? {
        Access::Full(signed_in) => Ok(signed_in),
        Access::EnrolmentOnly(_) => Err(codes::SESSION_UNVERIFIED.into()),
        Access::Nothing => Err(codes::SESSION_REQUIRED.into()),
    }
}

/// A permit as a parameter of a handler.
#[derive(Debug)]
pub struct Permit<P>(pub P);

/// What a request can be found to have.
trait Granted: Sized {
    async fn of_request(request: &HttpRequest) -> Result<Self>;
}

impl<P: Granted + 'static> FromRequest for Permit<P> {
    type Error = Refused;
    type Future = LocalBoxFuture<'static, Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(Self(P::of_request(&request).await?)) })
    }
}

impl Granted for SignedIn {
    async fn of_request(request: &HttpRequest) -> Result<Self> {
        signed_in(request).await
    }
}

/// A user whose proof is too old is led to `/step-up`, and from there back to the form.
impl Granted for SteppedUp {
    async fn of_request(request: &HttpRequest) -> Result<Self> {
        let (now, within) = freshness(request)?;
        signed_in(request).await?.step_up(now, within)
    }
}

impl Granted for MayStepUp {
    async fn of_request(request: &HttpRequest) -> Result<Self> {
        match access(request).await? {
            Access::Full(signed_in) => Ok(signed_in.may_step_up()),
            Access::EnrolmentOnly(permit) => Ok(permit.may_step_up()?),
            Access::Nothing => Err(codes::SESSION_REQUIRED.into()),
        }
    }
}

impl Granted for MayChoosePassword {
    async fn of_request(request: &HttpRequest) -> Result<Self> {
        let (now, within) = freshness(request)?;
        match access(request).await? {
            Access::EnrolmentOnly(permit) => Ok(permit.may_choose_password(now, within)?),
            Access::Full(_) => Err(codes::SESSION_UNVERIFIED.into()),
            Access::Nothing => Err(codes::SESSION_REQUIRED.into()),
        }
    }
}

impl Granted for MayEnrol {
    async fn of_request(request: &HttpRequest) -> Result<Self> {
        let (now, within) = freshness(request)?;
        match access(request).await? {
            Access::Full(signed_in) => Ok(signed_in.step_up(now, within)?.may_enrol()),
            Access::EnrolmentOnly(permit) => Ok(permit.may_enrol(now, within)?),
            Access::Nothing => Err(codes::SESSION_REQUIRED.into()),
        }
    }
}

/// The present moment, and how long a proof counts as fresh.
///
/// # Errors
/// `internal` where the application is not set up.
pub fn freshness(request: &HttpRequest) -> Result<(Timestamp, Duration)> {
    let app = &site(request)?.app;
    Ok((app.now(), app.settings().session.step_up))
}

/// Who is at the console, with whichever role; where something is changed, one who proved themselves
/// freshly.
impl Granted for Staff {
    async fn of_request(request: &HttpRequest) -> Result<Self> {
        // The console's door has looked already.
        if let Some(staff) = request.extensions_mut().remove::<Self>() {
            return Ok(staff);
        }
        let signed_in = signed_in(request).await?;
        let user = signed_in.user().clone();
        let is_staff = signed_in.is_staff();
        let is_remembered = signed_in.session().assurance == Assurance::Remembered && is_staff;
        let (now, within) = freshness(request)?;
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        let is_fresh = signed_in.session().is_fresh(now, within);
        let may_be_staff = signed_in.has_role();
        match signed_in.staff() {
            Some(_) if changes && !is_fresh => Err(codes::SESSION_STEP_UP.into()),
            Some(staff) => Ok(staff),
            // A trusted browser stands in for no device here.
            None if is_remembered => Err(codes::SESSION_STEP_UP.into()),
            // Under a policy that asks no user for a second factor, the console still does.
            None if may_be_staff => Err(codes::SESSION_UNVERIFIED.into()),
            None => {
                let refused = Event::new(EventKind::AccessRefused)
                    .refused(Refusal::NotSuperuser)
                    .by(Actor::User(user.id))
                    .about(user.id)
                    .detailed(EventDetail::Console)
                    .from(&client::of(request));
                site(request)?.app.record(refused).await?;
                Err(codes::CONSOLE_SUPERUSER.into())
            }
        }
    }
}

impl Granted for Superuser {
    async fn of_request(request: &HttpRequest) -> Result<Self> {
        reaching(request, Staff::superuser).await
    }
}

impl Granted for Auditor {
    async fn of_request(request: &HttpRequest) -> Result<Self> {
        reaching(request, Staff::auditor).await
    }
}

impl Granted for HelpDesk {
    async fn of_request(request: &HttpRequest) -> Result<Self> {
        reaching(request, Staff::help_desk).await
    }
}

/// A permit for what not every role reaches.
async fn reaching<P>(request: &HttpRequest, reach: fn(Staff) -> Result<P>) -> Result<P> {
    // Nothing is waited for where the console's door has looked already, so that nobody learns from
    // what is said of their form whether it would have been taken; the door tells the trail.
    let known = request.extensions_mut().remove::<Staff>();
    if let Some(staff) = known {
        return reach(staff);
    }
    let staff = Staff::of_request(request).await?;
    let user = staff.id();
    let reached = reach(staff);
    if let Err(problem) = &reached {
        tell_out_of_reach(request, user, problem.code()).await?;
    }
    reached
}

/// Tells the trail that somebody of the console asked for what their role does not reach.
///
/// # Errors
/// The store's.
pub async fn tell_out_of_reach(request: &HttpRequest, user: UserId, why: Code) -> Result<()> {
    let refused = Event::new(EventKind::AccessRefused)
        .refused(why)
        .by(Actor::User(user))
        .about(user)
        .detailed(EventDetail::Console)
        .from(&client::of(request));
    site(request)?.app.record(refused).await
}
