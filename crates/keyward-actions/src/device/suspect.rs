//! Putting a device on hold whose signature counter went back.

use crate::App;
use keyward_core::domain::device::{DeviceId, DeviceState, Suspicion};
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::CounterStep;
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::factors::webauthn::AuthenticationRefusal;
use keyward_core::problem::{Problem, Result};
use keyward_store::{credentials, devices, sessions, suspicions};

/// What a refusal says about the device, if it makes it suspect.
pub(crate) fn suspicion(
    app: &App,
    refusal: &AuthenticationRefusal,
    client: &Client,
) -> Option<Suspicion> {
    match refusal {
        AuthenticationRefusal::Problem(_) => None,
        AuthenticationRefusal::CounterWentBack {
            device_id,
            stored,
            presented,
        } => Some(Suspicion {
            device_id: *device_id,
            raised_at: app.now(),
            stored: *stored,
            presented: *presented,
            client: client.clone(),
        }),
    }
}

/// Another answer with this counter, or a later one, was a moment faster: two authenticators
/// hold this credential, as surely as if the second had come an hour later.
pub(crate) async fn overtaken(
    app: &App,
    owner: UserId,
    device_id: DeviceId,
    presented: u32,
    client: &Client,
) -> Result<Problem> {
    let theirs = app
        .store
        .look(move |connection| credentials::of_user(connection, owner, true))
        .await?;
    let now = theirs.iter().find(|stored| stored.device_id == device_id);
    let refusal = AuthenticationRefusal::CounterWentBack {
        device_id,
        stored: now.map_or(presented, |stored| stored.sign_count),
        presented,
    };
    if let Some(suspicion) = suspicion(app, &refusal, client) {
        suspect(app, owner, suspicion).await?;
    }
    Ok(refusal.into())
}

/// Puts a device on hold: it lets no user in until an administrator has looked, and whom it let in is
/// out. What is known of the first time stays.
pub(crate) async fn suspect(app: &App, owner: UserId, suspicion: Suspicion) -> Result<()> {
    let event = Event::new(EventKind::DeviceSuspect)
        .about(owner)
        .on(suspicion.device_id)
        .detailed(EventDetail::Counter(CounterStep {
            presented: suspicion.presented,
            stored: suspicion.stored,
        }))
        .from(&suspicion.client);
    let context = app.context();
    app.store
        .write(move |connection| {
            let device = suspicion.device_id;
            // One of the two that have it signed in by it: which of the sessions is the thief's, nobody knows.
            sessions::end_proved_by(connection, device, None)?;
            if devices::set_state(connection, device, DeviceState::Suspect)? {
                suspicions::put(connection, &suspicion)?;
            }
            context.record(connection, &event)
        })
        .await
}
