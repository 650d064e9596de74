//! What an administrator registers for the owner of a key, with the key in hand. It opens nothing: it is no device
//! before its owner activates it (`key/activation.rs`).

use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use super::{own_name, record};
use crate::App;
use crate::enrol::{
    MOST_DEVICES, admit_alone, has_no_way_in, is_verified_model, new_device_id, verify_registration,
};
use crate::grounds;
use crate::journey;
use crate::policy::{NewDeviceFacts, admit_new, inventory_fact, policy_states};
use keyward_core::clock::Timestamp;
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::key::{
    Enrolment, EnrolmentFilter, EnrolmentId, EnrolmentSummary, Key, KeyChange, KeyId, KeyMove,
    KeyState, RegisteredAtDesk,
};
use keyward_core::domain::policy::{Attestation, CredentialFacts, Verification};
use keyward_core::domain::user::{User, UserId};
use keyward_core::factors::activation::ActivationCode;
use keyward_core::factors::webauthn::{
    AttestationConveyance, CredentialRegistered, RegistrationCeremony, attested_serial,
};
use keyward_core::flows::enrolment::EnrollingAtDesk;
use keyward_core::flows::permit::{Administrator, Grounds, MayLookUp};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::Token;
use keyward_store::{AnyConnection, credentials, devices, journeys, keys, users};

/// How much longer than the browser's patience a ceremony stands, for slow networks.
const GRACE: Duration = Duration::from_mins(1);

/// What the hash of a code is made for: it is found by its hash, and is bound to no row.
pub(super) const CODES: &str = "enrolment";

/// A code that was issued, for this once.
#[derive(Debug)]
pub struct IssuedActivationCode {
    /// What its owner types.
    pub code: ActivationCode,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// What it activates.
    pub enrolment: Enrolment,
}

/// The key of this serial number, kept for a user: one of the inventory that is in stock or theirs, or else a new one.
///
/// # Errors
/// `key.invalid`, `key.ambiguous`, `key.another_owner` for one that is somebody else's, `key.move` for one that is lost or retired,
/// `key.changed`, `user.unknown`, `user.disabled`, `api_token.scope`
pub async fn keep_for(
    app: &App,
    administrator: &Administrator,
    serial: &str,
    user: UserId,
) -> Result<KeyId> {
    let by = administrator.grounds();
    // Nothing is kept for whom nothing can be registered; what registers it asks again.
    grounds::write_for(app, by.clone(), move |connection| {
        grounds::may_change(connection, &by, user)
    })
    .await?;
    let found = match super::find_by_serial(app, administrator, serial, None).await {
        Ok(key) => key,
        Err(problem) if problem.code() == codes::KEY_UNKNOWN => {
            let said = KeyChange {
                serial: Some(serial.to_owned()),
                ..KeyChange::default()
            };
            let id = super::add(app, administrator, said).await?;
            super::find(app, administrator, id).await?
        }
        Err(problem) => return Err(problem),
    };
    match (found.state, found.owner) {
        (KeyState::Lost | KeyState::Retired, _) => Err(codes::KEY_MOVE.into()),
        (_, Some(owner)) if owner == user => Ok(found.id),
        (_, Some(_)) => Err(codes::KEY_ANOTHER_OWNER.into()),
        (_, None) => {
            let wanted = super::WantedMove {
                what: KeyMove::Assign,
                owner: Some(user),
                version: Some(found.version),
                note: String::new(),
            };
            super::make_move(app, &administrator.helps(), found.id, wanted).await?;
            Ok(found.id)
        }
    }
}

