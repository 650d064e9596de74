//! Choosing which device is asked for first.

use crate::actions::Keyward;
use crate::domain::device::DeviceId;
use crate::domain::event::{Actor, Event, EventKind};
use crate::domain::session::Client;
use crate::flows::permit::SteppedUp;
use crate::problem::Result;
use crate::store::{devices, users};

impl Keyward {
    /// Makes one of the person's own devices the one that is asked for first.
    ///
    /// # Errors
    /// `device.unknown`
    pub async fn make_default_device(
        &self,
        permit: &SteppedUp,
        id: DeviceId,
        client: &Client,
    ) -> Result<()> {
        let owner = permit.user().id;
        let event = Event::new(EventKind::DeviceMadeDefault)
            .by(Actor::User(owner))
            .about(owner)
            .on(id)
            .from(client);
        let pen = self.pen();
        self.write_for(permit.grounds(), move |connection| {
            devices::expect_of(connection, owner, id)?;
            users::set_default_device(connection, owner, Some(id))?;
            pen.record(connection, &event)
        })
        .await
    }
}
