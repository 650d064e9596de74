//! `/console/sessions`

use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use super::paging::{ONE_MORE, cut, read, typed};
use super::user::{self, address};
use crate::domain::session::{Client, SignIn, SignInId};
use crate::flows::permit::{Administrator, Superuser};
use crate::problem::{Result, codes};
use crate::views::Notice;
use crate::views::sessions::{ConsoleSessionsPage, OwnedSessionRow, SessionRow};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::reader::Reader;

#[derive(Deserialize)]
pub struct Asked {
    user: Option<String>,
    after: Option<String>,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    superuser: Superuser,
    Query(asked): Query<Asked>,
    reader: Reader,
    client: Client,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let user = typed(asked.user)?.unwrap_or_default();
    let before = read(asked.after, SignInId::parse)?;
    let mut sessions = found(&site, &administrator, &user, before).await?;
    let is_more = cut(&mut sessions);
    let last = sessions.last().filter(|_| is_more);
    let here = superuser.sign_in().id;
    let page = ConsoleSessionsPage {
        user,
        next: last.map(|(sign_in, _)| sign_in.id.to_string()),
        sessions: sessions
            .iter()
            .map(|(sign_in, owner)| OwnedSessionRow {
                session: SessionRow::new(sign_in, here),
                owner_id: sign_in.user_id.to_string(),
                owner: owner.clone(),
            })
            .collect(),
        is_first_page: before.is_none(),
    };
    reader.at_console(&superuser).show(&page)
}

/// What the filter finds; nothing where it names nobody.
async fn found(
    site: &Site,
    administrator: &Administrator,
    user: &str,
    before: Option<SignInId>,
) -> Result<Vec<(SignIn, String)>> {
    let user = match user {
        "" => None,
        name => match site.keyward.user_by_name(administrator, name).await? {
            Some(user) => Some(user.id),
            None => return Ok(Vec::new()),
        },
    };
    site.keyward
        .sessions(administrator, user, before, ONE_MORE)
        .await
}

/// Ends somebody's session.
pub async fn end(
    site: Data<Site>,
    superuser: Superuser,
    path: Path<String>,
    reader: Reader,
    client: Client,
) -> Answer {
    let id = SignInId::parse(&path).ok_or(codes::SESSION_UNKNOWN)?;
    let administrator = Administrator::at_console(&superuser, client);
    let user = site.keyward.end_session(&administrator, id).await?;
    let name = user.name.as_str().to_owned();
    reader.tell(&address(user.id), Notice::UserSessionEnded { name })
}

/// Ends all sessions of a user.
pub async fn end_all(
    site: Data<Site>,
    superuser: Superuser,
    path: Path<String>,
    reader: Reader,
    client: Client,
) -> Answer {
    let id = user::id(&path)?;
    let administrator = Administrator::at_console(&superuser, client);
    let user = site.keyward.user(&administrator, id).await?;
    site.keyward.end_sessions_of(&administrator, id).await?;
    let name = user.name.as_str().to_owned();
    reader.tell(&address(id), Notice::UserSessionsEnded { name })
}
