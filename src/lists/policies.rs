//! Policies.

use super::{Column, List, Page};
use crate::rows::PolicyRow;
use keyward_actions::{App, policy};
use keyward_core::domain::policy::PolicyRecord;
use keyward_core::flows::permit::MayAudit;
use keyward_core::problem::Result;

/// Policies: there are as many as groups at most, and each is read with its rules.
#[derive(Debug, Default)]
pub struct Policies;

impl List for Policies {
    const PATH: &'static str = "/policies";
    const SAYS: &'static str = "Policies, everybody's first";
    const COLUMNS: &'static [Column] = &[
        Column::of("group").or("everybody"),
        Column::of("in_force"),
        Column::of("draft"),
        Column::of("switched_on_at").headed("switched on"),
    ];
    type Row = PolicyRow;
    type Item = PolicyRecord;
    type Place = String;
    type By = MayAudit;

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<String>,
        size: usize,
    ) -> Result<Page<PolicyRecord, String>> {
        let found = policy::list(app, by).await?.policies;
        let of = |record: &PolicyRecord| record.scope.as_str().to_owned();
        Ok(Page::of_few(found, after.as_ref(), size, of))
    }

    async fn rows(_: &App, _: &MayAudit, items: &[PolicyRecord]) -> Result<Vec<PolicyRow>> {
        Ok(items.iter().map(PolicyRow::from).collect())
    }
}
