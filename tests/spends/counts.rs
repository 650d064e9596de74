//! The statements that count tries, and those that administrators and jobs run.

use std::time::Duration;

use keyward_core::clock::{SystemEntropy, Timestamp};
use keyward_core::domain::application::{
    Application, ApplicationId, ApplicationName, ApplicationSettings, HostPattern,
};
use keyward_core::domain::attempt::{AttemptLimit, AttemptScope};
use keyward_core::domain::device::{DeviceId, DeviceState};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::message::{MessageClass, MessageState};
use keyward_core::domain::policy::{Duty, DutyKind, Rules, Scope};
use keyward_core::problem::{Problem, Result};
use keyward_core::secret::Token;
use keyward_store::attempts::Admission;
use keyward_store::delivered_codes::{Sending, SendingLimit};
use keyward_store::outbox::{Channel, NewMessage};
use keyward_store::{
    AnyConnection, applications, attempts, delivered_codes, devices, duties, failed_names, leases,
    otp_key_imports, otp_keys, outbox, policies,
};

use crate::statements::{Spend, anything, nothing};
use crate::stock::{LATER, NOW, ONCE, Stock, touch};

/// One try, and no number of failures in a row.
const FORGIVING: AttemptLimit = AttemptLimit {
    in_a_row: None,
    ..ONCE
};

fn wiki() -> Result<Application> {
    let id = ApplicationId::from_stored("0190b7a0-0000-7000-8000-000000000001");
    Ok(Application {
        id: id.ok_or_else(|| Problem::internal("no id"))?,
        settings: ApplicationSettings {
            name: ApplicationName::from_stored("Wiki"),
            contact: String::new(),
            hosts: vec![HostPattern::parse("wiki.example.org")?],
            rules: vec!["/ anyone".parse()?],
        },
        version: 0,
        created_at: NOW,
    })
}

fn group() -> Scope {
    Scope::Group(GroupName::from_stored("staff"))
}

fn name(text: &str) -> AttemptScope {
    AttemptScope::UnknownName(text.to_owned())
}

pub fn tries() -> [Spend; 9] {
    [
        Spend {
            name: "the last try before a lock",
            prepare: nothing,
            is_good: |c, stock| Ok(attempts::lock_of(c, &stock.scope(), NOW)?.is_none()),
            spend: |c, stock| {
                let admission = attempts::admit(c, &stock.scope(), &FORGIVING, NOW)?;
                Ok(admission == Admission::Admitted)
            },
        },
        Spend {
            name: "the last failure in a row",
            prepare: nothing,
            is_good: |c, _| Ok(attempts::lock_of(c, &name("in a row"), NOW)?.is_none()),
            spend: |c, _| {
                let limit = AttemptLimit {
                    failures: 9,
                    ..ONCE
                };
                let admission = attempts::admit(c, &name("in a row"), &limit, NOW)?;
                Ok(admission == Admission::Admitted)
            },
        },
        Spend {
            name: "the try after a count that was forgotten",
            prepare: |c, _| {
                let hours_ago = Timestamp::from_seconds(NOW.seconds() - 7_200);
                attempts::admit(c, &name("forgotten"), &FORGIVING, hours_ago).map(drop)
            },
            is_good: |c, _| Ok(attempts::lock_of(c, &name("forgotten"), NOW)?.is_none()),
            spend: |c, _| {
                let admission = attempts::admit(c, &name("forgotten"), &FORGIVING, NOW)?;
                Ok(admission == Admission::Admitted)
            },
        },
        Spend {
            name: "the lock that a failure earns",
            prepare: |c, _| attempts::admit(c, &name("locks"), &ONCE, NOW).map(drop),
            is_good: |c, _| Ok(attempts::lock_of(c, &name("locks"), NOW)?.is_none()),
            spend: |c, _| Ok(attempts::lock_if_spent(c, &name("locks"), &ONCE, NOW)?.is_some()),
        },
        Spend {
            name: "the lock for good",
            prepare: |c, _| attempts::admit(c, &name("ends"), &ONCE, NOW).map(drop),
            is_good: |c, _| Ok(attempts::lock_of(c, &name("ends"), NOW)?.is_none()),
            spend: |c, _| attempts::end_if_spent(c, &name("ends"), &ONCE),
        },
        Spend {
            name: "the event that tells of a lock",
            prepare: |c, _| attempts::admit(c, &name("told"), &ONCE, NOW).map(drop),
            is_good: |c, _| Ok(attempts::lock_event(c, &name("told"))?.is_none()),
            spend: |c, stock| attempts::set_lock_event(c, &name("told"), stock.event),
        },
        Spend {
            name: "the alarm of spraying from a network",
            prepare: |c, _| {
                let since = Timestamp::from_seconds(0);
                failed_names::note(c, "192.0.2.0/24", &name("sprayed"), NOW, since).map(drop)
            },
            is_good: anything,
            spend: |c, _| failed_names::start_over(c, "192.0.2.0/24"),
        },
        Spend {
            name: "the last code of a day",
            prepare: nothing,
            is_good: |c, _| {
                let scopes = ["mail:anna".to_owned()];
                Ok(delivered_codes::spent_until(c, &scopes, 1, NOW)?.is_none())
            },
            spend: |c, _| {
                let limit = SendingLimit {
                    per_day: 1,
                    pause: Duration::ZERO,
                };
                let counted = delivered_codes::count_sending(c, "mail:anna", limit, NOW)?;
                Ok(counted == Sending::Counted)
            },
        },
        Spend {
            name: "a lease",
            prepare: nothing,
            is_good: anything,
            spend: |c, _| {
                let holder = Token::generate(&SystemEntropy).hash();
                leases::take(c, "judging", holder.as_str(), NOW, LATER)
            },
        },
    ]
}

