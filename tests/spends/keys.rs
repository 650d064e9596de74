//! The statements that say what becomes of a key, and what is on it.

use keyward_core::domain::credential::Credential;
use keyward_core::domain::device::{DeviceKind, DeviceName};
use keyward_core::domain::key::{
    CaseOutcome, Enrolment, EnrolmentId, FoundReport, FoundReportId, Key, KeyCase, KeyCaseId,
    KeyFacts, KeyId, KeyMove, KeyState, RegisteredAtDesk, SerialNumber,
};
use keyward_core::flows::key::KeyStage;
use keyward_core::problem::{Problem, Result};
use keyward_store::{AnyConnection, keys as table, otp_keys};

use uuid::Uuid;

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

fn case(stock: &Stock, number: u8) -> Result<KeyCase> {
    let id = id(number)?;
    let case = KeyCaseId::from_stored(&id.to_string());
    Ok(KeyCase {
        id: case.ok_or_else(|| Problem::internal("no id"))?,
        key: id,
        owner: Some(stock.user),
        opened_at: NOW,
        closed: None,
        replacement: None,
    })
}

fn with_a_case(connection: &mut AnyConnection, stock: &Stock) -> Result<()> {
    add(connection, 8)?;
    table::open_case(connection, &case(stock, 8)?).map(drop)
}

fn report() -> Result<FoundReport> {
    let id = FoundReportId::from_stored(&id(10)?.to_string());
    Ok(FoundReport {
        id: id.ok_or_else(|| Problem::internal("no id"))?,
        named: "10000017".to_owned(),
        is_known: true,
        place: String::new(),
        contact: String::new(),
        reported_at: NOW,
        closed_at: None,
    })
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

fn enrolment(stock: &Stock, number: u8) -> Result<Enrolment> {
    let row = id(number)?;
    let parsed = EnrolmentId::from_stored(&row.to_string());
    Ok(Enrolment {
        id: parsed.ok_or_else(|| Problem::internal("no id"))?,
        user_id: stock.user,
        key: row,
        name: DeviceName::from_stored("Key"),
        created_at: NOW,
        code_expires_at: None,
        registered: RegisteredAtDesk {
            credential: Credential {
                device_id: stock.credential,
                user_id: stock.user,
                kind: DeviceKind::Passkey,
                credential_id: vec![number; 16],
                public_key: Vec::new(),
                sign_count: 0,
                aaguid: Uuid::nil(),
                transports: Vec::new(),
                backup_eligible: false,
                backed_up: false,
                user_verified: true,
                discoverable: None,
                attestation_format: "none".to_owned(),
            },
            model: None,
            chain: Vec::new(),
            is_verified_model: false,
            serial: None,
        },
    })
}

fn with_an_enrolment(connection: &mut AnyConnection, stock: &Stock, number: u8) -> Result<()> {
    add(connection, number)?;
    let new = enrolment(stock, number)?;
    table::insert_enrolment(connection, &new)?;
    table::give_code(connection, new.id, &format!("code {number}"), LATER).map(drop)
}

fn waits(connection: &mut AnyConnection, stock: &Stock, number: u8) -> Result<bool> {
    Ok(table::enrolment(connection, enrolment(stock, number)?.id)?.is_some())
}

pub fn keys() -> [Spend; 12] {
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
            name: "the one open case of a key",
            prepare: |c, _| add(c, 7),
            is_good: |c, _| Ok(table::open_case_of(c, id(7)?)?.is_none()),
            spend: |c, stock| table::open_case(c, &case(stock, 7)?),
        },
        Spend {
            name: "the case of a lost key that is closed",
            prepare: with_a_case,
            is_good: |c, _| Ok(table::open_case_of(c, id(8)?)?.is_some()),
            spend: |c, stock| {
                let id = case(stock, 8)?.id;
                table::close_case(c, id, CaseOutcome::WrittenOff, LATER)
            },
        },
        Spend {
            name: "the report of a found key that is closed",
            prepare: |c, _| table::insert_found_report(c, &report()?),
            is_good: |c, _| {
                let open = table::found_reports_of(c, &[report()?.named], 1)?;
                Ok(!open.is_empty())
            },
            spend: |c, _| Ok(table::close_found_report(c, report()?.id, LATER)?.is_some()),
        },
        Spend {
            name: "an activation code",
            prepare: |c, stock| with_an_enrolment(c, stock, 11),
            is_good: |c, stock| waits(c, stock, 11),
            spend: |c, stock| {
                let id = enrolment(stock, 11)?.id;
                table::take_enrolment(c, id, "code 11", NOW)
            },
        },
        Spend {
            name: "an enrolment that is withdrawn",
            prepare: |c, stock| with_an_enrolment(c, stock, 12),
            is_good: |c, stock| waits(c, stock, 12),
            spend: |c, stock| table::withdraw_enrolment(c, enrolment(stock, 12)?.id),
        },
        Spend {
            name: "a held key whose YubiKey is lost",
            prepare: |c, stock| otp_keys::set_active(c, &stock.held, true, NOW).map(drop),
            is_good: |c, stock| {
                Ok(otp_keys::by_public_id(c, &stock.held)?.is_some_and(|key| key.is_active))
            },
            spend: |c, stock| otp_keys::put_out(c, &stock.held, LATER),
        },
        Spend {
            name: "an OTP slot that is taken off a key",
            prepare: nothing,
            is_good: |c, _| Ok(table::key_of_slot(c, "vvccccccccct")?.is_some()),
            spend: |c, _| table::unlink_slot(c, id(4)?, "vvccccccccct"),
        },
    ]
}
