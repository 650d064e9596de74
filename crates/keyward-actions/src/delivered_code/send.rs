//! Sending a code.

use std::sync::Arc;

use url::Url;
use zeroize::Zeroizing;

use super::address_hash;
use super::phones::admit_phone;
use crate::App;
use crate::attempt;
use crate::grounds;
use crate::outbox::post;
use keyward_core::clock::Timestamp;
use keyward_core::domain::delivery_address::DeliveryAddress;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::RefusalParticulars;
use keyward_core::domain::message::{About, Envelope, Message};
use keyward_core::domain::phone_number::PhoneNumber;
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{User, UserId};
use keyward_core::factors::delivered_code::{CodeId, CodePlace, DeliveredCode};
use keyward_core::flows::permit::Grounds;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::Token;
use keyward_gateways::phone::PhoneRefusal;
use keyward_settings::Codes;
use keyward_store::delivered_codes::{self, NewCode, Sending, SendingLimit, count_sending};
use keyward_store::{AnyConnection, delivery_addresses, devices, journeys, outbox};

/// How a code is put into words for the user who reads or hears it.
pub trait Words: Sync {
    /// The tag of their language.
    fn language(&self) -> &'static str;

    /// The text message that carries a code.
    ///
    /// # Errors
    /// `internal` where the language lacks a sentence.
    fn message(&self, code: &str) -> Result<String>;

    /// What a call says, as text.
    ///
    /// # Errors
    /// `internal` where the language lacks a sentence.
    fn speech(&self, code: &str) -> Result<String>;
}

/// A code that a user asks for.
pub(crate) struct Order<'a> {
    /// Who.
    pub user: &'a User,
    /// Where it goes.
    pub delivery_address: DeliveryAddress,
    /// The device that is there already; `None` while it is being added.
    pub device: Option<DeviceId>,
    /// What it is for.
    pub purpose: OrderPurpose,
    /// What must stand still when it goes out.
    pub grounds: Grounds,
    /// How it is put.
    pub words: &'a dyn Words,
}

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderPurpose {
    /// Proving the user, now or later: the settings may have switched its way off.
    Factor,
    /// Showing that mail is read at an address to which notices will go. It proves no user.
    Address,
}

/// A code on its way.
enum CodeDelivery {
    /// Into the outbox, in the transaction that makes the code.
    Mail(Box<Envelope>),
    /// A text message, once that is committed.
    Message(PhoneNumber, Zeroizing<String>),
    /// A call, once that is committed: where it finds its words, and the words for a log.
    Call(PhoneNumber, Url, Zeroizing<String>),
}

/// Sends a code to one of a user's devices, for this journey.
///
/// # Errors
/// `device.unknown`, and those of [`send`].
pub(crate) async fn send_to(
    app: &App,
    journey: &Token,
    user: &User,
    device: DeviceId,
    words: &dyn Words,
    grounds: Grounds,
    client: &Client,
) -> Result<()> {
    let owner = user.id;
    let sealed = app
        .store
        .look(move |connection| {
            devices::expect_of(connection, owner, device)?;
            delivery_addresses::of_device(connection, owner, device)
        })
        .await?
        .ok_or(codes::DEVICE_UNKNOWN)?;
    let order = Order {
        user,
        delivery_address: super::open_delivery_address(&app.master_key, &sealed)?,
        device: Some(device),
        purpose: OrderPurpose::Factor,
        grounds,
        words,
    };
    send(app, journey, order, client).await
}

