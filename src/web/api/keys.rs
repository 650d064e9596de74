//! `/api/v1/keys`: the inventory of keys.

use actix_web::http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Call, done};
use super::lists::list;
use super::operation::{Operation, to};
use super::users::user_named;
use crate::lists::Keys;
use crate::rows::{KeyDeviceRow, KeyRow};
use crate::web::answer::Answer;
use keyward_actions::key::{self, OnKey, WantedMove};
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::key::{Key, KeyChange, KeyId, KeyMove};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Code, Problem, Result, codes};

const KEYS: &str = "/keys";
const KEY: &str = "/keys/{id}";
const LINKS: &str = "/keys/{id}/links";
const UNKNOWN: &[Code] = &[codes::KEY_UNKNOWN];
const INVALID: &[Code] = &[codes::KEY_INVALID, codes::KEY_TAKEN];

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::KeysRead, ApiScope::KeysWrite);
    vec![
        list::<Keys>("keys.list", reads),
        Operation::new(
            Method::POST,
            KEYS,
            "keys.create",
            writes,
            "Adds a key to the inventory: in stock, and nobody's",
            || to(create),
        )
        .takes::<NewKey>()
        .creates::<KeyRow>()
        .refuses(INVALID),
        Operation::new(Method::GET, KEY, "keys.read", reads, "One key", || to(read))
            .reads::<KeyRow>()
            .tagged()
            .refuses(UNKNOWN),
        Operation::new(
            Method::PATCH,
            KEY,
            "keys.change",
            writes,
            "Says something else of a key; its state and its owner stay",
            || to(change),
        )
        .takes::<KeyEdit>()
        .tells::<KeyRow>("The key as it is now.")
        .tagged()
        .conditional()
        .refuses(UNKNOWN)
        .refuses(INVALID),
        Operation::new(
            Method::POST,
            "/keys/{id}/moves",
            "keys.move",
            writes,
            "Assigns a key, ships it, hands it over, takes it back, and whatever else becomes of it",
            || to(make_move),
        )
        .takes::<Move>()
        .tells::<KeyRow>("The key as it is now.")
        .tagged()
        .conditional()
        .refuses(UNKNOWN)
        .refuses(&[
            codes::KEY_MOVE,
            codes::KEY_INVALID,
            codes::KEY_OWNER_NEEDED,
            codes::KEY_ANOTHER_OWNER,
            codes::USER_UNKNOWN,
            codes::USER_DISABLED,
        ]),
        Operation::new(
            Method::GET,
            LINKS,
            "keys.links",
            reads,
            "What is on a key, and how that is known",
            || to(links),
        )
        .tells::<Links>("What is on it.")
        .refuses(UNKNOWN),
        Operation::new(
            Method::POST,
            LINKS,
            "keys.link",
            writes,
            "Says that an OTP slot, a passkey or a security key is on a key",
            || to(link),
        )
        .takes::<Link>()
        .refuses(UNKNOWN)
        .refuses(&[
            codes::KEY_LINKED,
            codes::KEY_ANOTHER_OWNER,
            codes::KEY_INVALID,
            codes::DEVICE_UNKNOWN,
        ]),
        Operation::new(
            Method::DELETE,
            "/keys/{id}/links/{what}",
            "keys.unlink",
            writes,
            "Says that the OTP slot of a public id, or a device by its id, is on a key no more",
            || to(unlink),
        )
        .refuses(&[codes::KEY_UNKNOWN, codes::KEY_NOT_LINKED]),
    ]
}

