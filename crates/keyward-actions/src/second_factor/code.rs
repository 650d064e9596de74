//! A code, from an authenticator app or a YubiKey.

use super::check_of;
use crate::App;
use crate::attempt::Tried;
use crate::delivered_code;
use crate::enrol;
use crate::journey::AtTurn;
use crate::sign_in::Opened;
use crate::turn::{self, Turn};
use crate::validation;
use keyward_core::domain::device::{DeviceKind, SignInMethod};
use keyward_core::domain::event::Refusal;
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::factors::backup_codes::{self, BackupCode, BackupCodeRefusal};
use keyward_core::factors::delivered_code::DeliveredCodeRefusal;
use keyward_core::factors::totp::{self, TotpRefusal};
use keyward_core::factors::yubikey::{self, YubikeyDevice, YubikeyRefusal};
use keyward_core::flows::AwaitsSecondFactor;
use keyward_core::flows::sign_in::SecondFactorVerified;
use keyward_core::problem::{Code, Result, codes};
use keyward_core::protocols::yubico::Otp;
use keyward_core::secret::{Token, TokenHash};
use keyward_store::{totp_secrets, yubikeys};

/// Where a code led.
#[must_use]
#[derive(Debug)]
pub enum CodeOutcome {
    /// It is wrong.
    Wrong,
    /// It, or a later one, was used before.
    Used,
    /// None that was delivered can be typed any more.
    Expired,
    /// It is from a YubiKey that this user does not have here.
    OtherKey,
    /// No validation service could be asked.
    Unavailable(Code),
    /// To a session.
    Opened(Opened),
}

/// A code that proved nothing.
pub(crate) struct CodeRefused {
    /// What the person is told.
    pub outcome: CodeOutcome,
    /// What the try counts as.
    pub tried: Tried,
    /// What the trail says.
    pub reason: Refusal,
}

impl CodeRefused {
    /// It is no code of the kind that was asked for.
    pub const WRONG: Self = Self {
        outcome: CodeOutcome::Wrong,
        tried: Tried::Wrong,
        reason: Refusal::WrongCode,
    };

    /// The code was right, and another request was a moment faster with it.
    pub const REPLAYED: Self = Self {
        outcome: CodeOutcome::Used,
        tried: Tried::NoGuess,
        reason: Refusal::ReplayedCode,
    };
}

impl From<DeliveredCodeRefusal> for CodeRefused {
    fn from(refusal: DeliveredCodeRefusal) -> Self {
        match refusal {
            DeliveredCodeRefusal::Wrong => Self {
                outcome: CodeOutcome::Wrong,
                tried: Tried::Wrong,
                reason: Refusal::WrongCode,
            },
            // There was nothing to guess.
            DeliveredCodeRefusal::Expired => Self {
                outcome: CodeOutcome::Expired,
                tried: Tried::NoGuess,
                reason: Refusal::ExpiredCode,
            },
        }
    }
}

