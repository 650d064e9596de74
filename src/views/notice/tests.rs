//! Every notice has its sentence.

use super::*;
use crate::views::Language;
use crate::views::phrases::Phrases;
use keyward_core::problem::codes;

impl Notice {
    /// One of each.
    pub(in crate::views) fn samples() -> Vec<Self> {
        let name = || "Anna's <YubiKey> 5C".to_owned();
        vec![
            Self::SignedOut,
            Self::SessionEnded,
            Self::SignInExpired,
            Self::StepUpAgain,
            Self::WrongPassword,
            Self::WrongPasswordAgain,
            Self::WrongPasswordAfterKey,
            Self::WrongCode,
            Self::CodeUsed,
            Self::NotAnOtp,
            Self::WrongOtp,
            Self::OtpUsed,
            Self::WrongKey,
            Self::WrongPass,
            Self::PasswordChosen,
            Self::PassRevoked { name: name() },
            Self::ApiTokenRevoked { name: name() },
            Self::WrongBackupCode,
            Self::BackupCodeUsed,
            Self::WrongPresentPassword,
            Self::PasswordChanged,
            Self::PasswordLinkSent { name: name() },
            Self::PasswordAsked { name: name() },
            Self::EverybodysSessionsEnded,
            Self::RecoverySent,
            Self::FoundKeyReported,
            Self::FoundReportClosed,
            Self::EnrolledAtDesk,
            Self::EnrolmentWithdrawn,
            Self::DeviceActivated { name: name() },
            Self::PasswordReset,
            Self::NameMissing,
            Self::DeviceAdded { name: name() },
            Self::DeviceRenamed { name: name() },
            Self::DeviceMadeDefault { name: name() },
            Self::DeviceRemoved { name: name() },
            Self::DeviceReleased { name: name() },
            Self::BrowserTrustEnded { name: name() },
            Self::UserBrowserTrustEnded { name: name() },
            Self::LockoutsCleared,
            Self::PhonesStopped,
            Self::PhonesStarted,
            Self::Objected,
            Self::ObjectedToPassword,
            Self::NothingChanged,
            Self::SignedOutMeanwhile,
            Self::PasswordShortAlone,
            Self::OwnSessionEnded,
            Self::OtherSessionsEnded,
            Self::UserSessionEnded { name: name() },
            Self::UserSessionsEnded { name: name() },
            Self::UserAdded { name: name() },
            Self::UserSaved { name: name() },
            Self::UserDeleted { name: name() },
            Self::FormKept,
            Self::AccountSaved,
            Self::EmailChanged { name: name() },
            Self::Invited { name: name() },
            Self::InvitedAgain { name: name() },
            Self::InvitationRevoked { name: name() },
            Self::UserEnabled { name: name() },
            Self::UserDisabled { name: name() },
            Self::UserUnlocked { name: name() },
            Self::SuperuserGranted { name: name() },
            Self::SuperuserWithdrawn { name: name() },
            Self::UserUpstreamUnlinked { name: name() },
            Self::ApplicationAdded { name: name() },
            Self::ApplicationSaved { name: name() },
            Self::ApplicationRemoved { name: name() },
            Self::OpenidClientRemoved { name: name() },
            Self::ClientSaved { name: name() },
            Self::ClientRevoked { name: name() },
            Self::ClientRestored { name: name() },
            Self::KeySaved { name: name() },
            Self::KeysAdopted { name: name() },
            Self::KeysImported { name: name() },
            Self::KeyActivated { name: name() },
            Self::KeyDeactivated { name: name() },
            Self::ServiceAdded { name: name() },
            Self::ServiceSaved { name: name() },
            Self::ServiceRemoved { name: name() },
            Self::WebhookSaved { name: name() },
            Self::WebhookRemoved { name: name() },
            Self::WebhookResent,
            Self::GroupAdded { name: name() },
            Self::GroupRemoved { name: name() },
            Self::JoinedGroup { name: name() },
            Self::LeftGroup { name: name() },
            Self::RoleGranted { name: name() },
            Self::RoleWithdrawn { name: name() },
            Self::PolicyDrafted,
            Self::PolicyDraftDiscarded,
            Self::PolicySwitchedOn,
            Self::PolicyRemoved,
            Self::refused(&codes::USER_PASSWORD_WEAK.into()),
        ]
    }
}

#[test]
fn every_notice_has_a_sentence_and_survives_its_cookie() {
    for language in Language::ALL {
        let phrases = Phrases::load(language).expect("loads");
        for notice in Notice::samples() {
            let sentence = notice.sentence(&phrases).expect("a sentence");
            assert!(!sentence.trim().is_empty());
            let cookie = serde_json::to_string(&notice).expect("writes");
            let read: Notice = serde_json::from_str(&cookie).expect("reads");
            assert_eq!(read, notice);
        }
    }
}

#[test]
fn a_made_up_code_in_the_cookie_says_only_that_something_failed() {
    let phrases = Phrases::load(Language::English).expect("loads");
    let made_up = Notice::Refused {
        code: "no.such_code".to_owned(),
        detail: None,
    };
    let internal = Notice::refused(&codes::INTERNAL.into());
    let say = |notice: Notice| notice.sentence(&phrases).expect("a sentence");
    assert_eq!(say(made_up), say(internal));
}
