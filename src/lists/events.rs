//! The trail.

use std::cmp::Reverse;

use super::{Column, Filter, List, ListQuery, OwnerFilter, Page, Takes, one_more};
use crate::rows::EventRow;
use keyward_actions::{App, event};
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{EventId, EventKind, RecordedEvent};
use keyward_core::domain::event_filter::{EventFilter, UserFilter};
use keyward_core::flows::permit::MayAudit;
use keyward_core::problem::Result;

/// Events.
#[derive(Debug, Default)]
pub struct Events {
    /// What was done to them or by them.
    pub whose: OwnerFilter,
    /// Of one kind.
    pub kind: Option<EventKind>,
    /// Not before then.
    pub since: Option<Timestamp>,
    /// Before then.
    pub until: Option<Timestamp>,
}

fn kinds() -> Vec<&'static str> {
    EventKind::ALL.iter().map(|kind| kind.as_str()).collect()
}

impl List for Events {
    const PATH: &'static str = "/events";
    const SAYS: &'static str = "The audit trail, the newest first";
    const FILTERS: &'static [Filter] = &[
        Filter {
            says: "What was done to this user or by them; by id or name.",
            ..Filter::OF_USER
        },
        Filter {
            name: "kind",
            takes: Takes::Words(kinds),
            says: "Of this kind.",
        },
        Filter {
            name: "since",
            takes: Takes::Moment,
            says: "Not before this moment (RFC 3339), or the beginning of this day.",
        },
        Filter {
            name: "until",
            takes: Takes::Moment,
            says: "Before this moment (RFC 3339), or the beginning of this day.",
        },
    ];
    const COLUMNS: &'static [Column] = &[
        Column::of("at"),
        Column::of("kind"),
        Column::of("refusal"),
        Column::of("actor"),
        Column::of("token"),
        Column::of("subject"),
        Column::of("address"),
    ];
    type Row = EventRow;
    type Item = RecordedEvent;
    type Place = EventId;
    type By = MayAudit;

    async fn under(asked: &ListQuery, app: &App, by: &MayAudit) -> Result<Self> {
        Ok(Self {
            whose: asked.whose(app, by).await?,
            kind: asked.text("kind").and_then(EventKind::parse),
            since: asked.moment("since"),
            until: asked.moment("until"),
        })
    }

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<EventId>,
        size: usize,
    ) -> Result<Page<RecordedEvent, EventId>> {
        let find = async |user: Option<_>| {
            let filter = EventFilter {
                whose: user.map(UserFilter::With),
                kind: self.kind,
                before: after,
                since: self.since,
                until: self.until,
            };
            event::list(app, by, filter, one_more(size)).await
        };
        let found = self.whose.gather(size, find, |one| Reverse(one.id)).await?;
        Ok(Page::cut(found, size, |last| last.id))
    }

    async fn rows(_: &App, _: &MayAudit, items: &[RecordedEvent]) -> Result<Vec<EventRow>> {
        Ok(items.iter().map(EventRow::from).collect())
    }

    fn whose(&self) -> Option<&OwnerFilter> {
        Some(&self.whose)
    }
}
