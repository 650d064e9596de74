//! Keys that people had before the inventory.

use super::{Column, List, Page, one_more};
use crate::rows::KeyProposalRow;
use keyward_actions::{App, key};
use keyward_core::domain::key::{KeyProposal, ProposalId};
use keyward_core::flows::permit::MayAudit;
use keyward_core::problem::Result;

/// Keys that there seem to be, and that the inventory does not know.
#[derive(Debug, Default)]
pub struct KeyProposals;

impl List for KeyProposals {
    const PATH: &'static str = "/key-proposals";
    const SAYS: &'static str = "Keys that there seem to be and that the inventory does not know: OTP slots in the order of \
         their public ids, then devices with a proved serial number";
    const COLUMNS: &'static [Column] = &[
        Column::of("id"),
        Column::of("maker"),
        Column::of("serial").or("not known"),
        Column::of("evidence"),
        Column::of("user").or("nobody"),
        Column::of("device"),
        Column::of("key").headed("known key"),
    ];
    type Row = KeyProposalRow;
    type Item = KeyProposal;
    type Place = ProposalId;
    type By = MayAudit;

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<ProposalId>,
        size: usize,
    ) -> Result<Page<KeyProposal, ProposalId>> {
        let found = key::proposals(app, by, after, one_more(size)).await?;
        Ok(Page::cut(found, size, |last| last.id.clone()))
    }

    async fn rows(_: &App, _: &MayAudit, items: &[KeyProposal]) -> Result<Vec<KeyProposalRow>> {
        Ok(items.iter().map(KeyProposalRow::from).collect())
    }
}
