//! `/step-up`: proving oneself again, and back to where that was asked for.

use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::application;
use super::code_fields::{SecondFactorFields, TypedCode, leading_to};
use super::delivered_code::{SendFields, sending_notice};
use super::provider_buttons;
use super::sign_in::{Params, code_notice, way_page};
use crate::views::Notice;
use crate::views::pages::{PasswordAgainPage, Way};
use crate::web::Site;
use crate::web::answer::{Answer, Refused, parameter, redirect};
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::password;
use keyward_actions::second_factor::{CodeOutcome, Typed};
use keyward_actions::sign_in::Opened;
use keyward_actions::step_up::{self, PasswordAgain};
use keyward_core::domain::application::Level;
use keyward_core::domain::device::SignInMethod;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::MayStepUp;
use keyward_core::problem::{Fault, Problem, codes};

#[derive(Deserialize)]
pub struct PasswordFields {
    turn: i64,
    password: SecretString,
    next: Option<String>,
}

/// Shows what this person can prove themselves with, or leads on where that is still fresh.
pub async fn dispatch(
    site: Data<Site>,
    request: HttpRequest,
    Permit(permit): Permit<MayStepUp>,
    Query(asked): Query<Params>,
    reader: Reader,
    browser: Browser,
) -> Answer {
    let next = leading_to(asked.next.as_deref());
    let app = &site.app;
    let within = app.settings().session.step_up;
    // What an application's rule asks for is judged where it leads; the pages of a journey that it
    // began do not say it again.
    let level = match asked.level.as_deref().and_then(Level::parse) {
        None if !next.is_judged_there() => {
            if permit.session().is_fresh(app.now(), within) {
                return Ok(redirect(next.as_str()));
            }
            Some(Level::default())
        }
        level => level,
    };
    let under_way = browser.journey(Journey::StepUp);
    let offer = step_up::offer(app, &permit, under_way, level).await?;
    browser.set_journey(Journey::StepUp, &offer.journey)?;
    let asked_by = application::name_there(&site, &request, &next).await?;
    let way = Way::step_up(&next).asked_by(asked_by);
    match &offer.devices {
        Some(awaiting) => way_page(&site, way, awaiting, &asked, &reader),
        None => {
            let user = permit.user();
            reader.show(&PasswordAgainPage {
                turn: offer.turn,
                username: user.name.as_str().to_owned(),
                has_password: password::has_password(app, user.id).await?,
                providers: provider_buttons::to_step_up(&site, user.id, &next).await?,
                way,
            })
        }
    }
}

/// The password, of a user who has no device.
pub async fn password(
    site: Data<Site>,
    Permit(permit): Permit<MayStepUp>,
    Form(fields): Form<PasswordFields>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let next = leading_to(fields.next.as_deref());
    let Some(journey) = browser.journey(Journey::StepUp) else {
        return again(&reader, &next);
    };
    let (turn, typed) = (fields.turn, fields.password);
    let answered = step_up::with_password(
        &site.app,
        &permit,
        &journey,
        turn,
        typed,
        next.clone(),
        &client,
    )
    .await;
    match answered {
        Ok(PasswordAgain::Opened(opened)) => go_on(&browser, &opened),
        Ok(PasswordAgain::Wrong) => reader.tell(&here(&next), Notice::WrongPasswordAgain),
        Err(problem) => from_the_start(&reader, &next, problem),
    }
}

/// Sends a code to a device of the user who proves themselves again.
pub async fn send_code(
    site: Data<Site>,
    Permit(permit): Permit<MayStepUp>,
    Form(fields): Form<SendFields>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let next = leading_to(fields.next.as_deref());
    let Some(journey) = browser.journey(Journey::StepUp) else {
        return again(&reader, &next);
    };
    let sent = step_up::send_code(
        &site.app,
        &permit,
        &journey,
        fields.device()?,
        &reader,
        &client,
    )
    .await;
    match sent {
        Err(problem) if problem.fault() == Fault::Stale => again(&reader, &next),
        sent => {
            let page = Way::step_up(&next).page_of(fields.method());
            reader.tell(&page, sending_notice(sent)?)
        }
    }
}

/// What was typed into the field of a second factor, be it another factor's.
pub async fn code<F: SecondFactorFields>(
    site: Data<Site>,
    Permit(permit): Permit<MayStepUp>,
    Form(fields): Form<F>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let TypedCode {
        turn,
        typed,
        field,
        next,
        preferences: _,
    } = fields.typed();
    let Some(journey) = browser.journey(Journey::StepUp) else {
        return again(&reader, &next);
    };
    let typed = Typed::read(typed.expose_secret(), field);
    let answered = step_up::with_code(
        &site.app,
        &permit,
        &journey,
        turn,
        typed,
        next.clone(),
        &client,
    )
    .await;
    match answered {
        Ok(CodeOutcome::Opened(opened)) => go_on(&browser, &opened),
        Ok(outcome) => {
            let page = Way::step_up(&next).page_of(SignInMethod::of(field));
            reader.tell(&page, code_notice(&outcome, field))
        }
        Err(problem) => from_the_start(&reader, &next, problem),
    }
}

fn go_on(browser: &Browser, opened: &Opened) -> Answer {
    browser.raise(opened)?;
    Ok(redirect(opened.next.as_str()))
}

/// What expired or was answered elsewhere is asked again, and so is what the user now has a device
/// for.
fn from_the_start(reader: &Reader, next: &NextPath, problem: Problem) -> Answer {
    let is_over = problem.fault() == Fault::Stale || problem.code() == codes::SESSION_STEP_UP;
    if is_over {
        again(reader, next)
    } else {
        Err(problem.into())
    }
}

fn again(reader: &Reader, next: &NextPath) -> Result<HttpResponse, Refused> {
    reader.tell(&here(next), Notice::StepUpAgain)
}

fn here(next: &NextPath) -> String {
    let next = parameter(next.as_str());
    format!("/step-up?next={next}")
}
