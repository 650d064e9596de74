//! `/setup`: the first superuser.

use actix_web::web::{Data, Form, Query};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::views::Notice;
use crate::views::pages::SetUpPage;
use crate::web::Site;
use crate::web::answer::{Answer, redirect};
use crate::web::extract::browser::Browser;
use crate::web::extract::client::Caller;
use crate::web::extract::reader::Reader;
use keyward_actions::password;
use keyward_actions::set_up;
use keyward_core::domain::user::{EmailAddress, UserName};
use keyward_core::problem::{Fault, Problem, codes};
use keyward_core::secret::Token;

#[derive(Deserialize)]
pub struct Link {
    token: String,
}

#[derive(Deserialize)]
pub struct FormData {
    token: String,
    username: String,
    #[serde(default)]
    email: String,
    password: SecretString,
}

/// What was typed before, where something was refused.
#[derive(Default, Deserialize, Serialize)]
struct Typed {
    username: String,
    email: String,
}

pub async fn show(site: Data<Site>, link: Option<Query<Link>>, reader: Reader) -> Answer {
    let token = link.and_then(|link| Token::parse(&link.token));
    let token = token.ok_or(codes::SETUP_LINK_USED)?;
    if !set_up::link_is_open(&site.app, &token).await? {
        return Err(codes::SETUP_LINK_USED.into());
    }
    let typed: Typed = serde_json::from_str(&reader.typed()).unwrap_or_default();
    reader.show(&SetUpPage {
        token: token.expose().to_string(),
        username: typed.username,
        email: typed.email,
    })
}

pub async fn set_up(
    site: Data<Site>,
    Form(fields): Form<FormData>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let token = Token::parse(&fields.token).ok_or(codes::SETUP_LINK_USED)?;
    // Before anything is thought about what a stranger sent.
    set_up::need_link(&site.app, &token).await?;
    let set_up = async {
        let name = UserName::parse(&fields.username)?;
        let email = Some(fields.email.trim()).filter(|text| !text.is_empty());
        let email = email.map(EmailAddress::parse).transpose()?;
        let password = password::judge(&site.app, fields.password, &name).await?;
        let app = &site.app;
        set_up::create_superuser(app, &token, name, email, password, &client).await
    };
    match set_up.await {
        Ok(opened) => {
            browser.open(&opened)?;
            Ok(redirect(opened.next.as_str()))
        }
        Err(problem) if problem.fault() == Fault::Malformed => {
            let back = format!("/setup?token={}", token.expose().as_str());
            let notice = Notice::refused(&problem);
            let typed = Typed {
                username: fields.username,
                email: fields.email,
            };
            let typed = serde_json::to_string(&typed).map_err(Problem::internal)?;
            reader.tell_with(&back, notice, Some(&typed))
        }
        Err(problem) => Err(problem.into()),
    }
}
