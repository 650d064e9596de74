//! `/console/browsers`

use actix_web::HttpRequest;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use super::paging::{ONE_MORE, cut, read, typed};
use super::user_address::address;
use crate::views::Notice;
use crate::views::trusted_browsers::{ConsoleTrustedBrowsersPage, TrustedBrowserRow};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use crate::web::form_pages::list_or;
use keyward_actions::trusted_browser;
use keyward_actions::user;
use keyward_core::domain::trusted_browser::{TrustedBrowser, TrustedBrowserId};
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, Superuser};
use keyward_core::problem::{Result, codes};

#[derive(Deserialize)]
pub struct Params {
    user: Option<String>,
    after: Option<String>,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    Query(asked): Query<Params>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let user = typed(asked.user)?.unwrap_or_default();
    let before = read(asked.after, TrustedBrowserId::parse)?;
    let (mut browsers, are_more_meant) = found(&site, &by, &user, before).await?;
    let is_more = cut(&mut browsers);
    let last = browsers.last().filter(|_| is_more);
    let page = ConsoleTrustedBrowsersPage {
        user,
        are_more_meant,
        next: last.map(|(browser, _)| browser.id.to_string()),
        browsers: browsers
            .iter()
            .map(|(browser, owner)| TrustedBrowserRow::new(browser, owner))
            .collect(),
        is_first_page: before.is_none(),
    };
    reader.at_console(&auditor).show(&page)
}

/// What the filter finds, and whether it fits more people than those whose browsers these are.
async fn found(
    site: &Site,
    by: &MayAudit,
    user: &str,
    before: Option<TrustedBrowserId>,
) -> Result<(Vec<(TrustedBrowser, String)>, bool)> {
    let app = &site.app;
    if user.is_empty() {
        let found = trusted_browser::list(app, by, None, before, ONE_MORE);
        return Ok((found.await?, false));
    }
    let meant = user::meant(app, by, user).await?;
    let mut found = Vec::new();
    for person in meant.people {
        let theirs = trusted_browser::list(app, by, Some(person), before, ONE_MORE);
        found.extend(theirs.await?);
    }
    found.sort_by_key(|(browser, _)| std::cmp::Reverse(browser.id.to_string()));
    found.truncate(usize::try_from(ONE_MORE).unwrap_or_default());
    Ok((found, meant.are_more))
}

/// Ends the trust in a user's browser.
pub async fn end(
    request: HttpRequest,
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let id = TrustedBrowserId::parse(&path).ok_or(codes::TRUSTED_BROWSER_UNKNOWN)?;
    let administrator = Administrator::at_console(&superuser, client);
    let user = trusted_browser::end(&site.app, &administrator, id).await?;
    let name = user.name.as_str().to_owned();
    let to = list_or(&request, address(user.id));
    reader.tell(&to, Notice::UserBrowserTrustEnded { name })
}
