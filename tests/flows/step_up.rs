//! Proving oneself again.

use keyward_core::domain::application::Level;
use keyward_core::domain::role::Roles;
use keyward_core::domain::session::{Assurance, Session};
use keyward_core::domain::user::User;
use keyward_core::flows::permit::{Access, MayStepUp, SessionFacts, judge};
use keyward_core::flows::step_up::{RaisedBy, SteppingUp};
use keyward_core::problem::codes;

use crate::people::{IDLE, NOW, backup_code_of, password_of, session, user};

fn permit(session: &Session, user: &User) -> MayStepUp {
    let facts = SessionFacts {
        session: session.clone(),
        user: user.clone(),
        needs_second_factor: false,
        has_device: true,
        roles: Roles::new(),
    };
    match judge(facts, NOW, IDLE) {
        Access::Full(signed_in) => signed_in.may_step_up(),
        other => panic!("it opens {other:?}"),
    }
}

#[test]
fn a_second_factor_raises_the_session_that_asked_for_its_own_user_alone() {
    let (anna, ben) = (user("anna"), user("ben"));
    let asked = session(anna.id, Assurance::Remembered);
    let other = session(anna.id, Assurance::Remembered);
    for (whose, in_session, is_right) in [
        (&anna, &asked, true),
        (&anna, &other, false),
        (&ben, &asked, false),
        (&ben, &other, false),
    ] {
        let (proof, device) = backup_code_of(whose.id);
        let raised =
            SteppingUp::begin(&permit(&asked, &anna), Level::default()).finish(in_session, &proof);
        let Ok(raised) = raised else {
            let code = raised.err().map(|problem| problem.code());
            assert_eq!(code, Some(codes::CEREMONY_UNKNOWN_CREDENTIAL));
            assert!(!is_right, "her own code in her own session");
            continue;
        };
        assert!(
            is_right,
            "{} in another session, or another user",
            whose.name.as_str()
        );
        assert_eq!(raised.session(), asked.id);
        let RaisedBy::SecondFactor { device_id, methods } = raised.by() else {
            panic!("it was a second factor");
        };
        assert_eq!(*device_id, device);
        assert_eq!(methods.joined(), "pwd otp mfa");
    }
}

#[test]
fn a_password_raises_the_session_of_its_own_user_alone() {
    let (anna, ben) = (user("anna"), user("ben"));
    let asked = session(anna.id, Assurance::Remembered);
    let begun = || SteppingUp::begin(&permit(&asked, &anna), Level::default());
    let raised = begun().finish_by_password(&password_of(anna.id));
    let raised = raised.expect("her own password");
    assert_eq!(
        (raised.session(), raised.by()),
        (asked.id, &RaisedBy::Password)
    );
    let refused = begun().finish_by_password(&password_of(ben.id));
    let code = refused.err().map(|problem| problem.code());
    assert_eq!(code, Some(codes::SESSION_REQUIRED));
}
