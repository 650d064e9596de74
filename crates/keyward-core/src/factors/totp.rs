//! Time-based one-time passwords (RFC 6238 over RFC 4226, HMAC-SHA-1), with the drift of a clock
//! that is a little off learned over time.

use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use crate::clock::{Entropy, Timestamp};
use crate::domain::device::DeviceId;
use crate::domain::user::UserId;
use crate::problem::{Problem, Result};
use crate::secret::{MasterKey, Place};

/// How codes are computed and how far off a clock may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TotpParameters {
    /// Digits of a code: 6 or 8.
    pub digits: u32,
    /// Seconds that a code stands for.
    pub step: u32,
    /// The unix time in seconds at which steps begin to be counted.
    pub t0: i64,
    /// Steps before and after the expected one that are accepted too.
    pub tolerance: u32,
}

impl Default for TotpParameters {
    fn default() -> Self {
        Self {
            digits: 6,
            step: 30,
            t0: 0,
            tolerance: 1,
        }
    }
}

/// The secret that the app and we share: 160 random bits (RFC 4226 §4 R6).
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    /// A new secret.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Zeroizing::new(entropy.bytes::<20>().to_vec()))
    }

    /// A secret that another system made; at least 128 bits (RFC 4226 §4 R6).
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() >= 16).then(|| Self(Zeroizing::new(bytes.to_vec())))
    }

    /// The secret as people type it: unpadded base32.
    pub fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(data_encoding::BASE32_NOPAD.encode(&self.0))
    }

    /// Reads [`TotpSecret::base32`].
    pub fn from_base32(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(data_encoding::BASE32_NOPAD.decode(text.as_bytes()).ok()?);
        Self::from_bytes(&bytes)
    }

    /// Seals the secret for the row of this device.
    pub fn seal(&self, key: &MasterKey, device: DeviceId, entropy: &dyn Entropy) -> Vec<u8> {
        key.seal(entropy, place(&device.to_string()), &self.0)
    }

    /// The code of one step.
    ///
    /// # Errors
    /// `internal` for parameters that no code can be computed with.
    pub fn code(&self, parameters: &TotpParameters, step: i64) -> Result<Zeroizing<String>> {
        let step = u64::try_from(step).map_err(Problem::internal)?;
        let totp = self.generator(parameters)?;
        // The generator divides what it is given by the step's length.
        let time = step.saturating_mul(u64::from(parameters.step));
        Ok(Zeroizing::new(totp.generate(time).to_string()))
    }

    fn generator(&self, parameters: &TotpParameters) -> Result<Totp> {
        if !matches!(parameters.digits, 6 | 8) || parameters.step == 0 {
            return Err(Problem::internal("impossible TOTP parameters"));
        }
        let digits = u8::try_from(parameters.digits).map_err(Problem::internal)?;
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(digits)
            .with_step_duration(u64::from(parameters.step))
            .with_secret(self.0.to_vec())
            .build_noncompliant();
        Ok(totp)
    }
}

fn place(row: &str) -> Place<'_> {
    Place {
        table: "totp_secrets",
        column: "secret",
        row,
    }
}

/// An authenticator app's device with what its kind knows.
#[derive(Clone, Debug)]
pub struct TotpDevice {
    /// The device.
    pub device_id: DeviceId,
    /// Whose it is.
    pub user_id: UserId,
    /// How its codes are computed.
    pub parameters: TotpParameters,
    /// Steps by which its clock was seen to be off.
    pub drift: i64,
    /// The step of the last code that was spent; -1 before the first.
    pub last_step: i64,
    /// The secret under the master key.
    pub sealed_secret: Vec<u8>,
}

/// A code was right and newer than the last one. It is not spent yet: the action that acts on this
/// spends it in the same transaction.
#[must_use = "a proof that nobody asks for proves nothing"]
#[derive(Debug)]
pub struct TotpVerified {
    user_id: UserId,
    device_id: DeviceId,
    step: i64,
    drift: i64,
}

impl TotpVerified {
    /// Whose code it was.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// Which device made it.
    pub fn device_id(&self) -> DeviceId {
        self.device_id
    }

