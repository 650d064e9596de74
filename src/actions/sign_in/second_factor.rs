//! The second step: a code, from an authenticator app or a YubiKey.

use crate::actions::Keyward;
use crate::actions::attempt::{Tried, admit, settle};
use crate::domain::attempt::AttemptScope;
use crate::domain::device::{Device, DeviceId, DeviceKind, DeviceState};
use crate::domain::event::{Actor, Event, EventKind};
use crate::domain::session::Client;
use crate::domain::user::{User, UserId};
use crate::factors::totp::{self, TotpRefusal};
use crate::factors::yubikey::{self, YubikeyDevice, YubikeyRefusal};
use crate::flows::Unfinished;
use crate::flows::sign_in::{AwaitingSecondFactor, SecondFactorVerified};
use crate::problem::{Code, Fault, Problem, Result, codes};
use crate::protocols::yubico::Otp;
use crate::secret::{Token, TokenHash};
use crate::store::{credentials, devices, journeys, spent_otps, totp_secrets, users, yubikeys};

use super::open_session::{Opened, open};

/// What the page of the second factor needs to know.
#[derive(Debug)]
pub struct Awaiting {
    /// The step that the page's answer takes.
    pub turn: i64,
    /// Who is signing in.
    pub user: User,
    /// The devices that they may use, the default first.
    pub devices: Vec<Device>,
}

/// Where a code led.
#[must_use]
#[derive(Debug)]
pub enum CodeOutcome {
    /// It is wrong.
    Wrong,
    /// It, or a later one, was used before.
    Used,
    /// It is from a YubiKey that this user does not have here.
    OtherKey,
    /// No validation service could be asked.
    Unavailable(Code),
    /// To a session.
    Opened(Opened),
}

/// A turn that was taken: the journey's next step is ours, once.
pub(super) struct Turn {
    pub(super) id: TokenHash,
    pub(super) turn: i64,
    pub(super) stage: AwaitingSecondFactor,
    pub(super) scope: AttemptScope,
}

impl Keyward {
    /// What the sign-in of this journey waits for; `None` where there is no such journey, or no
    /// device that could end it.
    ///
    /// # Errors
    /// `sign_in.expired`
    pub async fn awaiting_second_factor(&self, journey: &Token) -> Result<Option<Awaiting>> {
        let Some((turn, stage)) = self.load_sign_in(journey).await? else {
            return Ok(None);
        };
        let user_id = stage.user_id();
        self.store
            .look(move |connection| {
                let user = users::expect(connection, user_id)?;
                let mut devices = devices::of_user(connection, user_id)?;
                if devices.is_empty() {
                    // The last one was removed meanwhile: there is nothing left to wait for.
                    return Ok(None);
                }
                devices.retain(|device| device.state == DeviceState::Active);
                let rank = |device: &Device| {
                    let kind = DeviceKind::ALL.iter().position(|kind| *kind == device.kind);
                    (user.default_device != Some(device.id), kind)
                };
                devices.sort_by_key(rank);
                Ok(Some(Awaiting {
                    turn,
                    user,
                    devices,
                }))
            })
            .await
    }

    pub(super) async fn load_sign_in(
        &self,
        journey: &Token,
    ) -> Result<Option<(i64, AwaitingSecondFactor)>> {
        let loaded = self.load_journey(journey, codes::SIGN_IN_EXPIRED).await?;
        Ok(loaded.and_then(|loaded| match loaded.stage {
            Unfinished::AwaitingSecondFactor(stage) => Some((loaded.turn, stage)),
            Unfinished::EnrollingTotp(_) | Unfinished::EnrollingCredential(_) => None,
        }))
    }

