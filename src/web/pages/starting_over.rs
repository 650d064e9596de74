//! A sign-in that ends before its end, and begins again where it led.

use actix_web::web::Data;
use url::form_urlencoded::Serializer;

use crate::views::Notice;
use crate::web::Site;
use crate::web::answer::{Answer, redirect};
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::reader::Reader;
use keyward_actions::journey;
use keyward_core::flows::next_path::NextPath;
use keyward_core::secret::Token;

/// Gives the journey up and begins again.
pub async fn restart(site: Data<Site>, browser: Browser) -> Answer {
    let Some(journey) = browser.journey(Journey::SignIn) else {
        return Ok(redirect("/sign-in"));
    };
    let led = journey::give_sign_in_up(&site.app, &journey).await?;
    browser.forget(Journey::SignIn);
    Ok(redirect(&back_with(led.as_ref())))
}

/// The time is over: back to the first page, which leads where this address asks for, or else where
/// the sign-in was leading.
pub(super) async fn start_over(
    site: &Site,
    journey: &Token,
    asked: Option<NextPath>,
    browser: &Browser,
    reader: &Reader,
) -> Answer {
    let led = journey::give_sign_in_up(&site.app, journey).await?;
    browser.forget(Journey::SignIn);
    reader.tell(&back_with(asked.or(led).as_ref()), Notice::SignInExpired)
}

/// The first page again, still leading where it led.
pub(super) fn back_with(next: Option<&NextPath>) -> String {
    match next {
        None => "/sign-in".to_owned(),
        Some(next) => {
            let query = Serializer::new(String::new())
                .append_pair("next", next.as_str())
                .finish();
            format!("/sign-in?{query}")
        }
    }
}
