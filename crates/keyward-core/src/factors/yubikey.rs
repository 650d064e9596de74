//! One-time passwords of YubiKeys, confirmed by a validation service or, where Keyward holds the
//! key's secret, by itself.
//!
//! A service says that an OTP is good; it does not say whose key typed it. That is decided here,
//! and is the step on which everything stands: the public id in front of the confirmed OTP must be
//! the one that was bound to this user's device. Without it, any key would open every user's
//! account.

use std::time::Duration;

use crate::domain::device::DeviceId;
use crate::domain::event::Refusal;
use crate::domain::user::UserId;
use crate::problem::{Code, codes};
use crate::protocols::yubico::{ConfirmedOtp, Declined, InvalidAnswer, Otp, PublicId};
use crate::secret;

/// What all services together make of one OTP.
#[derive(Debug)]
#[must_use]
pub enum Verdict {
    /// A service confirmed it.
    Confirmed {
        /// What was confirmed.
        otp: ConfirmedOtp,
        /// The service's name.
        service: String,
    },
    /// A service saw it before, and none of its servers confirmed it.
    Replayed {
        /// The service's name.
        service: String,
    },
    /// No service knows the key, or the letters are wrong.
    Refused {
        /// The last service that said so.
        service: String,
    },
    /// No service gave an answer that judges the OTP.
    Unavailable {
        /// What each server did; empty where there is no service at all.
        reports: Vec<ServerReport>,
    },
}

/// What one server did when it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerReport {
    /// Its service's name.
    pub service: String,
    /// Its host and port.
    pub server: String,
    /// What it said.
    pub said: Said,
    /// How long it took.
    pub latency: Duration,
}

/// What one server said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// The OTP is good.
    Confirmed,
    /// The OTP, or our request, is not.
    Declined(Declined),
    /// Nothing that can be believed.
    Distrusted(InvalidAnswer),
}

impl Said {
    /// What a server says about us: our client id, our key or our request, also where nothing
    /// proves that it is the server that says it. Servers cannot sign for a client that they do not
    /// know; an operator has to hear of it all the same, and no user is let in by it.
    pub fn about_us(self) -> Option<Declined> {
        let said = match self {
            Self::Declined(declined) => declined,
            Self::Distrusted(
                InvalidAnswer::Unsigned(Some(declined))
                | InvalidAnswer::WrongSignature(Some(declined)),
            ) => declined,
            Self::Confirmed | Self::Distrusted(_) => return None,
        };
        let is_about_the_otp = said == Declined::BadOtp || said.is_replay();
        (!is_about_the_otp).then_some(said)
    }

    /// A stable word for operators: what the server says about us, where it does.
    pub fn diagnosis(self) -> &'static str {
        match self.about_us() {
            Some(declined) => declined.as_str(),
            None => self.reason(),
        }
    }

    /// A stable word: the protocol's status, or why there is none to believe.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Confirmed => "OK",
            Self::Declined(declined) => declined.as_str(),
            Self::Distrusted(distrust) => distrust.reason(),
        }
    }
}

/// Why an OTP proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum YubikeyRefusal {
    /// It is good, and another key's.
    OtherKey,
    /// It was used before.
    Replayed,
    /// No service knows it.
    Refused,
    /// No service could be asked; nothing is said about the person.
    Unavailable(Vec<ServerReport>),
}

impl YubikeyRefusal {
    /// What the trail says.
    pub fn reason(&self) -> Refusal {
        match self {
            Self::OtherKey => Refusal::OtherKey,
            Self::Replayed => Refusal::ReplayedCode,
            Self::Refused => Refusal::WrongCode,
            Self::Unavailable(_) => Refusal::ServiceUnavailable,
        }
    }

    /// Why no service could be asked: there is none, or none gave a trustworthy answer.
    pub fn why_unavailable(reports: &[ServerReport]) -> Code {
        if reports.is_empty() {
            codes::SERVICE_NONE
        } else {
            codes::SERVICE_UNREACHABLE
        }
    }
}

/// A YubiKey that was bound to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YubikeyDevice {
    /// The device's row.
    pub id: DeviceId,
    /// Whose it is.
    pub user_id: UserId,
    /// What its OTPs begin with.
    pub public_id: PublicId,
}

impl YubikeyDevice {
    /// The device among these whose letters stand in front of the OTP. It tells which device to
    /// verify, and spares the services the OTPs of other people's keys.
    pub fn named_by<'a>(otp: &Otp, devices: &'a [YubikeyDevice]) -> Option<&'a YubikeyDevice> {
        let named = otp.public_id();
        devices.iter().find(|device| device.public_id == named)
    }
}

