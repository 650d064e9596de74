//! `/api/v1/invitations`

use actix_web::http::Method;
use serde::Deserialize;
use utoipa::ToSchema;

use super::call::{Call, done};
use super::lists::list;
use super::operation::{Operation, to};
use super::users::groups;
use crate::lists::Invitations;
use crate::rows::InvitationRow;
use crate::web::answer::Answer;
use keyward_actions::invitation;
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::invitation::InvitationId;
use keyward_core::domain::user::EmailAddress;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Result, codes};

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::InvitationsRead, ApiScope::InvitationsWrite);
    let unknown = &[codes::INVITATION_UNKNOWN];
    let known = &[codes::INVITATION_HAS_ACCOUNT, codes::INVITATION_OPEN];
    vec![
        list::<Invitations>("invitations.list", reads),
        Operation::new(
            Method::POST,
            "/invitations",
            "invitations.create",
            writes,
            "Invites somebody by mail",
            || to(create),
        )
        .takes::<NewInvitation>()
        .creates::<InvitationRow>()
        .refuses(known)
        .refuses(&[
            codes::USER_EMAIL_INVALID,
            codes::GROUP_NAME_INVALID,
            codes::GROUP_BEING_REMOVED,
        ]),
        Operation::new(
            Method::GET,
            "/invitations/{id}",
            "invitations.read",
            reads,
            "One invitation, whatever became of it",
            || to(read),
        )
        .reads::<InvitationRow>()
        .refuses(unknown),
        Operation::new(
            Method::POST,
            "/invitations/{id}/resend",
            "invitations.resend",
            writes,
            "Sends the mail again, with another link",
            || to(resend),
        )
        .tells::<InvitationRow>("The invitation as it is now.")
        .refuses(unknown)
        .refuses(known),
        Operation::new(
            Method::DELETE,
            "/invitations/{id}",
            "invitations.revoke",
            writes,
            "Takes an invitation back",
            || to(revoke),
        )
        .refuses(unknown),
    ]
}

/// Whom to invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInvitation {
    /// Where the mail goes, and the address that the account will have.
    email: String,
    /// The groups that the account will belong to; those that are not there are made.
    #[serde(default)]
    groups: Vec<String>,
}

fn invitation_of(call: &Call) -> Result<InvitationId> {
    let id = call.path("id", |text| Some(InvitationId::parse(text)))?;
    id.ok_or_else(|| codes::INVITATION_UNKNOWN.into())
}

async fn create(call: Call) -> Answer {
    let new: NewInvitation = call.body()?;
    let (email, groups) = (EmailAddress::parse(&new.email)?, groups(&new.groups)?);
    let app = call.app();
    let created = async |by| {
        let sent = invitation::invite(app, &by, email, groups).await?;
        Ok(Created::plain(sent.invitation.id))
    };
    let shown = async |by: &Administrator, created: &Created| {
        let id = InvitationId::parse(&created.id).ok_or(codes::INTERNAL)?;
        let found = invitation::find(app, by, id).await?;
        Ok((format!("/invitations/{id}"), InvitationRow::from(&found)))
    };
    call.create(created, shown).await
}

async fn read(call: Call) -> Answer {
    let found = invitation::find(call.app(), &call.audits()?, invitation_of(&call)?).await?;
    call.read(&InvitationRow::from(&found), None)
}

async fn resend(call: Call) -> Answer {
    let (by, id) = (call.administrator()?, invitation_of(&call)?);
    invitation::resend(call.app(), &by, id).await?;
    let found = invitation::find(call.app(), &by, id).await?;
    call.changed(&InvitationRow::from(&found), None)
}

async fn revoke(call: Call) -> Answer {
    invitation::revoke(call.app(), &call.administrator()?, invitation_of(&call)?).await?;
    done()
}
