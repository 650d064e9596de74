//! `/activate`: whoever was sent a key gives the code that came apart from it, and uses the key.

use actix_web::web::{Data, Form};
use secrecy::SecretString;
use serde::Deserialize;

use crate::views::Notice;
use crate::views::pages::{ActivateKeyPage, ActivatePage};
use crate::web::Site;
use crate::web::answer::{Answer, redirect};
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::client::Caller;
use crate::web::extract::reader::Reader;
use keyward_actions::key;
use keyward_core::problem::codes;

pub(in crate::web) const HERE: &str = "/activate";
const KEY: &str = "/activate/key";

#[derive(Deserialize)]
pub struct CodeField {
    code: SecretString,
}

/// Asks for the code.
pub async fn ask(reader: Reader) -> Answer {
    reader.show(&ActivatePage::default())
}

/// Takes it, and goes on to the key.
pub async fn take_code(
    site: Data<Site>,
    Form(field): Form<CodeField>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    match key::take_activation_code(&site.app, &field.code, &client).await {
        Ok(journey) => {
            browser.set_journey(Journey::Activate, &journey)?;
            Ok(redirect(KEY))
        }
        Err(problem) if problem.code() == codes::ACTIVATION_CODE => {
            reader.tell(HERE, Notice::refused(&problem))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Asks for a use of the key.
pub async fn ask_for_key(reader: Reader, browser: Browser) -> Answer {
    match browser.journey(Journey::Activate) {
        Some(_) => reader.show(&ActivateKeyPage::default()),
        None => Ok(redirect(HERE)),
    }
}
