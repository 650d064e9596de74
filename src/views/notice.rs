//! What just happened, told once on the next page. A notice travels in a short-lived cookie.

use serde::{Deserialize, Serialize};

use keyward_core::problem::Problem;

mod wording;

/// An outcome for people. The sentence stands in `notices.ftl` under `notice-` and the name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "kebab-case")]
pub enum Notice {
    /// Signed out.
    SignedOut,
    /// The session ended by itself.
    SessionEnded,
    /// Too much time passed between the password and the second factor.
    SignInExpired,
    /// The proof took too long, or the step was answered elsewhere.
    StepUpAgain,
    /// The password that was typed again is wrong.
    WrongPasswordAgain,
    /// Name and password do not belong together, or the account is locked: the same sentence.
    WrongPassword,
    /// The password after a passkey is wrong.
    WrongPasswordAfterKey,
    /// The code of an authenticator app is wrong.
    WrongCode,
    /// That code was right once.
    CodeUsed,
    /// A code is on its way.
    CodeSent,
    /// That is not the code that was sent.
    WrongDeliveredCode,
    /// No code that was sent can be typed any more.
    CodeExpired,
    /// What was typed is not a one-time password of a YubiKey.
    NotAnOtp,
    /// The YubiKey is not one of this user's, or the service refused what it typed.
    WrongOtp,
    /// That one-time password was used before.
    OtpUsed,
    /// A passkey or security key was refused.
    WrongKey,
    /// That is no backup code of this user.
    WrongBackupCode,
    /// Name and temporary pass do not belong together, or it does not work.
    WrongPass,
    /// A new password was set by a temporary pass.
    PasswordChosen,
    /// A temporary pass was taken back.
    PassRevoked {
        /// Whose, by name.
        name: String,
    },
    /// That backup code was used before.
    BackupCodeUsed,
    /// The present password is another one.
    WrongPresentPassword,
    /// One's own password was changed.
    PasswordChanged,
    /// A link for a password is on its way.
    PasswordLinkSent {
        /// To whom, by name.
        name: String,
    },
    /// A password was taken away, and a link for a new one is on its way.
    PasswordAsked {
        /// Whose, by name.
        name: String,
    },
    /// Everybody else was signed out.
    EverybodysSessionsEnded,
    /// A recovery link is on its way, if any account has the address.
    RecoverySent,
    /// What a finder said of a key was taken.
    FoundKeyReported,
    /// An administrator has dealt with such a report.
    FoundReportClosed,
    /// A forgotten password was replaced.
    PasswordReset,
    /// The name field was empty.
    NameMissing,
    /// A device was added.
    DeviceAdded {
        /// Its name.
        name: String,
    },
    /// A device was renamed.
    DeviceRenamed {
        /// Its new name.
        name: String,
    },
    /// A device is asked for first from now on.
    DeviceMadeDefault {
        /// Its name.
        name: String,
    },
    /// A device was removed.
    DeviceRemoved {
        /// Its name.
        name: String,
    },
    /// One can sign in at another provider from now on.
    UpstreamLinked,
    /// One cannot any more.
    UpstreamUnlinked,
    /// A user cannot sign in at another provider any more.
    UserUpstreamUnlinked {
        /// What the provider is called.
        name: String,
    },
    /// An application may not know any more who the user is.
    AgreementEnded,
    /// A device may be used again.
    DeviceReleased {
        /// Its name.
        name: String,
    },
    /// A user was created.
    UserAdded {
        /// Their name.
        name: String,
    },
    /// A person was invited.
    Invited {
        /// Their address.
        name: String,
    },
    /// An invitation was sent again.
    InvitedAgain {
        /// The address.
        name: String,
    },
    /// An invitation was taken back.
    InvitationRevoked {
        /// The address.
        name: String,
    },
    /// The owner objected to a change.
    Objected,
    /// A form came too late after the last proof.
    NothingChanged,
    /// What was sent came when no user was signed in any more.
    SignedOutMeanwhile,
    /// The password is too short for standing alone.
    PasswordShortAlone,
    /// The same, and the password was taken away.
    ObjectedToPassword,
    /// Another of one's own sessions was ended.
    OwnSessionEnded,
    /// All others of one's own sessions were ended.
    OtherSessionsEnded,
    /// The trust in a browser was ended.
    BrowserTrustEnded {
        /// Its name.
        name: String,
    },
    /// The trust in a browser of another user was ended.
    UserBrowserTrustEnded {
        /// Their name.
        name: String,
    },
    /// Counts of failed tries were forgotten.
    LockoutsCleared,
    /// Nothing is sent to phones any more.
    PhonesStopped,
    /// Codes are sent to phones again.
    PhonesStarted,
    /// A session of another user was ended.
    UserSessionEnded {
        /// Their name.
        name: String,
    },
    /// All sessions of another user were ended.
    UserSessionsEnded {
        /// Their name.
        name: String,
    },
    /// A user was changed.
    UserSaved {
        /// Their name.
        name: String,
    },
    /// A user was erased.
    UserDeleted {
        /// The name that they had.
        name: String,
    },
    /// What was typed into a form stands there again after a fresh proof.
    FormKept,
    /// One's own account was changed.
    AccountSaved,
    /// Mail about one's account goes elsewhere.
    EmailChanged {
        /// The new address.
        name: String,
    },
    /// A user may sign in again.
    UserEnabled {
        /// Their name.
        name: String,
    },
    /// A user may no longer sign in.
    UserDisabled {
        /// Their name.
        name: String,
    },
    /// A user's lockouts were cleared.
    UserUnlocked {
        /// Their name.
        name: String,
    },
    /// A user is a superuser now.
    SuperuserGranted {
        /// Their name.
        name: String,
    },
    /// A user is no superuser any more.
    SuperuserWithdrawn {
        /// Their name.
        name: String,
    },
    /// An application was added.
    ApplicationAdded {
        /// Its name.
        name: String,
    },
    /// An application was changed.
    ApplicationSaved {
        /// Its name.
        name: String,
    },
    /// An application was removed.
    ApplicationRemoved {
        /// Its name.
        name: String,
    },
    /// An OpenID client was removed.
    OpenidClientRemoved {
        /// Its name.
        name: String,
    },
    /// A client of the validation server was changed.
    ClientSaved {
        /// Its number.
        name: String,
    },
    /// A client of the validation server was revoked.
    ClientRevoked {
        /// Its number.
        name: String,
    },
    /// An API token was revoked.
    ApiTokenRevoked {
        /// Its name.
        name: String,
    },
    /// A client of the validation server is answered again.
    ClientRestored {
        /// Its number.
        name: String,
    },
    /// A key of the inventory was added or changed, or something became of it.
    KeySaved {
        /// What tells it.
        name: String,
    },
    /// Something was registered for the owner of a key.
    EnrolledAtDesk,
    /// What was registered for the owner of a key was withdrawn.
    EnrolmentWithdrawn,
    /// A device that an administrator registered is in use.
    DeviceActivated {
        /// What it is called.
        name: String,
    },
    /// A key was touched that is somebody's device, and no key of the inventory.
    TouchedDevice {
        /// What its owner calls it.
        name: String,
    },
    /// Keys came into the inventory that people had before it.
    KeysAdopted {
        /// How many.
        name: String,
    },
    /// A list of keys was taken over.
    KeysImported {
        /// How many.
        name: String,
    },
    /// A key of one's own was reported lost.
    KeyReportedLost {
        /// What tells it.
        name: String,
    },
    /// A held key is in use again.
    KeyActivated {
        /// Its public id.
        name: String,
    },
    /// A held key is out of use.
    KeyDeactivated {
        /// Its public id.
        name: String,
    },
    /// A validation service was added.
    ServiceAdded {
        /// Its name.
        name: String,
    },
    /// A validation service was changed.
    ServiceSaved {
        /// Its name.
        name: String,
    },
    /// A validation service was removed.
    ServiceRemoved {
        /// Its name.
        name: String,
    },
    /// A webhook was changed.
    WebhookSaved {
        /// Its name.
        name: String,
    },
    /// A webhook was removed.
    WebhookRemoved {
        /// Its name.
        name: String,
    },
    /// What a webhook was given up for is sent again.
    WebhookResent,
    /// A group was made.
    GroupAdded {
        /// Its name.
        name: String,
    },
    /// A group was removed.
    GroupRemoved {
        /// Its name.
        name: String,
    },
    /// A user belongs to a group now.
    JoinedGroup {
        /// Their name.
        name: String,
    },
    /// The members of a group have a role from now on.
    RoleGranted {
        /// The group.
        name: String,
    },
    /// The members of a group have a role no more.
    RoleWithdrawn {
        /// The group.
        name: String,
    },
    /// A user left a group.
    LeftGroup {
        /// Their name.
        name: String,
    },
    /// A policy has a draft now.
    PolicyDrafted,
    /// A policy's draft was forgotten.
    PolicyDraftDiscarded,
    /// A policy is in force now.
    PolicySwitchedOn,
    /// A policy was taken back.
    PolicyRemoved,
    /// Something was refused with an error code, and can be mended on this very page.
    Refused {
        /// The stable code.
        code: String,
        /// What exactly is wrong, in English as programs are told it. It is for the answer that shows the
        /// form again, and never in a cookie: that comes from the browser.
        #[serde(skip)]
        detail: Option<String>,
    },
}

impl Notice {
    /// The notice of a problem that the person can mend on the page that they came from.
    pub fn refused(problem: &Problem) -> Self {
        Self::Refused {
            code: problem.code().name.to_owned(),
            detail: None,
        }
    }

    /// The same with what exactly is wrong, for administrators.
    pub fn refused_in_detail(problem: &Problem) -> Self {
        Self::Refused {
            code: problem.code().name.to_owned(),
            detail: problem.detail().map(str::to_owned),
        }
    }

    /// What exactly is wrong, where that is known.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Refused { detail, .. } => detail.as_deref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
