//! What a user may do, as objects that dangerous functions ask for in place of a check inside.
//!
//! [`judge`] is the only place that turns a session's facts into permits.

use std::ops::Deref;
use std::time::Duration;

pub use super::grounds::{ConsoleGrounds, Grounds, SessionGrounds, TokenGrounds};
pub use super::staff::{
    Administrator, AtConsole, Auditor, HelpDesk, MayAudit, MayHelp, MayLookUp, Permitted, Staff,
    Superuser,
};
use crate::clock::Timestamp;
use crate::domain::pass;
use crate::domain::role::Roles;
use crate::domain::session::{Assurance, Session};
use crate::domain::user::User;
use crate::problem::{Result, codes};

/// The facts about one session at one moment.
#[derive(Debug, Clone)]
pub struct SessionFacts {
    /// The session that the browser's identifier opens.
    pub session: Session,
    /// Its user.
    pub user: User,
    /// Whether policy asks this user for a second factor, and the grace is over.
    pub needs_second_factor: bool,
    /// Whether the user has a device that can be used.
    pub has_device: bool,
    /// What the user may do at the console.
    pub roles: Roles,
}

/// What a session opens.
#[derive(Debug)]
pub enum Access {
    /// Everything that its user may do.
    Full(SignedIn),
    /// The enrolment of a second factor, and nothing else.
    EnrolmentOnly(EnrolmentOnly),
    /// Nothing: it has ended, or its user has a second factor that it skipped.
    Nothing,
}

/// A user is signed in as well as policy asks.
#[derive(Debug)]
pub struct SignedIn {
    session: Session,
    user: User,
    roles: Roles,
}

/// A user must enrol a second factor before anything else opens.
#[derive(Debug)]
pub struct EnrolmentOnly {
    session: Session,
    user: User,
}

/// A user is signed in and proved themselves a short while ago, which a browser left open does not:
/// for changes of devices, password, phone, mail, and for the console's. It is everything that
/// [`SignedIn`] is, and is made by [`SignedIn::step_up`] alone:
/// ```compile_fail
/// let forged = keyward::flows::permit::SteppedUp(todo!());
/// ```
#[derive(Debug)]
pub struct SteppedUp(SignedIn);

/// A user may prove themselves again, in the session that they have.
#[derive(Debug)]
pub struct MayStepUp {
    session: Session,
    user: User,
}

/// A user may enrol a device for themselves: they proved themselves a short while ago.
#[derive(Clone, Debug)]
pub struct MayEnrol {
    session: Session,
    user: User,
    is_all: bool,
    is_staff: bool,
}

/// A user may choose a new password without typing the old one: a temporary pass let them in, or
/// they typed it a moment ago and it is too short.
#[derive(Debug)]
pub struct MayChoosePassword {
    session: Session,
    user: User,
}

/// Whether the time of a session is over, or nothing was heard of it for `idle`.
pub fn is_over(session: &Session, now: Timestamp, idle: Duration) -> bool {
    let is_spent_pass =
        session.assurance == Assurance::Pass && now.since(session.opened_at) >= pass::SESSION_LASTS;
    now >= session.expires_at || now.since(session.last_seen_at) >= idle || is_spent_pass
}

/// Says what a session opens. A session ends when its time is over, when nothing was heard of it
/// for `idle`, and when its user is disabled.
pub fn judge(facts: SessionFacts, now: Timestamp, idle: Duration) -> Access {
    let SessionFacts {
        session,
        user,
        needs_second_factor,
        has_device,
        roles,
    } = facts;
    if is_over(&session, now, idle) || !user.is_enabled || session.user_id != user.id {
        return Access::Nothing;
    }
    match session.assurance {
        // Whatever devices there are: they are what was lost.
        Assurance::Pass => Access::EnrolmentOnly(EnrolmentOnly { session, user }),
        Assurance::Verified | Assurance::Remembered => Access::Full(SignedIn {
            session,
            user,
            roles,
        }),
        // The second factor came after this session, which never proved it.
        Assurance::Password | Assurance::Short | Assurance::Enrolment if has_device => {
            Access::Nothing
        }
        Assurance::Password if !needs_second_factor => Access::Full(SignedIn {
            session,
            user,
            roles,
        }),
        Assurance::Password | Assurance::Short | Assurance::Enrolment => {
            Access::EnrolmentOnly(EnrolmentOnly { session, user })
        }
    }
}

impl SignedIn {
    /// The session and its user.
    pub fn into_parts(self) -> (Session, User) {
        (self.session, self.user)
    }

    /// Who.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Their session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What this stands on.
    pub fn grounds(&self) -> Grounds {
        Grounds::Own(SessionGrounds {
            is_by_password_alone: self.session.assurance == Assurance::Password,
            ..SessionGrounds::of(&self.session)
        })
    }

    /// Whether the console opens for them, in a session that a trusted browser opened after a
    /// fresh proof.
    pub fn is_staff(&self) -> bool {
        self.has_role() && self.session.assurance >= Assurance::Remembered
    }

