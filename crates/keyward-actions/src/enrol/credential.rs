//! Enrolling a passkey or a security key.

use std::sync::Arc;

use serde_json::Value;

use super::alone::has_no_way_in;
use super::{Added, Naming, NewDevice, WhichKey, add};
use crate::grounds;
use crate::journey;
use crate::policy::policy_states;
use crate::{App, application, openid};
use keyward_core::domain::device::{DeviceKind, DeviceName};
use keyward_core::domain::policy::{Attestation, CredentialFacts, Verification};
use keyward_core::domain::session::{Client, Methods};
use keyward_core::factors::webauthn::{
    AttestationConveyance, CredentialRegistered, RegistrationCeremony, attested_serial, leads_to,
};
use keyward_core::flows::Stage as _;
use keyward_core::flows::enrolment::EnrollingCredential;
use keyward_core::flows::permit::MayEnrol;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::Token;
use keyward_store::{credentials, groups, journeys, judgements, keys, metadata};

/// A credential that a user wants to add.
#[derive(Debug)]
pub struct NewCredential {
    /// A passkey or a security key.
    pub kind: DeviceKind,
    /// What its owner calls it.
    pub name: Option<DeviceName>,
    /// Whether they add it for an OpenID client that asked for attested hardware.
    pub is_for_hardware: bool,
}

/// The options for the browser, and the journey that it holds from now on.
///
/// # Errors
/// `request.malformed` for a kind that is made otherwise; `policy.…` for one that policy does
/// not count, which the trail holds.
pub async fn registration_options(
    app: &App,
    permit: &MayEnrol,
    asked: NewCredential,
    client: &Client,
) -> Result<(Token, Value)> {
    let NewCredential {
        kind,
        name,
        is_for_hardware,
    } = asked;
    if !kind.is_webauthn() {
        return Err(
            Problem::new(codes::REQUEST_MALFORMED).detailed("kind must be passkey or security-key")
        );
    }
    super::admit_kind(app, permit, kind, client).await?;
    let user = permit.user().id;
    let now = app.now();
    let (existing, mut rules, groups) = app
        .store
        .look(move |connection| {
            let mut existing = credentials::of_user(connection, user, true)?;
            existing.extend(keys::waiting_credentials(connection, user)?);
            let effective = policy_states(connection, user, now)?.effective;
            let mut rules = effective.rules().clone();
            if has_no_way_in(connection, user)? {
                rules.user_verification = Some(Verification::Required);
            }
            Ok((existing, rules, groups::of_user(connection, user)?))
        })
        .await?;
    // Who is asked for attested hardware by an application proves it when the key is added, or never.
    let usual = app.settings.webauthn.attestation;
    let is_unasked = rules.attestation_to_ask().is_none() && usual < AttestationConveyance::Direct;
    let is_key = kind == DeviceKind::SecurityKey && is_unasked;
    let asks = async || -> Result<bool> {
        Ok(is_for_hardware
            || application::ask_for_hardware(app, user, &groups).await?
            || openid::clients_ask_for_hardware(app, permit.user(), &groups).await?)
    };
    if is_key && asks().await? {
        rules.attestation = Some(Attestation::Direct);
    }
    let (options, ceremony) = app
        .ceremonies
        .relying_party
        .under(&rules)
        .start_registration(permit.user(), kind, &existing)?;
    let stage = EnrollingCredential::begin(user, kind, name, ceremony);
    let lasting = app.settings.webauthn.timeout + GRACE;
    let journey = journey::begin(app, &stage, lasting).await?;
    Ok((journey, options))
}

/// Verifies the new credential and adds its device. The ceremony is taken out of its row first:
/// an answer is looked at once, whatever it is.
///
/// # Errors
/// `ceremony.…`
pub async fn credential(
    app: &App,
    permit: &MayEnrol,
    journey: Option<&Token>,
    answer: Vec<u8>,
    usual: impl FnOnce(DeviceKind, Option<&str>) -> Result<DeviceName>,
    client: &Client,
) -> Result<Added> {
    let taken = match journey {
        Some(journey) => take_registration(app, permit, journey).await,
        None => Err(codes::CEREMONY_NOT_STARTED.into()),
    };
    let (ceremony, kind, typed) = match taken {
        Ok(taken) => taken,
        Err(problem) => {
            let (kind, reason) = (DeviceKind::Passkey, problem.code());
            super::refuse(app, permit, kind, reason, client).await?;
            return Err(problem);
        }
    };
    let added = match verify_registration(app, ceremony, answer).await {
        Ok(proof) => {
            let usual = usual(proof.kind(), proof.model())?;
            let naming = Naming { typed, usual };
            add_credential(app, permit, proof, naming, client).await
        }
        Err(problem) => Err(problem),
    };
    if let Err(problem) = &added {
        super::refuse_as(app, permit, kind, problem, client).await?;
    }
    added
}

