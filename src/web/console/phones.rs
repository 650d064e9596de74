//! `/console/phones`

use actix_web::web::Data;

use crate::views::Notice;
use crate::views::console::{PhoneCountRow, PhonesPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::delivered_code;
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, Superuser};

const HERE: &str = "/console/phones";

/// What was sent within a day.
pub async fn show(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let traffic = delivered_code::phone_traffic(&site.app, &by).await?;
    let rows = traffic.counts.into_iter().map(|sent| PhoneCountRow {
        what: (sent.what != "all").then_some(sent.what),
        times: sent.times,
        since: sent.since,
    });
    let page = PhonesPage {
        is_stopped: traffic.is_stopped,
        rows: rows.collect(),
    };
    reader.at_console(&auditor).show(&page)
}

/// Sends nothing to phones any more.
pub async fn stop(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    delivered_code::switch_phones(&site.app, &administrator, false).await?;
    reader.tell(HERE, Notice::PhonesStopped)
}

/// Sends codes to phones again.
pub async fn start(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    delivered_code::switch_phones(&site.app, &administrator, true).await?;
    reader.tell(HERE, Notice::PhonesStarted)
}
