//! Putting a device on hold whose signature counter went back.

use crate::App;
use keyward_core::domain::device::{DeviceId, DeviceState, Suspicion};
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::CounterStep;
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::factors::webauthn::AuthenticationRefusal;
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{credentials, devices, openid_grants, sessions, suspicions};

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
/// hold this credential, as surely as if the second had come an hour later. Or else the key that it is on was
/// reported lost a moment ago.
pub(crate) async fn overtaken(
    app: &App,
    owner: UserId,
    device_id: DeviceId,
    presented: u32,
    client: &Client,
) -> Result<Problem> {
    let (device, theirs) = app
        .store
        .look(move |connection| {
            let device = devices::by_id(connection, device_id)?;
            Ok((device, credentials::of_user(connection, owner, true)?))
        })
        .await?;
    if device.is_some_and(|device| device.state == DeviceState::Lost) {
        return Ok(codes::KEY_LOST.into());
    }
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
            openid_grants::forget_device(connection, device)?;
            if devices::change_state(
                connection,
                device,
                DeviceState::Active,
                DeviceState::Suspect,
            )? {
                suspicions::put(connection, &suspicion)?;
            }
            context.record(connection, &event)
        })
        .await
}
