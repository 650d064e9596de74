//! What people change about their own accounts, as far as the settings let them.

use super::edit::{Edit, Events, apply};
use crate::attempt::{Tried, settle};
use crate::delivered_code::{self, Order, OrderPurpose, Words};
use crate::grounds;
use crate::second_factor::check_of;
use crate::turn::{self, Turn};
use crate::{App, journey};
use keyward_core::domain::delivery_address::DeliveryAddress;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::event::{Actor, Event, EventKind, Refusal};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{EmailAddress, User, UserId, UserName};
use keyward_core::factors::delivered_code::{CodeConfirmed, DeliveredCodeRefusal};
use keyward_core::flows::new_email::ChangingEmail;
use keyward_core::flows::permit::SteppedUp;
use keyward_core::problem::{Result, codes};
use keyward_core::secret::Token;
use keyward_settings::Account;
use keyward_store::delivered_codes::{self, Outstanding};
use keyward_store::{journeys, users};

/// A new address whose code is waited for.
#[derive(Debug)]
pub struct EmailOffer {
    /// The step that the page's answer takes.
    pub turn: i64,
    /// The address.
    pub address: EmailAddress,
    /// The code that was sent there, while it can be typed.
    pub sent: Option<Outstanding>,
}

/// Where the code for a new address led.
#[must_use]
#[derive(Debug)]
pub enum EmailOutcome {
    /// It is not the one that was sent.
    Wrong,
    /// None that was sent can be typed any more.
    Expired,
    /// Mail goes there from now on.
    Changed(EmailAddress),
}

/// Changes one's own name and what one is called, where they differ from what they are.
///
/// # Errors
/// `account.fixed` for what the settings leave to administrators, `user.name_taken`,
/// `session.required` where the session ended meanwhile
pub async fn change_own_names(
    app: &App,
    permit: &SteppedUp,
    name: UserName,
    display_name: Option<DisplayName>,
    client: &Client,
) -> Result<User> {
    let id = permit.user().id;
    let edit = Edit {
        name: Some(name),
        display_name: Some(display_name),
        ..Edit::default()
    };
    let events = events(id, client);
    let (context, may) = (app.context(), app.settings.account.clone());
    let event = events.renamed.clone();
    let changed = grounds::write_for(app, permit.grounds(), move |connection| {
        let user = users::expect(connection, id)?;
        refuse_fixed(&user, &edit, &may)?;
        apply(connection, &context, id, &edit, &events)
    })
    .await;
    app.or_refusal(event, changed).await
}

/// Sends a code to a new address of one's own. Nothing is different before it comes back.
///
/// # Errors
/// `account.fixed` where the settings leave it to administrators, `code.…`
pub async fn begin_own_email(
    app: &App,
    permit: &SteppedUp,
    address: EmailAddress,
    words: &dyn Words,
    client: &Client,
) -> Result<Token> {
    let owner = permit.user().id;
    if !app.settings.account.may_change_email {
        let refused: Result<Token> = Err(codes::ACCOUNT_FIXED.into());
        return app.or_refusal(events(owner, client).email, refused).await;
    }
    let stage = ChangingEmail::begin(owner, address.clone());
    let journey = crate::journey::begin(app, &stage, journey::LONGEST).await?;
    let order = order(permit, address, words);
    if let Err(problem) = delivered_code::send(app, &journey, order, client).await {
        crate::journey::abandon(app, &journey).await?;
        return Err(problem);
    }
    Ok(journey)
}

/// The new address that a browser is on the way to; `None` where there is none, or it is over.
///
/// # Errors
/// The store's.
pub async fn own_email_offer(
    app: &App,
    permit: &SteppedUp,
    journey: &Token,
) -> Result<Option<EmailOffer>> {
    let Some((turn, stage)) =
        crate::journey::load_own::<ChangingEmail>(app, permit.user().id, journey).await?
    else {
        return Ok(None);
    };
    let sent = delivered_code::outstanding(app, journey).await?;
    Ok(Some(EmailOffer {
        turn,
        address: stage.address().clone(),
        sent,
    }))
}

/// Sends another code to the new address.
///
/// # Errors
/// `enrolment.not_started`, `code.…`
pub async fn send_own_email_code(
    app: &App,
    permit: &SteppedUp,
    journey: &Token,
    words: &dyn Words,
    client: &Client,
) -> Result<()> {
    let (_, stage) = crate::journey::load_own::<ChangingEmail>(app, permit.user().id, journey)
        .await?
        .ok_or(codes::ENROLMENT_NOT_STARTED)?;
    let order = order(permit, stage.address().clone(), words);
    delivered_code::send(app, journey, order, client).await
}

