//! Owners activate what an administrator registered for them: by the code that travelled apart from the key,
//! together with a use of the key itself. Nobody is signed in by it.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::enrolment::{CODES, facts_of};
use super::own_name;
use crate::App;
use crate::WriteContext;
use crate::attempt::{self, settle_address};
use crate::enrol::{Naming, NewDevice, WhichKey, insert_new};
use crate::journey;
use keyward_core::domain::device::DeviceName;
use keyward_core::domain::event::{Event, EventKind};
use keyward_core::domain::key::{Enrolment, KeyState};
use keyward_core::domain::session::{Client, Methods};
use keyward_core::domain::user::UserId;
use keyward_core::factors::activation::ActivationCode;
use keyward_core::factors::webauthn::CredentialVerified;
use keyward_core::flows::Stage as _;
use keyward_core::flows::ceremony::CeremonyInProgress;
use keyward_core::flows::enrolment::Activating;
use keyward_core::flows::permit::SignedIn;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::Token;
use keyward_store::{AnyConnection, credentials, journeys, judgements, keys, users};

/// Takes an activation code, and gives the journey on which the key itself is to be used. What it activates is told to
/// nobody, and a code that is none reads the same whatever is wrong with it.
///
/// # Errors
/// `activation.code`; `sign_in.too_many` where the caller's address gave too many
pub async fn take_activation_code(
    app: &App,
    typed: &SecretString,
    client: &Client,
) -> Result<Token> {
    attempt::admit_address(app, client).await?;
    let code = ActivationCode::parse(typed.expose_secret());
    let hash = code.map(|code| code.hash(&app.master_key, CODES));
    let (context, lockout, from) = (app.context(), app.settings.lockout.clone(), client.clone());
    let found = app
        .store
        .write(move |connection| {
            let found = match &hash {
                Some(hash) => keys::try_code(connection, hash, context.now)?,
                None => None,
            };
            if let (Some(found), Some(hash)) = (found, hash) {
                return Ok(Some((found, hash)));
            }
            settle_address(connection, &context, &lockout, &from)?;
            let event = Event::new(EventKind::KeyActivated).from(&from);
            context.record(connection, &event.refused(codes::ACTIVATION_CODE))?;
            Ok(None)
        })
        .await?;
    let (enrolment, hash) = found.ok_or(codes::ACTIVATION_CODE)?;
    let stage = Activating::begin(enrolment.user_id, enrolment.id, hash);
    let lasting = app.settings.session.sign_in_timeout;
    let lasting = lasting.unwrap_or(journey::LONGEST);
    journey::begin(app, &stage, lasting).await
}

async fn load(app: &App, journey: &Token) -> Result<(i64, Activating)> {
    let loaded = journey::load::<Activating>(app, journey, codes::CEREMONY_NOT_STARTED).await?;
    loaded.ok_or_else(|| codes::CEREMONY_NOT_STARTED.into())
}

/// What a journey activates, where it is still to be activated by its code.
///
/// # Errors
/// `activation.code`
async fn awaited(app: &App, stage: &Activating) -> Result<Enrolment> {
    let (id, now) = (stage.enrolment(), app.now());
    let found = app
        .store
        .look(move |connection| keys::enrolment(connection, id))
        .await?;
    found
        .filter(|enrolment| enrolment.has_code(now))
        .ok_or_else(|| codes::ACTIVATION_CODE.into())
}

/// The options for a use of the key, of exactly the credential that is activated, in place of any that this journey was
/// given before (WebAuthn L3 §7.2). Whoever gave a PIN at the desk gives it here.
///
/// # Errors
/// `ceremony.not_started` where no code was given, `activation.code` where it is over meanwhile
pub async fn activation_options(app: &App, journey: &Token) -> Result<Value> {
    let (turn, stage) = load(app, journey).await?;
    let enrolment = awaited(app, &stage).await?;
    let credential = enrolment.registered.credential;
    let needs_verification = credential.user_verified;
    let relying_party = &app.ceremonies.relying_party;
    let (mut options, ceremony) =
        relying_party.start_authentication(enrolment.user_id, &[credential])?;
    if needs_verification && let Some(asked) = options.get_mut("userVerification") {
        *asked = "required".into();
    }
    let ceremony = CeremonyInProgress::begin(ceremony, app.now());
    journey::move_on(app, journey, turn, &stage.with_ceremony(ceremony)).await?;
    Ok(options)
}

/// Verifies the answer of the key, and puts it in use: it is its owner's device from then on, and the key is active.
/// The ceremony is taken out of its row first.
///
/// # Errors
/// `ceremony.…`, of these `ceremony.user_verification` where its user was verified at the desk and not here;
/// `activation.code` where it was activated, withdrawn or given another code meanwhile; `key.lost`,
/// `key.another_owner`, `key.changed`, `user.disabled`, `policy.…`, `device.too_many`
pub async fn activate_registered(
    app: &App,
    journey: Option<&Token>,
    answer: &[u8],
    client: &Client,
) -> Result<DeviceName> {
    let journey = journey.ok_or(codes::CEREMONY_NOT_STARTED)?;
    let (turn, stage) = load(app, journey).await?;
    let user = stage.user_id();
    let activated = activate_with(app, journey, turn, stage, answer, client).await;
    let refusal = Event::new(EventKind::DeviceAdded).about(user).from(client);
    app.or_refusal(refusal, activated).await
}

