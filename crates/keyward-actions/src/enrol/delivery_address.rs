//! Enrolling what codes are sent to: an address is added when a code that was sent there comes
//! back.

use super::{Added, Naming, NewDevice, add};
use crate::attempt::{Tried, settle};
use crate::delivered_code::{self, Order, OrderPurpose, Words, address_hash};
use crate::grounds;
use crate::second_factor::check_of;
use crate::turn::{self, Turn};
use crate::{App, journey};
use keyward_core::domain::delivery_address::DeliveryAddress;
use keyward_core::domain::event::{EventKind, Refusal};
use keyward_core::domain::session::{Client, Methods};
use keyward_core::factors::delivered_code::{CodeConfirmed, DeliveredCodeRefusal};
use keyward_core::flows::enrolment::EnrollingDeliveryAddress;
use keyward_core::flows::permit::MayEnrol;
use keyward_core::problem::{Fault, Result, codes};
use keyward_core::secret::Token;
use keyward_store::delivered_codes::{self, Outstanding};
use keyward_store::{delivery_addresses, journeys};

/// An address that is being added.
#[derive(Debug)]
pub struct DeliveryAddressOffer {
    /// The step that the page's answer takes.
    pub turn: i64,
    /// What is being added.
    pub delivery_address: DeliveryAddress,
    /// The code that was sent there, while it can be typed.
    pub sent: Option<Outstanding>,
}

/// What the page of a new address begins with.
#[must_use]
#[derive(Debug)]
pub enum BeginDeliveryAddress {
    /// A code was sent; the browser holds this journey from now on.
    Sent(Token),
    /// The account has this address already.
    Taken,
}

/// Where the code for a new address led.
#[must_use]
#[derive(Debug)]
pub enum DeliveryAddressOutcome {
    /// It is not the one that was sent.
    Wrong,
    /// None that was sent can be typed any more.
    Expired,
    /// The account has this address already.
    Taken,
    /// It was added.
    Added(Added),
}

/// The enrolment that a browser is on; `None` where there is none, or it is over.
///
/// # Errors
/// The store's.
pub async fn delivery_address_offer(
    app: &App,
    permit: &MayEnrol,
    journey: &Token,
) -> Result<Option<DeliveryAddressOffer>> {
    let Some((turn, stage)) =
        crate::journey::load_own::<EnrollingDeliveryAddress>(app, permit.user().id, journey)
            .await?
    else {
        return Ok(None);
    };
    let sent = delivered_code::outstanding(app, journey).await?;
    Ok(Some(DeliveryAddressOffer {
        turn,
        delivery_address: stage.delivery_address().clone(),
        sent,
    }))
}

/// Begins to add an address, and sends a code there.
///
/// # Errors
/// `code.…`, `policy.…`
pub async fn begin_delivery_address(
    app: &App,
    permit: &MayEnrol,
    delivery_address: DeliveryAddress,
    words: &dyn Words,
    client: &Client,
) -> Result<BeginDeliveryAddress> {
    let (owner, method) = (permit.user().id, delivery_address.method());
    super::admit_kind(app, permit, method.kind(), client).await?;
    let hash = address_hash(&delivery_address, &app.master_key);
    let is_known = app
        .store
        .look(move |connection| delivery_addresses::is_known(connection, owner, method, &hash))
        .await?;
    if is_known {
        super::refuse(app, permit, method.kind(), Refusal::Taken, client).await?;
        return Ok(BeginDeliveryAddress::Taken);
    }
    let stage = EnrollingDeliveryAddress::begin(owner, delivery_address.clone());
    let journey = crate::journey::begin(app, &stage, journey::LONGEST).await?;
    let sent = delivered_code::send(
        app,
        &journey,
        order(permit, delivery_address, words),
        client,
    )
    .await;
    if let Err(problem) = sent {
        crate::journey::abandon(app, &journey).await?;
        return Err(problem);
    }
    Ok(BeginDeliveryAddress::Sent(journey))
}

