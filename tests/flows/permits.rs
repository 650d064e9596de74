//! What a session opens.

use std::time::Duration;

use keyward_core::clock::Timestamp;
use keyward_core::domain::pass;
use keyward_core::domain::role::{Role, Roles};
use keyward_core::domain::session::{Assurance, Client, Session};
use keyward_core::domain::user::User;
use keyward_core::flows::permit::{
    Access, EnrolmentOnly, Grounds, MayHelp, SessionFacts, SignedIn, judge,
};
use keyward_core::problem::{Code, Result, codes};

use crate::people::{FRESH, IDLE, LASTS, NOW, session, user};

const MOMENT: Duration = Duration::from_millis(1);

const ALL: [Assurance; 6] = [
    Assurance::Pass,
    Assurance::Enrolment,
    Assurance::Short,
    Assurance::Password,
    Assurance::Remembered,
    Assurance::Verified,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opens {
    All,
    Enrolment,
    Nothing,
}

use Opens::{All, Enrolment, Nothing};

fn opens(access: &Access) -> Opens {
    match access {
        Access::Full(_) => All,
        Access::EnrolmentOnly(_) => Enrolment,
        Access::Nothing => Nothing,
    }
}

fn facts(session: Session, user: User) -> SessionFacts {
    SessionFacts {
        session,
        user,
        needs_second_factor: false,
        has_device: false,
        roles: Roles::new(),
    }
}

fn full(assurance: Assurance, is_superuser: bool) -> SignedIn {
    let mut anna = user("anna");
    anna.is_superuser = is_superuser;
    match judge(facts(session(anna.id, assurance), anna), NOW, IDLE) {
        Access::Full(signed_in) => signed_in,
        other => panic!("{assurance:?} opens {other:?}"),
    }
}

fn enrolment(assurance: Assurance) -> EnrolmentOnly {
    let anna = user("anna");
    let mut facts = facts(session(anna.id, assurance), anna);
    facts.needs_second_factor = true;
    match judge(facts, NOW, IDLE) {
        Access::EnrolmentOnly(only) => only,
        other => panic!("{assurance:?} opens {other:?}"),
    }
}

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|problem| problem.code())
}

#[test]
fn a_session_opens_what_was_proved_for_the_devices_and_the_policy_of_its_user() {
    // Without a device: policy asks for none, policy asks for one; with one: the same.
    let table = [
        (
            Assurance::Pass,
            [Enrolment, Enrolment, Enrolment, Enrolment],
        ),
        (
            Assurance::Enrolment,
            [Enrolment, Enrolment, Nothing, Nothing],
        ),
        (Assurance::Short, [Enrolment, Enrolment, Nothing, Nothing]),
        (Assurance::Password, [All, Enrolment, Nothing, Nothing]),
        (Assurance::Remembered, [All, All, All, All]),
        (Assurance::Verified, [All, All, All, All]),
    ];
    assert_eq!(table.map(|(assurance, _)| assurance), ALL);
    for (assurance, expected) in table {
        let cases = [(false, false), (false, true), (true, false), (true, true)];
        for ((has_device, needs_second_factor), expected) in cases.into_iter().zip(expected) {
            let anna = user("anna");
            let facts = SessionFacts {
                needs_second_factor,
                has_device,
                ..facts(session(anna.id, assurance), anna)
            };
            let access = judge(facts, NOW, IDLE);
            assert_eq!(
                opens(&access),
                expected,
                "{assurance:?}, a device: {has_device}, policy asks: {needs_second_factor}"
            );
        }
    }
}

#[test]
fn no_session_opens_anything_for_another_user_or_a_disabled_one() {
    for assurance in ALL {
        let (anna, ben) = (user("anna"), user("ben"));
        let access = judge(facts(session(ben.id, assurance), anna), NOW, IDLE);
        assert_eq!(opens(&access), Nothing, "{assurance:?} of another user");
        let mut anna = user("anna");
        anna.is_enabled = false;
        let access = judge(facts(session(anna.id, assurance), anna), NOW, IDLE);
        assert_eq!(opens(&access), Nothing, "{assurance:?} of a disabled user");
    }
}

#[test]
fn a_session_ends_to_the_moment() {
    let at = |assurance, seen: Timestamp, now: Timestamp| {
        let anna = user("anna");
        let mut session = session(anna.id, assurance);
        session.last_seen_at = seen;
        opens(&judge(facts(session, anna), now, IDLE)) != Nothing
    };
    for assurance in ALL {
        // A pass's session is short by itself.
        let lasts = match assurance {
            Assurance::Pass => pass::SESSION_LASTS,
            _ => LASTS,
        };
        let end = NOW + lasts;
        let before = end - MOMENT;
        assert!(
            at(assurance, before, before),
            "{assurance:?} ends too early"
        );
        assert!(!at(assurance, before, end), "{assurance:?} goes on");
        if IDLE < lasts {
            let idle = NOW + IDLE;
            assert!(at(assurance, NOW, idle - MOMENT), "{assurance:?}");
            assert!(!at(assurance, NOW, idle), "{assurance:?} goes on unseen");
        }
    }
}

#[test]
fn what_is_dangerous_asks_for_a_fresh_proof() {
    for assurance in [
        Assurance::Password,
        Assurance::Remembered,
        Assurance::Verified,
    ] {
        let after = |passed| full(assurance, false).step_up(NOW + passed, FRESH);
        assert!(after(FRESH - MOMENT).is_ok(), "{assurance:?}");
        assert_eq!(code(after(FRESH)), Some(codes::SESSION_STEP_UP));
    }
    // A session that nothing has proved since it was opened, as a trusted browser's.
    let anna = user("anna");
    let mut session = session(anna.id, Assurance::Remembered);
    session.proved_at = None;
    let Access::Full(signed_in) = judge(facts(session, anna), NOW, IDLE) else {
        panic!("it is open");
    };
    assert_eq!(
        code(signed_in.step_up(NOW, FRESH)),
        Some(codes::SESSION_STEP_UP)
    );
}

