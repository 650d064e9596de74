//! Inviting, inviting again, and taking it back.

use std::time::Duration;

use crate::grounds;
use crate::outbox::post;
use crate::{App, WriteContext};
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::invitation::{Invitation, InvitationId, InvitationState, SentInvitation};
use keyward_core::domain::message::{About, Envelope, Message};
use keyward_core::domain::user::{EmailAddress, UserId, fold};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Result, codes};
use keyward_core::secret::Token;
use keyward_settings::MailTransport;
use keyward_store::{AnyConnection, groups, invitations, outbox, users};

/// Invites a person by mail, into these groups; those that were not there are made.
///
/// # Errors
/// `invitation.has_account`; `invitation.open` where they were invited already; `api_token.scope` for
/// groups.
pub async fn invite(
    app: &App,
    administrator: &Administrator,
    email: EmailAddress,
    mut wanted: Vec<GroupName>,
) -> Result<SentInvitation> {
    wanted.sort_unstable();
    wanted.dedup();
    let lasting = app.settings.invitation.lasting;
    let context = app.context();
    let invitation = Invitation {
        id: InvitationId::generate(context.now, &*context.entropy),
        email,
        groups: wanted,
        sent_at: context.now,
        expires_at: context.now + lasting,
        state: InvitationState::Open,
        account: None,
        mail_failure: None,
    };
    let stays = mail_stays_here(app);
    let event = administrator.does(EventKind::Invited);
    let refusal = event.clone().detailed(EventDetail::Invitation {
        email: invitation.email.as_str().to_owned(),
        groups: Vec::new(),
    });
    let created = |sent: &SentInvitation| Created::plain(sent.invitation.id);
    let by_whom = administrator.grounds();
    let invited = grounds::create_for(app, administrator, created, move |connection| {
        if !invitation.groups.is_empty() {
            by_whom.require(ApiScope::GroupsWrite)?;
        }
        grounds::may_give_roles(connection, &by_whom, &invitation.groups)?;
        refuse_known(connection, &invitation.email)?;
        for group in &invitation.groups {
            groups::be_there(connection, group)?;
        }
        let token = Token::generate(&*context.entropy);
        let by = inviter(&event);
        invitations::insert(connection, &invitation, &token.hash(), by)?;
        send(connection, &context, &invitation, &token, by, lasting)?;
        context.record(connection, &event.detailed(event_detail(&invitation)))?;
        let link = stays.then_some(token);
        Ok(SentInvitation { invitation, link })
    })
    .await;
    super::accept::or_stale(app, refusal, invited).await
}

/// Whether no mail leaves this machine: it is written into the log.
pub fn mail_stays_here(app: &App) -> bool {
    app.settings.mail.transport == MailTransport::Log
}

/// The address of an invitation's link.
pub fn address(app: &App, link: &Token) -> String {
    let mut url = app.settings.server.public_url.clone();
    url.set_path(&format!("/invite/{}", *link.expose()));
    url.into()
}

/// Sends the mail of an invitation again, with another link; the one before is void. One that
/// expired works again.
///
/// # Errors
/// `invitation.unknown`, also where it was used or revoked; `invitation.has_account`;
/// `invitation.open` where its address was invited anew since.
pub async fn resend(
    app: &App,
    administrator: &Administrator,
    id: InvitationId,
) -> Result<SentInvitation> {
    let (lasting, stays) = (app.settings.invitation.lasting, mail_stays_here(app));
    let event = administrator.does(EventKind::InvitationResent);
    let (context, refusal) = (app.context(), event.clone());
    let by_whom = administrator.grounds();
    let resent = grounds::write_for(app, by_whom.clone(), move |connection| {
        let mut invitation =
            invitations::by_id(connection, id, context.now)?.ok_or(codes::INVITATION_UNKNOWN)?;
        refuse_known(connection, &invitation.email)?;
        // A group may have been given a role since.
        grounds::may_give_roles(connection, &by_whom, &invitation.groups)?;
        let token = Token::generate(&*context.entropy);
        invitation.sent_at = context.now;
        invitation.expires_at = context.now + lasting;
        let expires_at = invitation.expires_at;
        if !invitations::renew(connection, id, &token.hash(), context.now, expires_at)? {
            return Err(codes::INVITATION_UNKNOWN.into());
        }
        let by = inviter(&event);
        send(connection, &context, &invitation, &token, by, lasting)?;
        context.record(connection, &event.detailed(event_detail(&invitation)))?;
        invitation.mail_failure = None;
        let link = stays.then_some(token);
        Ok(SentInvitation { invitation, link })
    })
    .await;
    super::accept::or_stale(app, refusal, resent).await
}

/// Takes an invitation back: its link is void.
///
/// # Errors
/// `invitation.unknown`, also where it has ended.
pub async fn revoke(
    app: &App,
    administrator: &Administrator,
    id: InvitationId,
) -> Result<Invitation> {
    let event = administrator.does(EventKind::InvitationRevoked);
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let invitation =
            invitations::by_id(connection, id, context.now)?.ok_or(codes::INVITATION_UNKNOWN)?;
        if !invitations::revoke(connection, id, context.now)? {
            return Err(codes::INVITATION_UNKNOWN.into());
        }
        outbox::withdraw(connection, &About::Invitation(id), context.now)?;
        context.record(connection, &event.detailed(event_detail(&invitation)))?;
        Ok(invitation)
    })
    .await
}

/// A user who has an account needs no invitation.
pub(super) fn refuse_known(connection: &mut AnyConnection, email: &EmailAddress) -> Result<()> {
    if users::has_email(connection, &fold(email.as_str()))? {
        return Err(codes::INVITATION_HAS_ACCOUNT.into());
    }
    Ok(())
}

/// Who invites; `None` for the command line.
fn inviter(event: &Event) -> Option<UserId> {
    match event.actor {
        Actor::User(id) => Some(id),
        Actor::Anonymous | Actor::CommandLine => None,
    }
}

/// What the trail says of an invitation: its address, and the groups.
pub(super) fn event_detail(invitation: &Invitation) -> EventDetail {
    let groups = invitation.groups.iter();
    EventDetail::Invitation {
        email: invitation.email.as_str().to_owned(),
        groups: groups.map(|group| group.as_str().to_owned()).collect(),
    }
}

fn send(
    connection: &mut AnyConnection,
    context: &WriteContext,
    invitation: &Invitation,
    token: &Token,
    by: Option<UserId>,
    lasting: Duration,
) -> Result<()> {
    let by = match by {
        Some(id) => Some(users::expect(connection, id)?.name.as_str().to_owned()),
        None => None,
    };
    let envelope = Envelope {
        to: invitation.email.clone(),
        name: None,
        language: None,
        message: Message::Invitation {
            token: token.expose().to_string(),
            expires_at: invitation.expires_at,
            by,
        },
    };
    let about = About::Invitation(invitation.id);
    outbox::withdraw(connection, &about, context.now)?;
    post(
        connection,
        context,
        "invitation",
        None,
        Some(about),
        &envelope,
        lasting,
    )
    .map(drop)
}
