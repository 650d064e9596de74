//! How well a user proved themselves, and by what.

use serde::{Deserialize, Serialize};

use super::delivery_address::DeliveryMethod;
use super::device::DeviceKind;

/// How well a person has proved themselves, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assurance {
    /// A temporary pass was right: opens the enrolment of a device and the choice of a new
    /// password, whatever devices there are, and nothing else.
    Pass,
    /// The password was right, but policy asks for a second factor and there is none yet: opens
    /// the enrolment of one and nothing else.
    Enrolment,
    /// The password was right, but it is too short for standing alone, which it does: opens the
    /// choice of a longer one and the enrolment of a device, and nothing else.
    Short,
    /// The password was right, or another provider said who it is, and policy asks for no more.
    Password,
    /// The password was right, and a trusted browser stood in for the second factor: enough for
    /// everyday things, never for the console or a step-up.
    Remembered,
    /// A second factor was proved.
    Verified,
}

impl Assurance {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Enrolment => "enrolment",
            Self::Short => "short",
            Self::Password => "password",
            Self::Remembered => "remembered",
            Self::Verified => "verified",
        }
    }

    /// Reads a stable name.
    pub fn from_stored(text: &str) -> Option<Self> {
        let all = [
            Self::Pass,
            Self::Enrolment,
            Self::Short,
            Self::Password,
            Self::Remembered,
            Self::Verified,
        ];
        all.into_iter().find(|assurance| assurance.as_str() == text)
    }
}

/// The methods of one sign-in as RFC 8176 names them, in the order in which they were proved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Methods(Vec<String>);

impl Methods {
    /// The password alone.
    pub fn password() -> Self {
        Self(vec!["pwd".to_owned()])
    }

    /// The password and a second factor of this kind; `user_verified` where the authenticator
    /// itself checked its user.
    pub fn password_and(kind: DeviceKind, user_verified: bool) -> Self {
        Self::password().and(Self::second_factor(kind, user_verified))
    }

    /// A device of this kind, and nothing else: two factors only where it checked its user itself.
    pub fn alone(kind: DeviceKind, user_verified: bool) -> Self {
        match user_verified {
            true => Self::second_factor(kind, true),
            false => Self(vec![kind.amr().to_owned()]),
        }
    }

    /// A second factor of this kind, beside whatever else was proved.
    pub fn second_factor(kind: DeviceKind, user_verified: bool) -> Self {
        let methods = [
            Some(kind.amr()),
            user_verified.then_some("user"),
            Some("mfa"),
        ];
        Self(methods.into_iter().flatten().map(str::to_owned).collect())
    }

    /// A code that was delivered, beside whatever else was proved. RFC 8176 §2 has no word for
    /// mail, so it is a one-time password.
    pub fn delivered(method: DeliveryMethod) -> Self {
        let what = match method {
            DeliveryMethod::Mail => "otp",
            DeliveryMethod::Sms => "sms",
            DeliveryMethod::Call => "tel",
        };
        Self(vec![what.to_owned(), "mfa".to_owned()])
    }

    /// A sign-in at another provider, which stands for the password. RFC 8176 §2 has no word for it;
    /// `fed` is what other providers say.
    pub fn federated() -> Self {
        Self(vec!["fed".to_owned()])
    }

    /// The same, where more than one factor was proved there.
    pub fn federated_second_factor() -> Self {
        Self(["fed", "mfa"].map(str::to_owned).to_vec())
    }

    /// Whether another provider's word is all that there is.
    pub fn are_anothers_alone(&self) -> bool {
        self.contains("fed") && self.iter().all(|method| matches!(method, "fed" | "mfa"))
    }

    /// These, and those of a further proof that are not among them.
    pub fn and(mut self, further: Methods) -> Self {
        for method in further.0 {
            if !self.0.contains(&method) {
                self.0.push(method);
            }
        }
        self
    }

    /// One by one, as RFC 8176 names them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether this one is among them.
    pub fn contains(&self, method: &str) -> bool {
        self.0.iter().any(|known| known == method)
    }

    /// Whether a key is among them that answers nobody but us.
    pub fn resist_phishing(&self) -> bool {
        self.contains("hwk") || self.contains("swk")
    }

    /// Reads the space-separated form.
    pub fn from_stored(text: &str) -> Self {
        Self(text.split_whitespace().map(str::to_owned).collect())
    }

    /// The space-separated form, as in the database.
    pub fn joined(&self) -> String {
        self.0.join(" ")
    }
}
