//! `/console/users/{id}/password/…`: links by which people choose a password that no administrator
//! learns.

use actix_web::web::{Data, Path};

use super::user_address::{address, id};
use crate::views::Notice;
use crate::views::console::{LinkIssuedPage, PasswordState};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::password;
use keyward_actions::recovery::{self, IssuedLink, LinkWay};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{Administrator, Superuser};
use keyward_core::problem::{Fault, Result};
use keyward_settings::MailTransport;

/// What the page of a user says about their password.
pub(super) async fn state(
    site: &Site,
    user: UserId,
    email: &Option<String>,
) -> Result<PasswordState> {
    let is_mailed = site.app.settings().mail.transport != MailTransport::Log;
    Ok(PasswordState {
        has_password: password::has_password(&site.app, user).await?,
        mailed_to: email.clone().filter(|_| is_mailed),
    })
}

/// Sends a link for a password, or shows it once.
pub async fn issue(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    let issued = recovery::issue_link(&site.app, &administrator, id).await;
    let notice = |name| Notice::PasswordLinkSent { name };
    issued_to(&site, &superuser, reader, id, issued, notice)
}

/// Takes the password away, and sends a link for a new one, or shows it once.
pub async fn ask(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    let issued = recovery::ask_for_new_password(&site.app, &administrator, id).await;
    let notice = |name| Notice::PasswordAsked { name };
    issued_to(&site, &superuser, reader, id, issued, notice)
}

fn issued_to(
    site: &Site,
    superuser: &Superuser,
    reader: Reader,
    id: UserId,
    issued: Result<IssuedLink>,
    notice: impl FnOnce(String) -> Notice,
) -> Answer {
    let issued = match issued {
        Ok(issued) => issued,
        Err(problem) if problem.fault() == Fault::Denied => {
            return reader.tell(&address(id), Notice::refused(&problem));
        }
        Err(problem) => return Err(problem.into()),
    };
    let owner = issued.user.name.as_str().to_owned();
    match issued.way {
        LinkWay::Mailed(_) => reader.tell(&address(id), notice(owner)),
        LinkWay::HandedOver(token) => {
            let mut link = site.app.settings().server.public_url.clone();
            link.set_path(&format!("/recover/{}", token.expose().as_str()));
            let page = LinkIssuedPage {
                user_id: id,
                owner,
                address: link.into(),
                expires_at: issued.expires_at,
            };
            reader.at_console(superuser).show(&page)
        }
    }
}
