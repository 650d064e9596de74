//! Every case of particulars and every reason of a refusal, for the pages that show them.

use std::net::{IpAddr, Ipv6Addr};

use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::delivery_address::DeliveryMethod;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::erasure::{Belongings, tombstone};
use keyward_core::domain::event::{EventDetail, EventKind, RecordedRefusal, Refusal};
use keyward_core::domain::event_detail::{
    ClearedCounts, CounterStep, EndedSessions, ExportContents, Imported, Means, NotedKey,
    PhoneLimit, PhoneScope, RefusalParticulars, StoppedByLoss, TokenScopes, TrustEnd,
};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::policy::{Reason, Rule, Rules, Scope, Violation};
use keyward_core::domain::role::Role;
use keyward_core::domain::session::{Assurance, Methods, ProvedBy, SessionId};
use keyward_core::domain::user::UserId;
use keyward_core::domain::validation_client::ValidationClientId;
use keyward_core::problem::codes;

/// An attacker's markup in place of a name.
const NAME: &str = "Anna's <YubiKey> 5C";

fn name() -> String {
    NAME.to_owned()
}

fn later() -> Timestamp {
    Timestamp::from_seconds(1_796_615_835)
}

fn admins() -> Scope {
    Scope::Group(GroupName::from_stored("admins"))
}

fn violations() -> Vec<Violation> {
    let of = |(place, rule): (usize, Rule)| Violation {
        scope: match place % 2 {
            0 => Scope::Everybody,
            _ => admins(),
        },
        reason: Reason {
            rule,
            what: (place % 3 == 0).then(|| "REVOKED".to_owned()),
        },
    };
    Rule::judged().enumerate().map(of).collect()
}

fn limits() -> [PhoneLimit; 3] {
    [
        PhoneScope::To("+49 DE".to_owned()),
        PhoneScope::From("192.0.2.0/24".to_owned()),
        PhoneScope::All,
    ]
    .map(|of| PhoneLimit { of, per_day: 20 })
}

fn stood_in_the_way() -> Vec<RefusalParticulars> {
    let limits = limits().map(RefusalParticulars::Phones);
    let others = [
        RefusalParticulars::Policy {
            violations: violations(),
        },
        RefusalParticulars::DeviceLimit {
            scopes: vec![Scope::Everybody, admins()],
            most: 1,
        },
        RefusalParticulars::Diagnosis {
            text: "the origin is none of ours".to_owned(),
        },
    ];
    limits.into_iter().chain(others).collect()
}

/// Every reason, and one of another version.
pub(in crate::views) fn reasons() -> Vec<RecordedRefusal> {
    let problems = codes::ALL.iter().copied().map(Refusal::Problem);
    let known = Refusal::OWN.iter().copied().chain(problems);
    known
        .map(RecordedRefusal::Known)
        .chain([RecordedRefusal::from_stored("no_such_reason")])
        .collect()
}

/// Every case, those with further cases in them once for each of these.
pub(in crate::views) fn details() -> Vec<EventDetail> {
    let mut details = of_people();
    details.extend(of_devices());
    details.extend(of_sessions());
    details.extend(of_lockouts());
    details.extend(of_administration());
    details
}

fn of_people() -> Vec<EventDetail> {
    let changed = |before: Option<&str>, now: Option<&str>| EventDetail::Changed {
        before: before.map(str::to_owned),
        now: now.map(str::to_owned),
    };
    let mut details = vec![
        EventDetail::from_stored("security-key: until somebody's <sentence>"),
        EventDetail::Struck {
            tombstone: tombstone(UserId::nil()),
        },
        EventDetail::Named { name: name() },
        changed(Some("anna"), Some(NAME)),
        changed(None, Some("anna@example.org")),
        changed(Some("anna@example.org"), None),
        changed(None, None),
        EventDetail::Groups { groups: Vec::new() },
        EventDetail::Groups {
            groups: vec!["admins".to_owned(), "staff".to_owned()],
        },
        EventDetail::Invitation {
            email: "ben@example.org".to_owned(),
            groups: Vec::new(),
        },
        EventDetail::Invitation {
            email: "ben@example.org".to_owned(),
            groups: vec!["admins".to_owned()],
        },
        EventDetail::Deleted(Belongings {
            devices: 1,
            events: 1_200,
            ..Belongings::default()
        }),
        EventDetail::MailLost {
            email: Some("ben@example.org".to_owned()),
            why: "550 no such mailbox <ben@example.org>".to_owned(),
        },
        EventDetail::MailLost {
            email: None,
            why: "nothing answers".to_owned(),
        },
        EventDetail::Until { until: later() },
        EventDetail::Console,
        EventDetail::Role {
            role: Role::HelpDesk,
            group: Some("support".to_owned()),
        },
        EventDetail::Role {
            role: Role::Auditor,
            group: None,
        },
    ];
    details.extend(Means::ALL.map(|means| EventDetail::By { means }));
    details
}

