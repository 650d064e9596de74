//! A sign-in: who is in this browser, how well that was proved, and for how long it holds.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::assurance_level::AssuranceLevel;
use super::device::{DeviceId, DeviceKind};
use super::id_type;
use super::receiver::DeliveryMethod;
use super::trusted_browser::TrustedBrowserId;
use super::user::UserId;
use crate::clock::Timestamp;
use crate::secret::TokenHash;

id_type!(
    /// The id of a sign-in's row, as consoles and the command line show it. It opens nothing: what
    /// opens a session is the random identifier whose hash the row holds.
    SignInId
);

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
    /// The password was right, and policy asks for no more.
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

    /// A second factor of this kind, beside whatever else was proved.
    pub fn second_factor(kind: DeviceKind, user_verified: bool) -> Self {
        let what = match kind {
            DeviceKind::Passkey => "swk",
            DeviceKind::SecurityKey => "hwk",
            DeviceKind::Yubikey
            | DeviceKind::Totp
            | DeviceKind::Email
            | DeviceKind::BackupCodes => "otp",
            DeviceKind::Phone => "sms",
        };
        let methods = [Some(what), user_verified.then_some("user"), Some("mfa")];
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

    /// Reads the space-separated form.
    pub fn from_stored(text: &str) -> Self {
        Self(text.split_whitespace().map(str::to_owned).collect())
    }

    /// The space-separated form, as in the database.
    pub fn joined(&self) -> String {
        self.0.join(" ")
    }
}

/// How a session was opened, as the trail's particulars say it: `verified: pwd hwk user mfa`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedBy {
    /// How well.
    pub assurance: Assurance,
    /// By what.
    pub methods: Methods,
}

impl ProvedBy {
    /// Reads the particulars.
    pub fn from_stored(text: &str) -> Option<Self> {
        let (assurance, methods) = text.split_once(": ")?;
        Some(Self {
            assurance: Assurance::from_stored(assurance)?,
            methods: Methods::from_stored(methods),
        })
    }
}

impl fmt::Display for ProvedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.assurance.as_str(), self.methods.joined())
    }
}

/// One sign-in of one user in one browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The row.
    pub id: SignInId,
    /// The hash of the identifier that opens it.
    pub identifier: TokenHash,
    /// Who.
    pub user_id: UserId,
    /// How well proved.
    pub assurance: Assurance,
    /// By what.
    pub methods: Methods,
    /// The assurance level that this comes to.
    pub level: AssuranceLevel,
    /// The device that proved the second factor, or that vouched for the trusted browser.
    pub device_id: Option<DeviceId>,
    /// When it began.
    pub opened_at: Timestamp,
    /// When it was last seen; written at most once a minute.
    pub last_seen_at: Timestamp,
    /// The end that no activity moves.
    pub expires_at: Timestamp,
    /// From where.
    pub client: Client,
    /// When its user last proved themselves as well as they can: with a device, or with the
    /// password where they have no device. `None` where a trusted browser stood in.
    pub proved_at: Option<Timestamp>,
    /// The trusted browser that opened it.
    pub trusted_browser_id: Option<TrustedBrowserId>,
}

impl SignIn {
    /// Whether its user proved themselves within this long before `now`.
    pub fn is_fresh(&self, now: Timestamp, within: Duration) -> bool {
        self.proved_at.is_some_and(|at| now.since(at) < within)
    }
}

/// The network of an address, roughly: as far as one provider or office reaches.
fn network(address: IpAddr) -> [u8; 5] {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, _, _] = address.octets();
            [4, a, b, 0, 0]
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.octets();
            [6, a, b, c, d]
        }
    }
}

/// From where a request comes, as far as can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The client's address, read through the trusted proxies.
    pub address: IpAddr,
    /// The browser's name for itself, cut at 256 characters.
    pub user_agent: String,
}

impl Client {
    /// The longest part of the browser's name that is kept, in characters.
    pub const LONGEST_USER_AGENT: usize = 256;

    /// Whether it comes from a network that is none of these: the first 16 bits of an IPv4 address,
    /// the first 32 of an IPv6 one. Where there are none, nobody knows what is usual.
    pub fn is_elsewhere(&self, known: &[IpAddr]) -> bool {
        let here = network(self.address);
        !known.is_empty() && known.iter().all(|address| network(*address) != here)
    }

    /// A client at `address`.
    pub fn new(address: IpAddr, user_agent: &str) -> Self {
        Self {
            address,
            user_agent: user_agent
                .chars()
                .filter(|c| !c.is_control())
                .take(Self::LONGEST_USER_AGENT)
                .collect(),
        }
    }
}
