//! `/account/browsers`

use actix_web::web::{Data, Path};

use crate::domain::session::Client;
use crate::domain::trusted_browser::TrustedBrowserId;
use crate::flows::permit::SignedIn;
use crate::problem::codes;
use crate::views::Notice;
use crate::views::browsers::{BrowserRow, BrowsersPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::reader::Reader;

/// The list.
pub async fn list(site: Data<Site>, signed_in: SignedIn, reader: Reader) -> Answer {
    let browsers = site.keyward.own_browsers(&signed_in).await?;
    let owner = signed_in.user().name.as_str();
    let page = BrowsersPage {
        browsers: browsers
            .iter()
            .map(|browser| BrowserRow::new(browser, owner))
            .collect(),
    };
    reader.is(&signed_in).show(&page)
}

/// Ends the trust in one.
pub async fn end(
    site: Data<Site>,
    signed_in: SignedIn,
    path: Path<String>,
    reader: Reader,
    client: Client,
) -> Answer {
    let id = TrustedBrowserId::parse(&path).ok_or(codes::TRUSTED_BROWSER_UNKNOWN)?;
    let ended = site.keyward.end_own_trust(&signed_in, id, &client).await?;
    let name = ended.name.as_str().to_owned();
    reader.tell("/account/browsers", Notice::BrowserTrustEnded { name })
}
