//! Accepting an invitation: the link becomes an account, once.

use std::sync::Arc;

use super::invite::{event_detail, refuse_known};
use crate::attempt::{self, settle_address};
use crate::password::refuse_breached;
use crate::policy::{kinds_for, must_enrol_at_once};
use crate::sign_in::{Opened, open};
use crate::{App, WriteContext};
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind, Refusal};
use keyward_core::domain::event_detail::Means;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::invitation::{Invitation, InvitationState};
use keyward_core::domain::message::About;
use keyward_core::domain::password::PasswordUse;
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{EmailAddress, NewPassword, UserHandle, UserId, UserName};
use keyward_core::factors::password::{PasswordVerified, StoredPassword};
use keyward_core::flows::invitation::InvitationTaken;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::sign_in::Finished;
use keyward_core::problem::{Code, Problem, Result, codes};
use keyward_core::secret::{Token, TokenHash};
use keyward_settings::Settings;
use keyward_store::users::NewUser;
use keyward_store::{AnyConnection, groups, invitations, outbox, users};

/// What the page of a link needs to know.
#[derive(Debug)]
pub struct InvitationForm {
    /// The address that the account will have.
    pub email: EmailAddress,
    /// What stands beside the password.
    pub usage: PasswordUse,
    /// Whether the account can do without a password: policy counts what it needs then.
    pub can_be_passwordless: bool,
}

/// Where a link leads, before it is used.
enum Link {
    /// To an account.
    Open(Box<Invitation>, InvitationForm),
    /// Nowhere, for this reason.
    Void(Refusal, Option<Box<Invitation>>),
}

/// Whom a link invites.
///
/// # Errors
/// `invitation.link_used` where it expired, was used, revoked or replaced, or never was, and
/// where the address has an account by now: the trail alone says which. `sign_in.too_many`
/// where the caller's address tried too many links that never were.
pub async fn form(app: &App, link: &Token, client: &Client) -> Result<InvitationForm> {
    open_link(app, link, client).await.map(|(_, form)| form)
}

async fn open_link(
    app: &App,
    link: &Token,
    client: &Client,
) -> Result<(Box<Invitation>, InvitationForm)> {
    attempt::admit_address(app, client).await?;
    let (hash, now, settings) = (link.hash(), app.now(), app.settings.clone());
    let found = app
        .store
        .look(move |connection| {
            let found = invitations::by_token(connection, &hash, now)?;
            let Some(invitation) = found.map(Box::new) else {
                return Ok(Link::Void(Refusal::Unknown, None));
            };
            if let Some(reason) = why_void(connection, &invitation)? {
                return Ok(Link::Void(reason, Some(invitation)));
            }
            let form = form_of(connection, &invitation, &settings)?;
            Ok(Link::Open(invitation, form))
        })
        .await?;
    match found {
        Link::Open(invitation, form) => Ok((invitation, form)),
        Link::Void(reason, invitation) => {
            refuse_link(app, reason, invitation.as_deref(), client).await?;
            Err(codes::INVITATION_LINK_USED.into())
        }
    }
}

/// No link at all: what stands in the address is none of ours.
///
/// # Errors
/// `invitation.link_used`, `sign_in.too_many`
pub async fn refuse_unknown(app: &App, client: &Client) -> Problem {
    let refused = async {
        attempt::admit_address(app, client).await?;
        refuse_link(app, Refusal::Unknown, None, client).await
    };
    match refused.await {
        Ok(()) => codes::INVITATION_LINK_USED.into(),
        Err(problem) => problem,
    }
}

/// Records why a link led nowhere. Who tries links that never were is slowed down, which also
/// bounds what a stranger can write into the trail; a user who opens one once more that was theirs
/// guesses nothing, and no office is locked by that.
async fn refuse_link(
    app: &App,
    reason: Refusal,
    invitation: Option<&Invitation>,
    client: &Client,
) -> Result<()> {
    let mut event = Event::new(EventKind::InvitationAccepted)
        .refused(reason)
        .from(client);
    event.detail = invitation.map(event_detail);
    let is_unknown = invitation.is_none();
    let over = invitation.map(|invitation| invitation.id);
    let (context, lockout, client) = (app.context(), app.settings.lockout.clone(), client.clone());
    app.store
        .write(move |connection| {
            if is_unknown {
                settle_address(connection, &context, &lockout, &client)?;
            }
            if let Some(over) = over {
                invitations::end_if_over(connection, over, context.now)?;
            }
            context.record(connection, &event)
        })
        .await
}