    /// The code's step, to be remembered as the last.
    pub fn step(&self) -> i64 {
        self.step
    }

    /// The drift to remember.
    pub fn drift(&self) -> i64 {
        self.drift
    }
}

/// Why a code proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TotpRefusal {
    /// It is the code of no step within tolerance.
    Wrong,
    /// It, or a later one, was spent before (RFC 6238 §5.2).
    Used,
}

/// Checks a code against the devices of a user. With `sync`, a code from a neighbouring step moves
/// the device's drift.
///
/// # Errors
/// `master_key.wrong` when a secret does not open.
pub fn verify(
    devices: &[TotpDevice],
    typed: &str,
    now: Timestamp,
    sync: bool,
    key: &MasterKey,
) -> Result<Result<TotpVerified, TotpRefusal>> {
    let mut refusal = TotpRefusal::Wrong;
    for device in devices {
        let row = device.device_id.to_string();
        let secret = TotpSecret(key.open(place(&row), &device.sealed_secret)?);
        let Some(matched) = find(&secret, &device.parameters, device.drift, typed, now)? else {
            continue;
        };
        if matched.step <= device.last_step {
            refusal = TotpRefusal::Used;
            continue;
        }
        return Ok(Ok(TotpVerified {
            user_id: device.user_id,
            device_id: device.device_id,
            step: matched.step,
            drift: if sync { matched.drift } else { device.drift },
        }));
    }
    Ok(Err(refusal))
}

/// A new authenticator app has shown that it computes our codes.
#[must_use = "a proof that nobody asks for proves nothing"]
pub struct TotpConfirmed {
    user_id: UserId,
    secret: TotpSecret,
    parameters: TotpParameters,
    step: i64,
    drift: i64,
}

impl TotpConfirmed {
    /// Who is enrolling it.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The device's rows; the code that confirmed it is spent with them.
    pub fn into_device(
        self,
        device_id: DeviceId,
        key: &MasterKey,
        entropy: &dyn Entropy,
    ) -> TotpDevice {
        TotpDevice {
            device_id,
            user_id: self.user_id,
            parameters: self.parameters,
            drift: self.drift,
            last_step: self.step,
            sealed_secret: self.secret.seal(key, device_id, entropy),
        }
    }
}

/// Checks the first code of a new authenticator app.
///
/// # Errors
/// `internal` for impossible parameters.
pub fn confirm(
    user_id: UserId,
    secret: TotpSecret,
    parameters: TotpParameters,
    typed: &str,
    now: Timestamp,
    sync: bool,
) -> Result<Result<TotpConfirmed, TotpRefusal>> {
    let Some(matched) = find(&secret, &parameters, 0, typed, now)? else {
        return Ok(Err(TotpRefusal::Wrong));
    };
    Ok(Ok(TotpConfirmed {
        user_id,
        secret,
        parameters,
        step: matched.step,
        drift: if sync { matched.drift } else { 0 },
    }))
}

struct Matched {
    step: i64,
    drift: i64,
}

/// Finds the step within tolerance that the code belongs to, newest first, comparing all of them
/// in constant time.
fn find(
    secret: &TotpSecret,
    parameters: &TotpParameters,
    drift: i64,
    typed: &str,
    now: Timestamp,
) -> Result<Option<Matched>> {
    let Some(typed) = normalised(typed, parameters.digits) else {
        return Ok(None);
    };
    let since = now.seconds().saturating_sub(parameters.t0);
    let step = i64::from(parameters.step.max(1));
    let expected = since.div_euclid(step).saturating_add(drift);
    let tolerance = i64::from(parameters.tolerance);
    let mut matched = None;
    for offset in (tolerance.saturating_neg()..=tolerance).rev() {
        let step = expected.saturating_add(offset);
        if step < 0 {
            continue;
        }
        let code = secret.code(parameters, step)?;
        if bool::from(code.as_bytes().ct_eq(typed.as_bytes())) && matched.is_none() {
            matched = Some(Matched {
                step,
                drift: drift.saturating_add(offset),
            });
        }
    }
    Ok(matched)
}

