//! Taking a new edition of FIDO metadata into use, from a file or from the configured address.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::App;
use crate::grounds;
use crate::policy;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::model::MetadataEdition;
use keyward_core::domain::policy::Scope;
use keyward_core::flows::permit::{Administrator, Grounds};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::mds::{self, Payload, Roots, Skipped};
use keyward_gateways::metadata as gateway;
use keyward_store::{judging, metadata, policies};

/// Where an import led.
#[must_use]
#[derive(Debug)]
pub enum Import {
    /// This very edition is in use already.
    Unchanged(MetadataEdition),
    /// It is in use now, without the entries that could not be read.
    Imported(MetadataEdition, Vec<Skipped>),
}

/// Verifies a blob and takes it into use. A refused one changes nothing; the trail tells why.
///
/// # Errors
/// `metadata.malformed`, `metadata.signature`, `metadata.overdue`, `metadata.older`;
/// `settings.invalid` where the roots' file cannot be used.
pub async fn import(app: &App, administrator: &Administrator, blob: Vec<u8>) -> Result<Import> {
    import_blob(
        app,
        administrator.does(EventKind::MetadataImported),
        administrator.grounds(),
        blob,
    )
    .await
}

/// Fetches a blob from the configured address and imports it.
///
/// # Errors
/// `metadata.no_address`, `metadata.unreachable`, and those of an import.
pub async fn update(app: &App, administrator: &Administrator) -> Result<Import> {
    let blob = fetch(app).await?;
    import(app, administrator, blob).await
}

/// The same by the server itself, when it is time.
///
/// # Errors
/// Those of an update.
pub async fn refresh(app: &App) -> Result<Import> {
    let blob = fetch(app).await?;
    import_blob(
        app,
        Event::new(EventKind::MetadataImported),
        Grounds::Server,
        blob,
    )
    .await
}

async fn fetch(app: &App) -> Result<Vec<u8>> {
    let url = app.settings.metadata.url.as_ref();
    gateway::fetch(url.ok_or(codes::METADATA_NO_ADDRESS)?).await
}

async fn import_blob(app: &App, event: Event, grounds: Grounds, blob: Vec<u8>) -> Result<Import> {
    let imported = match verify(app, blob).await {
        Ok((payload, digest)) => take_into_use(app, event.clone(), grounds, payload, digest).await,
        Err(problem) => Err(problem),
    };
    if let Err(problem) = &imported {
        let mut refused = event.refused(problem.code());
        refused.detail = EventDetail::refused(None, problem);
        app.record(refused).await?;
    }
    imported
}

async fn verify(app: &App, blob: Vec<u8>) -> Result<(Payload, String)> {
    let (settings, now) = (app.settings.clone(), app.now());
    tokio::task::spawn_blocking(move || {
        let payload = mds::verify(&blob, &roots(&settings.metadata)?, now)?;
        Ok((
            payload,
            data_encoding::HEXLOWER.encode(&Sha256::digest(&blob)),
        ))
    })
    .await
    .map_err(Problem::internal)?
}

async fn take_into_use(
    app: &App,
    event: Event,
    grounds: Grounds,
    payload: Payload,
    digest: String,
) -> Result<Import> {
    let context = app.context();
    let edition = MetadataEdition {
        serial: payload.serial,
        next_update: payload.next_update,
        imported_at: context.now,
        models: i64::try_from(payload.entries.len()).map_err(Problem::internal)?,
        digest,
    };
    let imported = grounds::write_batch_for(app, grounds, move |connection| {
        if !metadata::replace_edition(connection, &edition)? {
            return match metadata::edition(connection)? {
                Some(present) if present.digest == edition.digest => Ok(Import::Unchanged(present)),
                Some(present) => Err(older(&edition, &present)),
                None => Err(Problem::internal("the row of the edition is not there")),
            };
        }
        metadata::replace_models(connection, &payload.entries)?;
        let first = payload.skipped.iter().take(TOLD);
        let detail = EventDetail::Metadata {
            serial: edition.serial,
            models: edition.models,
            skipped: payload.skipped.len(),
            first: first.map(Skipped::to_string).collect(),
        };
        // Where no policy looks at models, no device is judged otherwise by another edition.
        if policies::ask_for_models(connection)? {
            judging::want(connection, &Scope::Everybody, true)?;
        }
        context.record(connection, &event.detailed(detail))?;
        Ok(Import::Imported(edition, payload.skipped))
    })
    .await?;
    policy::begin_to_judge_again(app).await;
    Ok(imported)
}

/// How many skipped entries an event tells of one by one.
const TOLD: usize = 5;

fn older(offered: &MetadataEdition, present: &MetadataEdition) -> Problem {
    Problem::new(codes::METADATA_OLDER).detailed(format!(
        "no. {} was offered, no. {} is in use",
        offered.serial, present.serial
    ))
}

fn roots(settings: &keyward_settings::Metadata) -> Result<Roots> {
    let roots = match &settings.roots {
        None => Roots::fido(),
        Some(path) => Roots::from_file(&file("metadata.roots", path)?, settings.signer.as_deref())?,
    };
    match &settings.revoked {
        None => Ok(roots),
        Some(path) => roots.with_revoked(&file("metadata.revoked", path)?),
    }
}

/// The largest file of roots or revocation lists, in bytes. The largest list of an authority has
/// some tens of millions.
const LARGEST: u64 = 128 * 1024 * 1024;

fn file(key: &str, path: &Path) -> Result<Vec<u8>> {
    let invalid = |why: &str| {
        let path = path.display();
        Problem::new(codes::SETTINGS_INVALID).detailed(format!("{key}: {path} {why}"))
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| {
            let length = file.metadata()?.len().min(LARGEST);
            bytes.reserve_exact(usize::try_from(length).unwrap_or_default());
            file.take(LARGEST + 1).read_to_end(&mut bytes)
        })
        .map_err(|error| invalid("cannot be read").caused_by(error))?;
    match u64::try_from(bytes.len()) {
        Ok(0..=LARGEST) => Ok(bytes),
        _ => Err(invalid("is larger than 128 MiB")),
    }
}
