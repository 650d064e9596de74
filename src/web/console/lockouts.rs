//! `/console/lockouts`

use actix_web::web::{Data, Form};
use serde::Deserialize;

use super::paging::ROWS;
use crate::views::Notice;
use crate::views::console::{LockoutRow, LockoutsPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::lockout::{self, Lockouts};
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, Superuser};
use keyward_core::problem::{Problem, codes};

#[derive(Deserialize)]
pub struct FormData {
    which: String,
    scope: Option<String>,
}

/// The list: what is locked first.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let limit = i64::try_from(ROWS * 4).unwrap_or(i64::MAX);
    let counts = lockout::list(&site.app, &by, limit).await?;
    let page = LockoutsPage {
        rows: counts
            .iter()
            .map(|(count, user)| LockoutRow::new(count, user.as_ref()))
            .collect(),
        address_failures: site.app.settings().lockout.address_failures,
        user_failures: site.app.settings().lockout.user_failures,
    };
    reader.at_console(&auditor).show(&page)
}

/// Forgets one count, those that hold no user up any more, or all.
pub async fn clear(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let which = match (fields.which.as_str(), fields.scope) {
        ("all", None) => Lockouts::All,
        ("expired", None) => Lockouts::Expired,
        ("scope", Some(scope)) if sound(&scope) => Lockouts::Scope(scope),
        _ => {
            return Err(Problem::new(codes::REQUEST_MALFORMED)
                .detailed("which")
                .into());
        }
    };
    lockout::clear(&site.app, &administrator, which).await?;
    reader.tell("/console/lockouts", Notice::LockoutsCleared)
}

/// Whether this can be the key of a count: nothing else reaches a statement.
fn sound(scope: &str) -> bool {
    scope.len() <= 200 && scope.chars().all(|c| c.is_ascii_graphic())
}
