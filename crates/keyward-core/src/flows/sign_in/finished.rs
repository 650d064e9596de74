//! A sign-in that is over: what opens a session.

use crate::clock::Timestamp;
use crate::domain::device::DeviceId;
use crate::domain::session::{Assurance, Methods};
use crate::domain::trusted_browser::TrustedBrowserId;
use crate::domain::upstream::UpstreamSession;
use crate::domain::user::UserId;
use crate::factors::pass::PassVerified;
use crate::factors::password::PasswordVerified;
use crate::factors::trusted_browser::BrowserTrusted;
use crate::factors::upstream::UpstreamVerified;
use crate::flows::invitation::InvitationTaken;
use crate::flows::next_path::NextPath;
use crate::problem::{Problem, Result, codes};

/// A sign-in that may open a session. Made only by the moves of this module:
/// ```compile_fail
/// let forged = keyward::flows::sign_in::Finished { ..todo!() };
/// ```
/// and never loaded from anywhere:
/// ```compile_fail
/// let loaded: keyward::flows::sign_in::Finished = serde_json::from_str("{}").unwrap();
/// ```
#[must_use = "a finished sign-in opens a session"]
#[derive(Debug)]
pub struct Finished {
    pub(super) user_id: UserId,
    pub(super) assurance: Assurance,
    pub(super) methods: Methods,
    pub(super) device_id: Option<DeviceId>,
    pub(super) browser_id: Option<TrustedBrowserId>,
    pub(super) password_version: Option<i64>,
    pub(super) next: NextPath,
    pub(super) new_password: Option<String>,
    pub(super) upstream: Option<UpstreamSession>,
    pub(super) proved: Proved,
}

/// When the user of a sign-in proved themselves as well as they can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proved {
    /// A moment ago.
    Now,
    /// At this moment, somewhere else.
    At(Timestamp),
    /// Nobody knows.
    Unknown,
}

impl Finished {
    /// A right password is all that this user needs.
    pub fn by_password(password: PasswordVerified, next: NextPath) -> Self {
        Self {
            user_id: password.user_id(),
            assurance: Assurance::Password,
            methods: Methods::password(),
            device_id: None,
            browser_id: None,
            password_version: Some(password.version()),
            next,
            new_password: None,
            upstream: None,
            proved: Proved::Now,
        }
    }

    /// A right password that is too short for standing alone: to a longer one.
    pub fn to_longer_password(password: PasswordVerified) -> Self {
        Self {
            user_id: password.user_id(),
            assurance: Assurance::Short,
            methods: Methods::password(),
            device_id: None,
            browser_id: None,
            password_version: Some(password.version()),
            next: NextPath::to_new_password(),
            new_password: None,
            upstream: None,
            proved: Proved::Now,
        }
    }

    /// A right password in a browser that stands in for the second factor.
    ///
    /// # Errors
    /// `session.required` for another user's browser.
    pub fn by_trusted_browser(
        password: &PasswordVerified,
        browser: &BrowserTrusted,
        next: NextPath,
    ) -> Result<Self> {
        if browser.user_id() != password.user_id() {
            return Err(
                Problem::new(codes::SESSION_REQUIRED).detailed("the browser is another user's")
            );
        }
        Ok(Self {
            user_id: password.user_id(),
            assurance: Assurance::Remembered,
            methods: Methods::password(),
            device_id: Some(browser.device_id()),
            browser_id: Some(browser.browser_id()),
            password_version: Some(password.version()),
            next,
            new_password: None,
            upstream: None,
            // The browser proved something, and its user nothing.
            proved: Proved::Unknown,
        })
    }

    /// A right password, and policy asks for a device that is not there yet.
    pub fn to_enrolment(password: PasswordVerified) -> Self {
        Self {
            user_id: password.user_id(),
            assurance: Assurance::Enrolment,
            methods: Methods::password(),
            device_id: None,
            browser_id: None,
            password_version: Some(password.version()),
            next: NextPath::to_enrolment(),
            new_password: None,
            upstream: None,
            proved: Proved::Now,
        }
    }