/// Whom a key is for, where something can be registered on it for them.
///
/// # Errors
/// `key.unknown`, `key.owner_needed`, `key.lost`, `key.move` for a retired one, `user.disabled`, `user.self` for a key
/// of one's own, `api_token.scope`
fn owner_of(
    connection: &mut AnyConnection,
    administrator: &Administrator,
    id: KeyId,
) -> Result<(Key, User)> {
    let key = keys::by_id(connection, id)?.ok_or(codes::KEY_UNKNOWN)?;
    match key.state {
        KeyState::Lost => return Err(codes::KEY_LOST.into()),
        KeyState::Retired => return Err(codes::KEY_MOVE.into()),
        KeyState::Stock | KeyState::Shipped | KeyState::Issued | KeyState::Active => {}
    }
    let owner = key.owner.ok_or(codes::KEY_OWNER_NEEDED)?;
    let owner = users::expect(connection, owner)?;
    if administrator.is(owner.id) {
        return Err(codes::USER_SELF.into());
    }
    grounds::may_change(connection, &administrator.grounds(), owner.id)?;
    match owner.is_enabled {
        true => Ok((key, owner)),
        false => Err(codes::USER_DISABLED.into()),
    }
}

/// What a ceremony at the desk is bound to beside its token: the session or the API token that began it.
fn desk(administrator: &Administrator) -> Result<String> {
    match administrator.grounds() {
        Grounds::Console(console) => Ok(format!("session {}", console.session.session)),
        Grounds::Token(token) => Ok(format!("token {}", token.token)),
        Grounds::Server | Grounds::Own(_) => Err(codes::SESSION_REQUIRED.into()),
    }
}

/// The options for the browser at the desk, with the handle and the names of the key's owner, and the journey that it
/// holds from now on (WebAuthn L3 §7.1). What the owner's policy asks for is asked for, and certificates too: they say
/// which key it is.
///
/// # Errors
/// `request.malformed` for a kind that is made otherwise, `policy.…` for one that the owner's policy does not count; as
/// `owner_of`'s.
pub async fn desk_options(
    app: &App,
    administrator: &Administrator,
    id: KeyId,
    kind: DeviceKind,
) -> Result<(Token, Value)> {
    if !kind.is_webauthn() {
        return Err(
            Problem::new(codes::REQUEST_MALFORMED).detailed("kind must be passkey or security-key")
        );
    }
    let session = desk(administrator)?;
    let (by, now) = (administrator.clone(), app.now());
    let (owner, existing, mut rules) = app
        .store
        .look(move |connection| {
            let (key, owner) = owner_of(connection, &by, id)?;
            let facts = NewDeviceFacts {
                kind,
                credential: None,
                key: inventory_fact(Some(&key), owner.id),
            };
            admit_new(connection, owner.id, facts, now)?;
            admit_alone(connection, owner.id, kind, None)?;
            let mut existing = credentials::of_user(connection, owner.id, true)?;
            existing.extend(keys::waiting_credentials(connection, owner.id)?);
            let mut rules = policy_states(connection, owner.id, now)?
                .effective
                .rules()
                .clone();
            if has_no_way_in(connection, owner.id)? {
                rules.user_verification = Some(Verification::Required);
            }
            Ok((owner, existing, rules))
        })
        .await?;
    let usual = app.settings.webauthn.attestation;
    if rules.attestation_to_ask().is_none() && usual < AttestationConveyance::Direct {
        rules.attestation = Some(Attestation::Direct);
    }
    let (options, ceremony) = app
        .ceremonies
        .relying_party
        .under(&rules)
        .start_registration(&owner, kind, &existing)?;
    let stage = EnrollingAtDesk::begin(owner.id, session, id, ceremony);
    let lasting = app.settings.webauthn.timeout + GRACE;
    Ok((journey::begin(app, &stage, lasting).await?, options))
}

/// Verifies what the key made, and keeps it for its owner. The ceremony is taken out of its row first: an answer is
/// looked at once, whatever it is.
///
/// # Errors
/// `ceremony.…`, `policy.…`, `key.not_this` where its certificate says that it is another key, `device.too_many`,
/// `key.changed`; as `owner_of`'s.
pub async fn desk_registered(
    app: &App,
    administrator: &Administrator,
    journey: Option<&Token>,
    answer: Vec<u8>,
) -> Result<EnrolmentId> {
    let journey = journey.ok_or(codes::CEREMONY_NOT_STARTED)?;
    let (ceremony, key) = take_ceremony(app, administrator, journey).await?;
    let owner = ceremony.user_id();
    let refusal = administrator.does(EventKind::KeyEnrolled).about(owner);
    let kept = match verify_registration(app, ceremony, answer).await {
        Ok(proof) => keep(app, administrator, key, proof).await,
        Err(problem) => Err(problem),
    };
    app.or_refusal(refusal, kept).await
}