fn duty(stock: &Stock, kind: DutyKind) -> Duty {
    Duty {
        user_id: stock.user,
        kind,
        since: NOW,
        deadline: None,
        remind_at: Some(NOW),
    }
}

fn put_message(connection: &mut AnyConnection, stock: &Stock) -> Result<()> {
    let message = NewMessage {
        id: stock.message,
        channel: Channel::Mail,
        class: MessageClass::Notice,
        topic: "test",
        user: Some(stock.user),
        about: None,
        content: b"sealed",
        recipient: b"sealed",
        created_at: NOW,
        due_at: NOW,
        expires_at: LATER,
    };
    outbox::insert(connection, &message)
}

pub fn administration() -> [Spend; 13] {
    [
        Spend {
            name: "a change of an application",
            prepare: |c, _| applications::insert(c, &wiki()?),
            is_good: |c, _| {
                let found = applications::by_id(c, wiki()?.id)?;
                Ok(found.is_some_and(|found| found.version == 0))
            },
            spend: |c, _| {
                let wiki = wiki()?;
                applications::update(c, wiki.id, 0, &wiki.settings)
            },
        },
        Spend {
            name: "a message that is due",
            prepare: put_message,
            is_good: |c, _| outbox::is_due(c, Channel::Mail, &[MessageClass::Notice], NOW),
            spend: |c, _| {
                let class = MessageClass::Notice;
                Ok(outbox::claim(c, Channel::Mail, class, "lease", NOW, LATER)?.is_some())
            },
        },
        Spend {
            name: "the end of a message by whoever claimed it",
            prepare: nothing,
            is_good: anything,
            spend: |c, stock| outbox::end(c, stock.message, "lease", MessageState::Sent, None, NOW),
        },
        Spend {
            name: "the beginning of a duty",
            prepare: nothing,
            is_good: |c, stock| Ok(duties::get(c, stock.user, DutyKind::SecondFactor)?.is_none()),
            spend: |c, stock| duties::begin(c, &duty(stock, DutyKind::SecondFactor)),
        },
        Spend {
            name: "a reminder",
            prepare: |c, stock| duties::begin(c, &duty(stock, DutyKind::MoreDevices)).map(drop),
            is_good: |c, stock| {
                let known = duties::get(c, stock.user, DutyKind::MoreDevices)?;
                Ok(known.is_some_and(|known| known.remind_at == Some(NOW)))
            },
            spend: |c, stock| {
                duties::take_reminder(c, &duty(stock, DutyKind::MoreDevices), Some(LATER))
            },
        },
        Spend {
            name: "a policy that is switched on",
            prepare: |c, _| policies::save_draft(c, &Scope::Everybody, &Rules::default()),
            is_good: |c, _| {
                let record = policies::get(c, &Scope::Everybody)?;
                Ok(record.is_some_and(|record| record.draft.is_some() && record.version == 1))
            },
            spend: |c, _| policies::switch_on(c, &Scope::Everybody, 1, false, NOW),
        },
        Spend {
            name: "a draft that another request replaces",
            prepare: |c, _| policies::save_draft(c, &group(), &Rules::default()),
            is_good: |c, _| {
                let record = policies::get(c, &group())?;
                Ok(record.is_some_and(|record| record.draft.is_some() && record.version == 1))
            },
            spend: |c, _| {
                let switched_on = policies::switch_on(c, &group(), 1, false, NOW)?;
                policies::save_draft(c, &group(), &Rules::default())?;
                Ok(switched_on)
            },
        },
        Spend {
            name: "a held key that another server saw farther on",
            prepare: nothing,
            is_good: |c, stock| {
                let held = otp_keys::held(c, &stock.held)?.and_then(|key| key.progress);
                Ok(held.is_some_and(|held| held.usage.counter < 8))
            },
            spend: |c, stock| otp_key_imports::advance(c, &stock.held, touch(8), "", None),
        },
        Spend {
            name: "a serial number that is missing",
            prepare: nothing,
            is_good: |c, stock| {
                Ok(otp_keys::by_public_id(c, &stock.held)?.is_some_and(|k| k.serial.is_none()))
            },
            spend: |c, stock| otp_key_imports::fill_serial(c, &stock.held, 5, NOW),
        },
        Spend {
            name: "a lock code that is missing",
            prepare: nothing,
            is_good: anything,
            spend: |c, stock| otp_key_imports::fill_lock_code(c, &stock.held, b"sealed", NOW),
        },
        Spend {
            name: "a held key that is taken out of use",
            prepare: nothing,
            is_good: |c, stock| {
                Ok(otp_keys::by_public_id(c, &stock.held)?.is_some_and(|key| key.is_active))
            },
            spend: |c, stock| otp_key_imports::withdraw(c, &stock.held, Some(touch(8).usage), NOW),
        },
        Spend {
            name: "a device that is put on hold",
            prepare: nothing,
            is_good: |c, stock| state_is(c, stock.credential, DeviceState::Active),
            spend: |c, stock| {
                devices::change_state(
                    c,
                    stock.credential,
                    DeviceState::Active,
                    DeviceState::Suspect,
                )
            },
        },
        Spend {
            name: "the use of a device that another request puts on hold",
            prepare: nothing,
            is_good: |c, stock| state_is(c, stock.totp, DeviceState::Active),
            spend: |c, stock| {
                let used = devices::note_use(c, stock.totp, NOW)?;
                devices::change_state(c, stock.totp, DeviceState::Active, DeviceState::Suspect)?;
                Ok(used)
            },
        },
    ]
}

fn state_is(connection: &mut AnyConnection, id: DeviceId, state: DeviceState) -> Result<bool> {
    Ok(devices::by_id(connection, id)?.is_some_and(|device| device.state == state))
}
