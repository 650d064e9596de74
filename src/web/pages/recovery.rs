//! `/recover`: a forgotten password.

use actix_web::web::{Data, Form, Path};
use secrecy::SecretString;
use serde::Deserialize;

use crate::views::Notice;
use crate::views::pages::{RecoverPage, ResetPage};
use crate::web::Site;
use crate::web::answer::{Answer, redirect};
use crate::web::extract::browser::Browser;
use crate::web::extract::client::Caller;
use crate::web::extract::reader::Reader;
use keyward_actions::password;
use keyward_actions::recovery::{self, ResetOutcome};
use keyward_core::domain::user::EmailAddress;
use keyward_core::problem::{Fault, codes};
use keyward_core::secret::Token;

const HERE: &str = "/recover";

#[derive(Deserialize)]
pub struct Address {
    email: String,
}

#[derive(Deserialize)]
pub struct NewPasswordField {
    new_password: SecretString,
}

/// Asks for the address.
pub async fn ask(reader: Reader) -> Answer {
    let email = reader.typed();
    reader.show(&RecoverPage { email })
}

/// Sends a link, or does not: the answer is one.
pub async fn send(
    site: Data<Site>,
    Form(fields): Form<Address>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    match EmailAddress::parse(&fields.email) {
        Ok(email) => recovery::ask(&site.app, &email, &client).await?,
        Err(problem) => {
            let notice = Notice::refused(&problem);
            return reader.tell_with(HERE, notice, Some(&fields.email));
        }
    }
    reader.tell("/sign-in", Notice::RecoverySent)
}

/// Asks for the new password.
pub async fn show(site: Data<Site>, path: Path<String>, reader: Reader) -> Answer {
    let link = token(&path)?;
    let form = recovery::reset_form(&site.app, &link).await?;
    reader.show(&ResetPage {
        token: link.expose().to_string(),
        username: form.name.as_str().to_owned(),
        shortest: form.usage.shortest(),
    })
}

/// Sets it, or asks for the second factor first.
pub async fn reset(
    site: Data<Site>,
    path: Path<String>,
    Form(fields): Form<NewPasswordField>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let link = token(&path)?;
    let form = recovery::reset_form(&site.app, &link).await?;
    let reset = async {
        let new = password::judge(&(site.app), fields.new_password, &form.name).await?;
        recovery::reset_password(&site.app, &link, new, &client).await
    };
    match reset.await {
        Ok(ResetOutcome::Set) => reader.tell("/sign-in", Notice::PasswordReset),
        Ok(ResetOutcome::SecondFactor(journey)) => {
            super::sign_in::leave_before(&site, &browser, &client).await?;
            browser.begin_sign_in(&journey)?;
            Ok(redirect("/sign-in"))
        }
        Err(problem) if problem.fault() == Fault::Malformed => {
            let back = format!("{HERE}/{}", link.expose().as_str());
            reader.tell(&back, Notice::refused(&problem))
        }
        Err(problem) => Err(problem.into()),
    }
}

fn token(path: &str) -> keyward_core::problem::Result<Token> {
    Token::parse(path).ok_or_else(|| codes::RECOVERY_LINK_USED.into())
}
