//! `/console`

use actix_web::web::Data;

use crate::views::console::ConsoleOverviewPage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::overview;
use keyward_core::flows::permit::{Administrator, Superuser};

/// How many events the overview shows.
const EVENTS: i64 = 10;

/// The numbers, and what happened last.
pub async fn show(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let overview = overview::collect(&site.app, &administrator, EVENTS).await?;
    let page = ConsoleOverviewPage::from(&overview);
    reader.at_console(&superuser).show(&page)
}