#[test]
fn the_console_opens_for_superusers_with_a_second_factor_alone() {
    let table = [
        (Assurance::Password, false),
        (Assurance::Remembered, false),
        (Assurance::Verified, true),
    ];
    for (assurance, opens) in table {
        let somebody = full(assurance, false).staff();
        assert!(somebody.is_none(), "{assurance:?} of no superuser");
        let superuser = full(assurance, true).staff();
        assert_eq!(superuser.is_some(), opens, "{assurance:?}");
        let superuser = superuser.map(|staff| code(staff.superuser()));
        assert_eq!(superuser, opens.then_some(None), "{assurance:?}");
    }
    // The way there is shown where a fresh proof would open it.
    for (assurance, shown) in [
        (Assurance::Password, false),
        (Assurance::Remembered, true),
        (Assurance::Verified, true),
    ] {
        assert_eq!(full(assurance, true).is_staff(), shown, "{assurance:?}");
        assert!(!full(assurance, false).is_staff(), "{assurance:?}");
    }
    // What a device of theirs may be is judged as theirs where they proved what opens it.
    for (assurance, opens) in table {
        for is_superuser in [false, true] {
            let stepped_up = full(assurance, is_superuser).step_up(NOW, FRESH);
            let may_enrol = stepped_up.expect("a fresh proof").may_enrol();
            assert_eq!(may_enrol.is_staff(), is_superuser && opens, "{assurance:?}");
        }
    }
}

#[test]
fn a_role_reaches_as_far_as_it_says() {
    let with = |assurance, roles: &[Role]| {
        let anna = user("anna");
        let facts = SessionFacts {
            roles: roles.iter().copied().collect(),
            ..facts(session(anna.id, assurance), anna)
        };
        match judge(facts, NOW, IDLE) {
            Access::Full(signed_in) => signed_in.staff(),
            other => panic!("{assurance:?} opens {other:?}"),
        }
    };
    let refused = Some(codes::CONSOLE_ROLE);
    let table: [(&[Role], [_; 3]); 3] = [
        (&[Role::HelpDesk], [refused, refused, None]),
        (&[Role::Auditor], [refused, None, refused]),
        (&[Role::HelpDesk, Role::Auditor], [refused, None, None]),
    ];
    for (roles, expected) in table {
        let staff = || with(Assurance::Verified, roles).expect("the console opens");
        let found = [
            code(staff().superuser()),
            code(staff().auditor()),
            code(staff().help_desk()),
        ];
        assert_eq!(found, expected, "{roles:?}");
        for assurance in [Assurance::Password, Assurance::Remembered] {
            assert!(
                with(assurance, roles).is_none(),
                "{assurance:?} of {roles:?}"
            );
        }
    }
}

#[test]
fn what_a_role_permits_stands_on_the_role() {
    let anna = user("anna");
    let facts = SessionFacts {
        roles: Roles::from([Role::HelpDesk]),
        ..facts(session(anna.id, Assurance::Verified), anna)
    };
    let Access::Full(signed_in) = judge(facts, NOW, IDLE) else {
        panic!("it is open");
    };
    let help_desk = signed_in.staff().expect("a role").help_desk();
    let client = Client::new("192.0.2.1".parse().expect("an address"), "");
    let helper = MayHelp::at_console(&help_desk.expect("hers"), client.clone());
    let Grounds::Console(grounds) = helper.grounds() else {
        panic!("she is at the console");
    };
    assert_eq!(grounds.role, Some(Role::HelpDesk));
    assert_eq!(
        code(helper.grounds().may_change_staff()),
        Some(codes::CONSOLE_STAFF)
    );
    // A superuser helps as a superuser.
    let staff = full(Assurance::Verified, true)
        .staff()
        .expect("a superuser");
    let help_desk = staff.help_desk().expect("superusers may everything");
    let helper = MayHelp::at_console(&help_desk, client);
    assert_eq!(code(helper.grounds().may_change_staff()), None);
    assert!(!helper.grounds().is_bound_to_role());
}

#[test]
fn an_enrolment_session_does_what_opened_it_allows() {
    let late = NOW + FRESH;
    let fresh = late - MOMENT;
    let (step_up, unverified) = (
        Some(codes::SESSION_STEP_UP),
        Some(codes::SESSION_UNVERIFIED),
    );
    let table = [
        // Enrolling in time and late; choosing a password in time and late; proving oneself again.
        (Assurance::Pass, [None, None, None, None, unverified]),
        (
            Assurance::Enrolment,
            [None, step_up, unverified, unverified, None],
        ),
        (Assurance::Short, [None, step_up, None, step_up, None]),
        (
            Assurance::Password,
            [None, step_up, unverified, unverified, None],
        ),
    ];
    for (assurance, expected) in table {
        let only = || enrolment(assurance);
        let found = [
            code(only().may_enrol(fresh, FRESH)),
            code(only().may_enrol(late, FRESH)),
            code(only().may_choose_password(fresh, FRESH)),
            code(only().may_choose_password(late, FRESH)),
            code(only().may_step_up()),
        ];
        assert_eq!(found, expected, "{assurance:?}");
    }
}
