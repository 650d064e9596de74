//! Clients of the OpenID provider.

use super::{Column, List, Page};
use crate::rows::OpenidClientRow;
use keyward_actions::{App, openid_client};
use keyward_core::domain::openid_client::OpenidClient;
use keyward_core::flows::permit::MayAudit;
use keyward_core::problem::Result;

/// Clients of the OpenID provider.
#[derive(Debug, Default)]
pub struct OpenidClients;

impl List for OpenidClients {
    const PATH: &'static str = "/clients";
    const SAYS: &'static str = "Clients of the OpenID provider in the order of their names";
    const COLUMNS: &'static [Column] = &[
        Column::of("client_id"),
        Column::of("name"),
        Column::of("authentication"),
        Column::of("access"),
        Column::of("redirect_uris").headed("redirect"),
    ];
    type Row = OpenidClientRow;
    type Item = OpenidClient;
    type Place = String;
    type By = MayAudit;

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<String>,
        size: usize,
    ) -> Result<Page<OpenidClient, String>> {
        let found = openid_client::list(app, by).await?;
        // The id tells names apart that a page token could not.
        let of = |one: &OpenidClient| format!("{} {}", one.settings.folded_name(), one.id);
        Ok(Page::of_few(found, after.as_ref(), size, of))
    }

    async fn rows(_: &App, _: &MayAudit, items: &[OpenidClient]) -> Result<Vec<OpenidClientRow>> {
        Ok(items.iter().map(OpenidClientRow::from).collect())
    }
}
