//! Temporary passes: `/sign-in/pass`, and `/account/password/new` in the session that one opened, or
//! a password that is too short for standing alone.

use actix_web::web::{Data, Form};
use secrecy::SecretString;
use serde::Deserialize;

use crate::views::Notice;
use crate::views::pages::ChoosePasswordPage;
use crate::web::Site;
use crate::web::answer::{Answer, redirect};
use crate::web::extract::browser::Browser;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::password;
use keyward_actions::sign_in::{self, PassOutcome};
use keyward_core::domain::session::Assurance;
use keyward_core::flows::permit::MayChoosePassword;
use keyward_core::problem::Fault;

const HERE: &str = "/sign-in?method=pass";
const PASSWORD: &str = "/account/password/new";

#[derive(Deserialize)]
pub struct FormData {
    username: String,
    pass: SecretString,
}

#[derive(Deserialize)]
pub struct NewPasswordField {
    new_password: SecretString,
}

/// A user name and a pass.
pub async fn sign_in(
    site: Data<Site>,
    Form(fields): Form<FormData>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let outcome = sign_in::with_pass(&site.app, &fields.username, fields.pass, &client).await?;
    match outcome {
        PassOutcome::Wrong => reader.tell_with(HERE, Notice::WrongPass, Some(&fields.username)),
        PassOutcome::Opened(opened) => {
            super::sign_in::leave_before(&site, &browser, &client).await?;
            browser.open(&opened)?;
            Ok(redirect(opened.next.as_str()))
        }
    }
}

/// Asks for a new password.
pub async fn ask(
    site: Data<Site>,
    Permit(permit): Permit<MayChoosePassword>,
    reader: Reader,
) -> Answer {
    let usage = password::password_use(&site.app, permit.user().id).await?;
    let page = ChoosePasswordPage {
        username: permit.user().name.as_str().to_owned(),
        shortest: usage.shortest(),
    };
    reader.chooses_password(&permit).show(&page)
}

/// Sets it.
pub async fn choose(
    site: Data<Site>,
    Permit(permit): Permit<MayChoosePassword>,
    Form(fields): Form<NewPasswordField>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let name = &permit.user().name;
    let choose = async {
        let new = password::judge(&(site.app), fields.new_password, name).await?;
        password::choose(&site.app, &permit, new, &client).await
    };
    match choose.await {
        Ok(opened) => {
            browser.open(&opened)?;
            let notice = match permit.session().assurance {
                Assurance::Pass => Notice::PasswordChosen,
                _ => Notice::PasswordChanged,
            };
            reader.tell(opened.next.as_str(), notice)
        }
        Err(problem) if problem.fault() == Fault::Malformed => {
            reader.tell(PASSWORD, Notice::refused(&problem))
        }
        Err(problem) => Err(problem.into()),
    }
}
