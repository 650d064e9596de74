//! A link by which a user chooses a password that no administrator learns: their first, or a new
//! one where the old one may be known to others (ASVS 5.0, 6.4.1 and 6.4.6; NIST SP 800-63B-4
//! §3.1.1.2).

use crate::grounds;
use crate::outbox::post;
use crate::session::end_every_way_in;
use crate::{App, WriteContext};
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::EndedSessions;
use keyward_core::domain::message::{About, Envelope, Message};
use keyward_core::domain::user::{EmailAddress, User, UserId};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Result, codes};
use keyward_core::secret::Token;
use keyward_settings::MailTransport;
use keyward_store::{AnyConnection, passes, passwords, recoveries, users};

/// A link on its way.
#[derive(Debug)]
pub struct IssuedLink {
    /// For whom.
    pub user: User,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// How it gets there.
    pub way: LinkWay,
}

/// How a link gets to its owner.
#[derive(Debug)]
pub enum LinkWay {
    /// By mail; the administrator who issued it does not learn it.
    Mailed(EmailAddress),
    /// By hand: no mail reaches them.
    HandedOver(Token),
}

/// Gives a user a link by which they choose a password, in place of any before it. By mail where
/// mail reaches them, else it is given back once, to be handed over. Who has a device is asked
/// for it before the new password counts.
///
/// # Errors
/// `user.unknown`, `user.disabled`; `user.self` for one's own account.
pub async fn issue_link(
    app: &App,
    administrator: &Administrator,
    id: UserId,
) -> Result<IssuedLink> {
    let event = administrator.does(EventKind::PasswordLinkIssued);
    issue(app, administrator, id, event, false).await
}

/// Asks a user for a new password, where there is evidence that others know the present one: it is
/// taken away at once, every way in ends with it, and a link goes out as in [`issue_link`]. An
/// attacker who knows the old one must not be the one who chooses the new one.
///
/// # Errors
/// `user.unknown`, `user.disabled`; `user.self` for one's own account.
pub async fn ask_for_new_password(
    app: &App,
    administrator: &Administrator,
    id: UserId,
) -> Result<IssuedLink> {
    let event = administrator.does(EventKind::PasswordAsked);
    issue(app, administrator, id, event, true).await
}

async fn issue(
    app: &App,
    administrator: &Administrator,
    id: UserId,
    event: Event,
    is_compromised: bool,
) -> Result<IssuedLink> {
    let event = event.about(id);
    let (is_self, refusal, context) = (administrator.is(id), event.clone(), app.context());
    let issued = grounds::write_for(app, administrator.grounds(), move |connection| {
        users::hold(connection, id)?;
        let user = users::expect(connection, id)?;
        if is_self {
            return Err(codes::USER_SELF.into());
        }
        if !user.is_enabled {
            return Err(codes::USER_DISABLED.into());
        }
        let mut event = event;
        if is_compromised {
            passwords::clear(connection, id)?;
            passes::remove(connection, id)?;
            let sessions = end_every_way_in(connection, id, None, context.now)?;
            event = event.detailed(EventDetail::SessionsEnded {
                whose: EndedSessions::All,
                sessions,
            });
        }
        context.record(connection, &event)?;
        send(connection, &context, user)
    })
    .await;
    app.or_refusal(refusal, issued).await
}

/// Writes the link, and the mail where one arrives.
fn send(connection: &mut AnyConnection, context: &WriteContext, user: User) -> Result<IssuedLink> {
    let token = Token::generate(&*context.entropy);
    let lasting = context.settings.invitation.lasting;
    let expires_at = context.now + lasting;
    // Into the log of the server, no mail arrives.
    let is_mailed = context.settings.mail.transport != MailTransport::Log;
    let email = user.email.clone().filter(|_| is_mailed);
    let hash = token.hash();
    recoveries::replace(
        connection,
        &hash,
        user.id,
        email.as_ref(),
        context.now,
        expires_at,
    )?;
    let Some(to) = email else {
        return Ok(IssuedLink {
            user,
            expires_at,
            way: LinkWay::HandedOver(token),
        });
    };
    let envelope = Envelope {
        to: to.clone(),
        name: Some(user.name.as_str().to_owned()),
        language: None,
        message: Message::PasswordLink {
            token: token.expose().to_string(),
            expires_at,
        },
    };
    let about = Some(About::Recovery(user.id));
    let owner = Some(user.id);
    post(
        connection,
        context,
        "password-link",
        owner,
        about,
        &envelope,
        lasting,
    )?;
    Ok(IssuedLink {
        user,
        expires_at,
        way: LinkWay::Mailed(to),
    })
}
