//! Adding, changing and removing applications.

use crate::App;
use crate::grounds;
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::application::{Application, ApplicationId, ApplicationSettings};
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Result, codes};
use keyward_store::applications;

/// Adds an application.
///
/// # Errors
/// `application.invalid`, `application.taken`, `group.unknown`, `user.unknown`
pub async fn add(
    app: &App,
    administrator: &Administrator,
    settings: ApplicationSettings,
) -> Result<ApplicationId> {
    let application = new(app, settings)?;
    let id = application.id;
    let event = administrator
        .does(EventKind::ApplicationAdded)
        .detailed(named(&application.settings));
    let context = app.context();
    let created = |id: &ApplicationId| Created::plain(id);
    let id = grounds::create_for(app, administrator, created, move |connection| {
        applications::insert(connection, &application)?;
        context.record(connection, &event)?;
        Ok(id)
    })
    .await?;
    app.protection.applications.forget();
    Ok(id)
}

/// Changes an application that is of this version still.
///
/// # Errors
/// `application.unknown`, `application.changed`, `application.invalid`, `application.taken`,
/// `group.unknown`, `user.unknown`
pub async fn change(
    app: &App,
    administrator: &Administrator,
    id: ApplicationId,
    version: i64,
    settings: ApplicationSettings,
) -> Result<()> {
    let settings = settings.checked()?;
    let event = administrator
        .does(EventKind::ApplicationChanged)
        .detailed(named(&settings));
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        if !applications::update(connection, id, version, &settings)? {
            return Err(match applications::by_id(connection, id)? {
                Some(_) => codes::APPLICATION_CHANGED.into(),
                None => codes::APPLICATION_UNKNOWN.into(),
            });
        }
        context.record(connection, &event)
    })
    .await?;
    app.protection.applications.forget();
    Ok(())
}

/// Removes an application, and gives it back: its hosts are denied to everybody from now on.
///
/// # Errors
/// `application.unknown`
pub async fn remove(
    app: &App,
    administrator: &Administrator,
    id: ApplicationId,
) -> Result<Application> {
    let event = administrator.does(EventKind::ApplicationRemoved);
    let context = app.context();
    let removed = grounds::write_for(app, administrator.grounds(), move |connection| {
        let application = applications::by_id(connection, id)?.ok_or(codes::APPLICATION_UNKNOWN)?;
        if !applications::remove(connection, id)? {
            return Err(codes::APPLICATION_UNKNOWN.into());
        }
        let event = event.detailed(named(&application.settings));
        context.record(connection, &event)?;
        Ok(application)
    })
    .await?;
    app.protection.applications.forget();
    Ok(removed)
}

/// One of several changes that are made together.
#[derive(Clone, Debug)]
pub enum ApplicationChange {
    /// A new application.
    Add(ApplicationSettings),
    /// Other settings for the one of this id, where it is of this version still.
    Change(ApplicationId, i64, ApplicationSettings),
    /// The one of this id goes.
    Remove(ApplicationId),
}

/// Makes several changes at once, or none of them. Hosts may go from one application to another.
///
/// # Errors
/// Those of [`add`], [`change`] and [`remove`].
pub async fn change_together(
    app: &App,
    administrator: &Administrator,
    changes: Vec<ApplicationChange>,
) -> Result<()> {
    let together = Together::of(app, changes)?;
    let [adds, changes, removes] = [
        EventKind::ApplicationAdded,
        EventKind::ApplicationChanged,
        EventKind::ApplicationRemoved,
    ]
    .map(|kind| administrator.does(kind));
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        for id in together.removed {
            let gone = applications::by_id(connection, id)?.ok_or(codes::APPLICATION_UNKNOWN)?;
            applications::remove(connection, id)?;
            let event = removes.clone().detailed(named(&gone.settings));
            context.record(connection, &event)?;
        }
        for (id, ..) in &together.changed {
            applications::release_hosts(connection, *id)?;
        }
        for (id, version, settings) in &together.changed {
            if !applications::update(connection, *id, *version, settings)? {
                return Err(codes::APPLICATION_CHANGED.into());
            }
            context.record(connection, &changes.clone().detailed(named(settings)))?;
        }
        for application in &together.added {
            applications::insert(connection, application)?;
            let event = adds.clone().detailed(named(&application.settings));
            context.record(connection, &event)?;
        }
        Ok(())
    })
    .await?;
    app.protection.applications.forget();
    Ok(())
}

/// Changes by what they do, checked.
#[derive(Default)]
struct Together {
    added: Vec<Application>,
    changed: Vec<(ApplicationId, i64, ApplicationSettings)>,
    removed: Vec<ApplicationId>,
}

impl Together {
    fn of(app: &App, changes: Vec<ApplicationChange>) -> Result<Self> {
        let mut together = Self::default();
        for change in changes {
            match change {
                ApplicationChange::Add(settings) => {
                    together.added.push(new(app, settings)?);
                }
                ApplicationChange::Change(id, version, settings) => {
                    together.changed.push((id, version, settings.checked()?));
                }
                ApplicationChange::Remove(id) => together.removed.push(id),
            }
        }
        Ok(together)
    }
}

fn new(app: &App, settings: ApplicationSettings) -> Result<Application> {
    Ok(Application {
        id: ApplicationId::generate(app.now(), &*app.entropy),
        settings: settings.checked()?,
        version: 0,
        created_at: app.now(),
    })
}

fn named(settings: &ApplicationSettings) -> EventDetail {
    EventDetail::Named {
        name: settings.name.as_str().to_owned(),
    }
}
