//! Enrolling devices.

mod alone;
mod backup_codes;
mod credential;
mod delivery_address;
mod totp;
mod yubikey;
pub(crate) use backup_codes::backup_code_set;
pub use backup_codes::backup_codes_left;
pub use backup_codes::make_backup_codes;
pub use credential::credential;
pub use credential::{NewCredential, registration_options};
pub use delivery_address::begin_delivery_address;
pub use delivery_address::delivery_address;
pub use delivery_address::delivery_address_offer;
pub use delivery_address::send_address_code;
pub use totp::offer_totp;
pub use totp::totp;
pub use yubikey::yubikey;

pub(crate) use alone::{admit_alone, has_no_way_in, has_way_in_besides};
pub use backup_codes::BackupCodesLeft;
pub(crate) use credential::{is_verified_model, verify_registration};
pub use delivery_address::{BeginDeliveryAddress, DeliveryAddressOffer, DeliveryAddressOutcome};
pub use totp::TotpOffer;

use super::policy::{NewDeviceFacts, admit_new, inventory_fact};
use super::sign_in::{Opened, rise};
use super::{App, WriteContext, key};
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::attestation::AttestedSerial;
use keyward_core::domain::device::{Device, DeviceId, DeviceKind, DeviceName, DeviceState};
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind, Refusal};
use keyward_core::domain::key::{Key, KeyId};
use keyward_core::domain::policy::{CredentialFacts, InventoryFact};
use keyward_core::domain::session::{Client, Methods};
use keyward_core::domain::user::UserId;
use keyward_core::flows::enrolment::Enrolled;
use keyward_core::flows::permit::MayEnrol;
use keyward_core::problem::{Code, Problem, Result, codes};
use keyward_core::protocols::yubico::PublicId;
use keyward_store::{AnyConnection, attempts, devices, keys, users};

/// The most devices of one person. Each try at a code is compared with all of a kind, and an
/// attacker who types the name gets the list of passkeys.
pub(crate) const MOST_DEVICES: usize = 64;

/// What a new device may be called.
#[derive(Clone, Debug)]
pub struct Naming {
    /// What its owner typed.
    pub typed: Option<DeviceName>,
    /// What devices of its kind are called in the owner's language, for want of anything better.
    pub usual: DeviceName,
}

impl Naming {
    /// What is called so among these devices: the usual name is numbered where one of them has it.
    fn choose(self, others: &[Device]) -> DeviceName {
        let Self { typed, usual } = self;
        let is_free = |name: &DeviceName| others.iter().all(|other| other.name != *name);
        typed.unwrap_or_else(|| {
            let numbered = (2..).map(|number| usual.numbered(number));
            let mut names = std::iter::once(usual.clone()).chain(numbered);
            let free = names.by_ref().take(others.len() + 1).find(is_free);
            free.unwrap_or(usual)
        })
    }
}

/// A device was enrolled.
#[must_use = "the browser must be told of a session that rose"]
#[derive(Debug)]
pub struct Added {
    /// What it is called.
    pub name: DeviceName,
    /// The session, which goes on under a new identifier.
    pub opened: Opened,
}

/// Where the enrolment of a code's device led.
#[must_use]
#[derive(Debug)]
pub enum EnrolOutcome {
    /// What was typed is no code of it.
    Wrong,
    /// It was used before.
    Used,
    /// The key belongs to a user already.
    Taken,
    /// No validation service could be asked.
    Unavailable(Code),
    /// It was added.
    Added(Added),
}

/// A device about to be added.
pub(crate) struct NewDevice {
    pub(crate) id: DeviceId,
    pub(crate) kind: DeviceKind,
    pub(crate) naming: Naming,
    pub(crate) model: Option<String>,
    /// What it proves of its owner, now that it was shown to be theirs.
    pub(crate) methods: Methods,
    /// What policy looks at, for passkeys and security keys.
    pub(crate) credential: Option<CredentialFacts>,
    /// The key that it is on.
    pub(crate) which: Option<WhichKey>,
}

/// How it is known on which key a new device is.
pub(crate) enum WhichKey {
    /// By the word of the administrator who registered it.
    Told(KeyId),
    /// The serial number in a certificate that leads to a root of its model.
    Serial(AttestedSerial),
    /// The OTP slot that a validation service confirmed.
    Slot(PublicId),
}

impl WhichKey {
    fn find(&self, connection: &mut AnyConnection) -> Result<Option<Key>> {
        match self {
            Self::Told(id) => keys::by_id(connection, *id),
            Self::Serial(serial) => keys::of_serial(connection, serial),
            Self::Slot(public_id) => keys::of_slot(connection, public_id.as_str()),
        }
    }
}

