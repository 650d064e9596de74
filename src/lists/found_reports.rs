//! Reports of found keys.

use super::{Column, Filter, List, ListQuery, Page, Takes, one_more};
use crate::rows::FoundReportRow;
use keyward_actions::{App, key};
use keyward_core::domain::key::{FoundReportFilter, FoundReportPlace, FoundReportSummary};
use keyward_core::flows::permit::MayLookUp;
use keyward_core::problem::Result;

/// Reports of found keys.
#[derive(Debug, Default)]
pub struct FoundReports {
    /// The open ones, or the closed ones.
    pub is_open: Option<bool>,
    /// Those of keys that were known here, or the others.
    pub is_known: Option<bool>,
}

impl List for FoundReports {
    const PATH: &'static str = "/found-reports";
    const SAYS: &'static str = "What finders say of keys, the newest first";
    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "state",
            takes: Takes::Words(|| vec!["open", "closed"]),
            says: "`open` until somebody has dealt with it, `closed` after that.",
        },
        Filter {
            name: "about",
            takes: Takes::Words(|| vec!["known", "unknown"]),
            says: "`known` for keys that were known here when they were reported, `unknown` for others.",
        },
    ];
    const COLUMNS: &'static [Column] = &[
        Column::of("id"),
        Column::of("named").headed("key"),
        Column::of("key").headed("in the inventory").or("no"),
        Column::of("place"),
        Column::of("contact"),
        Column::of("reported_at").headed("reported"),
        Column::of("closed_at").headed("closed"),
    ];
    type Row = FoundReportRow;
    type Item = FoundReportSummary;
    type Place = FoundReportPlace;
    type By = MayLookUp;

    async fn under(asked: &ListQuery, _: &App, _: &MayLookUp) -> Result<Self> {
        Ok(Self {
            is_open: asked.text("state").map(|state| state == "open"),
            is_known: asked.text("about").map(|about| about == "known"),
        })
    }

    async fn page(
        &self,
        app: &App,
        by: &MayLookUp,
        after: Option<FoundReportPlace>,
        size: usize,
    ) -> Result<Page<FoundReportSummary, FoundReportPlace>> {
        let filter = FoundReportFilter {
            is_open: self.is_open,
            is_known: self.is_known,
        };
        let found = key::found_reports(app, by, filter, after, one_more(size)).await?;
        Ok(Page::cut(found, size, FoundReportSummary::place))
    }

    async fn rows(
        _: &App,
        _: &MayLookUp,
        items: &[FoundReportSummary],
    ) -> Result<Vec<FoundReportRow>> {
        Ok(items.iter().map(FoundReportRow::from).collect())
    }
}