/// What was typed. The kind is told from the letters: 33 to 48 of modhex are a YubiKey's, sixteen of
/// base 32 are a backup code, whichever field they were typed into. Digits are what their field asks
/// for.
pub enum Typed<'a> {
    /// A YubiKey's one-time password.
    Otp(Otp),
    /// A backup code.
    Backup(BackupCode),
    /// A code that was delivered to a device of this kind.
    Delivered(DeviceKind, &'a str),
    /// Anything else is read as a code of an authenticator app.
    Code(&'a str),
}

impl<'a> Typed<'a> {
    /// Reads what was typed into the field of this kind of device.
    pub fn read(text: &'a str, field: DeviceKind) -> Self {
        match (Otp::parse(text), BackupCode::parse(text)) {
            (Some(otp), _) => Self::Otp(otp),
            (None, Some(code)) => Self::Backup(code),
            (None, None) => match SignInMethod::of(field) {
                SignInMethod::Phone | SignInMethod::Email => Self::Delivered(field, text),
                SignInMethod::Webauthn
                | SignInMethod::Yubikey
                | SignInMethod::Totp
                | SignInMethod::BackupCodes => Self::Code(text),
            },
        }
    }

    /// The kind of device that types it.
    pub fn kind(&self) -> DeviceKind {
        match self {
            Self::Otp(_) => DeviceKind::Yubikey,
            Self::Backup(_) => DeviceKind::BackupCodes,
            Self::Delivered(kind, _) => *kind,
            Self::Code(_) => DeviceKind::Totp,
        }
    }
}

/// Answers the step `turn` of a journey that waits for a second factor, whatever it is for: takes
/// the turn, counts the try, and only then looks at the code. A code that proves nothing is
/// settled and recorded here; what a proof opens is for the caller.
///
/// # Errors
/// `sign_in.turn_used`, `sign_in.too_many`
pub(crate) async fn check_code<S: AwaitsSecondFactor>(
    app: &App,
    journey: &Token,
    (loaded, stage): AtTurn<S>,
    turn: i64,
    typed: &Typed<'_>,
    client: &Client,
) -> Result<Result<(Turn, S, SecondFactorVerified), CodeOutcome>> {
    if loaded != turn {
        return Err(codes::SIGN_IN_TURN_USED.into());
    }
    let (stage, _) = stage.take_ceremony();
    let check = check_of(stage.user_id(), typed.kind(), S::CHECK);
    let turn = turn::take(app, journey, turn, &stage, check, client).await?;
    match verify_code(app, stage.user_id(), typed, &turn.id).await? {
        Ok(proof) => Ok(Ok((turn, stage, proof))),
        Err(refused) => {
            turn::refuse(app, turn, refused.tried, refused.reason, client).await?;
            Ok(Err(refused.outcome))
        }
    }
}

/// Verifies a code against the devices of a user, and against what was sent on this journey.
/// Their rows stay as they are.
pub(crate) async fn verify_code(
    app: &App,
    user: UserId,
    typed: &Typed<'_>,
    journey: &TokenHash,
) -> Result<Result<SecondFactorVerified, CodeRefused>> {
    match typed {
        Typed::Otp(otp) => verify_otp(app, user, otp).await,
        Typed::Backup(code) => verify_backup_code(app, user, code).await,
        Typed::Delivered(kind, code) => {
            let judged = delivered_code::verify(app, user, *kind, code, journey).await?;
            Ok(judged
                .map(SecondFactorVerified::Delivered)
                .map_err(CodeRefused::from))
        }
        Typed::Code(code) => verify_totp(app, user, code).await,
    }
}

async fn verify_backup_code(
    app: &App,
    user: UserId,
    code: &BackupCode,
) -> Result<Result<SecondFactorVerified, CodeRefused>> {
    let set = enrol::backup_code_set(app, user).await?;
    let judged = backup_codes::verify(set.as_ref(), code, &app.master_key);
    Ok(judged
        .map(SecondFactorVerified::BackupCode)
        .map_err(|refusal| match refusal {
            BackupCodeRefusal::Wrong => CodeRefused {
                outcome: CodeOutcome::Wrong,
                tried: Tried::Wrong,
                reason: Refusal::WrongCode,
            },
            BackupCodeRefusal::Used => CodeRefused::REPLAYED,
        }))
}

async fn verify_totp(
    app: &App,
    user: UserId,
    typed: &str,
) -> Result<Result<SecondFactorVerified, CodeRefused>> {
    let apps = app
        .store
        .look(move |connection| totp_secrets::of_user(connection, user))
        .await?;
    let sync = app.settings.totp.sync;
    let judged = totp::verify(&apps, typed, app.now(), sync, &app.master_key)?;
    Ok(judged
        .map(SecondFactorVerified::Totp)
        .map_err(|refusal| match refusal {
            TotpRefusal::Wrong => CodeRefused {
                outcome: CodeOutcome::Wrong,
                tried: Tried::Wrong,
                reason: Refusal::WrongCode,
            },
            TotpRefusal::Used => CodeRefused::REPLAYED,
        }))
}

async fn verify_otp(
    app: &App,
    user: UserId,
    otp: &Otp,
) -> Result<Result<SecondFactorVerified, CodeRefused>> {
    let keys = app
        .store
        .look(move |connection| yubikeys::of_user(connection, user))
        .await?;
    let judged = match YubikeyDevice::named_by(otp, &keys) {
        None => Err(YubikeyRefusal::OtherKey),
        Some(device) => yubikey::verify(device, validation::judge_otp(app, otp).await?),
    };
    Ok(judged
        .map(SecondFactorVerified::Yubikey)
        .map_err(|refusal| CodeRefused {
            tried: match refusal {
                YubikeyRefusal::OtherKey | YubikeyRefusal::Refused => Tried::Wrong,
                YubikeyRefusal::Replayed | YubikeyRefusal::Unavailable(_) => Tried::NoGuess,
            },
            reason: refusal.reason(),
            outcome: match refusal {
                YubikeyRefusal::OtherKey => CodeOutcome::OtherKey,
                YubikeyRefusal::Replayed => CodeOutcome::Used,
                YubikeyRefusal::Refused => CodeOutcome::Wrong,
                YubikeyRefusal::Unavailable(reports) => {
                    CodeOutcome::Unavailable(YubikeyRefusal::why_unavailable(&reports))
                }
            },
        }))
}
