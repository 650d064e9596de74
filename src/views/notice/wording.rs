//! How a notice is meant, and the sentence that tells it.

use fluent_bundle::FluentValue;

use super::Notice;
use crate::views::phrases::Phrases;
use crate::views::problem_key;
use crate::views::tone::Tone;
use keyward_core::problem::{Result, codes};

impl Notice {
    /// How it is meant.
    pub fn tone(&self) -> Tone {
        match self {
            Self::RecoverySent
            | Self::SignedOut
            | Self::SessionEnded
            | Self::SignInExpired
            | Self::NothingChanged
            | Self::SignedOutMeanwhile
            | Self::FormKept
            | Self::PasswordShortAlone
            | Self::StepUpAgain => Tone::Plain,
            Self::WrongPassword
            | Self::WrongPasswordAgain
            | Self::WrongPasswordAfterKey
            | Self::WrongCode
            | Self::CodeUsed
            | Self::WrongDeliveredCode
            | Self::CodeExpired
            | Self::NotAnOtp
            | Self::WrongOtp
            | Self::OtpUsed
            | Self::WrongKey
            | Self::WrongPass
            | Self::WrongBackupCode
            | Self::BackupCodeUsed
            | Self::WrongPresentPassword
            | Self::NameMissing
            | Self::Refused { .. } => Tone::Bad,
            Self::PasswordLinkSent { .. }
            | Self::PasswordAsked { .. }
            | Self::EverybodysSessionsEnded
            | Self::PasswordChanged
            | Self::CodeSent
            | Self::PasswordReset
            | Self::FoundKeyReported
            | Self::FoundReportClosed
            | Self::PasswordChosen
            | Self::PassRevoked { .. }
            | Self::DeviceAdded { .. }
            | Self::DeviceRenamed { .. }
            | Self::DeviceMadeDefault { .. }
            | Self::DeviceRemoved { .. }
            | Self::UpstreamLinked
            | Self::UpstreamUnlinked
            | Self::AgreementEnded
            | Self::DeviceReleased { .. }
            | Self::UserUpstreamUnlinked { .. }
            | Self::BrowserTrustEnded { .. }
            | Self::UserBrowserTrustEnded { .. }
            | Self::LockoutsCleared
            | Self::PhonesStopped
            | Self::PhonesStarted
            | Self::Objected
            | Self::ObjectedToPassword
            | Self::OwnSessionEnded
            | Self::OtherSessionsEnded
            | Self::UserSessionEnded { .. }
            | Self::UserSessionsEnded { .. }
            | Self::UserAdded { .. }
            | Self::Invited { .. }
            | Self::InvitedAgain { .. }
            | Self::InvitationRevoked { .. }
            | Self::UserSaved { .. }
            | Self::UserDeleted { .. }
            | Self::AccountSaved
            | Self::EmailChanged { .. }
            | Self::UserEnabled { .. }
            | Self::UserDisabled { .. }
            | Self::UserUnlocked { .. }
            | Self::SuperuserGranted { .. }
            | Self::SuperuserWithdrawn { .. }
            | Self::ApplicationAdded { .. }
            | Self::ApplicationSaved { .. }
            | Self::ApplicationRemoved { .. }
            | Self::OpenidClientRemoved { .. }
            | Self::ClientSaved { .. }
            | Self::ClientRevoked { .. }
            | Self::ApiTokenRevoked { .. }
            | Self::ClientRestored { .. }
            | Self::KeySaved { .. }
            | Self::KeysAdopted { .. }
            | Self::KeysImported { .. }
            | Self::TouchedDevice { .. }
            | Self::EnrolledAtDesk
            | Self::EnrolmentWithdrawn
            | Self::DeviceActivated { .. }
            | Self::KeyReportedLost { .. }
            | Self::KeyActivated { .. }
            | Self::KeyDeactivated { .. }
            | Self::ServiceAdded { .. }
            | Self::ServiceSaved { .. }
            | Self::ServiceRemoved { .. }
            | Self::WebhookSaved { .. }
            | Self::WebhookRemoved { .. }
            | Self::WebhookResent
            | Self::GroupAdded { .. }
            | Self::GroupRemoved { .. }
            | Self::JoinedGroup { .. }
            | Self::LeftGroup { .. }
            | Self::RoleGranted { .. }
            | Self::RoleWithdrawn { .. }
            | Self::PolicyDrafted
            | Self::PolicyDraftDiscarded
            | Self::PolicySwitchedOn
            | Self::PolicyRemoved => Tone::Good,
        }
    }

