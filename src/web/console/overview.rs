//! `/console`

use actix_web::web::Data;

use crate::domain::session::Client;
use crate::flows::permit::{Administrator, Superuser};
use crate::views::console::ConsoleOverviewPage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::reader::Reader;

/// How many events the overview shows.
const EVENTS: i64 = 10;

/// The numbers, and what happened last.
pub async fn show(
    site: Data<Site>,
    superuser: Superuser,
    reader: Reader,
    client: Client,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let overview = site.keyward.overview(&administrator, EVENTS).await?;
    let page = ConsoleOverviewPage::from(&overview);
    reader.at_console(&superuser).show(&page)
}
