//! `/console/sessions`

use actix_web::web::{Data, Path};

use super::user::address;
use crate::domain::session::{Client, SignInId};
use crate::flows::permit::{Administrator, Superuser};
use crate::problem::codes;
use crate::views::Notice;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::reader::Reader;

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
