//! `/account/browsers`

use actix_web::web::{Data, Path};

use crate::views::Notice;
use crate::views::trusted_browsers::{TrustedBrowserRow, TrustedBrowsersPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::trusted_browser;
use keyward_core::domain::trusted_browser::TrustedBrowserId;
use keyward_core::flows::permit::SignedIn;
use keyward_core::problem::codes;

/// The list.
pub async fn list(site: Data<Site>, Permit(signed_in): Permit<SignedIn>, reader: Reader) -> Answer {
    let browsers = trusted_browser::own(&site.app, &signed_in).await?;
    let owner = signed_in.user().name.as_str();
    let page = TrustedBrowsersPage {
        browsers: browsers
            .iter()
            .map(|browser| TrustedBrowserRow::new(browser, owner))
            .collect(),
    };
    reader.is(&signed_in).show(&page)
}

/// Ends the trust in one.
pub async fn end(
    site: Data<Site>,
    Permit(signed_in): Permit<SignedIn>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let id = TrustedBrowserId::parse(&path).ok_or(codes::TRUSTED_BROWSER_UNKNOWN)?;
    let ended = trusted_browser::end_own(&site.app, &signed_in, id, &client).await?;
    let name = ended.name.as_str().to_owned();
    reader.tell("/account/browsers", Notice::BrowserTrustEnded { name })
}
