//! `/console/invites`

use actix_web::HttpRequest;
use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

use super::group_field::{GroupFields, field};
use super::wanted::Wanted;
use crate::lists::Invitations;
use crate::views::Notice;
use crate::views::console::{
    InvitationRow, InvitationSentPage, InvitationsPage, NewInvitationPage,
};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use crate::web::form_pages::list_or;
use keyward_actions::invitation;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::invitation::{InvitationId, SentInvitation};
use keyward_core::domain::user::EmailAddress;
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, SteppedUp, Superuser};
use keyward_core::problem::{Fault, Result, codes};

const HERE: &str = "/console/invites";

#[derive(Deserialize)]
pub struct FormData {
    email: String,
    #[serde(flatten)]
    groups: GroupFields,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    wanted: Wanted<Invitations>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let found = wanted.page(&site.app, &by).await?;
    let invites = found.items.iter();
    let page = InvitationsPage {
        next: found.next,
        invites: invites
            .map(|(invitation, by)| InvitationRow::new(invitation, by.as_deref()))
            .collect(),
        is_first_page: found.is_first_page,
        mail_stays: invitation::mail_stays_here(&site.app),
    };
    reader.at_console(&auditor).show(&page)
}

/// Asks whom to invite.
pub async fn ask(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Permit(_): Permit<SteppedUp>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let page = NewInvitationPage {
        groups: field(&site, &administrator, &[], String::new()).await?,
        days: days(&site),
        mail_stays: invitation::mail_stays_here(&site.app),
        ..NewInvitationPage::default()
    };
    reader.at_console(&superuser).show(&page)
}

/// Invites.
pub async fn invite(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let invited = match wanted(&site, &administrator, &fields).await {
        Ok((email, groups)) => invitation::invite(&site.app, &administrator, email, groups).await,
        Err(problem) => Err(problem),
    };
    match invited {
        Ok(sent) => match by_hand(&site, &sent) {
            Some(page) => reader.at_console(&superuser).show(&page),
            None => {
                let name = fields.email.trim().to_owned();
                reader.tell(HERE, Notice::Invited { name })
            }
        },
        Err(problem) => {
            let page = NewInvitationPage {
                email: fields.email,
                groups: fields.groups.again(&site, &administrator).await?,
                days: days(&site),
                mail_stays: invitation::mail_stays_here(&site.app),
            };
            reader.at_console(&superuser).show_again(problem, || page)
        }
    }
}

/// The link, where no mail leaves this machine and the administrator has to hand it over.
fn by_hand(site: &Site, sent: &SentInvitation) -> Option<InvitationSentPage> {
    sent.link.as_ref().map(|link| InvitationSentPage {
        email: sent.invitation.email.as_str().to_owned(),
        address: invitation::address(&site.app, link),
        expires_at: sent.invitation.expires_at,
    })
}

async fn wanted(
    site: &Site,
    administrator: &Administrator,
    fields: &FormData,
) -> Result<(EmailAddress, Vec<GroupName>)> {
    let email = EmailAddress::parse(&fields.email)?;
    Ok((email, fields.groups.chosen(site, administrator).await?))
}

fn days(site: &Site) -> u64 {
    let lasting = site.app.settings().invitation.lasting;
    lasting.as_secs().div_ceil(86_400)
}

/// Sends it again, with another link.
pub async fn resend(
    request: HttpRequest,
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let resent = invitation::resend(&site.app, &administrator, id(&path)?).await;
    match resent {
        Ok(sent) => match by_hand(&site, &sent) {
            Some(page) => reader.at_console(&superuser).show(&page),
            None => {
                let name = sent.invitation.email.as_str().to_owned();
                reader.tell(
                    &list_or(&request, HERE.to_owned()),
                    Notice::InvitedAgain { name },
                )
            }
        },
        Err(problem) if problem.fault() == Fault::Stale => {
            reader.tell(HERE, Notice::refused(&problem))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Takes it back.
pub async fn revoke(
    request: HttpRequest,
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let revoked = invitation::revoke(&site.app, &administrator, id(&path)?).await?;
    let name = revoked.email.as_str().to_owned();
    reader.tell(
        &list_or(&request, HERE.to_owned()),
        Notice::InvitationRevoked { name },
    )
}

fn id(path: &str) -> Result<InvitationId> {
    InvitationId::parse(path).ok_or_else(|| codes::INVITATION_UNKNOWN.into())
}
