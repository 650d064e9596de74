//! `/console/sessions`

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};

use super::user_address::{self, address};
use super::wanted::Wanted;
use crate::lists::{List as _, Sessions};
use crate::views::Notice;
use crate::views::console::EndEverybodyPage;
use crate::views::sessions::{ConsoleSessionsPage, OwnedSessionRow, SessionRow};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use crate::web::form_pages::list_or;
use keyward_actions::session;
use keyward_actions::user;
use keyward_core::domain::session::SessionId;
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, SteppedUp, Superuser};
use keyward_core::problem::codes;

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    wanted: Wanted<Sessions>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let found = wanted.page(&site.app, &by).await?;
    let here = auditor.session().id;
    let sessions = found.items.iter();
    let page = ConsoleSessionsPage {
        user: found.typed("user"),
        are_more_meant: found.list.are_more_meant(),
        sessions: sessions
            .map(|(session, owner)| OwnedSessionRow {
                session: SessionRow::new(session, here),
                owner_id: session.user_id.to_string(),
                owner: owner.clone(),
            })
            .collect(),
        next: found.next,
        is_first_page: found.is_first_page,
    };
    reader.at_console(&auditor).show(&page)
}

/// Ends a user's session.
pub async fn end(
    request: HttpRequest,
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let id = SessionId::parse(&path).ok_or(codes::SESSION_UNKNOWN)?;
    let administrator = Administrator::at_console(&superuser, client);
    let user = session::end(&site.app, &administrator, id).await?;
    let name = user.name.as_str().to_owned();
    let to = list_or(&request, address(user.id));
    reader.tell(&to, Notice::UserSessionEnded { name })
}

/// Ends all sessions of a user.
pub async fn end_all(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let id = user_address::id(&path)?;
    let administrator = Administrator::at_console(&superuser, client);
    let user = user::find(&site.app, &administrator, id).await?;
    session::end_all_of(&site.app, &administrator, id).await?;
    let name = user.name.as_str().to_owned();
    reader.tell(&address(id), Notice::UserSessionsEnded { name })
}

/// Asks before everybody is signed out.
pub async fn ask_everybody(
    Permit(superuser): Permit<Superuser>,
    Permit(_): Permit<SteppedUp>,
    reader: Reader,
) -> Answer {
    reader.at_console(&superuser).show(&EndEverybodyPage {})
}

/// Signs everybody else out.
pub async fn end_everybody(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    session::end_everybodys(&site.app, &administrator).await?;
    reader.tell("/console/sessions", Notice::EverybodysSessionsEnded)
}
