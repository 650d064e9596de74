//! `/account/profile` and `/account/email`: what people change about their own accounts.

use actix_web::web::{Data, Form};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::delivered_code::sending_notice;
use crate::views::Notice;
use crate::views::pages::{ConfirmEmailPage, NewEmailPage, ProfilePage};
use crate::web::Site;
use crate::web::answer::{Answer, redirect};
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::journey;
use keyward_actions::user::{self, EmailOutcome};
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::user::{EmailAddress, User, UserName};
use keyward_core::flows::permit::SteppedUp;
use keyward_core::problem::{Fault, Problem, Result, codes};

const PROFILE: &str = "/account/profile";
const EMAIL: &str = "/account/email";

#[derive(Default, Deserialize, Serialize)]
pub struct NameFields {
    username: Option<String>,
    display_name: Option<String>,
}

#[derive(Deserialize)]
pub struct AddressFields {
    email: String,
}

#[derive(Deserialize)]
pub struct CodeFields {
    turn: i64,
    code: SecretString,
}

/// Asks for the names.
pub async fn show(site: Data<Site>, Permit(permit): Permit<SteppedUp>, reader: Reader) -> Answer {
    let may = &site.app.settings().account;
    let typed: NameFields = serde_json::from_str(&reader.typed()).unwrap_or_default();
    let user = permit.user();
    let called = user.display_name.as_ref().map(DisplayName::as_str);
    let page = ProfilePage {
        username: typed.username.unwrap_or_else(|| user.name.to_string()),
        display_name: typed
            .display_name
            .unwrap_or_else(|| called.unwrap_or_default().to_owned()),
        may_change_name: may.may_change_name,
        may_change_display_name: may.may_change_display_name,
    };
    reader.is(&permit).show(&page)
}

/// Changes them.
pub async fn save(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    Form(fields): Form<NameFields>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let changed = match names(permit.user(), &fields) {
        Ok((name, called)) => {
            let app = &site.app;
            user::change_own_names(app, &permit, name, called, &client).await
        }
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(_) => reader.tell("/account", Notice::AccountSaved),
        Err(problem) if problem.fault().can_be_mended() => {
            let typed = serde_json::to_string(&fields).map_err(Problem::internal)?;
            reader.tell_with(PROFILE, Notice::refused(&problem), Some(&typed))
        }
        Err(problem) if problem.fault() == Fault::Denied => {
            reader.tell("/account", Notice::refused(&problem))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The names of a form. A field that the page did not offer leaves what it is about as it is, and so
/// does one that was left alone, whatever the rule for it says today.
fn names(user: &User, fields: &NameFields) -> Result<(UserName, Option<DisplayName>)> {
    let name = match fields.username.as_deref().map(str::trim) {
        Some(typed) if typed != user.name.as_str() => UserName::parse(typed)?,
        _ => user.name.clone(),
    };
    let called = user.display_name.as_ref().map(DisplayName::as_str);
    let called = match fields.display_name.as_deref().map(str::trim) {
        Some("") => None,
        Some(typed) if Some(typed) != called => Some(DisplayName::parse(typed)?),
        _ => user.display_name.clone(),
    };
    Ok((name, called))
}

/// Asks for the new address, and then for the code that was sent there.
pub async fn ask_for_email(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    reader: Reader,
    browser: Browser,
) -> Answer {
    let digits = site.app.settings().codes.digits;
    if let Some(journey) = browser.journey(Journey::ChangeEmail)
        && let Some(offer) = user::own_email_offer(&site.app, &permit, &journey).await?
    {
        let page = ConfirmEmailPage {
            turn: offer.turn,
            address: offer.address.as_str().to_owned(),
            sent_until: offer.sent.map(|sent| sent.expires_at),
            digits,
        };
        return reader.is(&permit).show(&page);
    }
    let present = permit.user().email.as_ref();
    let page = NewEmailPage {
        present: present.map(|email| email.as_str().to_owned()),
        typed: reader.typed(),
        may_change: site.app.settings().account.may_change_email,
        digits,
    };
    reader.is(&permit).show(&page)
}

/// The new address.
pub async fn begin_email(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    Form(fields): Form<AddressFields>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let begun = match EmailAddress::parse(&fields.email) {
        Ok(address) => {
            let app = &site.app;
            user::begin_own_email(app, &permit, address, &reader, &client).await
        }
        Err(problem) => Err(problem),
    };
    match begun {
        Ok(journey) => {
            browser.set_journey(Journey::ChangeEmail, &journey)?;
            reader.tell(EMAIL, Notice::CodeSent)
        }
        Err(problem) if is_for_the_page(&problem) => {
            reader.tell_with(EMAIL, Notice::refused(&problem), Some(&fields.email))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Whether the person can mend a refusal where they are, or at least read it there.
fn is_for_the_page(problem: &Problem) -> bool {
    problem.fault().can_be_mended()
        || problem.fault() == Fault::Denied
        || problem.code().name.starts_with("code.")
}

/// The code.
pub async fn confirm_email(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    Form(fields): Form<CodeFields>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let Some(journey) = browser.journey(Journey::ChangeEmail) else {
        return reader.tell(EMAIL, Notice::CodeExpired);
    };
    let typed = fields.code.expose_secret();
    let outcome =
        user::confirm_own_email(&site.app, &permit, &journey, fields.turn, typed, &client).await;
    match outcome {
        Ok(EmailOutcome::Changed(address)) => {
            browser.forget(Journey::ChangeEmail);
            let name = address.as_str().to_owned();
            reader.tell("/account", Notice::EmailChanged { name })
        }
        Ok(EmailOutcome::Expired) => reader.tell(EMAIL, Notice::CodeExpired),
        Ok(EmailOutcome::Wrong) => reader.tell(EMAIL, Notice::WrongDeliveredCode),
        Err(problem) if problem.code() == codes::ENROLMENT_NOT_STARTED => {
            reader.tell(EMAIL, Notice::CodeExpired)
        }
        Err(problem) if is_for_the_page(&problem) => {
            browser.forget(Journey::ChangeEmail);
            reader.tell(EMAIL, Notice::refused(&problem))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Another code.
pub async fn send_email_code(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let Some(journey) = browser.journey(Journey::ChangeEmail) else {
        return Ok(redirect(EMAIL));
    };
    let app = &site.app;
    let sent = user::send_own_email_code(app, &permit, &journey, &reader, &client).await;
    reader.tell(EMAIL, sending_notice(sent)?)
}

/// Another address.
pub async fn restart_email(
    site: Data<Site>,
    Permit(_): Permit<SteppedUp>,
    browser: Browser,
) -> Answer {
    if let Some(journey) = browser.journey(Journey::ChangeEmail) {
        journey::abandon(&site.app, &journey).await?;
        browser.forget(Journey::ChangeEmail);
    }
    Ok(redirect(EMAIL))
}