fn of_devices() -> Vec<EventDetail> {
    let step = CounterStep {
        presented: 2,
        stored: 6,
    };
    let released = |counter| EventDetail::Released {
        kind: DeviceKind::SecurityKey,
        name: name(),
        counter,
    };
    let code = |method, refused| EventDetail::Code {
        method,
        delivery_address: "a***@example.org".to_owned(),
        refused,
    };
    let mut details = vec![
        released(None),
        released(Some(step)),
        EventDetail::Counter(step),
        EventDetail::Stopping {
            until: later(),
            violations: violations(),
        },
        EventDetail::TwoFactor {
            devices: 1,
            sessions: 0,
        },
        EventDetail::CodesLeft { left: 0 },
        EventDetail::CodesLeft { left: 9 },
    ];
    for kind in DeviceKind::ALL {
        details.push(EventDetail::Device { kind, name: None });
        let name = Some(name());
        details.push(EventDetail::Device { kind, name });
    }
    for particulars in stood_in_the_way() {
        for device in [None, Some(DeviceKind::Passkey)] {
            details.push(EventDetail::Refused {
                device,
                particulars: particulars.clone(),
            });
        }
        details.push(code(DeliveryMethod::Sms, Some(particulars)));
    }
    for method in [
        DeliveryMethod::Mail,
        DeliveryMethod::Sms,
        DeliveryMethod::Call,
    ] {
        details.push(code(method, None));
    }
    details.extend(limits().map(EventDetail::PhoneLimit));
    details
}

fn of_sessions() -> Vec<EventDetail> {
    let mut details = vec![
        EventDetail::Session {
            id: SessionId::nil(),
        },
        EventDetail::SessionsBeyond {
            most: 5,
            sessions: 1,
        },
        EventDetail::Objected {
            event: EventKind::PasswordSet,
            sessions: 2,
        },
        EventDetail::CopiedBrowser {
            browser: name(),
            sessions: 2,
        },
    ];
    for assurance in [
        Assurance::Pass,
        Assurance::Enrolment,
        Assurance::Short,
        Assurance::Password,
        Assurance::Remembered,
        Assurance::Verified,
    ] {
        let methods = Methods::from_stored("pwd hwk user mfa");
        details.push(EventDetail::Proved(ProvedBy { assurance, methods }));
    }
    details
        .extend(EndedSessions::ALL.map(|whose| EventDetail::SessionsEnded { whose, sessions: 3 }));
    details.extend(TrustEnd::ALL.map(|why| EventDetail::Untrusted {
        browser: name(),
        why,
    }));
    details.extend([false, true].map(|is_once| EventDetail::Pass {
        until: later(),
        is_once,
    }));
    details
}

fn of_lockouts() -> Vec<EventDetail> {
    let address = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x17));
    let mut details = vec![EventDetail::Links {
        address,
        until: later(),
    }];
    let scopes = [
        AttemptScope::Password(UserId::nil()),
        AttemptScope::Pass(UserId::nil()),
        AttemptScope::UnknownName("9f2c".to_owned()),
        AttemptScope::Recovery("9f2c".to_owned()),
        AttemptScope::address(address),
    ];
    let second = DeviceKind::ALL.map(|kind| AttemptScope::SecondFactor(UserId::nil(), kind));
    for scope in scopes.into_iter().chain(second) {
        details.extend([None, Some(later())].map(|until| EventDetail::Count {
            scope: scope.key(),
            until,
        }));
    }
    details.push(EventDetail::Count {
        scope: "nothing <of ours>".to_owned(),
        until: None,
    });
    details.extend(ClearedCounts::ALL.map(|which| EventDetail::Cleared { which }));
    details.extend([None, Some(later())].map(|until| EventDetail::Spraying {
        names: 12,
        network: "192.0.2.0/24".to_owned(),
        until,
    }));
    details
}

fn of_administration() -> Vec<EventDetail> {
    let rules = Rules {
        second_factor: true,
        kinds: Some([DeviceKind::Passkey, DeviceKind::Yubikey].into()),
        device_bound: true,
        most_devices: Some(5),
        ..Rules::default()
    };
    let policy = |scope, rules| EventDetail::Policy { scope, rules };
    let client = |note: &str| EventDetail::Client {
        client: ValidationClientId::GREATEST,
        note: note.to_owned(),
    };
    let metadata = |skipped| EventDetail::Metadata {
        serial: 8,
        models: 1,
        skipped,
        first: vec!["entry 0: it has no id".to_owned(); skipped],
    };
    let mut details = vec![
        policy(Scope::Everybody, None),
        policy(admins(), Some(Box::new(rules))),
        policy(admins(), Some(Box::default())),
        EventDetail::ServiceTested {
            service: name(),
            confirmed: 1,
            servers: 2,
        },
        EventDetail::GroupRemoved {
            group: "staff".to_owned(),
            members: 1_201,
        },
        metadata(0),
        metadata(2),
        EventDetail::KeysGenerated { keys: 1 },
        EventDetail::Key {
            public_id: "cccccccccccb".to_owned(),
        },
        EventDetail::HardwareKey(NotedKey {
            key: "Yubico 10000017".to_owned(),
            note: String::new(),
            stopped: None,
        }),
        EventDetail::HardwareKey(NotedKey {
            key: "Yubico 10000017".to_owned(),
            note: NAME.to_owned(),
            stopped: None,
        }),
        lost_key(0),
        lost_key(2),
        EventDetail::ApiToken(TokenScopes {
            name: NAME.to_owned(),
            scopes: vec!["users:read".to_owned(), "verify".to_owned()],
        }),
        client(""),
        client(NAME),
        EventDetail::Question {
            client: ValidationClientId::GREATEST,
            public_id: "cccccccccccb".to_owned(),
        },
    ];
    details.extend(Imported::ALL.map(|what| EventDetail::KeysImported {
        what,
        added: 1,
        changed: 0,
    }));
    details.extend(ExportContents::ALL.map(|contents| EventDetail::KeysExported { contents }));
    details
}

fn lost_key(number: usize) -> EventDetail {
    EventDetail::HardwareKey(NotedKey {
        key: "Yubico 10000017".to_owned(),
        note: String::new(),
        stopped: Some(StoppedByLoss {
            devices: number,
            slots: number,
            sessions: number,
            browsers: number,
            grants: number,
        }),
    })
}
