//! `/account/password`, and how strong a password is while it is typed.

use actix_web::HttpResponse;
use actix_web::web::{Data, Form, Json};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::views::Notice;
use crate::views::pages::PasswordChangePage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::Browser;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::password::{self, ChangeOutcome};
use keyward_core::domain::password::Strength;
use keyward_core::flows::permit::SteppedUp;
use keyward_core::problem::Fault;

const HERE: &str = "/account/password";

#[derive(Deserialize)]
pub struct FormData {
    #[serde(default)]
    password: SecretString,
    new_password: SecretString,
}

#[derive(Deserialize)]
pub struct Typed {
    password: SecretString,
    #[serde(default)]
    username: String,
}

#[derive(Serialize)]
struct Judged {
    score: u8,
    text: String,
}

/// Asks for the present and the new password.
pub async fn show(site: Data<Site>, Permit(permit): Permit<SteppedUp>, reader: Reader) -> Answer {
    let usage = password::password_use(&site.app, permit.user().id).await?;
    let page = PasswordChangePage {
        username: permit.user().name.as_str().to_owned(),
        shortest: usage.shortest(),
        has_password: password::has_password(&site.app, permit.user().id).await?,
    };
    reader.is(&permit).show(&page)
}

/// Changes it.
pub async fn change(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    Form(fields): Form<FormData>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let name = &permit.user().name;
    let change = async {
        let new = password::judge(&(site.app), fields.new_password, name).await?;
        password::change(&(site.app), &permit, fields.password, new, &client).await
    };
    match change.await {
        Ok(ChangeOutcome::Changed(opened)) => {
            browser.raise(&opened)?;
            reader.tell(opened.next.as_str(), Notice::PasswordChanged)
        }
        Ok(ChangeOutcome::Wrong) => reader.tell(HERE, Notice::WrongPresentPassword),
        Err(problem) if problem.fault() == Fault::Malformed => {
            reader.tell(HERE, Notice::refused(&problem))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Judges what is being typed; the script of the page asks. Nothing of it is kept.
pub async fn strength(
    site: Data<Site>,
    Json(typed): Json<Typed>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let strength: Strength =
        password::strength(&site.app, typed.password, typed.username, &client).await?;
    let score = strength.score();
    let text = site.views.strength(score, reader.language())?;
    Ok(HttpResponse::Ok().json(Judged { score, text }))
}
