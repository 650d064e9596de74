//! `/found`: somebody without rights here has found a key.

use actix_web::web::{Data, Form};
use serde::Deserialize;

use crate::views::Notice;
use crate::views::pages::FoundKeyPage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::reader::Reader;
use keyward_actions::key::{self, FinderWords};
use keyward_core::problem::codes;
use keyward_core::protocols::yubico::Otp;

const HERE: &str = "/found";

#[derive(Deserialize)]
pub struct Fields {
    #[serde(default)]
    place: String,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    key: String,
}

/// Asks which key, and where it is.
pub async fn ask(site: Data<Site>, reader: Reader) -> Answer {
    match site.app.settings().keys.found_page {
        true => reader.show(&FoundKeyPage::default()),
        false => Err(codes::REQUEST_NOT_FOUND.into()),
    }
}

/// Takes the report. The answer is one, whatever is known of the key.
pub async fn report(
    site: Data<Site>,
    Form(fields): Form<Fields>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let words = FinderWords {
        key: fields.key,
        place: fields.place,
        contact: fields.contact,
    };
    match key::report_found(&site.app, &words, &client).await {
        Ok(()) => reader.tell(HERE, Notice::FoundKeyReported),
        Err(problem) => reader.show_again(problem, || FoundKeyPage {
            // A one-time password is good still, and stands in no page.
            key: match Otp::parse(&words.key) {
                Some(otp) => otp.public_id().to_string(),
                None => words.key,
            },
            place: words.place,
            contact: words.contact,
        }),
    }
}
