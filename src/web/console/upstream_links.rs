//! `/console/users/{id}/upstream/{link}/remove`

use actix_web::web::{Data, Path};

use super::confirming::ConfirmingSuperuser;
use super::user_address::{address, id};
use crate::views::Notice;
use crate::views::console::{ConfirmationPage, Consequence, Question};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::upstream;
use keyward_core::domain::upstream::UpstreamLinkId;
use keyward_core::flows::permit::{Administrator, Superuser};
use keyward_core::problem::{Result, codes};

/// Asks whether a user's link with another OpenID provider shall be taken back.
pub async fn ask_to_remove(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    path: Path<(String, String)>,
) -> Answer {
    let (user, link) = (id(&path.0)?, link(&path.1)?);
    let all = upstream::of_user(&site.app, &asked.administrator, user).await?;
    let mut all = all.into_iter();
    let found = all
        .find(|one| one.link.id == link)
        .ok_or(codes::UPSTREAM_LINK_UNKNOWN)?;
    let back = address(user);
    let page = ConfirmationPage {
        question: Question::RemoveUpstreamLink,
        name: found.label,
        consequences: ["sessions", "way-back"].map(Consequence::plain).into(),
        action: format!("{back}/upstream/{link}/remove"),
        fields: Vec::new(),
        back,
    };
    asked.reader.show(&page)
}

/// Takes it back.
pub async fn remove(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<(String, String)>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let (user, link) = (id(&path.0)?, link(&path.1)?);
    let removed = upstream::remove(&site.app, &administrator, user, link).await?;
    let name = removed.label;
    reader.tell(&address(user), Notice::UserUpstreamUnlinked { name })
}

fn link(path: &str) -> Result<UpstreamLinkId> {
    UpstreamLinkId::parse(path).ok_or_else(|| codes::UPSTREAM_LINK_UNKNOWN.into())
}
