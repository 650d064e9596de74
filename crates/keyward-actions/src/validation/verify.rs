//! Answering a client of the validation server.
//!
//! An OTP that is confirmed costs one look (the client and the key, both by their primary keys) and
//! one conditional update. No event is recorded of it: at thousands a second the trail would become
//! a log of other systems' sign-ins, and each line would cost what the verification costs. What is
//! recorded are refusals, one a minute for each client and reason.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::App;
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{Event, EventDetail, EventKind, Refusal};
use keyward_core::domain::otp_key::Progress;
use keyward_core::domain::session::Client;
use keyward_core::domain::validation_client::{ValidationClient, ValidationClientId};
use keyward_core::factors::otp_key::HeldKey;
use keyward_core::problem::Result;
use keyward_core::protocols::yubico::{ApiKey, Declined, Question, Reply, Touch};
use keyward_store::{otp_keys, validation_clients, validation_rates, yubikeys};

/// How exactly a client's last use is kept: writing it at each verification would make all of a
/// client's verifications wait for one row.
const LAST_USE: Duration = Duration::from_secs(60);

/// A question's client, and the key that it asks about.
struct LookedUp {
    client: ValidationClient,
    api_key: ApiKey,
    held: Option<HeldKey>,
}

/// What became of a question whose client is known.
enum Judged {
    Confirmed(Progress, Option<String>),
    Declined(Declined, Refusal),
}

/// Answers a question, or what could not be read as one, with the text that is sent back. There
/// is no other outcome: a failure of ours is an answer too.
pub async fn answer(app: &App, question: Result<Question, Declined>, from: &Client) -> String {
    let nobody = ApiKey::of_bytes(&[]);
    let anonymous = |declined| Reply::declined(declined).print(app.now(), &nobody);
    let question = match question {
        Ok(question) => question,
        Err(declined) => return anonymous(declined),
    };
    let asked = match look_up(app, &question).await {
        Ok(Some(asked)) => asked,
        Ok(None) => return anonymous(Declined::NoSuchClient),
        Err(problem) => {
            tracing::error!(error = ?problem, "no question can be answered: {problem}");
            return anonymous(Declined::BackendError);
        }
    };
    let reply = match judge(app, &question, &asked, from.address).await {
        Ok(Judged::Confirmed(progress, user)) => {
            return Reply::confirmed(&question, progress, user.as_deref())
                .print(app.now(), &asked.api_key);
        }
        Ok(Judged::Declined(declined, reason)) => {
            note_refusal(app, &question, reason, from).await;
            if declined.is_replay() {
                Reply::replayed(&question, declined)
            } else {
                Reply::declined(declined)
            }
        }
        Err(problem) => {
            tracing::error!(error = ?problem, "an OTP could not be judged: {problem}");
            Reply::declined(Declined::BackendError)
        }
    };
    reply.print(app.now(), &asked.api_key)
}

/// Who asks, and about which key, in one look; `None` where no client has this number now. Nothing
/// of it is kept in memory, so that revoking a client works at once on every server.
async fn look_up(app: &App, question: &Question) -> Result<Option<LookedUp>> {
    let (id, public_id) = (question.client(), question.otp().public_id());
    let found = app
        .store
        .look(move |connection| validation_clients::asking_about(connection, id, &public_id))
        .await?;
    let Some((asking, held)) = found.filter(|(asking, _)| asking.client.is_active) else {
        return Ok(None);
    };
    Ok(Some(LookedUp {
        api_key: ApiKey::of_bytes(&asking.open(&app.master_key)?),
        client: asking.client,
        held,
    }))
}

async fn judge(app: &App, question: &Question, asked: &LookedUp, from: IpAddr) -> Result<Judged> {
    let settings = &asked.client.settings;
    let refuse = |declined, reason| Ok(Judged::Declined(declined, reason));
    if !settings.allows(from) {
        return refuse(Declined::OperationNotAllowed, Refusal::AddressNotAllowed);
    }
    match (question.is_signed(), settings.must_sign) {
        (true, _) if !question.is_signed_by(&asked.api_key) => {
            return refuse(Declined::BadSignature, Refusal::WrongSignature);
        }
        (false, true) => return refuse(Declined::BadSignature, Refusal::Unsigned),
        _ => {}
    }
    // After the signature: no other client can use up what a client has that signs.
    if let Some(share) = settings.rate_limit
        && !has_share(app, asked.client.id, share).await?
    {
        return refuse(Declined::OperationNotAllowed, Refusal::TooMany);
    }
    let touch = match &asked.held {
        Some(held) => held.open(question.otp(), &app.master_key)?,
        None => None,
    };
    let (Some(touch), Some(held)) = (touch, &asked.held) else {
        return refuse(Declined::BadOtp, Refusal::WrongCode);
    };
    if let Some(judged) = replayed(held, &touch, question.nonce()) {
        return Ok(judged);
    }
    let judged = spend(app, question, &asked.client, touch).await?;
    match judged {
        Judged::Confirmed(progress, _) if settings.may_see_user => {
            Ok(Judged::Confirmed(progress, owner_of(app, question).await?))
        }
        judged => Ok(judged),
    }
}

