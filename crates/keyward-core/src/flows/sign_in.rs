//! Signing in: a password, then a second factor where the user has one or policy asks for one; or a
//! passkey, which is both where it verified its user.
//!
//! ```text
//! PasswordVerified ───┬─ the user has devices ──────> AwaitingSecondFactor ─ proof ─> Finished
//!                     ├─ and a trusted browser ─────> Finished (remembered)
//!                     ├─ policy asks for a device ──> Finished (enrolment only)
//!                     └─ policy asks for no more ───> Finished (password)
//! UpstreamVerified ───┬─ it proved a second factor ─> Finished
//!                     └─ it did not ──────────────> as after a password
//! PassVerified ─────────────────────────────────────> Finished (enrolment only)
//! CredentialVerified ─┬─ it verified its user ──────> Finished
//!                     └─ it did not ────────────────> AwaitingPassword ─ password ──> Finished
//! ```
//! Opening a session takes a [`Finished`], and there is no other way to make one.

mod finished;

pub use finished::Finished;
use finished::Proved;

use serde::{Deserialize, Serialize};

use super::AwaitsSecondFactor;
use super::ceremony::CeremonyInProgress;
use super::next_path::NextPath;
use crate::clock::Timestamp;
use crate::domain::device::{DeviceId, DeviceKind};
use crate::domain::event::EventKind;
use crate::domain::session::{Assurance, Methods};
use crate::domain::upstream::UpstreamSession;
use crate::domain::user::UserId;
use crate::factors::backup_codes::BackupCodeVerified;
use crate::factors::delivered_code::DeliveredCodeVerified;
use crate::factors::password::PasswordVerified;
use crate::factors::totp::TotpVerified;
use crate::factors::upstream::UpstreamVerified;
use crate::factors::webauthn::CredentialVerified;
use crate::factors::yubikey::YubikeyVerified;
use crate::problem::{Problem, Result, codes};

/// The proof of any second factor.
#[must_use = "a proof that nobody asks for proves nothing"]
#[derive(Debug)]
pub enum SecondFactorVerified {
    /// A passkey or a security key.
    Credential(CredentialVerified),
    /// A YubiKey's one-time password.
    Yubikey(YubikeyVerified),
    /// An authenticator app's code.
    Totp(TotpVerified),
    /// A code that was delivered.
    Delivered(DeliveredCodeVerified),
    /// A backup code.
    BackupCode(BackupCodeVerified),
}

impl SecondFactorVerified {
    /// Whose device it was.
    pub fn user_id(&self) -> UserId {
        match self {
            Self::Credential(proof) => proof.user_id(),
            Self::Yubikey(proof) => proof.user_id(),
            Self::Totp(proof) => proof.user_id(),
            Self::Delivered(proof) => proof.user_id(),
            Self::BackupCode(proof) => proof.user_id(),
        }
    }

    /// Which device it was.
    pub fn device_id(&self) -> DeviceId {
        match self {
            Self::Credential(proof) => proof.device_id(),
            Self::Yubikey(proof) => proof.device_id(),
            Self::Totp(proof) => proof.device_id(),
            Self::Delivered(proof) => proof.device_id(),
            Self::BackupCode(proof) => proof.device_id(),
        }
    }

    /// What kind of device it was.
    pub fn kind(&self) -> DeviceKind {
        match self {
            Self::Credential(proof) => proof.kind(),
            Self::Yubikey(_) => DeviceKind::Yubikey,
            Self::Totp(_) => DeviceKind::Totp,
            Self::Delivered(proof) => proof.method().kind(),
            Self::BackupCode(_) => DeviceKind::BackupCodes,
        }
    }

    /// Whether the authenticator itself checked its user, for kinds that can.
    pub fn user_verified(&self) -> Option<bool> {
        match self {
            Self::Credential(proof) => Some(proof.user_verified()),
            Self::Yubikey(_) | Self::Totp(_) | Self::Delivered(_) | Self::BackupCode(_) => None,
        }
    }

    /// What it adds to whatever else was proved.
    pub(super) fn methods(&self) -> Methods {
        match self {
            Self::Delivered(proof) => Methods::delivered(proof.method()),
            Self::Credential(_) | Self::Yubikey(_) | Self::Totp(_) | Self::BackupCode(_) => {
                Methods::second_factor(self.kind(), self.user_verified() == Some(true))
            }
        }
    }
}

/// The password was right; a second factor is waited for.
#[derive(Serialize, Deserialize)]
pub struct AwaitingSecondFactor {
    pub(super) user_id: UserId,
    password_verified_at: Timestamp,
    /// Which password it was; `None` where a link stood in for it.
    #[serde(default)]
    password_version: Option<i64>,
    next: NextPath,
    ceremony: Option<CeremonyInProgress>,
    /// The hash of a password that is set when the second factor is proved.
    #[serde(default)]
    new_password: Option<String>,
    /// The session at another provider that stood in for the password.
    #[serde(default)]
    upstream: Option<UpstreamSession>,
}

/// A recovery link was used up in place of the password. It says whose password is replaced, and by
/// what; made in the transaction that takes the link.
#[must_use = "a link that was taken is gone"]
#[derive(Debug)]
pub struct RecoveryLinkTaken {
    user_id: UserId,
    new_password: String,
}