    /// Whether the console would open for them after a sign-in with a second factor.
    pub fn has_role(&self) -> bool {
        self.user.is_superuser || !self.roles.is_empty()
    }

    /// The permit for what is dangerous.
    ///
    /// # Errors
    /// `session.step_up` where the last proof is older than `within`.
    pub fn step_up(self, now: Timestamp, within: Duration) -> Result<SteppedUp> {
        if self.session.is_fresh(now, within) {
            Ok(SteppedUp(self))
        } else {
            Err(codes::SESSION_STEP_UP.into())
        }
    }

    /// The permit to prove oneself again.
    pub fn may_step_up(self) -> MayStepUp {
        MayStepUp {
            session: self.session,
            user: self.user,
        }
    }

    /// The permit for the console.
    pub fn staff(self) -> Option<Staff> {
        // Whoever takes over another provider does not take over this one.
        let is_verified = self.session.assurance == Assurance::Verified
            && !self.session.methods.are_anothers_alone();
        let staff = Staff::new(self.session, self.user, self.roles);
        staff.filter(|_| is_verified)
    }
}

impl EnrolmentOnly {
    /// The session and its user.
    pub fn into_parts(self) -> (Session, User) {
        (self.session, self.user)
    }

    /// The permit for the enrolment.
    ///
    /// # Errors
    /// `session.step_up` where the password was typed longer than `within` ago.
    pub fn may_enrol(self, now: Timestamp, within: Duration) -> Result<MayEnrol> {
        // A pass cannot be proved again; its session is short instead.
        if self.session.assurance == Assurance::Pass || self.session.is_fresh(now, within) {
            Ok(MayEnrol {
                session: self.session,
                user: self.user,
                is_all: true,
                is_staff: false,
            })
        } else {
            Err(codes::SESSION_STEP_UP.into())
        }
    }

    /// The permit to prove oneself again.
    ///
    /// # Errors
    /// `session.unverified` in a session that a pass opened: it proves nothing that could be proved
    /// again, and the devices there are what was lost.
    pub fn may_step_up(self) -> Result<MayStepUp> {
        if self.session.assurance == Assurance::Pass {
            return Err(codes::SESSION_UNVERIFIED.into());
        }
        Ok(MayStepUp {
            session: self.session,
            user: self.user,
        })
    }

    /// The permit to choose a new password without the old one.
    ///
    /// # Errors
    /// `session.unverified` in a session that neither a pass nor a short password opened,
    /// `session.step_up` where that password was typed longer than `within` ago.
    pub fn may_choose_password(
        self,
        now: Timestamp,
        within: Duration,
    ) -> Result<MayChoosePassword> {
        match self.session.assurance {
            Assurance::Pass => {}
            Assurance::Short if self.session.is_fresh(now, within) => {}
            Assurance::Short => return Err(codes::SESSION_STEP_UP.into()),
            Assurance::Enrolment
            | Assurance::Password
            | Assurance::Remembered
            | Assurance::Verified => return Err(codes::SESSION_UNVERIFIED.into()),
        }
        Ok(MayChoosePassword {
            session: self.session,
            user: self.user,
        })
    }
}

impl SteppedUp {
    /// The permit for enrolment.
    pub fn may_enrol(self) -> MayEnrol {
        MayEnrol {
            is_all: false,
            is_staff: self.has_role() && self.0.session.assurance == Assurance::Verified,
            session: self.0.session,
            user: self.0.user,
        }
    }
}

impl Deref for SteppedUp {
    type Target = SignedIn;

    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

impl MayStepUp {
    /// What this stands on.
    pub fn grounds(&self) -> Grounds {
        Grounds::Own(SessionGrounds::of(&self.session))
    }

    /// Who.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Their session.
    pub fn session(&self) -> &Session {
        &self.session
    }
}

impl MayChoosePassword {
    /// What this stands on.
    pub fn grounds(&self) -> Grounds {
        Grounds::Own(SessionGrounds::of(&self.session))
    }

    /// Who.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Their session.
    pub fn session(&self) -> &Session {
        &self.session
    }
}

impl MayEnrol {
    /// What this stands on.
    pub fn grounds(&self) -> Grounds {
        Grounds::Own(SessionGrounds::of(&self.session))
    }

    /// Who.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Their session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Whether the console opens for them.
    pub fn is_staff(&self) -> bool {
        self.is_staff
    }

    /// Whether the session opens nothing else.
    pub fn is_all(&self) -> bool {
        self.is_all
    }

    /// Whether a temporary pass opened the session, which may choose a new password too.
    pub fn is_by_pass(&self) -> bool {
        self.session.assurance == Assurance::Pass
    }

    /// Whether a password that is too short for standing alone opened the session, which may choose
    /// a longer one too.
    pub fn is_by_short_password(&self) -> bool {
        self.session.assurance == Assurance::Short
    }
}