macro_rules! bodies {
    ($($(#[$says:meta])* $field:ident,)*) => {
        /// A key to add: with its serial number, its model, or both.
        #[derive(Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        struct NewKey {
            $($(#[$says])* #[serde(default)] #[schema(nullable = false)] $field: Option<String>,)*
        }

        /// What shall be said of a key from now on; what is not named stays, and empty text is for what is not
        /// known.
        #[derive(Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        struct KeyEdit {
            $($(#[$says])* #[serde(default)] #[schema(nullable = false)] $field: Option<String>,)*
        }

        impl From<NewKey> for KeyChange {
            fn from(new: NewKey) -> Self {
                Self { $($field: new.$field,)* }
            }
        }

        impl From<KeyEdit> for KeyChange {
            fn from(edit: KeyEdit) -> Self {
                Self { $($field: edit.$field,)* }
            }
        }
    };
}

bodies! {
    /// Who made it; `Yubico` where nothing is said.
    maker,
    /// The number printed on it: 1 to 64 visible characters of ASCII. One maker has each once.
    serial,
    /// What its maker calls it.
    model,
    /// The version of its firmware.
    firmware,
    /// What it is plugged into, or how it looks.
    form_factor,
    /// The batch that it was made or delivered in.
    batch,
    /// The order by which it was bought.
    order,
    /// Where it lies.
    place,
    /// Whatever else there is to say, at most 256 characters.
    note,
}

/// What becomes of a key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Move {
    /// `assign`, `ship`, `hand-over`, `activate`, `take-back`, `lost`, `give-back`, `found` or `retire`.
    #[serde(rename = "move")]
    what: String,
    /// Whose it becomes, by id or name, where it is assigned or handed over.
    #[serde(default)]
    user: Option<String>,
    /// What there is to say about it, at most 256 characters.
    #[serde(default)]
    note: String,
}

/// What is on a key.
#[derive(Serialize, ToSchema)]
struct Links {
    /// Its OTP slots.
    slots: Vec<Slot>,
    /// Devices of people.
    devices: Vec<KeyDeviceRow>,
}

/// An OTP slot.
#[derive(Serialize, ToSchema)]
#[schema(as = KeySlot)]
struct Slot {
    /// What its one-time passwords begin with.
    public_id: String,
    /// Whether its secret is held here.
    held: bool,
}

/// Something that is on a key.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = KeyLink)]
enum Link {
    /// The public id of an OTP slot; YubiKey devices of it are on the key then.
    PublicId(String),
    /// A passkey or a security key, by the id of its device.
    Device(String),
}

impl Link {
    fn read(&self) -> Result<OnKey> {
        let wrong = |why: &str| Problem::new(codes::KEY_INVALID).detailed(why);
        match (
            self,
            OnKey::parse(match self {
                Self::PublicId(text) | Self::Device(text) => text,
            }),
        ) {
            (Self::PublicId(_), Some(slot @ OnKey::Slot(_))) => Ok(slot),
            (Self::PublicId(_), _) => Err(wrong("a public id has 1 to 16 letters of modhex")),
            (Self::Device(_), Some(device @ OnKey::Device(_))) => Ok(device),
            (Self::Device(_), _) => Err(codes::DEVICE_UNKNOWN.into()),
        }
    }
}

pub(super) fn key_of(call: &Call) -> Result<KeyId> {
    let id = call.path("id", |text| Some(KeyId::parse(text)))?;
    id.ok_or_else(|| codes::KEY_UNKNOWN.into())
}

async fn create(call: Call) -> Answer {
    let new: NewKey = call.body()?;
    let app = call.app();
    let created = async |by| {
        let id = key::add(app, &by, new.into()).await?;
        Ok(Created::plain(id))
    };
    let shown = async |by: &Administrator, created: &Created| {
        let id = KeyId::parse(&created.id).ok_or(codes::INTERNAL)?;
        let found = key::summary(app, by, id).await?;
        Ok((format!("{KEYS}/{id}"), KeyRow::from(&found)))
    };
    call.create(created, shown).await
}

async fn read(call: Call) -> Answer {
    let found = key::summary(call.app(), &call.looks_up()?, key_of(&call)?).await?;
    call.read(&KeyRow::from(&found), Some(&found.key.edition()))
}

/// The key as the program has seen it.
async fn seen(call: &Call, by: &Administrator) -> Result<Key> {
    let (id, edition) = (key_of(call)?, call.if_match()?);
    let before = key::find(call.app(), by, id).await?;
    before.edition().require(edition.as_ref())?;
    Ok(before)
}

/// The version is asked for once more by the statement that changes it.
fn overtaken(problem: Problem) -> Problem {
    match problem.code() {
        codes::KEY_CHANGED => Problem::new(codes::RESOURCE_OVERTAKEN),
        _ => problem,
    }
}

async fn tell(call: &Call, by: &Administrator, id: KeyId) -> Answer {
    let found = key::summary(call.app(), by, id).await?;
    call.changed(&KeyRow::from(&found), Some(&found.key.edition()))
}

async fn change(call: Call) -> Answer {
    let by = call.administrator()?;
    let before = seen(&call, &by).await?;
    let edit: KeyEdit = call.body()?;
    let changed = key::change(call.app(), &by, before.id, before.version, edit.into()).await;
    changed.map_err(overtaken)?;
    tell(&call, &by, before.id).await
}

async fn make_move(call: Call) -> Answer {
    let by = call.administrator()?;
    let before = seen(&call, &by).await?;
    let body: Move = call.body()?;
    let what = KeyMove::parse(&body.what).ok_or_else(|| {
        let words: Vec<&str> = KeyMove::ALL.iter().map(|one| one.as_str()).collect();
        let why = format!("`move` is one of {}", words.join(", "));
        Problem::new(codes::REQUEST_MALFORMED).detailed(why)
    })?;
    let owner = match &body.user {
        Some(user) => Some(user_named(&call, &by, user).await?),
        None => None,
    };
    let wanted = WantedMove {
        what,
        owner,
        version: Some(before.version),
        note: body.note,
    };
    let moved = key::make_move(call.app(), &by.helps(), before.id, wanted).await;
    moved.map_err(overtaken)?;
    tell(&call, &by, before.id).await
}

async fn links(call: Call) -> Answer {
    let (by, id) = (call.administrator()?, key_of(&call)?);
    key::find(call.app(), &by, id).await?;
    let found = key::links(call.app(), &by, id).await?;
    let slot = |slot: keyward_core::domain::key::LinkedSlot| Slot {
        public_id: slot.public_id,
        held: slot.is_held,
    };
    let links = Links {
        devices: found.devices.iter().map(KeyDeviceRow::from).collect(),
        slots: found.slots.into_iter().map(slot).collect(),
    };
    call.changed(&links, None)
}

async fn link(call: Call) -> Answer {
    let (by, id, link): (_, _, Link) = (call.administrator()?, key_of(&call)?, call.body()?);
    key::link(call.app(), &by, id, link.read()?).await?;
    done()
}

async fn unlink(call: Call) -> Answer {
    let (by, id) = (call.administrator()?, key_of(&call)?);
    let what = call.path("what", |text| Some(OnKey::parse(text)))?;
    key::unlink(call.app(), &by, id, what.ok_or(codes::KEY_NOT_LINKED)?).await?;
    done()
}
