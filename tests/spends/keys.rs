//! The statements that say what becomes of a key, and what is on it.

use keyward_core::domain::key::{Key, KeyFacts, KeyId, KeyMove, KeyState, SerialNumber};
use keyward_core::flows::key::KeyStage;
use keyward_core::problem::{Problem, Result};
use keyward_store::{AnyConnection, keys as table};

use crate::statements::{Spend, anything, nothing};
use crate::stock::{LATER, NOW, Stock};

fn id(number: u8) -> Result<KeyId> {
    let id = format!("0190b7a0-0000-7000-8000-0000000000{number:02x}");
    KeyId::from_stored(&id).ok_or_else(|| Problem::internal("no id"))
}

fn add(connection: &mut AnyConnection, number: u8) -> Result<()> {
    let facts = KeyFacts {
        serial: Some(SerialNumber::parse(&number.to_string())?),
        ..KeyFacts::unknown()
    };
    let key = Key {
        id: id(number)?,
        facts,
        state: KeyState::Stock,
        owner: None,
        created_at: NOW,
        changed_at: NOW,
        state_since: NOW,
        version: 0,
    };
    table::insert(connection, &key)
}

/// The key as both requests have read it.
fn read(connection: &mut AnyConnection, number: u8) -> Result<Key> {
    let found = table::by_id(connection, id(number)?)?;
    let found = found.ok_or_else(|| Problem::internal("no key"))?;
    Ok(Key {
        state: KeyState::Stock,
        owner: None,
        version: 0,
        ..found
    })
}

fn moves(connection: &mut AnyConnection, stock: &Stock, number: u8, what: KeyMove) -> Result<bool> {
    let key = read(connection, number)?;
    let moved = KeyStage::of(key).take(what, Some(stock.user))?;
    table::make_move(connection, &moved, LATER)
}

pub fn keys() -> [Spend; 6] {
    [
        Spend {
            name: "the version of a key that is assigned",
            prepare: |c, _| add(c, 1),
            is_good: |c, _| Ok(read(c, 1)?.owner.is_none()),
            spend: |c, stock| moves(c, stock, 1, KeyMove::Assign),
        },
        Spend {
            name: "the version of a key that is lost",
            prepare: |c, _| add(c, 2),
            is_good: |c, _| Ok(read(c, 2)?.state == KeyState::Stock),
            spend: |c, stock| moves(c, stock, 2, KeyMove::ReportLost),
        },
        Spend {
            name: "the version of a key of which something else is said",
            prepare: |c, _| add(c, 3),
            is_good: anything,
            spend: |c, _| {
                let facts = read(c, 3)?.facts;
                table::change(c, id(3)?, 0, &facts, LATER)
            },
        },
        Spend {
            name: "the place of an OTP slot",
            prepare: |c, _| add(c, 4),
            is_good: |c, _| Ok(table::key_of_slot(c, "vvccccccccct")?.is_none()),
            spend: |c, _| table::link_slot(c, id(4)?, "vvccccccccct", NOW),
        },
        Spend {
            name: "the place of a passkey",
            prepare: |c, _| add(c, 5),
            is_good: |c, _| Ok(table::links_of(c, id(5)?)?.devices.is_empty()),
            spend: |c, stock| table::link_device(c, id(5)?, stock.credential, NOW),
        },
        Spend {
            name: "an OTP slot that is taken off a key",
            prepare: nothing,
            is_good: |c, _| Ok(table::key_of_slot(c, "vvccccccccct")?.is_some()),
            spend: |c, _| table::unlink_slot(c, id(4)?, "vvccccccccct"),
        },
    ]
}