/// Sends a code for this journey, in place of any before it.
///
/// # Errors
/// `session.required` where what it stands on ended meanwhile; `code.pause`, `code.limit`,
/// `code.off`; `code.number`, `code.busy`, `code.gateway` where a
/// phone was not reached; `sign_in.turn_used` where the journey is over; `sign_in.too_many`
/// where the client's address is locked.
pub(crate) async fn send(
    app: &App,
    journey: &Token,
    order: Order<'_>,
    client: &Client,
) -> Result<()> {
    attempt::admit_address(app, client).await?;
    let method = order.delivery_address.method();
    let delivery_address = order.delivery_address.masked();
    let detail = |refused| EventDetail::Code {
        method,
        delivery_address: delivery_address.clone(),
        refused,
    };
    let mut event = Event::new(EventKind::CodeSent)
        .by(Actor::User(order.user.id))
        .about(order.user.id)
        .detailed(detail(None))
        .from(client);
    event.device = order.device;
    let offered = match order.purpose {
        OrderPurpose::Factor => super::offer_method(app, method),
        OrderPurpose::Address => Ok(()),
    };
    let sent = match offered {
        Ok(()) => send_now(app, journey, order, event.clone(), client).await,
        Err(off) => Err(off),
    };
    if let Err(problem) = &sent
        && problem.code().name.starts_with("code.")
    {
        let particulars = RefusalParticulars::of(problem);
        let refused = event.refused(problem.code());
        let refused = refused.detailed(detail(particulars));
        app.record(refused).await?;
        if problem.code() == codes::CODE_PHONE_LIMIT {
            super::phones::tell_phone_limit(app, problem, client).await?;
        }
    }
    sent
}

async fn send_now(
    app: &App,
    journey: &Token,
    order: Order<'_>,
    event: Event,
    client: &Client,
) -> Result<()> {
    let (context, settings) = (app.context(), app.settings.codes.clone());
    let (all, from) = (Arc::clone(&app.settings), client.clone());
    let number = order.delivery_address.number().cloned();
    let digits = usize::try_from(settings.digits).map_err(Problem::internal)?;
    let code = DeliveredCode::generate(&*app.entropy, digits);
    let place = CodePlace {
        id: CodeId::generate(context.now, &*app.entropy),
        journey: journey.hash(),
        device: order.device,
    };
    let hash = code.hash(&app.master_key, &place);
    let expires_at = context.now + settings.lasting;
    let allowance = Allowance {
        user: order.user.id,
        address: address_scope(app, &order),
    };
    let parcel = parcel(app, &order, &code, &place, expires_at)?;
    let at = place.clone();
    let parcel = grounds::write_for(app, order.grounds, move |connection| {
        if !journeys::hold(connection, &place.journey, context.now)? {
            return Err(codes::SIGN_IN_TURN_USED.into());
        }
        // Removed since its address was read.
        if let Some(device) = place.device {
            devices::expect_of(connection, allowance.user, device)?;
        }
        allowance.take(connection, &settings, context.now)?;
        if let Some(number) = &number {
            admit_phone(connection, number, &all, &from, context.now)?;
        }
        let about = About::Code(place.journey.clone());
        outbox::withdraw(connection, &about, context.now)?;
        let new = NewCode {
            place: &place,
            hash: &hash,
            sent_at: context.now,
            expires_at,
        };
        delivered_codes::put(connection, &new)?;
        if let CodeDelivery::Mail(envelope) = &parcel {
            let (owner, lasting) = (Some(allowance.user), settings.lasting);
            post(
                connection,
                &context,
                "code",
                owner,
                Some(about),
                envelope,
                lasting,
            )?;
            context.record(connection, &event)?;
            return Ok(None);
        }
        Ok(Some((parcel, event)))
    })
    .await?;
    let Some((parcel, event)) = parcel else {
        return Ok(());
    };
    hand_over(app, &parcel, &at).await?;
    app.record(event).await
}

fn parcel(
    app: &App,
    order: &Order<'_>,
    code: &DeliveredCode,
    place: &CodePlace,
    expires_at: Timestamp,
) -> Result<CodeDelivery> {
    let words = order.words;
    Ok(match &order.delivery_address {
        DeliveryAddress::Mail(to) => CodeDelivery::Mail(Box::new(Envelope {
            to: to.clone(),
            name: Some(order.user.name.as_str().to_owned()),
            language: Some(words.language().to_owned()),
            message: Message::Code {
                code: code.expose().to_owned(),
                is_new: order.device.is_none(),
                expires_at,
            },
        })),
        DeliveryAddress::Sms(number) => {
            let text = Zeroizing::new(words.message(code.expose())?);
            CodeDelivery::Message(number.clone(), text)
        }
        DeliveryAddress::Call(number) => {
            let at = super::call::call_address_of(app, code, place, words.language())?;
            let text = Zeroizing::new(words.speech(code.expose())?);
            CodeDelivery::Call(number.clone(), at, text)
        }
    })
}

