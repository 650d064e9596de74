//! What is registered on keys for their owners.

use super::{Column, Filter, List, ListQuery, OwnerFilter, Page, one_more};
use crate::rows::EnrolmentRow;
use keyward_actions::{App, key};
use keyward_core::domain::key::{EnrolmentFilter, EnrolmentId, EnrolmentSummary};
use keyward_core::flows::permit::MayLookUp;
use keyward_core::problem::Result;

/// What waits for the owners of keys.
#[derive(Debug, Default)]
pub struct Enrolments {
    /// Whose.
    pub whose: OwnerFilter,
}

impl List for Enrolments {
    const PATH: &'static str = "/enrolments";
    const SAYS: &'static str =
        "What is registered on keys and waits for their owners, the oldest first";
    const FILTERS: &'static [Filter] = &[Filter::OF_USER];
    const COLUMNS: &'static [Column] = &[
        Column::of("id"),
        Column::of("key"),
        Column::of("user"),
        Column::of("kind"),
        Column::of("created_at").headed("registered"),
        Column::of("code_expires_at")
            .headed("code until")
            .or("no code"),
    ];
    type Row = EnrolmentRow;
    type Item = EnrolmentSummary;
    type Place = EnrolmentId;
    type By = MayLookUp;

    async fn under(asked: &ListQuery, app: &App, by: &MayLookUp) -> Result<Self> {
        let whose = asked.whose(app, by).await?;
        Ok(Self { whose })
    }

    async fn page(
        &self,
        app: &App,
        by: &MayLookUp,
        after: Option<EnrolmentId>,
        size: usize,
    ) -> Result<Page<EnrolmentSummary, EnrolmentId>> {
        let find = async |user| {
            let filter = EnrolmentFilter {
                user,
                ..EnrolmentFilter::default()
            };
            key::enrolments(app, by, filter, after, one_more(size)).await
        };
        let oldest = |found: &EnrolmentSummary| found.enrolment.id;
        let found = self.whose.gather(size, find, oldest).await?;
        Ok(Page::cut(found, size, |last| last.enrolment.id))
    }

    async fn rows(_: &App, _: &MayLookUp, items: &[EnrolmentSummary]) -> Result<Vec<EnrolmentRow>> {
        Ok(items.iter().map(EnrolmentRow::from).collect())
    }

    fn whose(&self) -> Option<&OwnerFilter> {
        Some(&self.whose)
    }
}