async fn take_ceremony(
    app: &App,
    administrator: &Administrator,
    journey: &Token,
) -> Result<(RegistrationCeremony, KeyId)> {
    let not_started = || Problem::new(codes::CEREMONY_NOT_STARTED);
    let session = desk(administrator)?;
    let loaded =
        journey::load::<EnrollingAtDesk>(app, journey, codes::CEREMONY_NOT_STARTED).await?;
    let (turn, stage) = loaded
        .filter(|(_, stage)| stage.session() == session)
        .ok_or_else(not_started)?;
    let id = journey.hash();
    let taken = grounds::write_for(app, administrator.grounds(), move |connection| {
        journeys::finish(connection, &id, turn)
    })
    .await?;
    match taken {
        true => Ok(stage.into_parts()),
        false => Err(not_started()),
    }
}

async fn keep(
    app: &App,
    administrator: &Administrator,
    id: KeyId,
    proof: CredentialRegistered,
) -> Result<EnrolmentId> {
    let (owner, model) = (proof.user_id(), proof.model().map(str::to_owned));
    let attestation = proof.attestation().clone();
    let is_verified_model = is_verified_model(app, &proof).await?;
    let registered = RegisteredAtDesk {
        serial: attested_serial(&attestation.format, &attestation.chain),
        credential: proof.into_credential(new_device_id(app)),
        model,
        chain: attestation.chain,
        is_verified_model,
    };
    let event = administrator.does(EventKind::KeyEnrolled);
    let (context, by) = (app.context(), administrator.clone());
    let created = |id: &EnrolmentId| Created::plain(id);
    grounds::create_for(app, administrator, created, move |connection| {
        users::hold(connection, owner)?;
        let (key, user) = owner_of(connection, &by, id)?;
        if user.id != owner {
            return Err(codes::KEY_ANOTHER_OWNER.into());
        }
        if !keys::hold(connection, &key)? {
            return Err(codes::KEY_CHANGED.into());
        }
        is_this_key(connection, &key, &registered)?;
        let waiting = keys::enrolments_of(connection, owner)?.len();
        if waiting + devices::count_of(connection, owner)? >= MOST_DEVICES {
            return Err(codes::DEVICE_TOO_MANY.into());
        }
        let credential = &registered.credential;
        let (kind, user_verified) = (credential.kind, credential.user_verified);
        let facts = NewDeviceFacts {
            kind,
            credential: Some(facts_of(&registered)),
            key: inventory_fact(Some(&key), owner),
        };
        admit_new(connection, owner, facts, context.now)?;
        admit_alone(connection, owner, kind, Some(user_verified))?;
        if credentials::by_credential_id(connection, &credential.credential_id)?.is_some() {
            return Err(codes::CEREMONY_ALREADY_REGISTERED.into());
        }
        let enrolment = Enrolment {
            id: EnrolmentId::generate(context.now, &*context.entropy),
            user_id: owner,
            key: id,
            name: own_name(&key)?,
            created_at: context.now,
            code_expires_at: None,
            registered,
        };
        keys::insert_enrolment(connection, &enrolment)?;
        record(
            &context,
            connection,
            &key,
            event.about(owner),
            kind.as_str(),
        )?;
        Ok(enrolment.id)
    })
    .await
}

/// What policy looks at in what was registered.
pub(super) fn facts_of(registered: &RegisteredAtDesk) -> CredentialFacts {
    let credential = &registered.credential;
    CredentialFacts {
        aaguid: credential.aaguid,
        is_verified_model: registered.is_verified_model,
        backup_eligible: credential.backup_eligible,
        user_verified: credential.user_verified,
    }
}