/// Adds a device, in the caller's transaction: its common row, the event, the default where there
/// was none, and the session's rise. What the kind alone knows, the caller adds.
///
/// # Errors
/// `policy.…` where policy does not count the device, `device.too_many`.
fn add(
    connection: &mut AnyConnection,
    context: &WriteContext,
    permit: &MayEnrol,
    new: NewDevice,
    client: &Client,
    add_kind: impl FnOnce(&mut AnyConnection) -> Result<()>,
) -> Result<Added> {
    let owner = permit.user().id;
    let (enrolled, name) = insert_new(connection, context, owner, new, client, add_kind)?;
    Ok(Added {
        opened: rise(connection, context, permit, &enrolled, client)?,
        name,
    })
}

/// The same without a session that could rise: for whoever proves in another way that the device is theirs.
///
/// # Errors
/// As [`add`]'s.
pub(crate) fn insert_new(
    connection: &mut AnyConnection,
    context: &WriteContext,
    owner: UserId,
    new: NewDevice,
    client: &Client,
    add_kind: impl FnOnce(&mut AnyConnection) -> Result<()>,
) -> Result<(Enrolled, DeviceName)> {
    users::hold(connection, owner)?;
    let existing = devices::of_user(connection, owner)?;
    if existing.len() >= MOST_DEVICES {
        return Err(codes::DEVICE_TOO_MANY.into());
    }
    let device = Device {
        id: new.id,
        user_id: owner,
        kind: new.kind,
        name: new.naming.choose(&existing),
        model: new.model,
        state: DeviceState::Active,
        created_at: context.now,
        last_used_at: None,
    };
    let key = match &new.which {
        Some(which) => which.find(connection)?,
        None => None,
    };
    let facts = NewDeviceFacts {
        kind: new.kind,
        credential: new.credential,
        key: inventory_fact(key.as_ref(), owner),
    };
    admit_new(connection, owner, facts, context.now)?;
    let user_verified = new.credential.map(|credential| credential.user_verified);
    admit_alone(connection, owner, new.kind, user_verified)?;
    devices::insert(connection, &device)?;
    // No try at the new one has failed yet: the way back where too many failures in a row ended the
    // one before.
    attempts::clear(connection, &AttemptScope::SecondFactor(owner, new.kind))?;
    add_kind(connection)?;
    if becomes_default(connection, &device)? {
        users::set_default_device(connection, owner, Some(device.id))?;
    }
    let event = Event::new(EventKind::DeviceAdded)
        .by(Actor::User(owner))
        .about(owner)
        .on(device.id)
        .detailed(EventDetail::Device {
            kind: device.kind,
            name: Some(device.name.to_string()),
        })
        .from(client);
    context.record(connection, &event)?;
    if let Some(key) = key {
        let used = key::Used {
            by: owner,
            device: device.id,
            client,
        };
        key::activate(connection, context, key, &used)?;
    }
    let enrolled = Enrolled::new(owner, device.id, new.methods);
    Ok((enrolled, device.name))
}

/// Whether a new device is what its owner is asked for first: where there is no such device yet, or
/// one that comes after this kind.
fn becomes_default(connection: &mut AnyConnection, new: &Device) -> Result<bool> {
    let Some(default) = users::expect(connection, new.user_id)?.default_device else {
        return Ok(true);
    };
    let default = devices::by_id(connection, default)?;
    Ok(default.is_none_or(|default| default.kind.comes_last() && !new.kind.comes_last()))
}

pub(crate) fn new_device_id(app: &App) -> DeviceId {
    DeviceId::generate(app.now(), &*app.entropy)
}

/// Refuses a kind of device that policy does not let this person add.
async fn admit_kind(app: &App, permit: &MayEnrol, kind: DeviceKind, client: &Client) -> Result<()> {
    let (owner, now) = (permit.user().id, app.now());
    let facts = NewDeviceFacts {
        kind,
        credential: None,
        key: InventoryFact::Unasked,
    };
    let admitted = app
        .store
        .look(move |connection| {
            admit_new(connection, owner, facts, now)?;
            admit_alone(connection, owner, kind, None)
        })
        .await;
    if let Err(problem) = &admitted {
        refuse_as(app, permit, kind, problem, client).await?;
    }
    admitted
}

/// Records why no device was added.
async fn refuse(
    app: &App,
    permit: &MayEnrol,
    kind: DeviceKind,
    reason: impl Into<Refusal>,
    client: &Client,
) -> Result<()> {
    let refusal = refusal(permit, reason, client);
    app.record(refusal.detailed(EventDetail::Device { kind, name: None }))
        .await
}

/// Records why no device was added, with the particulars.
async fn refuse_as(
    app: &App,
    permit: &MayEnrol,
    kind: DeviceKind,
    problem: &Problem,
    client: &Client,
) -> Result<()> {
    let mut refusal = refusal(permit, problem.code(), client);
    refusal.detail = EventDetail::refused(Some(kind), problem);
    app.record(refusal).await
}

fn refusal(permit: &MayEnrol, reason: impl Into<Refusal>, client: &Client) -> Event {
    let owner = permit.user().id;
    Event::new(EventKind::DeviceAdded)
        .refused(reason)
        .by(Actor::User(owner))
        .about(owner)
        .from(client)
}