/// The digits of a code without the spaces that people and apps put between them; `None` where
/// that is not a code of this length.
fn normalised(typed: &str, digits: u32) -> Option<Zeroizing<String>> {
    let compact: String = typed
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(16)
        .collect();
    let compact = Zeroizing::new(compact);
    let sound = compact.len() == digits as usize && compact.bytes().all(|b| b.is_ascii_digit());
    sound.then_some(compact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    const SECRET: &[u8] = b"12345678901234567890";

    fn device(key: &MasterKey, parameters: TotpParameters) -> TotpDevice {
        let now = Timestamp::default();
        let device_id = DeviceId::generate(now, &SystemEntropy);
        let secret = TotpSecret::from_bytes(SECRET).expect("long enough");
        TotpDevice {
            device_id,
            user_id: UserId::generate(now, &SystemEntropy),
            parameters,
            drift: 0,
            last_step: -1,
            sealed_secret: secret.seal(key, device_id, &SystemEntropy),
        }
    }

    fn code(parameters: &TotpParameters, step: i64) -> String {
        let secret = TotpSecret::from_bytes(SECRET).expect("long enough");
        secret.code(parameters, step).expect("a code").to_string()
    }

    fn check(
        device: &TotpDevice,
        key: &MasterKey,
        typed: &str,
        second: i64,
    ) -> Result<TotpVerified, TotpRefusal> {
        let now = Timestamp::from_seconds(second);
        verify(std::slice::from_ref(device), typed, now, true, key).expect("opens")
    }

    #[test]
    fn codes_within_tolerance_are_right_and_others_wrong() {
        let key = MasterKey::generate(&SystemEntropy);
        let parameters = TotpParameters::default();
        let device = device(&key, parameters);
        for (step, right) in [(8, false), (9, true), (10, true), (11, true), (12, false)] {
            let checked = check(&device, &key, &code(&parameters, step), 300);
            assert_eq!(checked.is_ok(), right, "step {step}");
        }
    }

    #[test]
    fn a_code_is_used_once_and_older_ones_with_it() {
        let key = MasterKey::generate(&SystemEntropy);
        let parameters = TotpParameters::default();
        let mut device = device(&key, parameters);
        device.last_step = 10;
        for step in [9, 10] {
            let refusal = check(&device, &key, &code(&parameters, step), 300).err();
            assert_eq!(refusal, Some(TotpRefusal::Used));
        }
        assert!(check(&device, &key, &code(&parameters, 11), 300).is_ok());
    }

    #[test]
    fn drift_is_learned_and_moves_the_window() {
        let key = MasterKey::generate(&SystemEntropy);
        let parameters = TotpParameters::default();
        let mut device = device(&key, parameters);
        let proof = check(&device, &key, &code(&parameters, 11), 300).expect("right");
        assert_eq!((proof.step(), proof.drift()), (11, 1));
        device.drift = proof.drift();
        device.last_step = proof.step();
        let proof = check(&device, &key, &code(&parameters, 14), 360).expect("two steps ahead");
        assert_eq!(proof.drift(), 2);
    }

    #[test]
    fn t0_and_eight_digits_are_obeyed() {
        let key = MasterKey::generate(&SystemEntropy);
        let parameters = TotpParameters {
            digits: 8,
            t0: 1000,
            step: 60,
            tolerance: 0,
        };
        let device = device(&key, parameters);
        assert_eq!(code(&parameters, 1).len(), 8);
        assert!(check(&device, &key, &code(&parameters, 1), 1060).is_ok());
        assert!(check(&device, &key, &code(&parameters, 1), 1059).is_err());
        assert!(check(&device, &key, &code(&parameters, 0), 10).is_err());
    }

    #[test]
    fn spaces_are_forgiven_and_anything_else_is_not() {
        let key = MasterKey::generate(&SystemEntropy);
        let parameters = TotpParameters::default();
        let device = device(&key, parameters);
        let code = code(&parameters, 10);
        let spaced = format!(" {} {} ", &code[..3], &code[3..]);
        assert!(check(&device, &key, &spaced, 300).is_ok());
        let longer = format!("{code}0");
        for typed in ["", "12345", "abcdef", "１２３４５６", longer.as_str()] {
            assert!(check(&device, &key, typed, 300).is_err(), "{typed}");
        }
    }
}
