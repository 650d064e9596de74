//! Adding, changing and removing validation services.

use std::sync::Arc;

use crate::App;
use crate::grounds;
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::edition::Edition;
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::user::fold;
use keyward_core::domain::validation_service::{
    ValidationService, ValidationServiceId, ValidationServiceSettings,
};
use keyward_core::flows::permit::{Administrator, Grounds};
use keyward_core::problem::{Result, codes};
use keyward_core::secret::MasterKey;
use keyward_gateways::validation::can_ask;
use keyward_store::{AnyConnection, devices, roles, validation_services};

/// What becomes of a service's API key when the service is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// It stays; forms do not show it, and so cannot give it back.
    Keep,
    /// The new settings say it.
    Replace,
}

/// Adds a service.
///
/// # Errors
/// `validation_service.invalid`, `validation_service.name_taken`; `api_token.scope` where superusers have
/// YubiKeys.
pub async fn add(
    app: &App,
    administrator: &Administrator,
    settings: ValidationServiceSettings,
) -> Result<ValidationServiceId> {
    let settings = settings.checked()?;
    can_ask(&settings)?;
    refuse_name_of_settings(app, &settings.name)?;
    let id = ValidationServiceId::generate(app.now(), &*app.entropy);
    let event = administrator.does(EventKind::ServiceAdded);
    let event = event.detailed(EventDetail::Named {
        name: settings.name.clone(),
    });
    let (context, master_key) = (app.context(), Arc::clone(&app.master_key));
    let created = |id: &ValidationServiceId| Created::plain(id);
    let by = administrator.grounds();
    grounds::create_for(app, administrator, created, move |connection| {
        may_vouch(connection, &by)?;
        let (key, entropy) = (&master_key, &*context.entropy);
        validation_services::insert(connection, id, &settings, key, entropy)?;
        context.record(connection, &event)?;
        Ok(id)
    })
    .await
}

/// Changes a service.
///
/// # Errors
/// `validation_service.unknown`, `validation_service.invalid`,
/// `validation_service.name_taken`; `api_token.scope` as in [`add`]; `resource.overtaken` where another edition is there than is named.
pub async fn change(
    app: &App,
    administrator: &Administrator,
    id: ValidationServiceId,
    settings: ValidationServiceSettings,
    api_key: KeyChange,
    edition: Option<Edition>,
) -> Result<()> {
    let mut settings = settings.checked()?;
    can_ask(&settings)?;
    refuse_name_of_settings(app, &settings.name)?;
    let event = administrator.does(EventKind::ServiceChanged);
    let event = event.detailed(EventDetail::Named {
        name: settings.name.clone(),
    });
    let (context, master_key) = (app.context(), Arc::clone(&app.master_key));
    let by = administrator.grounds();
    grounds::write_for(app, by.clone(), move |connection| {
        may_vouch(connection, &by)?;
        let (key, entropy) = (&master_key, &*context.entropy);
        validation_services::hold(connection, id)?;
        let before = expect(connection, key, id)?;
        before.edition().require(edition.as_ref())?;
        if api_key == KeyChange::Keep {
            settings.api_key = before.settings.api_key;
        }
        if !validation_services::update(connection, id, &settings, key, entropy)? {
            return Err(codes::SERVICE_UNKNOWN.into());
        }
        context.record(connection, &event)
    })
    .await
}

/// Removes a service, and gives it back.
///
/// # Errors
/// `validation_service.unknown`
pub async fn remove(
    app: &App,
    administrator: &Administrator,
    id: ValidationServiceId,
) -> Result<ValidationService> {
    let event = administrator.does(EventKind::ServiceRemoved);
    let (context, master_key) = (app.context(), Arc::clone(&app.master_key));
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let service = expect(connection, &master_key, id)?;
        if !validation_services::remove(connection, id)? {
            return Err(codes::SERVICE_UNKNOWN.into());
        }
        let event = event.detailed(EventDetail::Named {
            name: service.settings.name.clone(),
        });
        context.record(connection, &event)?;
        Ok(service)
    })
    .await
}

/// An administrator who says where services are says whose one-time passwords are good, those of
/// superusers and of those who have a role too.
fn may_vouch(connection: &mut AnyConnection, by: &Grounds) -> Result<()> {
    let kind = DeviceKind::Yubikey;
    match devices::superusers_have(connection, kind)? || roles::staff_have(connection, kind)? {
        true => by.require(ApiScope::SuperusersWrite),
        false => Ok(()),
    }
}

/// Names are unique over both places, because people speak of services by them.
fn refuse_name_of_settings(app: &App, name: &str) -> Result<()> {
    let is_taken = app
        .settings
        .validation_services
        .iter()
        .any(|service| fold(&service.settings.name) == fold(name));
    if is_taken {
        return Err(codes::SERVICE_NAME_TAKEN.into());
    }
    Ok(())
}

fn expect(
    connection: &mut AnyConnection,
    key: &Arc<MasterKey>,
    id: ValidationServiceId,
) -> Result<ValidationService> {
    validation_services::all(connection, key)?
        .into_iter()
        .find(|service| service.id == Some(id))
        .ok_or_else(|| codes::SERVICE_UNKNOWN.into())
}