/// Uses a link up: makes the account, and signs its owner in, as far as the enrolment of their
/// first device. Without a password that device is all that will prove them, and nothing else
/// opens before it is there. What is refused about name or password spends nothing.
///
/// # Errors
/// `invitation.link_used`, also for all but one of many at once; `user.name_taken`,
/// `user.password_short`, `sign_in.busy`
pub async fn accept(
    app: &App,
    link: &Token,
    name: UserName,
    password: Option<NewPassword>,
    client: &Client,
) -> Result<Opened> {
    let (invitation, form) = open_link(app, link, client).await?;
    refuse_taken(app, &name).await?;
    let id = UserId::generate(app.now(), &*app.entropy);
    let known = match password {
        Some(password) => Some(first_password(app, id, password.for_use(form.usage)?).await?),
        None if form.can_be_passwordless => None,
        None => return Err(codes::ENROLMENT_NEEDS_PASSKEY.into()),
    };
    let (password_hash, proof) = known.unzip();
    let account = NewUser {
        id,
        name,
        display_name: None,
        email: Some(invitation.email.clone()),
        password_hash,
        handle: UserHandle::generate(&*app.entropy),
        is_superuser: false,
        created_at: app.now(),
    };
    let accepting = Accepting {
        token: link.hash(),
        account,
        proof,
        usage: form.usage,
    };
    let (context, settings, from) = (app.context(), app.settings.clone(), client.clone());
    let opened = app
        .store
        .write(move |connection| accepting.write(connection, &context, &settings, &from))
        .await;
    or_void(app, opened, &invitation, client).await
}

/// Uses a link up for an account that `account` makes of it, in one transaction.
///
/// # Errors
/// `invitation.link_used`, also for all but one of many at once; those of `account`.
pub(crate) async fn accept_by<T, F>(
    app: &App,
    link: &Token,
    client: &Client,
    account: F,
) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&mut AnyConnection, TakenLink) -> Result<T> + Send + 'static,
{
    let (invitation, _) = open_link(app, link, client).await?;
    let (context, token) = (app.context(), link.hash());
    let accepted = app
        .store
        .write(move |connection| {
            let taken = TakenLink::take(connection, &context, token)?;
            account(connection, taken)
        })
        .await;
    or_void(app, accepted, &invitation, client).await
}

/// Gives a result back; where the link leads nowhere any more, the trail says why.
async fn or_void<T>(
    app: &App,
    accepted: Result<T>,
    invitation: &Invitation,
    client: &Client,
) -> Result<T> {
    let reason = match &accepted {
        Err(problem) if problem.code() == codes::INVITATION_LINK_USED => Refusal::Used,
        Err(problem) if problem.code() == codes::INVITATION_HAS_ACCOUNT => {
            codes::INVITATION_HAS_ACCOUNT.into()
        }
        _ => return accepted,
    };
    refuse_link(app, reason, Some(invitation), client).await?;
    Err(codes::INVITATION_LINK_USED.into())
}

/// A link that was used up, in a transaction that makes its account.
#[must_use = "a link that was taken is gone"]
pub(crate) struct TakenLink {
    token: TokenHash,
    invitation: Invitation,
}

impl TakenLink {
    fn take(
        connection: &mut AnyConnection,
        context: &WriteContext,
        token: TokenHash,
    ) -> Result<Self> {
        if !invitations::accept(connection, &token, context.now)? {
            return Err(codes::INVITATION_LINK_USED.into());
        }
        let invitation = invitations::by_token(connection, &token, context.now)?;
        let invitation = invitation.ok_or(codes::INVITATION_LINK_USED)?;
        outbox::withdraw(connection, &About::Invitation(invitation.id), context.now)?;
        // Made by an administrator since the page was shown.
        refuse_known(connection, &invitation.email)?;
        Ok(Self { token, invitation })
    }

    /// The address that it went to.
    pub(crate) fn email(&self) -> &EmailAddress {
        &self.invitation.email
    }

    /// It became this account, which joins its groups.
    pub(crate) fn becomes(
        self,
        connection: &mut AnyConnection,
        context: &WriteContext,
        id: UserId,
        client: &Client,
    ) -> Result<()> {
        invitations::note_account(connection, &self.token, id)?;
        let joined = still_there(connection, &self.invitation.groups)?;
        groups::replace(connection, id, &joined)?;
        for (kind, detail) in [
            (
                EventKind::UserCreated,
                EventDetail::By {
                    means: Means::Invitation,
                },
            ),
            (
                EventKind::InvitationAccepted,
                event_detail(&self.invitation),
            ),
        ] {
            let event = Event::new(kind).by(Actor::User(id)).about(id).from(client);
            context.record(connection, &event.detailed(detail))?;
        }
        Ok(())
    }
}