/// A certificate that is worth something says which key it is, and an administrator's word stands behind it.
///
/// # Errors
/// `key.not_this`
fn is_this_key(
    connection: &mut AnyConnection,
    key: &Key,
    registered: &RegisteredAtDesk,
) -> Result<()> {
    let proved = registered.serial.as_ref();
    let Some(serial) = proved.filter(|_| registered.is_verified_model) else {
        return Ok(());
    };
    let is_this = match keys::of_serial(connection, serial)? {
        Some(proved) => proved.id == key.id,
        None => key.facts.serial.is_none(),
    };
    match is_this {
        true => Ok(()),
        false => Err(Problem::new(codes::KEY_NOT_THIS).detailed(serial.number.clone())),
    }
}

/// Makes an activation code, which is shown this once. The one before it is void.
///
/// # Errors
/// `enrolment.unknown`; as `owner_of`'s.
pub async fn issue_activation_code(
    app: &App,
    administrator: &Administrator,
    id: EnrolmentId,
) -> Result<IssuedActivationCode> {
    let code = ActivationCode::generate(&*app.entropy);
    let hash = code.hash(&app.master_key, CODES);
    let days = u64::from(app.settings.keys.activation_days);
    let expires_at = app.now() + Duration::from_hours(24 * days);
    let event = administrator.does(EventKind::KeyActivationCodeIssued);
    let (context, by) = (app.context(), administrator.clone());
    let created = |issued: &IssuedActivationCode| Created {
        id: issued.enrolment.id.to_string(),
        secret: Some(Zeroizing::new(issued.code.expose())),
    };
    grounds::create_for(app, administrator, created, move |connection| {
        let mut enrolment = keys::enrolment(connection, id)?.ok_or(codes::ENROLMENT_UNKNOWN)?;
        users::hold(connection, enrolment.user_id)?;
        let (key, owner) = owner_of(connection, &by, enrolment.key)?;
        if owner.id != enrolment.user_id {
            return Err(codes::KEY_ANOTHER_OWNER.into());
        }
        if !keys::give_code(connection, id, &hash, expires_at)? {
            return Err(codes::ENROLMENT_UNKNOWN.into());
        }
        record(&context, connection, &key, event.about(owner.id), "")?;
        enrolment.code_expires_at = Some(expires_at);
        Ok(IssuedActivationCode {
            code,
            expires_at,
            enrolment,
        })
    })
    .await
}

/// Withdraws what waits for its owner: the key must be registered anew.
///
/// # Errors
/// `enrolment.unknown`, `api_token.scope`
pub async fn withdraw_enrolment(
    app: &App,
    administrator: &Administrator,
    id: EnrolmentId,
) -> Result<Enrolment> {
    let event = administrator.does(EventKind::KeyEnrolmentWithdrawn);
    let (context, by) = (app.context(), administrator.grounds());
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let enrolment = keys::enrolment(connection, id)?.ok_or(codes::ENROLMENT_UNKNOWN)?;
        users::hold(connection, enrolment.user_id)?;
        grounds::may_change(connection, &by, enrolment.user_id)?;
        if !keys::withdraw_enrolment(connection, id)? {
            return Err(codes::ENROLMENT_UNKNOWN.into());
        }
        let key = keys::by_id(connection, enrolment.key)?.ok_or(codes::KEY_UNKNOWN)?;
        let event = event.about(enrolment.user_id);
        let kind = enrolment.kind().as_str();
        record(&context, connection, &key, event, kind)?;
        Ok(enrolment)
    })
    .await
}

/// The enrolment of this row.
///
/// # Errors
/// `enrolment.unknown`
pub async fn find_enrolment(app: &App, _: &MayLookUp, id: EnrolmentId) -> Result<Enrolment> {
    app.store
        .look(move |connection| keys::enrolment(connection, id))
        .await?
        .ok_or_else(|| codes::ENROLMENT_UNKNOWN.into())
}

/// What waits for owners of keys, the oldest first, at most so many after one.
///
/// # Errors
/// The store's.
pub async fn enrolments(
    app: &App,
    _: &MayLookUp,
    filter: EnrolmentFilter,
    after: Option<EnrolmentId>,
    limit: i64,
) -> Result<Vec<EnrolmentSummary>> {
    app.store
        .read(move |connection| keys::list_enrolments(connection, filter, after, limit))
        .await
}