/// Ends the journey and gives its ceremony, to one caller.
async fn take_registration(
    app: &App,
    permit: &MayEnrol,
    journey: &Token,
) -> Result<(RegistrationCeremony, DeviceKind, Option<DeviceName>)> {
    let not_started = || Problem::new(codes::CEREMONY_NOT_STARTED);
    let loaded =
        journey::load::<EnrollingCredential>(app, journey, codes::CEREMONY_NOT_STARTED).await?;
    let (turn, stage) = loaded
        .filter(|(_, stage)| stage.user_id() == permit.user().id)
        .ok_or_else(not_started)?;
    let id = journey.hash();
    let taken = grounds::write_for(app, permit.grounds(), move |connection| {
        journeys::finish(connection, &id, turn)
    })
    .await?;
    if !taken {
        return Err(not_started());
    }
    Ok(stage.into_parts())
}

pub(crate) async fn verify_registration(
    app: &App,
    ceremony: RegistrationCeremony,
    answer: Vec<u8>,
) -> Result<CredentialRegistered> {
    // What policy asks of the credential is judged when it is added, with its own words.
    let relying_party = Arc::clone(&app.ceremonies.relying_party);
    app.ceremonies
        .seats
        .work(move || relying_party.finish_registration(ceremony, &answer))
        .await?
}

/// Whether the certificates that came with a credential lead to a root that metadata names for
/// its model, and the model was under their signature.
pub(crate) async fn is_verified_model(app: &App, proof: &CredentialRegistered) -> Result<bool> {
    let (aaguid, attestation) = (proof.aaguid(), proof.attestation().clone());
    if !attestation.covers_aaguid() {
        return Ok(false);
    }
    let format = attestation.format.clone();
    let roots = app
        .store
        .look(move |connection| metadata::attestation_roots(connection, aaguid, &format))
        .await?;
    let now = app.now();
    // The attacker may have made the certificates and chosen their keys: each signature may take milliseconds.
    app.ceremonies
        .seats
        .work(move || leads_to(&attestation.chain, &roots, now))
        .await
}

async fn add_credential(
    app: &App,
    permit: &MayEnrol,
    proof: CredentialRegistered,
    naming: Naming,
    client: &Client,
) -> Result<Added> {
    let id = super::new_device_id(app);
    let (kind, model) = (proof.kind(), proof.model());
    let attestation = proof.attestation().clone();
    let is_verified_model = is_verified_model(app, &proof).await?;
    let serial = attested_serial(&attestation.format, &attestation.chain);
    let credential = proof.into_credential(id);
    let new = NewDevice {
        credential: Some(CredentialFacts {
            aaguid: credential.aaguid,
            is_verified_model,
            backup_eligible: credential.backup_eligible,
            user_verified: credential.user_verified,
        }),
        which: serial
            .clone()
            .filter(|_| is_verified_model)
            .map(WhichKey::Serial),
        id,
        kind,
        naming,
        model: model.map(str::to_owned),
        methods: Methods::second_factor(kind, credential.user_verified),
    };
    let (context, permit, client) = (app.context(), permit.clone(), client.clone());
    grounds::write_for(app, permit.grounds(), move |connection| {
        add(connection, &context, &permit, new, &client, |connection| {
            credentials::insert(connection, &credential)?;
            let chain = &attestation.chain;
            if chain.is_empty() {
                return Ok(());
            }
            let kept = judgements::KeptChain {
                certificates: chain,
                is_verified: is_verified_model,
                serial: serial.as_ref(),
            };
            judgements::put_attestation(connection, id, &kept)
        })
    })
    .await
}

/// How much longer than the browser's patience a ceremony stands, for slow networks.
const GRACE: std::time::Duration = std::time::Duration::from_mins(1);