    /// A temporary pass: to the enrolment of a device, whatever devices there are. RFC 8176 has no
    /// value for it.
    pub fn by_pass(pass: &PassVerified) -> Self {
        Self {
            user_id: pass.user_id(),
            assurance: Assurance::Pass,
            methods: Methods::default(),
            device_id: None,
            browser_id: None,
            password_version: None,
            next: NextPath::to_enrolment(),
            new_password: None,
            upstream: None,
            proved: Proved::Now,
        }
    }

    /// An invitation that was taken for an account without a password: the first device comes
    /// before anything else.
    pub fn by_invitation(taken: InvitationTaken) -> Self {
        Self {
            user_id: taken.account(),
            assurance: Assurance::Enrolment,
            methods: Methods::default(),
            device_id: None,
            browser_id: None,
            password_version: None,
            next: NextPath::to_enrolment(),
            new_password: None,
            upstream: None,
            proved: Proved::Now,
        }
    }

    /// A sign-in at another provider, which proved a second factor too; `None` where it did not.
    pub fn by_upstream_second_factor(proof: &UpstreamVerified, next: NextPath) -> Option<Self> {
        let at = proof.second_factor_at()?;
        Some(Self {
            assurance: Assurance::Verified,
            methods: Methods::federated_second_factor(),
            proved: Proved::At(at),
            ..Self::by_upstream(proof, next)
        })
    }

    /// A sign-in at another provider is all that this user needs: it stands for the password.
    pub fn by_upstream(proof: &UpstreamVerified, next: NextPath) -> Self {
        Self {
            user_id: proof.user_id(),
            assurance: Assurance::Password,
            methods: Methods::federated(),
            device_id: None,
            browser_id: None,
            password_version: None,
            next,
            new_password: None,
            upstream: Some(proof.session().clone()),
            // Who was signed in there already proved nothing now.
            proved: proof.authenticated_at().map_or(Proved::Unknown, Proved::At),
        }
    }

    /// A sign-in at another provider, and policy asks for a device that is not there yet.
    pub fn to_enrolment_by_upstream(proof: &UpstreamVerified) -> Self {
        Self {
            assurance: Assurance::Enrolment,
            ..Self::by_upstream(proof, NextPath::to_enrolment())
        }
    }

    /// The first sign-in of an account that was made for it: there was nothing before that an
    /// attacker at an open browser could take over.
    pub fn of_new_account(self) -> Self {
        let proved = Proved::Now;
        Self { proved, ..self }
    }

    /// The session at another provider that stood in for the password.
    pub fn upstream(&self) -> Option<&UpstreamSession> {
        self.upstream.as_ref()
    }

    /// When its user proved themselves as well as they can; `None` where nobody knows.
    pub fn proved_at(&self, now: Timestamp) -> Option<Timestamp> {
        match self.proved {
            Proved::Now => Some(now),
            Proved::At(at) => Some(at.min(now)),
            Proved::Unknown => None,
        }
    }

    /// Whose session it will be.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// How well it was proved.
    pub fn assurance(&self) -> Assurance {
        self.assurance
    }

    /// By what.
    pub fn methods(&self) -> &Methods {
        &self.methods
    }

    /// The device that proved the second factor.
    pub fn device_id(&self) -> Option<DeviceId> {
        self.device_id
    }

    /// The trusted browser that stood in for the second factor.
    pub fn browser_id(&self) -> Option<TrustedBrowserId> {
        self.browser_id
    }

    /// Which password it stands on; `None` where it stands on none. It must be the user's still when
    /// the session opens.
    pub fn password_version(&self) -> Option<i64> {
        self.password_version
    }

    /// Where it leads.
    pub fn next(&self) -> &NextPath {
        &self.next
    }

    /// The hash of a password that was chosen by a recovery link, and is set now.
    pub fn new_password(&self) -> Option<&str> {
        self.new_password.as_deref()
    }
}