/// Reaches a phone, once: whether to try again is for the person to say. A code that certainly
/// did not go out is withdrawn; one that may have is not.
async fn hand_over(app: &App, parcel: &CodeDelivery, place: &CodePlace) -> Result<()> {
    let handed = match parcel {
        CodeDelivery::Mail(_) => return Ok(()),
        CodeDelivery::Message(number, text) => app.gateways.phone.text(number, text).await,
        CodeDelivery::Call(number, at, text) => app.gateways.phone.call(number, at, text).await,
    };
    let Err(refusal) = handed else {
        return Ok(());
    };
    let why = refusal.why();
    tracing::warn!(why, "a code was not sent to a phone");
    if !matches!(refusal, PhoneRefusal::Unknown(_)) {
        let (journey, id) = (place.journey.clone(), place.id);
        app.store
            .write(move |connection| delivered_codes::spend(connection, &journey, id).map(drop))
            .await?;
    }
    let code = match refusal {
        PhoneRefusal::Number(_) => codes::CODE_NUMBER,
        PhoneRefusal::Busy(_) => codes::CODE_BUSY,
        PhoneRefusal::Refused(_) | PhoneRefusal::Unknown(_) => codes::CODE_GATEWAY,
    };
    Err(Problem::new(code).detailed(why))
}

/// What sending is counted on beside the user. A user who types in another person's address uses up
/// what strangers may send there, and not what its owner needs to sign in.
fn address_scope(app: &App, order: &Order<'_>) -> String {
    let hash = address_hash(&order.delivery_address, &app.master_key);
    match order.device {
        Some(_) => owned_scope(&hash),
        None => format!("new:{hash}"),
    }
}

fn user_scope(user: UserId) -> String {
    format!("user:{user}")
}

fn owned_scope(hash: &str) -> String {
    format!("owned:{hash}")
}

/// Forgets how many codes were sent for a user, in the caller's transaction: an attacker who knows
/// their password can use up what a day has.
pub(crate) fn forget_sendings(connection: &mut AnyConnection, user: UserId) -> Result<usize> {
    let mut scopes = owned_scopes(connection, user)?;
    scopes.push(user_scope(user));
    delivered_codes::forget_sendings(connection, &scopes)
}

/// Until when a user gets no further code at one of their devices, where as many were sent as a day
/// has.
pub(crate) fn spent_until(
    connection: &mut AnyConnection,
    user: UserId,
    settings: &Codes,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let owned = owned_scopes(connection, user)?;
    let here = delivered_codes::spent_until(connection, &owned, settings.per_address, now)?;
    let scope = [user_scope(user)];
    let anywhere = delivered_codes::spent_until(connection, &scope, settings.per_user, now)?;
    Ok(here.max(anywhere))
}

fn owned_scopes(connection: &mut AnyConnection, user: UserId) -> Result<Vec<String>> {
    let hashes = delivery_addresses::hashes_of(connection, user)?;
    Ok(hashes.iter().map(|hash| owned_scope(hash)).collect())
}

/// What a code is counted on.
struct Allowance {
    user: UserId,
    address: String,
}

impl Allowance {
    /// Counts one code, in the caller's transaction, which must end where this refuses.
    fn take(&self, connection: &mut AnyConnection, settings: &Codes, now: Timestamp) -> Result<()> {
        let user = SendingLimit {
            per_day: settings.per_user,
            pause: std::time::Duration::ZERO,
        };
        let address = SendingLimit {
            per_day: settings.per_address,
            pause: settings.pause,
        };
        for (scope, limit) in [
            (user_scope(self.user), user),
            (self.address.clone(), address),
        ] {
            let (code, until) = match count_sending(connection, &scope, limit, now)? {
                Sending::Counted => continue,
                Sending::Paused(until) => (codes::CODE_PAUSE, until),
                Sending::Spent(until) => (codes::CODE_LIMIT, until),
            };
            return Err(Problem::new(code).retry_after(until.since(now)));
        }
        Ok(())
    }
}
