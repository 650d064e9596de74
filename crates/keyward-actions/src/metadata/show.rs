//! Looking at FIDO metadata.

use std::collections::HashMap;

use uuid::Uuid;

use crate::App;
use keyward_core::domain::device::{Device, DeviceId};
use keyward_core::domain::model::{MetadataEdition, Model};
use keyward_core::flows::permit::MayAudit;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::webauthn::models;
use keyward_store::{AnyConnection, metadata};

/// What is known of one model.
#[derive(Debug)]
pub struct ModelDetails {
    /// Its name.
    pub name: String,
    /// What metadata says, with the whole entry as JSON; `None` for a name of the built-in table.
    pub metadata: Option<(Model, serde_json::Value)>,
}

/// Gives devices the names that metadata has for their models, in place of those that were known
/// when they were enrolled.
pub(crate) fn name_models<'a>(
    connection: &mut AnyConnection,
    devices: impl IntoIterator<Item = &'a mut Device>,
) -> Result<()> {
    let mut devices: Vec<&mut Device> = devices.into_iter().collect();
    let ids: Vec<DeviceId> = devices.iter().map(|device| device.id).collect();
    let mut looks = metadata::looks_of(connection, &ids)?;
    for device in &mut devices {
        if let Some(look) = looks
            .remove(&device.id)
            .filter(|look| !look.name.is_empty())
        {
            device.model = Some(look.name);
        }
    }
    Ok(())
}

/// Which of these devices' models there are pictures of.
///
/// # Errors
/// The store's.
pub async fn model_pictures(app: &App, devices: Vec<DeviceId>) -> Result<HashMap<DeviceId, Uuid>> {
    let looks = app
        .store
        .look(move |connection| metadata::looks_of(connection, &devices))
        .await?;
    let pictures = looks.into_iter();
    Ok(pictures
        .filter_map(|(device, look)| Some((device, look.icon?)))
        .collect())
}

/// The edition in use; `None` where none was ever imported.
///
/// # Errors
/// The store's.
pub async fn edition(app: &App, _: &MayAudit) -> Result<Option<MetadataEdition>> {
    app.store.look(metadata::edition).await
}

/// What is known of a model.
///
/// # Errors
/// `metadata.unknown_model`
pub async fn model(app: &App, _: &MayAudit, id: Uuid) -> Result<ModelDetails> {
    let known = app
        .store
        .look(move |connection| metadata::model_with_entry(connection, id))
        .await?;
    if let Some((model, entry)) = known {
        let entry = serde_json::from_str(&entry).map_err(Problem::internal)?;
        return Ok(ModelDetails {
            name: model.description.clone(),
            metadata: Some((model, entry)),
        });
    }
    let name = models::name(id).ok_or_else(|| {
        Problem::new(codes::METADATA_UNKNOWN_MODEL).detailed(id.hyphenated().to_string())
    })?;
    Ok(ModelDetails {
        name: name.to_owned(),
        metadata: None,
    })
}

/// The picture of a model as PNG, for any caller: it is as public as the metadata.
///
/// # Errors
/// The store's.
pub async fn model_icon(app: &App, id: Uuid) -> Result<Option<Vec<u8>>> {
    app.store
        .look(move |connection| metadata::icon(connection, id))
        .await
}