/// Puts the new address in place where the code is the one that was sent there, and tells both.
/// Tries are counted as those of a second factor are: a guesser would have an address that is
/// not theirs.
///
/// # Errors
/// `enrolment.not_started` where the journey is over or was answered elsewhere,
/// `account.fixed`, `user.email_is_name`, `session.required`, `sign_in.too_many`
pub async fn confirm_own_email(
    app: &App,
    permit: &SteppedUp,
    journey: &Token,
    turn: i64,
    typed: &str,
    client: &Client,
) -> Result<EmailOutcome> {
    let owner = permit.user().id;
    let check = |_: &ChangingEmail| check_of(owner, DeviceKind::Email, EventKind::EmailChanged);
    let (stage, turn) = turn::take_own(app, owner, journey, turn, check, client).await?;
    let address = stage.address().clone();
    let (tried, reason, outcome) = match delivered_code::confirm(app, owner, typed, &turn.id)
        .await?
    {
        Ok(confirmed) => {
            return put_own_email(app, permit, turn, confirmed, address, client).await;
        }
        Err(DeliveredCodeRefusal::Wrong) => (Tried::Wrong, Refusal::WrongCode, EmailOutcome::Wrong),
        Err(DeliveredCodeRefusal::Expired) => {
            (Tried::NoGuess, Refusal::ExpiredCode, EmailOutcome::Expired)
        }
    };
    turn::refuse(app, turn, tried, reason, client).await?;
    Ok(outcome)
}

async fn put_own_email(
    app: &App,
    permit: &SteppedUp,
    turn: Turn,
    confirmed: CodeConfirmed,
    address: EmailAddress,
    client: &Client,
) -> Result<EmailOutcome> {
    let id = permit.user().id;
    let edit = Edit {
        email: Some(Some(address.clone())),
        ..Edit::default()
    };
    let events = events(id, client);
    let (context, settings, from) = (app.context(), app.settings.clone(), client.clone());
    let event = events.email.clone();
    let changed = grounds::write_for(app, permit.grounds(), move |connection| {
        let user = users::expect(connection, id)?;
        refuse_fixed(&user, &edit, &settings.account)?;
        let is_ours = delivered_codes::spend(connection, confirmed.journey(), confirmed.id())?
            && journeys::finish(connection, &turn.id, turn.turn)?;
        if !is_ours {
            return Err(codes::ENROLMENT_NOT_STARTED.into());
        }
        let (scope, lockout) = (&turn.check.scope, &settings.lockout);
        settle(connection, &context, scope, Tried::Right, lockout, &from)?;
        apply(connection, &context, id, &edit, &events).map(drop)
    })
    .await;
    app.or_refusal(event, changed).await?;
    Ok(EmailOutcome::Changed(address))
}

/// Refuses what only administrators change.
fn refuse_fixed(user: &User, edit: &Edit, may: &Account) -> Result<()> {
    let differs = [
        (
            edit.name.as_ref().is_some_and(|name| *name != user.name),
            may.may_change_name,
        ),
        (
            edit.display_name
                .as_ref()
                .is_some_and(|called| *called != user.display_name),
            may.may_change_display_name,
        ),
        (
            edit.email
                .as_ref()
                .is_some_and(|email| *email != user.email),
            may.may_change_email,
        ),
    ];
    match differs.iter().any(|(differs, may)| *differs && !may) {
        true => Err(codes::ACCOUNT_FIXED.into()),
        false => Ok(()),
    }
}

fn events(id: UserId, client: &Client) -> Events {
    let own = |kind| Event::new(kind).by(Actor::User(id)).about(id).from(client);
    Events {
        renamed: own(EventKind::UserRenamed),
        display_name: own(EventKind::DisplayNameChanged),
        email: own(EventKind::EmailChanged),
    }
}

fn order<'a>(permit: &'a SteppedUp, address: EmailAddress, words: &'a dyn Words) -> Order<'a> {
    Order {
        user: permit.user(),
        delivery_address: DeliveryAddress::Mail(address),
        device: None,
        purpose: OrderPurpose::Address,
        grounds: permit.grounds(),
        words,
    }
}