async fn refuse_taken(app: &App, name: &UserName) -> Result<()> {
    let name = name.clone();
    let taken = app
        .store
        .look(move |connection| users::by_name(connection, name.as_str()))
        .await?;
    match taken {
        Some(_) => Err(codes::USER_NAME_TAKEN.into()),
        None => Ok(()),
    }
}

/// Hashes the first password of an account, and proves that it is known.
async fn first_password(
    app: &App,
    id: UserId,
    password: NewPassword,
) -> Result<(String, PasswordVerified)> {
    let (entropy, breached) = (app.entropy.clone(), Arc::clone(&app.passwords.breached));
    let (hash, proof) = app
        .passwords
        .with_seat(move |passwords| {
            refuse_breached(&breached, &password)?;
            let hash = passwords.hash(id, &password, &*entropy)?;
            let stored = StoredPassword::first(id, hash.clone());
            let proof = passwords.verify(Some(&stored), password.expose());
            Ok::<_, Problem>((hash, proof))
        })
        .await??;
    Ok((hash, proof.ok_or(codes::INTERNAL)?))
}

/// Records a denial or a state that stands in the way, and gives the result back.
pub(super) async fn or_stale<T>(app: &App, event: Event, result: Result<T>) -> Result<T> {
    let shown: [Code; 2] = [codes::INVITATION_OPEN, codes::INVITATION_HAS_ACCOUNT];
    if let Err(problem) = &result
        && shown.contains(&problem.code())
    {
        app.record(event.refused(problem.code())).await?;
    }
    result
}

/// An account on its way into the database.
struct Accepting {
    token: TokenHash,
    account: NewUser,
    proof: Option<PasswordVerified>,
    usage: PasswordUse,
}

impl Accepting {
    /// Policy may ask for something else than when the password was judged, and hashed.
    fn still_fits(
        &self,
        connection: &mut AnyConnection,
        invitation: &Invitation,
        settings: &Settings,
    ) -> Result<()> {
        let form = form_of(connection, invitation, settings)?;
        if self.proof.is_none() && !form.can_be_passwordless {
            return Err(codes::ENROLMENT_NEEDS_PASSKEY.into());
        }
        if self.proof.is_some() && form.usage.shortest() > self.usage.shortest() {
            return Err(codes::USER_PASSWORD_SHORT.into());
        }
        Ok(())
    }

    fn write(
        self,
        connection: &mut AnyConnection,
        context: &WriteContext,
        settings: &Settings,
        client: &Client,
    ) -> Result<Opened> {
        let id = self.account.id;
        let taken = TakenLink::take(connection, context, self.token.clone())?;
        self.still_fits(connection, &taken.invitation, settings)?;
        users::insert(connection, &self.account)?;
        taken.becomes(connection, context, id, client)?;
        let finished = match (self.proof, self.usage) {
            (None, _) => Finished::by_invitation(InvitationTaken::new(id)),
            (Some(proof), PasswordUse::WithSecondFactor) => Finished::to_enrolment(proof),
            (Some(proof), PasswordUse::Alone) => {
                Finished::by_password(proof, NextPath::to_enrolment())
            }
        };
        open(connection, context, finished, &settings.session, client)
    }
}

/// Why an invitation leads nowhere, if it does.
fn why_void(connection: &mut AnyConnection, invitation: &Invitation) -> Result<Option<Refusal>> {
    Ok(match invitation.state {
        InvitationState::Accepted => Some(Refusal::Used),
        InvitationState::Revoked => Some(Refusal::Revoked),
        InvitationState::Expired => Some(Refusal::Expired),
        InvitationState::Open => match refuse_known(connection, &invitation.email) {
            Ok(()) => None,
            Err(problem) if problem.code() == codes::INVITATION_HAS_ACCOUNT => {
                Some(codes::INVITATION_HAS_ACCOUNT.into())
            }
            Err(problem) => return Err(problem),
        },
    })
}

fn form_of(
    connection: &mut AnyConnection,
    invitation: &Invitation,
    settings: &Settings,
) -> Result<InvitationForm> {
    let joined = still_there(connection, &invitation.groups)?;
    let must_enrol = must_enrol_at_once(connection, &settings.policy, false, &joined)?;
    let kinds = kinds_for(connection, &joined)?;
    Ok(InvitationForm {
        email: invitation.email.clone(),
        usage: match must_enrol {
            true => PasswordUse::WithSecondFactor,
            false => PasswordUse::Alone,
        },
        can_be_passwordless: kinds.into_iter().any(DeviceKind::is_webauthn),
    })
}

/// The groups that were not removed since the person was invited into them.
fn still_there(connection: &mut AnyConnection, names: &[GroupName]) -> Result<Vec<GroupName>> {
    let mut there = Vec::new();
    for name in names {
        if groups::exists(connection, name)? {
            there.push(name.clone());
        }
    }
    Ok(there)
}
