//! Devices, and the credentials in them.

use std::time::Duration;

use super::{Column, Filter, List, ListQuery, OwnerFilter, Page, Takes, one_more};
use crate::rows::{CredentialRow, DeviceRow};
use keyward_actions::App;
use keyward_actions::device::{self, ListedCredential};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{
    DeviceFilter, DeviceId, DeviceKind, DevicePlace, DeviceSummary,
};
use keyward_core::flows::permit::{MayAudit, MayLookUp};
use keyward_core::problem::Result;

/// Everybody's devices.
#[derive(Debug, Default)]
pub struct Devices {
    /// Of one kind.
    pub kind: Option<DeviceKind>,
    /// Suspect ones alone.
    pub suspect: bool,
    /// Not used since then.
    pub idle_since: Option<Timestamp>,
    /// OwnerFilter.
    pub whose: OwnerFilter,
}

fn kinds() -> Vec<&'static str> {
    DeviceKind::ALL.map(DeviceKind::as_str).to_vec()
}

impl List for Devices {
    const PATH: &'static str = "/devices";
    const SAYS: &'static str = "Devices, the longest unused first";
    const FILTERS: &'static [Filter] = &[
        Filter::OF_USER,
        Filter {
            name: "kind",
            takes: Takes::Words(kinds),
            says: "Of this kind.",
        },
        Filter {
            name: "state",
            takes: Takes::Words(|| vec!["suspect"]),
            says: "`suspect`: those whose signature counter went back.",
        },
        Filter {
            name: "unused_days",
            takes: Takes::Days,
            says: "Not used for so many days.",
        },
        Filter {
            name: "unused_since",
            takes: Takes::Moment,
            says: "Not used since this moment (RFC 3339), or since this day began.",
        },
    ];
    const COLUMNS: &'static [Column] = &[
        Column::of("id"),
        Column::of("user"),
        Column::of("kind"),
        Column::of("name"),
        Column::of("state"),
        Column::of("last_used_at").headed("last used").or("never"),
    ];
    type Row = DeviceRow;
    type Item = DeviceSummary;
    type Place = DevicePlace;
    type By = MayLookUp;

    async fn under(asked: &ListQuery, app: &App, by: &MayLookUp) -> Result<Self> {
        let days = asked.days("unused_days").map(u64::from);
        let days = days.map(|days| app.now() - Duration::from_hours(24 * days));
        let since = asked.moment("unused_since");
        Ok(Self {
            kind: asked.text("kind").and_then(DeviceKind::parse),
            suspect: asked.text("state").is_some(),
            idle_since: days.into_iter().chain(since).min(),
            whose: asked.whose(app, by).await?,
        })
    }

    async fn page(
        &self,
        app: &App,
        by: &MayLookUp,
        after: Option<DevicePlace>,
        size: usize,
    ) -> Result<Page<DeviceSummary, DevicePlace>> {
        let find = async |user| {
            let filter = DeviceFilter {
                kind: self.kind,
                user,
                idle_since: self.idle_since,
                suspect: self.suspect,
                after,
            };
            device::list(app, by, filter, one_more(size)).await
        };
        let key = |one: &DeviceSummary| (one.place.idle_since, one.place.id);
        let found = self.whose.gather(size, find, key).await?;
        Ok(Page::cut(found, size, |last| last.place))
    }

    async fn rows(_: &App, _: &MayLookUp, items: &[DeviceSummary]) -> Result<Vec<DeviceRow>> {
        Ok(items.iter().map(DeviceRow::from).collect())
    }

    fn whose(&self) -> Option<&OwnerFilter> {
        Some(&self.whose)
    }
}

/// What is known of passkeys and security keys.
#[derive(Debug, Default)]
pub struct Credentials {
    whose: OwnerFilter,
}

impl List for Credentials {
    const PATH: &'static str = "/credentials";
    const SAYS: &'static str =
        "What is known of passkeys and security keys, in the order of their devices";
    const FILTERS: &'static [Filter] = &[Filter::OF_USER];
    const COLUMNS: &'static [Column] = &[
        Column::of("device"),
        Column::of("kind"),
        Column::of("aaguid"),
        Column::of("sign_count"),
        Column::of("transports"),
        Column::of("backed_up"),
        Column::of("attestation_format").headed("attestation"),
        Column::of("serial"),
        Column::of("serial_is_proved").headed("proved"),
    ];
    type Row = CredentialRow;
    type Item = ListedCredential;
    type Place = DeviceId;
    type By = MayAudit;

    async fn under(asked: &ListQuery, app: &App, by: &MayAudit) -> Result<Self> {
        let whose = asked.whose(app, by).await?;
        Ok(Self { whose })
    }

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<DeviceId>,
        size: usize,
    ) -> Result<Page<ListedCredential, DeviceId>> {
        let find = async |user| device::credentials(app, by, user, after, one_more(size)).await;
        let found = self
            .whose
            .gather(size, find, |one| one.credential.device_id)
            .await?;
        Ok(Page::cut(found, size, |last| last.credential.device_id))
    }

    async fn rows(_: &App, _: &MayAudit, items: &[ListedCredential]) -> Result<Vec<CredentialRow>> {
        Ok(items.iter().map(CredentialRow::from).collect())
    }

    fn whose(&self) -> Option<&OwnerFilter> {
        Some(&self.whose)
    }
}