/// This user's YubiKey typed an OTP that a service confirmed just now. The OTP's digest must still
/// be recorded as used, in the transaction that opens or raises a session.
///
/// No other module can make one:
/// ```compile_fail,E0451
/// use keyward::domain::{device::DeviceId, user::UserId};
/// use keyward::factors::yubikey::YubikeyVerified;
/// use keyward::protocols::yubico::ConfirmedOtp;
/// fn forge(user_id: UserId, device_id: DeviceId, otp: ConfirmedOtp) -> YubikeyVerified {
///     YubikeyVerified { user_id, device_id, otp, service: String::new() }
/// }
/// ```
/// nor prove two things with one:
/// ```compile_fail,E0599
/// # use keyward::factors::yubikey::YubikeyVerified;
/// fn twice(proof: YubikeyVerified) -> (YubikeyVerified, YubikeyVerified) {
///     (proof.clone(), proof)
/// }
/// ```
/// nor say that a service confirmed what none was asked about:
/// ```compile_fail,E0451
/// use keyward::protocols::yubico::{ConfirmedOtp, Otp};
/// fn forge(otp: &Otp) -> ConfirmedOtp {
///     ConfirmedOtp { public_id: otp.public_id(), digest: otp.digest(), held: None }
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct YubikeyVerified {
    user_id: UserId,
    device_id: DeviceId,
    otp: ConfirmedOtp,
    service: String,
}

impl YubikeyVerified {
    /// Who was proved.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// By which device.
    pub fn device_id(&self) -> DeviceId {
        self.device_id
    }

    /// What to spend.
    pub fn otp(&self) -> &ConfirmedOtp {
        &self.otp
    }

    /// The service that confirmed it.
    pub fn service(&self) -> &str {
        &self.service
    }
}

/// Its user holds the key with this public id: enough to bind it to the user who enrols it.
///
/// ```compile_fail,E0599
/// # use keyward::factors::yubikey::YubikeyConfirmed;
/// fn twice(proof: YubikeyConfirmed) -> (YubikeyConfirmed, YubikeyConfirmed) {
///     (proof.clone(), proof)
/// }
/// ```
/// ```compile_fail,E0451
/// use keyward::factors::yubikey::YubikeyConfirmed;
/// use keyward::protocols::yubico::ConfirmedOtp;
/// fn forge(otp: ConfirmedOtp) -> YubikeyConfirmed {
///     YubikeyConfirmed { otp, service: String::new() }
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct YubikeyConfirmed {
    otp: ConfirmedOtp,
    service: String,
}

impl YubikeyConfirmed {
    /// The key's public id.
    pub fn public_id(&self) -> &PublicId {
        self.otp.public_id()
    }

    /// What to spend, so that the OTP that enrols a key does not also sign in with it.
    pub fn otp(&self) -> &ConfirmedOtp {
        &self.otp
    }

    /// The service that confirmed it.
    pub fn service(&self) -> &str {
        &self.service
    }
}

/// Judges whether an OTP proves the owner of this device.
///
/// # Errors
/// The refusal that the person and the audit trail are told.
pub fn verify(device: &YubikeyDevice, verdict: Verdict) -> Result<YubikeyVerified, YubikeyRefusal> {
    let (otp, service) = confirmed(verdict)?;
    let bound = device.public_id.as_str().as_bytes();
    if !secret::same(otp.public_id().as_str().as_bytes(), bound) {
        return Err(YubikeyRefusal::OtherKey);
    }
    Ok(YubikeyVerified {
        user_id: device.user_id,
        device_id: device.id,
        otp,
        service,
    })
}

/// Judges whether an OTP may bind its key to the user who enrols it.
///
/// # Errors
/// The refusal that the person and the audit trail are told.
pub fn confirm(verdict: Verdict) -> Result<YubikeyConfirmed, YubikeyRefusal> {
    confirmed(verdict).map(|(otp, service)| YubikeyConfirmed { otp, service })
}

fn confirmed(verdict: Verdict) -> Result<(ConfirmedOtp, String), YubikeyRefusal> {
    match verdict {
        Verdict::Confirmed { otp, service } => Ok((otp, service)),
        Verdict::Replayed { .. } => Err(YubikeyRefusal::Replayed),
        Verdict::Refused { .. } => Err(YubikeyRefusal::Refused),
        Verdict::Unavailable { reports } => Err(YubikeyRefusal::Unavailable(reports)),
    }
}
