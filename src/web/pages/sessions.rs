//! `/account/sessions`

use actix_web::web::{Data, Path};

use crate::views::Notice;
use crate::views::sessions::{SessionRow, SessionsPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::Browser;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::session;
use keyward_core::domain::session::SessionId;
use keyward_core::flows::permit::{SignedIn, SteppedUp};
use keyward_core::problem::codes;

const HERE: &str = "/account/sessions";

/// The list.
pub async fn list(site: Data<Site>, Permit(signed_in): Permit<SignedIn>, reader: Reader) -> Answer {
    let sessions = session::own(&site.app, &signed_in).await?;
    let here = signed_in.session().id;
    let page = SessionsPage {
        sessions: sessions
            .iter()
            .map(|session| SessionRow::new(session, here))
            .collect(),
    };
    reader.is(&signed_in).show(&page)
}

/// Ends one.
pub async fn end(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    path: Path<String>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let id = SessionId::parse(&path).ok_or(codes::SESSION_UNKNOWN)?;
    session::end_own(&site.app, &permit, id, &client).await?;
    if id == permit.session().id {
        browser.end();
        return reader.tell("/sign-in", Notice::SignedOut);
    }
    reader.tell(HERE, Notice::OwnSessionEnded)
}

/// Ends all others.
pub async fn end_others(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    session::end_others(&site.app, &permit, &client).await?;
    reader.tell(HERE, Notice::OtherSessionsEnded)
}
