//! `/sign-out`

use actix_web::web::Data;

use crate::views::Notice;
use crate::web::Site;
use crate::web::answer::{Answer, redirect};
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::client::Caller;
use crate::web::extract::reader::Reader;
use keyward_actions::journey;
use keyward_actions::session;
use keyward_actions::upstream;

/// Ends the session, or whatever there is of one.
pub async fn sign_out(
    site: Data<Site>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let mut there = None;
    if let Some(identifier) = browser.identifier() {
        there = upstream::signs_out_at(&site.app, &identifier).await?;
        session::sign_out(&site.app, &identifier, &client).await?;
    }
    if let Some(journey) = browser.journey(Journey::SignIn) {
        journey::abandon(&site.app, &journey).await?;
    }
    browser.end();
    if let Some(name) = there {
        return Ok(redirect(&format!("/upstream/{name}/sign-out")));
    }
    reader.tell("/sign-in", Notice::SignedOut)
}