    /// The sentence.
    pub(in crate::views) fn sentence(&self, phrases: &Phrases) -> Result<String> {
        let (key, name) = self.phrase();
        match name {
            Some(name) => phrases.say(&key, &[("name", FluentValue::from(name))]),
            None => phrases.say(&key, &[]),
        }
    }

    fn phrase(&self) -> (String, Option<&str>) {
        let (key, name) = match self {
            Self::SignedOut => ("signed-out", None),
            Self::SessionEnded => ("session-ended", None),
            Self::UpstreamLinked => ("upstream-linked", None),
            Self::UpstreamUnlinked => ("upstream-unlinked", None),
            Self::AgreementEnded => ("agreement-ended", None),
            Self::SignInExpired => ("sign-in-expired", None),
            Self::StepUpAgain => ("step-up-again", None),
            Self::WrongPassword => ("wrong-password", None),
            Self::WrongPasswordAgain => ("wrong-password-again", None),
            Self::WrongPasswordAfterKey => ("wrong-password-after-key", None),
            Self::WrongCode => ("wrong-code", None),
            Self::CodeUsed => ("code-used", None),
            Self::CodeSent => ("code-sent", None),
            Self::WrongDeliveredCode => ("wrong-delivered-code", None),
            Self::CodeExpired => ("code-expired", None),
            Self::NotAnOtp => ("not-an-otp", None),
            Self::WrongOtp => ("wrong-otp", None),
            Self::OtpUsed => ("otp-used", None),
            Self::WrongKey => ("wrong-key", None),
            Self::WrongBackupCode => ("wrong-backup-code", None),
            Self::BackupCodeUsed => ("backup-code-used", None),
            Self::WrongPresentPassword => ("wrong-present-password", None),
            Self::PasswordChanged => ("password-changed", None),
            Self::PasswordLinkSent { name } => ("password-link-sent", Some(name)),
            Self::PasswordAsked { name } => ("password-asked", Some(name)),
            Self::EverybodysSessionsEnded => ("everybodys-sessions-ended", None),
            Self::RecoverySent => ("recovery-sent", None),
            Self::PasswordReset => ("password-reset", None),
            Self::FoundKeyReported => ("found-key-reported", None),
            Self::FoundReportClosed => ("found-report-closed", None),
            Self::NameMissing => ("name-missing", None),
            Self::DeviceAdded { name } => ("device-added", Some(name)),
            Self::DeviceRenamed { name } => ("device-renamed", Some(name)),
            Self::DeviceMadeDefault { name } => ("device-made-default", Some(name)),
            Self::DeviceRemoved { name } => ("device-removed", Some(name)),
            Self::UserUpstreamUnlinked { name } => ("user-upstream-unlinked", Some(name)),
            Self::DeviceReleased { name } => ("device-released", Some(name)),
            Self::BrowserTrustEnded { name } => ("browser-trust-ended", Some(name)),
            Self::UserBrowserTrustEnded { name } => ("user-browser-trust-ended", Some(name)),
            Self::LockoutsCleared => ("lockouts-cleared", None),
            Self::PhonesStopped => ("phones-stopped", None),
            Self::PhonesStarted => ("phones-started", None),
            Self::Invited { name } => ("invited", Some(name)),
            Self::InvitedAgain { name } => ("invited-again", Some(name)),
            Self::InvitationRevoked { name } => ("invitation-revoked", Some(name)),
            Self::Objected => ("objected", None),
            Self::NothingChanged => ("nothing-changed", None),
            Self::SignedOutMeanwhile => ("signed-out-meanwhile", None),
            Self::PasswordShortAlone => ("password-short-alone", None),
            Self::ObjectedToPassword => ("objected-to-password", None),
            Self::WrongPass => ("wrong-pass", None),
            Self::PasswordChosen => ("password-chosen", None),
            Self::PassRevoked { name } => ("pass-revoked", Some(name)),
            Self::OwnSessionEnded => ("own-session-ended", None),
            Self::OtherSessionsEnded => ("other-sessions-ended", None),
            Self::UserSessionEnded { name } => ("user-session-ended", Some(name)),
            Self::UserSessionsEnded { name } => ("user-sessions-ended", Some(name)),
            Self::UserAdded { name } => ("user-added", Some(name)),
            Self::UserSaved { name } => ("user-saved", Some(name)),
            Self::UserDeleted { name } => ("user-deleted", Some(name)),
            Self::FormKept => ("form-kept", None),
            Self::AccountSaved => ("account-saved", None),
            Self::EmailChanged { name } => ("email-changed", Some(name)),
            Self::UserEnabled { name } => ("user-enabled", Some(name)),
            Self::UserDisabled { name } => ("user-disabled", Some(name)),
            Self::UserUnlocked { name } => ("user-unlocked", Some(name)),
            Self::SuperuserGranted { name } => ("superuser-granted", Some(name)),
            Self::SuperuserWithdrawn { name } => ("superuser-withdrawn", Some(name)),
            Self::ApplicationAdded { name } => ("application-added", Some(name)),
            Self::ApplicationSaved { name } => ("application-saved", Some(name)),
            Self::ApplicationRemoved { name } => ("application-removed", Some(name)),
            Self::OpenidClientRemoved { name } => ("openid-client-removed", Some(name)),
            Self::ClientSaved { name } => ("client-saved", Some(name)),
            Self::ClientRevoked { name } => ("client-revoked", Some(name)),
            Self::ApiTokenRevoked { name } => ("token-revoked", Some(name)),
            Self::ClientRestored { name } => ("client-restored", Some(name)),
            Self::KeySaved { name } => ("key-saved", Some(name)),
            Self::EnrolledAtDesk => ("enrolled-at-desk", None),
            Self::EnrolmentWithdrawn => ("enrolment-withdrawn", None),
            Self::DeviceActivated { name } => ("device-activated", Some(name)),
            Self::TouchedDevice { name } => ("touched-device", Some(name)),
            Self::KeysAdopted { name } => ("keys-adopted", Some(name)),
            Self::KeysImported { name } => ("keys-imported", Some(name)),
            Self::KeyReportedLost { name } => ("key-reported-lost", Some(name)),
            Self::KeyActivated { name } => ("key-activated", Some(name)),
            Self::KeyDeactivated { name } => ("key-deactivated", Some(name)),
            Self::ServiceAdded { name } => ("service-added", Some(name)),
            Self::ServiceSaved { name } => ("service-saved", Some(name)),
            Self::ServiceRemoved { name } => ("service-removed", Some(name)),
            Self::WebhookSaved { name } => ("webhook-saved", Some(name)),
            Self::WebhookRemoved { name } => ("webhook-removed", Some(name)),
            Self::WebhookResent => ("webhook-resent", None),
            Self::GroupAdded { name } => ("group-added", Some(name)),
            Self::GroupRemoved { name } => ("group-removed", Some(name)),
            Self::JoinedGroup { name } => ("joined-group", Some(name)),
            Self::LeftGroup { name } => ("left-group", Some(name)),
            Self::RoleGranted { name } => ("role-granted", Some(name)),
            Self::RoleWithdrawn { name } => ("role-withdrawn", Some(name)),
            Self::PolicyDrafted => ("policy-drafted", None),
            Self::PolicyDraftDiscarded => ("policy-draft-discarded", None),
            Self::PolicySwitchedOn => ("policy-switched-on", None),
            Self::PolicyRemoved => ("policy-removed", None),
            Self::Refused { code, .. } => return (refusal_key(code), None),
        };
        (format!("notice-{key}"), name.map(String::as_str))
    }
}

/// The key of a code's text. The cookie comes from the browser: an unknown code says no more than
/// that something failed.
fn refusal_key(code: &str) -> String {
    let known = codes::ALL.iter().find(|known| known.name == code);
    problem_key(known.unwrap_or(&codes::INTERNAL).name, None)
}
