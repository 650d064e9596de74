//! FIDO metadata: which edition is in use, and what it says about each model.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diesel::prelude::*;
use uuid::Uuid;

use super::connection::{AnyConnection, failed, listed, unreadable};
use super::schema::{credentials, metadata_edition, models};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::model::{MetadataEdition, Model};
use keyward_core::problem::{Problem, Result};
use keyward_core::protocols::mds::Entry;

/// The edition in use; `None` where none was ever imported.
pub fn edition(connection: &mut AnyConnection) -> Result<Option<MetadataEdition>> {
    let row = metadata_edition::table
        .filter(metadata_edition::serial.ge(0))
        .select((
            metadata_edition::serial,
            metadata_edition::next_update,
            metadata_edition::imported_at,
            metadata_edition::models,
            metadata_edition::digest,
        ))
        .first::<(i64, i64, i64, i64, String)>(connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(
        |(serial, next_update, imported_at, models, digest)| MetadataEdition {
            serial,
            next_update: Timestamp::from_millis(next_update),
            imported_at: Timestamp::from_millis(imported_at),
            models,
            digest,
        },
    ))
}

/// Puts a newer edition in place of the one before it; `false` where the one in use is as new, also
/// in a race.
pub fn replace_edition(connection: &mut AnyConnection, edition: &MetadataEdition) -> Result<bool> {
    diesel::update(metadata_edition::table.filter(metadata_edition::serial.lt(edition.serial)))
        .set((
            metadata_edition::serial.eq(edition.serial),
            metadata_edition::next_update.eq(edition.next_update.millis()),
            metadata_edition::imported_at.eq(edition.imported_at.millis()),
            metadata_edition::models.eq(edition.models),
            metadata_edition::digest.eq(&edition.digest),
        ))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Puts the models of an edition in place of all before them.
pub fn replace_models(connection: &mut AnyConnection, entries: &[Entry]) -> Result<()> {
    diesel::delete(models::table)
        .execute(connection)
        .map_err(failed)?;
    for entry in entries {
        let facts = serde_json::to_string(&entry.model).map_err(Problem::internal)?;
        let roots: Vec<String> = entry.roots.iter().map(|der| STANDARD.encode(der)).collect();
        diesel::insert_into(models::table)
            .values((
                models::aaguid.eq(entry.model.aaguid.hyphenated().to_string()),
                models::description.eq(&entry.model.description),
                models::facts.eq(facts),
                models::roots.eq(roots.join("\n")),
                models::icon.eq(entry.icon.as_deref()),
                models::entry.eq(&entry.json),
            ))
            .execute(connection)
            .map_err(failed)?;
    }
    Ok(())
}

/// What is known of these models; those that nothing is known of are left out.
pub fn models_of(connection: &mut AnyConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<String> = ids.iter().map(|id| id.hyphenated().to_string()).collect();
    models::table
        .filter(models::aaguid.eq_any(&ids))
        .select((models::aaguid, models::facts))
        .load::<(String, String)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(aaguid, facts)| read(&aaguid, &facts).map(|model| (model.aaguid, model)))
        .collect()
}

/// A model with the whole of its entry as JSON.
pub fn model_with_entry(
    connection: &mut AnyConnection,
    id: Uuid,
) -> Result<Option<(Model, String)>> {
    models::table
        .find(id.hyphenated().to_string())
        .select((models::aaguid, models::facts, models::entry))
        .first::<(String, String, String)>(connection)
        .optional()
        .map_err(failed)?
        .map(|(aaguid, facts, entry)| Ok((read(&aaguid, &facts)?, entry)))
        .transpose()
}

/// The roots that may vouch for a model's statements of this format, in DER; none for a model that
/// nothing is known of, and for a format that the model does not make.
pub fn attestation_roots(
    connection: &mut AnyConnection,
    id: Uuid,
    format: &str,
) -> Result<Vec<Vec<u8>>> {
    let id = id.hyphenated().to_string();
    let row = models::table
        .find(&id)
        .select((models::facts, models::roots))
        .first::<(String, String)>(connection)
        .optional()
        .map_err(failed)?;
    let Some((facts, roots)) = row else {
        return Ok(Vec::new());
    };
    if !read(&id, &facts)?.statements.include(format) {
        return Ok(Vec::new());
    }
    roots
        .lines()
        .map(|line| STANDARD.decode(line))
        .collect::<Result<_, _>>()
        .map_err(|_| unreadable("models", &id, "roots"))
}

/// How a model is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelAppearance {
    /// The product's name.
    pub name: String,
    /// The model, where there is a picture of it.
    pub icon: Option<Uuid>,
}

/// How these devices' models are shown; devices whose model nothing is known of are left out. The
/// model is what the authenticator said of itself: a look, and no reason to trust.
pub fn looks_of(
    connection: &mut AnyConnection,
    devices: &[DeviceId],
) -> Result<HashMap<DeviceId, ModelAppearance>> {
    if devices.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<String> = devices.iter().map(ToString::to_string).collect();
    credentials::table
        .inner_join(models::table.on(models::aaguid.eq(credentials::aaguid)))
        .filter(credentials::device_id.eq_any(&ids))
        .select((
            credentials::device_id,
            models::aaguid,
            models::description,
            models::icon.is_not_null(),
        ))
        .load::<(String, String, String, bool)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(device, aaguid, name, has_icon)| {
            let bad = |what| unreadable("models", &aaguid, what);
            let id = Uuid::try_parse(&aaguid).map_err(|_| bad("aaguid"))?;
            let device = DeviceId::from_stored(&device).ok_or_else(|| bad("device_id"))?;
            let icon = has_icon.then_some(id);
            Ok((device, ModelAppearance { name, icon }))
        })
        .filter_map(listed)
        .collect()
}

/// The picture of a model, as PNG.
pub fn icon(connection: &mut AnyConnection, id: Uuid) -> Result<Option<Vec<u8>>> {
    models::table
        .find(id.hyphenated().to_string())
        .select(models::icon)
        .first::<Option<Vec<u8>>>(connection)
        .optional()
        .map_err(failed)
        .map(Option::flatten)
}

fn read(aaguid: &str, facts: &str) -> Result<Model> {
    serde_json::from_str(facts).map_err(|_| unreadable("models", aaguid, "facts"))
}
