//! `/console/sessions`

use actix_web::HttpRequest;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use super::paging::{ONE_MORE, cut, read, typed};
use super::user_address::{self, address};
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
use keyward_core::clock::Timestamp;
use keyward_core::domain::session::{Session, SessionId, SessionPlace};
use keyward_core::flows::permit::{Administrator, SteppedUp, Superuser};
use keyward_core::problem::{Result, codes};

#[derive(Deserialize)]
pub struct Params {
    user: Option<String>,
    after: Option<String>,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Query(asked): Query<Params>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let user = typed(asked.user)?.unwrap_or_default();
    let after = read(asked.after, place)?;
    let (mut sessions, are_more_meant) = found(&site, &administrator, &user, after).await?;
    let is_more = cut(&mut sessions);
    let last = sessions.last().filter(|_| is_more);
    let here = superuser.session().id;
    let page = ConsoleSessionsPage {
        user,
        are_more_meant,
        next: last.map(|(session, _)| written(session)),
        sessions: sessions
            .iter()
            .map(|(session, owner)| OwnedSessionRow {
                session: SessionRow::new(session, here),
                owner_id: session.user_id.to_string(),
                owner: owner.clone(),
            })
            .collect(),
        is_first_page: after.is_none(),
    };
    reader.at_console(&superuser).show(&page)
}

/// What the filter finds, and whether it fits more people than those whose sessions these are.
async fn found(
    site: &Site,
    administrator: &Administrator,
    user: &str,
    after: Option<SessionPlace>,
) -> Result<(Vec<(Session, String)>, bool)> {
    let app = &site.app;
    if user.is_empty() {
        let found = session::list(app, administrator, None, after, ONE_MORE);
        return Ok((found.await?, false));
    }
    let meant = user::meant(app, administrator, user).await?;
    let mut found = Vec::new();
    for person in meant.people {
        let theirs = session::list(app, administrator, Some(person), after, ONE_MORE);
        found.extend(theirs.await?);
    }
    found.sort_by_key(|(session, _)| {
        std::cmp::Reverse((session.last_seen_at, session.id.to_string()))
    });
    found.truncate(usize::try_from(ONE_MORE).unwrap_or_default());
    Ok((found, meant.are_more))
}

/// A place in the list, as addresses carry it.
fn written(session: &Session) -> String {
    format!("{}:{}", session.last_seen_at.millis(), session.id)
}

fn place(text: &str) -> Option<SessionPlace> {
    let (last_seen_at, id) = text.split_once(':')?;
    Some(SessionPlace {
        last_seen_at: Timestamp::from_millis(last_seen_at.parse().ok()?),
        id: SessionId::parse(id)?,
    })
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
