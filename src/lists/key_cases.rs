//! Cases of lost keys.

use std::cmp::Reverse;

use super::{Column, Filter, List, ListQuery, OwnerFilter, Page, Takes, one_more};
use crate::rows::KeyCaseRow;
use keyward_actions::{App, key};
use keyward_core::domain::key::{CaseFilter, CasePlace, CaseSummary};
use keyward_core::flows::permit::MayLookUp;
use keyward_core::problem::Result;

/// Cases of lost keys.
#[derive(Debug, Default)]
pub struct KeyCases {
    /// The open ones, or the closed ones.
    pub is_open: Option<bool>,
    /// Of whose keys.
    pub whose: OwnerFilter,
}

impl List for KeyCases {
    const PATH: &'static str = "/key-cases";
    const SAYS: &'static str = "Cases of lost keys, the newest first";
    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "state",
            takes: Takes::Words(|| vec!["open", "closed"]),
            says: "`open` until the key is back, replaced or written off, `closed` after that.",
        },
        Filter::OF_USER,
    ];
    const COLUMNS: &'static [Column] = &[
        Column::of("key"),
        Column::of("owner").or("nobody"),
        Column::of("opened_at").headed("reported"),
        Column::of("outcome").or("open"),
        Column::of("closed_at").headed("closed"),
        Column::of("replacement"),
    ];
    type Row = KeyCaseRow;
    type Item = CaseSummary;
    type Place = CasePlace;
    type By = MayLookUp;

    async fn under(asked: &ListQuery, app: &App, by: &MayLookUp) -> Result<Self> {
        Ok(Self {
            is_open: asked.text("state").map(|state| state == "open"),
            whose: asked.whose(app, by).await?,
        })
    }

    async fn page(
        &self,
        app: &App,
        by: &MayLookUp,
        after: Option<CasePlace>,
        size: usize,
    ) -> Result<Page<CaseSummary, CasePlace>> {
        let find = async |owner| {
            let filter = CaseFilter {
                is_open: self.is_open,
                owner,
            };
            key::cases(app, by, filter, after.clone(), one_more(size)).await
        };
        let newest = |found: &CaseSummary| Reverse(found.place());
        let found = self.whose.gather(size, find, newest).await?;
        Ok(Page::cut(found, size, CaseSummary::place))
    }

    async fn rows(_: &App, _: &MayLookUp, items: &[CaseSummary]) -> Result<Vec<KeyCaseRow>> {
        Ok(items.iter().map(KeyCaseRow::from).collect())
    }

    fn whose(&self) -> Option<&OwnerFilter> {
        Some(&self.whose)
    }
}