/// Whether a client has anything left of its share. Several servers count together; each counts by
/// itself first, so that a client that asks far too often costs no statement.
async fn has_share(app: &App, client: ValidationClientId, share: NonZeroU32) -> Result<bool> {
    let now = app.now();
    if !app.validation_rates.clients.take(client, share, now) {
        return Ok(false);
    }
    if !app.store.can_be_shared() {
        return Ok(true);
    }
    app.store
        .write_one(move |connection| validation_rates::take(connection, client, share, now))
        .await
}

/// Spends a touch. Where another request did since the look, it is judged again.
async fn spend(
    app: &App,
    question: &Question,
    client: &ValidationClient,
    touch: Touch,
) -> Result<Judged> {
    let (public_id, nonce) = (question.otp().public_id(), question.nonce().to_owned());
    let (id, now) = (client.id, app.now());
    let is_stale = |last| now.since(last) >= LAST_USE;
    let notes_use = client.last_used_at.is_none_or(is_stale);
    let judged = app
        .store
        .write_one(move |connection| {
            let progress = touch.progress();
            if otp_keys::spend(connection, Some(id), &public_id, progress, &nonce, now)? {
                return Ok(Judged::Confirmed(progress, None));
            }
            let asked = validation_clients::by_id(connection, id)?;
            if asked.is_none_or(|client| !client.is_active) {
                return Ok(Judged::Declined(Declined::NoSuchClient, Refusal::Revoked));
            }
            let held = otp_keys::held(connection, &public_id)?;
            Ok(held
                .filter(|held| held.is_active)
                .and_then(|held| replayed(&held, &touch, &nonce))
                .unwrap_or(Judged::Declined(Declined::BadOtp, Refusal::WrongCode)))
        })
        .await?;
    if notes_use && matches!(judged, Judged::Confirmed(..)) {
        note_use(app, id, now).await;
    }
    Ok(judged)
}

/// Remembers that a client had an OTP confirmed; a failure takes nothing from the answer.
async fn note_use(app: &App, id: ValidationClientId, now: Timestamp) {
    let noted = app
        .store
        .write_one(move |connection| validation_clients::note_use(connection, id, now))
        .await;
    if let Err(problem) = noted {
        tracing::error!(error = ?problem, "a client's use could not be noted: {problem}");
    }
}

/// The name of the user who enrolled the key that was asked about.
async fn owner_of(app: &App, question: &Question) -> Result<Option<String>> {
    let public_id = question.otp().public_id();
    app.store
        .look(move |connection| yubikeys::owner(connection, &public_id))
        .await
}

/// Records that a client was refused, once a minute for each client and reason: an attacker who
/// floods the server must not flood the trail.
async fn note_refusal(app: &App, question: &Question, reason: Refusal, from: &Client) {
    let (client, public_id) = (question.client(), question.otp().public_id());
    if !app
        .validation_rates
        .refusals
        .take((client, reason.as_str()), NonZeroU32::MIN, app.now())
    {
        return;
    }
    let event = Event::new(EventKind::ValidationRefused)
        .refused(reason)
        .detailed(EventDetail::Question {
            client,
            public_id: public_id.to_string(),
        })
        .from(from);
    if let Err(problem) = app.record(event).await {
        tracing::error!(error = ?problem, "a refusal could not be recorded: {problem}");
    }
}

fn replayed(held: &HeldKey, touch: &Touch, nonce: &str) -> Option<Judged> {
    if held.is_replayed_request(touch, nonce) {
        return Some(Judged::Declined(
            Declined::ReplayedRequest,
            Refusal::ReplayedRequest,
        ));
    }
    held.is_replay(touch).then_some(Judged::Declined(
        Declined::ReplayedOtp,
        Refusal::ReplayedCode,
    ))
}