    /// Answers the step `turn` of a sign-in with what was typed. The kind is told from the letters:
    /// 44 of modhex are a YubiKey's, whichever field they were typed into.
    ///
    /// # Errors
    /// `sign_in.turn_used`, `sign_in.expired`, `sign_in.too_many`
    pub async fn answer_with_code(
        &self,
        journey: &Token,
        turn: i64,
        typed: &str,
        client: &Client,
    ) -> Result<CodeOutcome> {
        let otp = Otp::parse(typed);
        let kind = match otp {
            Some(_) => DeviceKind::Yubikey,
            None => DeviceKind::Totp,
        };
        let (loaded, stage) = self
            .load_sign_in(journey)
            .await?
            .ok_or(codes::SIGN_IN_TURN_USED)?;
        if loaded != turn {
            return Err(codes::SIGN_IN_TURN_USED.into());
        }
        let (stage, _) = stage.take_ceremony();
        let turn = self.take_turn(journey, turn, stage, kind, client).await?;
        match otp {
            Some(otp) => self.answer_with_otp(turn, &otp, client).await,
            None => self.answer_with_totp(turn, typed, client).await,
        }
    }

    /// Takes the turn and counts the try, before anything is known about the answer.
    pub(super) async fn take_turn(
        &self,
        journey: &Token,
        turn: i64,
        stage: AwaitingSecondFactor,
        kind: DeviceKind,
        client: &Client,
    ) -> Result<Turn> {
        self.admit_address(client).await?;
        let id = journey.hash();
        let user = stage.user_id();
        let scope = AttemptScope::SecondFactor(user, kind);
        let stage = Unfinished::AwaitingSecondFactor(stage);
        let sealed = self.seal_stage(&id, &stage)?;
        let (key, counted) = (id.clone(), scope.clone());
        let (now, lockout) = (self.now(), self.settings.lockout.clone());
        let taken = self
            .store
            .write(move |connection| {
                if !journeys::take_turn(connection, &key, turn, &sealed)? {
                    return Err(codes::SIGN_IN_TURN_USED.into());
                }
                admit(connection, &counted, &lockout, now)
            })
            .await;
        if let Err(problem) = taken {
            if problem.fault() == Fault::TooMany {
                self.record(refusal(user, "locked", client)).await?;
            }
            return Err(problem);
        }
        match stage {
            Unfinished::AwaitingSecondFactor(stage) => Ok(Turn {
                id,
                turn: turn + 1,
                stage,
                scope,
            }),
            _ => Err(codes::SIGN_IN_TURN_USED.into()),
        }
    }

    async fn answer_with_totp(
        &self,
        turn: Turn,
        typed: &str,
        client: &Client,
    ) -> Result<CodeOutcome> {
        let user = turn.stage.user_id();
        let apps = self
            .store
            .look(move |connection| totp_secrets::of_user(connection, user))
            .await?;
        let sync = self.settings.totp.sync;
        match totp::verify(&apps, typed, self.now(), sync, &self.master_key)? {
            Ok(proof) => {
                self.finish_with(turn, SecondFactorVerified::Totp(proof), client)
                    .await
            }
            Err(TotpRefusal::Wrong) => {
                self.refuse_code(turn, Tried::Wrong, "wrong_code", client)
                    .await?;
                Ok(CodeOutcome::Wrong)
            }
            Err(TotpRefusal::Used) => {
                self.refuse_code(turn, Tried::NoGuess, "replayed_code", client)
                    .await?;
                Ok(CodeOutcome::Used)
            }
        }
    }

    async fn answer_with_otp(&self, turn: Turn, otp: &Otp, client: &Client) -> Result<CodeOutcome> {
        let user = turn.stage.user_id();
        let keys = self
            .store
            .look(move |connection| yubikeys::of_user(connection, user))
            .await?;
        let judged = match YubikeyDevice::named_by(otp, &keys) {
            None => Err(YubikeyRefusal::OtherKey),
            Some(device) => {
                let services = self.validation_services().await?;
                yubikey::verify(device, self.validation.verify(&services, otp).await)
            }
        };
        let refusal = match judged {
            Ok(proof) => {
                let proof = SecondFactorVerified::Yubikey(proof);
                return self.finish_with(turn, proof, client).await;
            }
            Err(refusal) => refusal,
        };
        let tried = match refusal {
            YubikeyRefusal::OtherKey | YubikeyRefusal::Refused => Tried::Wrong,
            YubikeyRefusal::Replayed | YubikeyRefusal::Unavailable(_) => Tried::NoGuess,
        };
        self.refuse_code(turn, tried, refusal.reason(), client)
            .await?;
        Ok(match refusal {
            YubikeyRefusal::OtherKey => CodeOutcome::OtherKey,
            YubikeyRefusal::Replayed => CodeOutcome::Used,
            YubikeyRefusal::Refused => CodeOutcome::Wrong,
            YubikeyRefusal::Unavailable(reports) => {
                CodeOutcome::Unavailable(YubikeyRefusal::why_unavailable(&reports))
            }
        })
    }