async fn activate_with(
    app: &App,
    journey: &Token,
    turn: i64,
    stage: Activating,
    answer: &[u8],
    client: &Client,
) -> Result<DeviceName> {
    let (stage, ceremony) = stage.take_ceremony();
    // Nothing answers it a second time; the code may be used with another ceremony.
    journey::move_on(app, journey, turn, &stage)
        .await
        .map_err(|problem| match problem.code() == codes::SIGN_IN_TURN_USED {
            true => codes::CEREMONY_NOT_STARTED.into(),
            false => problem,
        })?;
    let ceremony = ceremony.ok_or(codes::CEREMONY_NOT_STARTED)?;
    let lasting = app.settings.webauthn.timeout;
    let ceremony = ceremony.open(app.now(), lasting)?;
    let enrolment = awaited(app, &stage).await?;
    let user = enrolment.user_id;
    let handle = app
        .store
        .look(move |connection| users::expect(connection, user))
        .await?
        .handle;
    let theirs = [enrolment.registered.credential.clone()];
    let relying_party = &app.ceremonies.relying_party;
    let proof = relying_party
        .finish_authentication(ceremony, answer, &theirs, &handle)
        .map_err(Problem::from)?;
    if enrolment.registered.credential.user_verified && !proof.user_verified() {
        return Err(codes::CEREMONY_USER_VERIFICATION.into());
    }
    let (context, client, id) = (app.context(), client.clone(), journey.hash());
    app.store
        .write(move |connection| {
            let name = put_in_use(connection, &context, &stage, &proof, &client)?;
            journeys::abandon(connection, &id)?;
            Ok(name)
        })
        .await
}

/// Puts an enrolment in use, in the caller's transaction: everything that was asked before the wait is asked again.
fn put_in_use(
    connection: &mut AnyConnection,
    context: &WriteContext,
    stage: &Activating,
    proof: &CredentialVerified,
    client: &Client,
) -> Result<DeviceName> {
    let owner = stage.user_id();
    users::hold(connection, owner)?;
    if !users::expect(connection, owner)?.is_enabled {
        return Err(codes::USER_DISABLED.into());
    }
    let id = stage.enrolment();
    let enrolment = keys::enrolment(connection, id)?.ok_or(codes::ACTIVATION_CODE)?;
    if !keys::take_enrolment(connection, id, stage.code_hash(), context.now)? {
        return Err(codes::ACTIVATION_CODE.into());
    }
    let key = keys::by_id(connection, enrolment.key)?.ok_or(codes::KEY_UNKNOWN)?;
    match (key.state, key.owner) {
        (KeyState::Lost, _) => return Err(codes::KEY_LOST.into()),
        (KeyState::Retired, _) => return Err(codes::KEY_MOVE.into()),
        (_, at_present) if at_present != Some(owner) => {
            return Err(codes::KEY_ANOTHER_OWNER.into());
        }
        _ => {}
    }
    // It is the one that was looked at, until this is done.
    if !keys::hold(connection, &key)? {
        return Err(codes::KEY_CHANGED.into());
    }
    let registered = enrolment.registered;
    let proved = registered.serial.as_ref();
    let is_proved = match proved.filter(|_| registered.is_verified_model) {
        Some(serial) => keys::of_serial(connection, serial)?.is_some_and(|one| one.id == key.id),
        None => false,
    };
    let mut credential = registered.credential.clone();
    credential.sign_count = proof.sign_count();
    credential.backed_up = proof.backed_up();
    let device = credential.device_id;
    let new = NewDevice {
        id: device,
        kind: credential.kind,
        naming: Naming {
            typed: None,
            usual: own_name(&key)?,
        },
        model: registered.model.clone(),
        methods: Methods::second_factor(credential.kind, credential.user_verified),
        credential: Some(facts_of(&registered)),
        which: Some(WhichKey::Told(key.id)),
    };
    let (_, name) = insert_new(connection, context, owner, new, client, |connection| {
        credentials::insert(connection, &credential)?;
        if !registered.chain.is_empty() {
            let kept = judgements::KeptChain {
                certificates: &registered.chain,
                is_verified: registered.is_verified_model,
                serial: registered.serial.as_ref(),
            };
            judgements::put_attestation(connection, device, &kept)?;
        }
        if is_proved {
            return Ok(());
        }
        keys::link_device(connection, enrolment.key, device, context.now).map(drop)
    })?;
    Ok(name)
}

/// What waits for a user who is signed in.
///
/// # Errors
/// The store's.
pub async fn own_enrolments(app: &App, signed_in: &SignedIn) -> Result<Vec<Enrolment>> {
    let owner: UserId = signed_in.user().id;
    app.store
        .look(move |connection| keys::enrolments_of(connection, owner))
        .await
}
