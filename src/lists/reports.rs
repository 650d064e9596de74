//! Reports: numbers of people and of keys.

use super::{Column, Filter, List, ListQuery, Page, Takes, one_more};
use crate::rows::{CoverageRow, FirmwareRow};
use keyward_actions::{App, report};
use keyward_core::domain::coverage::{CountedCoverage, CoverageFilter, CoverageOf, CoveragePlace};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::key::{FirmwareCount, FirmwarePlace};
use keyward_core::flows::permit::MayAudit;
use keyward_core::problem::Result;

/// People by their devices, a row a day and group.
#[derive(Debug, Default)]
pub struct CoverageReport {
    filter: CoverageFilter,
}

impl List for CoverageReport {
    const PATH: &'static str = "/reports/people";
    const SAYS: &'static str =
        "How many people have which devices, a row a day: of everybody, then of groups by name";
    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "group",
            takes: Takes::Text,
            says: "Of the members of this group.",
        },
        Filter {
            name: "days",
            takes: Takes::Days,
            says: "Of today and so many days before.",
        },
    ];
    const COLUMNS: &'static [Column] = &[
        Column::of("day"),
        Column::of("group").or("everybody"),
        Column::of("users"),
        Column::of("with_device"),
        Column::of("two_devices"),
        Column::of("phishing_resistant").headed("phishing-resistant"),
        Column::of("hardware_only"),
    ];
    type Row = CoverageRow;
    type Item = CountedCoverage;
    type Place = CoveragePlace;
    type By = MayAudit;

    async fn under(asked: &ListQuery, app: &App, _: &MayAudit) -> Result<Self> {
        let group = asked.text("group").map(str::trim);
        let group = group.map(GroupName::from_stored);
        let since = asked.days("days");
        Ok(Self {
            filter: CoverageFilter {
                of: group.map_or(CoverageOf::All, CoverageOf::Group),
                since: since.map(|days| report::days_before(app.now(), days)),
            },
        })
    }

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<CoveragePlace>,
        size: usize,
    ) -> Result<Page<CountedCoverage, CoveragePlace>> {
        let found = report::people(app, by, self.filter.clone(), after, one_more(size)).await?;
        Ok(Page::cut(found, size, CountedCoverage::place))
    }

    async fn rows(_: &App, _: &MayAudit, items: &[CountedCoverage]) -> Result<Vec<CoverageRow>> {
        Ok(items.iter().map(CoverageRow::from).collect())
    }

    fn name() -> &'static str {
        "people-report"
    }
}

/// Keys by maker, model, firmware and state.
#[derive(Debug, Default)]
pub struct FirmwareReport;

impl List for FirmwareReport {
    const PATH: &'static str = "/reports/keys";
    const SAYS: &'static str = "How many keys of the inventory there are by maker, model, firmware and state, in this order";
    const COLUMNS: &'static [Column] = &[
        Column::of("maker"),
        Column::of("model"),
        Column::of("firmware"),
        Column::of("state"),
        Column::of("keys"),
        Column::of("advisories"),
    ];
    type Row = FirmwareRow;
    type Item = FirmwareCount;
    type Place = FirmwarePlace;
    type By = MayAudit;

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<FirmwarePlace>,
        size: usize,
    ) -> Result<Page<FirmwareCount, FirmwarePlace>> {
        let found = report::keys(app, by, after, one_more(size)).await?;
        Ok(Page::cut(found, size, FirmwareCount::place))
    }

    async fn rows(_: &App, _: &MayAudit, items: &[FirmwareCount]) -> Result<Vec<FirmwareRow>> {
        Ok(items.iter().map(FirmwareRow::from).collect())
    }

    fn name() -> &'static str {
        "keys-report"
    }
}