    pub(super) async fn refuse_code(
        &self,
        turn: Turn,
        tried: Tried,
        reason: &'static str,
        client: &Client,
    ) -> Result<()> {
        let event = refusal(turn.stage.user_id(), reason, client);
        let (pen, lockout, client) = (self.pen(), self.settings.lockout.clone(), client.clone());
        self.store
            .write(move |connection| {
                settle(connection, &pen, &turn.scope, tried, &lockout, &client)?;
                pen.record(connection, &event)
            })
            .await
    }

    /// Spends what was proved, ends the journey and opens the session, all or nothing.
    pub(super) async fn finish_with(
        &self,
        turn: Turn,
        proof: SecondFactorVerified,
        client: &Client,
    ) -> Result<CodeOutcome> {
        let Turn {
            id,
            turn,
            stage,
            scope,
        } = turn;
        let user = stage.user_id();
        let finished = stage.finish(&proof)?;
        let accepted = Event::new(EventKind::SecondFactorChecked)
            .by(Actor::User(user))
            .about(user)
            .on(proof.device_id())
            .detailed(proof.kind().as_str())
            .from(client);
        let (pen, settings, from) = (self.pen(), self.settings.clone(), client.clone());
        let opened = self
            .store
            .write(move |connection| {
                if !spend(connection, &proof, pen.now)? {
                    return Ok(None);
                }
                if !journeys::finish(connection, &id, turn)? {
                    return Err(codes::SIGN_IN_TURN_USED.into());
                }
                if !devices::note_use(connection, proof.device_id(), pen.now)? {
                    return Err(codes::DEVICE_UNKNOWN.into());
                }
                settle(
                    connection,
                    &pen,
                    &scope,
                    Tried::Right,
                    &settings.lockout,
                    &from,
                )?;
                pen.record(connection, &accepted)?;
                open(connection, &pen, finished, &settings.session, &from).map(Some)
            })
            .await?;
        match opened {
            Some(opened) => Ok(CodeOutcome::Opened(opened)),
            None => {
                self.record(refusal(user, "replayed_code", client)).await?;
                Ok(CodeOutcome::Used)
            }
        }
    }
}

/// Spends what a proof stands on; `false` where somebody else did, also in a race.
fn spend(
    connection: &mut crate::store::AnyConnection,
    proof: &SecondFactorVerified,
    now: crate::clock::Timestamp,
) -> Result<bool> {
    match proof {
        SecondFactorVerified::Totp(proof) => {
            totp_secrets::spend(connection, proof.device_id(), proof.step(), proof.drift())
        }
        SecondFactorVerified::Yubikey(proof) => spent_otps::spend(connection, proof.digest(), now),
        SecondFactorVerified::Credential(proof) => credentials::raise_counter(
            connection,
            proof.device_id(),
            proof.sign_count(),
            proof.backed_up(),
        ),
    }
}

pub(super) fn refusal(user: UserId, reason: &'static str, client: &Client) -> Event {
    Event::new(EventKind::SecondFactorChecked)
        .refused(reason)
        .about(user)
        .from(client)
}

/// A device that may be a copy: nobody gets in with it until somebody has looked.
pub(super) fn suspicion(user: UserId, device: DeviceId, problem: &Problem, from: &Client) -> Event {
    let mut event = Event::new(EventKind::DeviceSuspect)
        .about(user)
        .on(device)
        .from(from);
    event.detail = problem.detail().map(str::to_owned);
    event
}