impl RecoveryLinkTaken {
    /// The link of this user was taken, for a password of this hash.
    pub fn new(user_id: UserId, new_password: String) -> Self {
        Self {
            user_id,
            new_password,
        }
    }

    /// Whose link it was.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }
}

impl AwaitingSecondFactor {
    /// The stage after a right password.
    pub fn begin(password: PasswordVerified, next: NextPath, now: Timestamp) -> Self {
        Self {
            user_id: password.user_id(),
            password_verified_at: now,
            password_version: Some(password.version()),
            next,
            ceremony: None,
            new_password: None,
            upstream: None,
        }
    }

    /// The stage after a sign-in at another provider, which stands for the password.
    pub fn begin_with_upstream(proof: &UpstreamVerified, next: NextPath, now: Timestamp) -> Self {
        Self {
            user_id: proof.user_id(),
            password_verified_at: now,
            password_version: None,
            next,
            ceremony: None,
            new_password: None,
            upstream: Some(proof.session().clone()),
        }
    }

    /// The stage after a recovery link: the second factor is proved before the password changes.
    pub fn begin_with_link(link: RecoveryLinkTaken, now: Timestamp) -> Self {
        Self {
            user_id: link.user_id,
            password_verified_at: now,
            password_version: None,
            next: NextPath::default(),
            ceremony: None,
            new_password: Some(link.new_password),
            upstream: None,
        }
    }

    /// Whether it began with a link that a mail brought, in place of the password. A code by mail
    /// proves nothing more then: one mailbox would stand for both.
    pub fn is_recovery(&self) -> bool {
        self.new_password.is_some()
    }

    /// Where it leads.
    pub fn next(&self) -> &NextPath {
        &self.next
    }

    /// The last move.
    ///
    /// # Errors
    /// `ceremony.unknown_credential` for the proof of another user: a proof is no better than the
    /// person whose it is.
    pub fn finish(self, proof: &SecondFactorVerified) -> Result<Finished> {
        if proof.user_id() != self.user_id {
            return Err(Problem::new(codes::CEREMONY_UNKNOWN_CREDENTIAL)
                .detailed("the proof is another user's"));
        }
        let first = match self.upstream {
            Some(_) => Methods::federated(),
            None => Methods::password(),
        };
        Ok(Finished {
            user_id: self.user_id,
            assurance: Assurance::Verified,
            methods: first.and(proof.methods()),
            device_id: Some(proof.device_id()),
            browser_id: None,
            password_version: self.password_version,
            next: self.next,
            new_password: self.new_password,
            upstream: self.upstream,
            proved: Proved::Now,
        })
    }
}

impl AwaitsSecondFactor for AwaitingSecondFactor {
    const CHECK: EventKind = EventKind::SecondFactorChecked;

    fn with_ceremony(self, ceremony: CeremonyInProgress) -> Self {
        Self {
            ceremony: Some(ceremony),
            ..self
        }
    }

    fn take_ceremony(self) -> (Self, Option<CeremonyInProgress>) {
        let ceremony = self.ceremony;
        let stage = Self {
            ceremony: None,
            ..self
        };
        (stage, ceremony)
    }
}

/// A passkey answered without verifying its user: a person has it, and the password is waited for.
/// Whatever policy says, the key alone opens nothing: an attacker who finds it could use it.
#[derive(Serialize, Deserialize)]
pub struct AwaitingPassword {
    pub(super) user_id: UserId,
    device_id: DeviceId,
    kind: DeviceKind,
    next: NextPath,
}

impl AwaitingPassword {
    /// Where it leads.
    pub fn next(&self) -> &NextPath {
        &self.next
    }

    /// The device that answered.
    pub fn device_id(&self) -> DeviceId {
        self.device_id
    }

    /// The last move.
    ///
    /// # Errors
    /// `sign_in.turn_used` for the password of another user.
    pub fn finish(self, password: &PasswordVerified) -> Result<Finished> {
        if password.user_id() != self.user_id {
            return Err(
                Problem::new(codes::SIGN_IN_TURN_USED).detailed("the password is another user's")
            );
        }
        Ok(Finished {
            user_id: self.user_id,
            assurance: Assurance::Verified,
            methods: Methods::password_and(self.kind, false),
            device_id: Some(self.device_id),
            browser_id: None,
            password_version: Some(password.version()),
            next: self.next,
            new_password: None,
            upstream: None,
            proved: Proved::Now,
        })
    }
}

/// Where a passkey leads that stands for user name and password.
#[must_use = "a passkey leads somewhere"]
pub enum AfterPasskey {
    /// It verified its user, which is both factors.
    Finished(Finished),
    /// It did not, and is one.
    Password(AwaitingPassword),
}

impl AfterPasskey {
    /// The move of a passkey.
    pub fn of(proof: &CredentialVerified, next: NextPath) -> Self {
        if proof.user_verified() {
            return Self::Finished(Finished {
                user_id: proof.user_id(),
                assurance: Assurance::Verified,
                methods: Methods::second_factor(proof.kind(), true),
                device_id: Some(proof.device_id()),
                browser_id: None,
                password_version: None,
                next,
                new_password: None,
                upstream: None,
                proved: Proved::Now,
            });
        }
        Self::Password(AwaitingPassword {
            user_id: proof.user_id(),
            device_id: proof.device_id(),
            kind: proof.kind(),
            next,
        })
    }
}
