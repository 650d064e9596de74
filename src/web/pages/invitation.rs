//! `/invite/{token}`: an invitation becomes an account.

use actix_web::web::{Data, Form, Path};
use secrecy::SecretString;
use serde::Deserialize;

use super::provider_buttons;
use crate::views::pages::InvitationPage;
use crate::web::Site;
use crate::web::answer::{Answer, redirect};
use crate::web::extract::browser::Browser;
use crate::web::extract::client::Caller;
use crate::web::extract::reader::Reader;
use keyward_actions::invitation::{self, InvitationForm};
use keyward_actions::password;
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{NewPassword, UserName};
use keyward_core::problem::{Fault, Result};
use keyward_core::secret::Token;

#[derive(Deserialize)]
pub struct FormData {
    username: String,
    #[serde(default)]
    password: SecretString,
    /// `passkey` where the account shall have no password.
    way: Option<String>,
}

/// Asks for name and password.
pub async fn show(
    site: Data<Site>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let (link, form) = open(&site, &path, &client).await?;
    reader.show(&page(&site, &link, form, String::new()))
}

/// Makes the account.
pub async fn accept(
    site: Data<Site>,
    path: Path<String>,
    Form(fields): Form<FormData>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let (link, form) = open(&site, &path, &client).await?;
    let username = fields.username.clone();
    let accept = async {
        let (name, password) = read(&site, fields).await?;
        invitation::accept(&(site.app), &link, name, password, &client).await
    };
    match accept.await {
        Ok(opened) => {
            super::sign_in::leave_before(&site, &browser, &client).await?;
            browser.open(&opened)?;
            Ok(redirect(opened.next.as_str()))
        }
        Err(problem) if can_be_mended(problem.fault(), problem.code()) => {
            reader.show_refused(&page(&site, &link, form, username), &problem)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// What is wrong with the form, and not with the link.
fn can_be_mended(fault: Fault, code: keyward_core::problem::Code) -> bool {
    use keyward_core::problem::codes;
    let others = [
        codes::USER_NAME_TAKEN,
        codes::ENROLMENT_NEEDS_PASSKEY,
        codes::SIGN_IN_BUSY,
    ];
    fault == Fault::Malformed || others.contains(&code)
}

async fn read(site: &Site, fields: FormData) -> Result<(UserName, Option<NewPassword>)> {
    let name = UserName::parse(&fields.username)?;
    if fields.way.as_deref() == Some("passkey") {
        return Ok((name, None));
    }
    let password = password::judge(&site.app, fields.password, &name).await?;
    Ok((name, Some(password)))
}

async fn open(site: &Site, path: &str, client: &Client) -> Result<(Token, InvitationForm)> {
    let Some(link) = Token::parse(path) else {
        return Err(invitation::refuse_unknown(&site.app, client).await);
    };
    let form = invitation::form(&site.app, &link, client).await?;
    Ok((link, form))
}

fn page(site: &Site, link: &Token, form: InvitationForm, username: String) -> InvitationPage {
    InvitationPage {
        token: link.expose().to_string(),
        email: form.email.as_str().to_owned(),
        username,
        shortest: form.usage.shortest(),
        can_be_passwordless: form.can_be_passwordless,
        providers: provider_buttons::to_accept(site, link),
    }
}
