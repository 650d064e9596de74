//! The authenticator assurance levels of NIST SP 800-63B-4 §2, and which of them a session reached.
//!
//! A level is what was proved, not what might have been: it is written with the session and changes
//! with it, so that an application can be told later how well a user was known.

use super::assurance::{Assurance, Methods};
use super::credential::CredentialFacts;
use super::device::DeviceKind;

/// An authenticator assurance level, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AssuranceLevel {
    /// Some assurance: one factor.
    Aal1,
    /// High: two factors.
    Aal2,
    /// Very high: two factors, one of them a private key that cannot leave its hardware and answers
    /// no site but us.
    Aal3,
}

impl AssuranceLevel {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::Aal1, Self::Aal2, Self::Aal3];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aal1 => "aal1",
            Self::Aal2 => "aal2",
            Self::Aal3 => "aal3",
        }
    }

    /// Reads a stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }

    /// Reads a name that we wrote.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }

    /// The level of a session that these methods opened, the last of them by this device.
    ///
    /// - Whatever did not prove a device (§2.1) is level 1, a browser that stands in for one too: it
    ///   is no authenticator.
    /// - What another provider says is level 2 at most: that there were two factors is its word, and which
    ///   they were is not verified here. Its word alone is one factor, as the password is.
    /// - A device and a password, or a device that verified its user, are two factors (§2.2).
    /// - A code by mail is no second factor (§3.1.3.1): level 1.
    /// - The key must be one that its hardware keeps (§2.3.1). That is proved by attestation alone,
    ///   and a key that may be copied is never one (§3.1.7.4).
    pub fn reached(
        assurance: Assurance,
        methods: &Methods,
        device: Option<(DeviceKind, Option<CredentialFacts>)>,
    ) -> Self {
        let is_anothers = assurance == Assurance::Verified && methods.are_anothers_alone();
        if is_anothers && device.is_none() && methods.contains("mfa") {
            return Self::Aal2;
        }
        let Some((kind, credential)) = device.filter(|_| assurance == Assurance::Verified) else {
            return Self::Aal1;
        };
        let knows = methods.contains("pwd") || methods.contains("fed");
        let is_two_factors = knows || kind.is_webauthn() && methods.contains("user");
        let is_kept_by_hardware =
            credential.is_some_and(|credential| credential.is_kept_by_hardware());
        if !kind.is_second_factor() || !is_two_factors {
            Self::Aal1
        } else if kind.is_webauthn() && is_kept_by_hardware {
            Self::Aal3
        } else {
            Self::Aal2
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn key(is_verified_model: bool, backup_eligible: bool) -> Option<CredentialFacts> {
        Some(CredentialFacts {
            aaguid: Uuid::nil(),
            is_verified_model,
            backup_eligible,
            user_verified: true,
        })
    }

    fn after_password(kind: DeviceKind, credential: Option<CredentialFacts>) -> AssuranceLevel {
        let methods = Methods::password_and(kind, false);
        AssuranceLevel::reached(Assurance::Verified, &methods, Some((kind, credential)))
    }

    #[test]
    fn a_password_and_whatever_stands_in_for_a_device_are_one_factor() {
        let device = Some((DeviceKind::Totp, None));
        for assurance in [
            Assurance::Pass,
            Assurance::Enrolment,
            Assurance::Short,
            Assurance::Password,
            Assurance::Remembered,
        ] {
            let level = AssuranceLevel::reached(assurance, &Methods::password(), device);
            assert_eq!(level, AssuranceLevel::Aal1, "{assurance:?}");
        }
    }

    #[test]
    fn a_password_and_a_device_are_two_factors_unless_the_device_is_a_mailbox() {
        for kind in [
            DeviceKind::Yubikey,
            DeviceKind::Totp,
            DeviceKind::Phone,
            DeviceKind::BackupCodes,
        ] {
            assert_eq!(after_password(kind, None), AssuranceLevel::Aal2, "{kind:?}");
        }
        assert_eq!(
            after_password(DeviceKind::Email, None),
            AssuranceLevel::Aal1
        );
    }

    #[test]
    fn a_key_that_can_be_copied_is_level_2_at_most_and_one_of_hardware_is_shown_to_be_one() {
        let kind = DeviceKind::Passkey;
        assert_eq!(after_password(kind, key(true, false)), AssuranceLevel::Aal3);
        assert_eq!(after_password(kind, key(true, true)), AssuranceLevel::Aal2);
        assert_eq!(
            after_password(kind, key(false, false)),
            AssuranceLevel::Aal2
        );
        assert_eq!(after_password(kind, key(false, true)), AssuranceLevel::Aal2);
    }

    #[test]
    fn a_key_alone_is_two_factors_where_it_verified_its_user_and_one_where_it_did_not() {
        let reached = |user_verified| {
            let methods = Methods::second_factor(DeviceKind::Passkey, user_verified);
            let device = Some((DeviceKind::Passkey, key(true, false)));
            AssuranceLevel::reached(Assurance::Verified, &methods, device)
        };
        assert_eq!(reached(true), AssuranceLevel::Aal3);
        assert_eq!(reached(false), AssuranceLevel::Aal1);
    }

    #[test]
    fn another_providers_word_is_level_2_at_most_and_never_without_a_second_factor() {
        let (one, two) = (Methods::federated(), Methods::federated_second_factor());
        for (assurance, methods, level) in [
            (Assurance::Password, &one, AssuranceLevel::Aal1),
            (Assurance::Enrolment, &two, AssuranceLevel::Aal1),
            (Assurance::Verified, &one, AssuranceLevel::Aal1),
            (Assurance::Verified, &two, AssuranceLevel::Aal2),
        ] {
            assert_eq!(AssuranceLevel::reached(assurance, methods, None), level);
        }
        let with_app = one.and(Methods::second_factor(DeviceKind::Totp, false));
        let app = Some((DeviceKind::Totp, None));
        let level = AssuranceLevel::reached(Assurance::Verified, &with_app, app);
        assert_eq!(level, AssuranceLevel::Aal2);
        assert!(!with_app.are_anothers_alone() && !two.resist_phishing());
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for level in AssuranceLevel::ALL {
            assert_eq!(AssuranceLevel::parse(level.as_str()), Some(level));
        }
        assert_eq!(AssuranceLevel::parse("AAL4"), None);
    }
}