/// Sends another code to an address that is being added.
///
/// # Errors
/// `enrolment.not_started`, `code.…`
pub async fn send_address_code(
    app: &App,
    permit: &MayEnrol,
    journey: &Token,
    words: &dyn Words,
    client: &Client,
) -> Result<()> {
    let (_, stage) =
        crate::journey::load_own::<EnrollingDeliveryAddress>(app, permit.user().id, journey)
            .await?
            .ok_or(codes::ENROLMENT_NOT_STARTED)?;
    let order = order(permit, stage.delivery_address().clone(), words);
    delivered_code::send(app, journey, order, client).await
}

/// Adds the address where the code is the one that was sent there. Tries are counted as those of
/// a second factor are: a guesser would have an address that is not theirs.
///
/// # Errors
/// `enrolment.not_started` where the journey is over or was answered elsewhere,
/// `sign_in.too_many`
pub async fn delivery_address(
    app: &App,
    permit: &MayEnrol,
    journey: &Token,
    turn: i64,
    typed: &str,
    naming: Naming,
    client: &Client,
) -> Result<DeliveryAddressOutcome> {
    let owner = permit.user().id;
    let check = |stage: &EnrollingDeliveryAddress| {
        let kind = stage.delivery_address().method().kind();
        check_of(owner, kind, EventKind::DeviceAdded)
    };
    let (stage, turn) = turn::take_own(app, owner, journey, turn, check, client).await?;
    let delivery_address = stage.delivery_address().clone();
    match delivered_code::confirm(app, owner, typed, &turn.id).await? {
        Ok(confirmed) => {
            add_delivery_address(
                app,
                permit,
                turn,
                confirmed,
                delivery_address,
                naming,
                client,
            )
            .await
        }
        Err(refusal) => {
            let (tried, reason, outcome) = match refusal {
                DeliveredCodeRefusal::Wrong => (
                    Tried::Wrong,
                    Refusal::WrongCode,
                    DeliveryAddressOutcome::Wrong,
                ),
                DeliveredCodeRefusal::Expired => (
                    Tried::NoGuess,
                    Refusal::ExpiredCode,
                    DeliveryAddressOutcome::Expired,
                ),
            };
            turn::refuse(app, turn, tried, reason, client).await?;
            Ok(outcome)
        }
    }
}

async fn add_delivery_address(
    app: &App,
    permit: &MayEnrol,
    turn: Turn,
    confirmed: CodeConfirmed,
    delivery_address: DeliveryAddress,
    naming: Naming,
    client: &Client,
) -> Result<DeliveryAddressOutcome> {
    let (id, method) = (super::new_device_id(app), delivery_address.method());
    let sealed =
        delivered_code::seal_delivery_address(app, permit.user().id, id, &delivery_address);
    let new = NewDevice {
        id,
        kind: method.kind(),
        naming,
        model: Some(delivery_address.masked()),
        methods: Methods::delivered(method),
        credential: None,
        which: None,
    };
    let (context, may, from) = (app.context(), permit.clone(), client.clone());
    let lockout = app.settings.lockout.clone();
    let added = grounds::write_for(app, permit.grounds(), move |connection| {
        let is_ours = delivered_codes::spend(connection, confirmed.journey(), confirmed.id())?
            && journeys::finish(connection, &turn.id, turn.turn)?;
        if !is_ours {
            return Err(codes::ENROLMENT_NOT_STARTED.into());
        }
        let scope = &turn.check.scope;
        settle(connection, &context, scope, Tried::Right, &lockout, &from)?;
        add(connection, &context, &may, new, &from, |connection| {
            delivery_addresses::insert(connection, &sealed)
        })
    })
    .await;
    match added {
        Ok(added) => Ok(DeliveryAddressOutcome::Added(added)),
        Err(problem) if problem.code() == codes::DEVICE_TAKEN => {
            super::refuse(app, permit, method.kind(), Refusal::Taken, client).await?;
            Ok(DeliveryAddressOutcome::Taken)
        }
        Err(problem) => {
            if problem.fault() == Fault::Denied {
                let reason = problem.code();
                super::refuse(app, permit, method.kind(), reason, client).await?;
            }
            Err(problem)
        }
    }
}

fn order<'a>(
    permit: &'a MayEnrol,
    delivery_address: DeliveryAddress,
    words: &'a dyn Words,
) -> Order<'a> {
    Order {
        user: permit.user(),
        delivery_address,
        device: None,
        purpose: OrderPurpose::Factor,
        grounds: permit.grounds(),
        words,
    }
}
