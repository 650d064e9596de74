//! Validation services that we ask, and clients that ask us.

use super::{Column, List, Page};
use crate::rows::{ValidationClientRow, ValidationServiceRow};
use keyward_actions::{App, validation, validation_service};
use keyward_core::domain::validation_client::ValidationClient;
use keyward_core::domain::validation_service::ValidationService;
use keyward_core::flows::permit::MayAudit;
use keyward_core::problem::Result;

/// Validation services.
#[derive(Debug, Default)]
pub struct ValidationServices;

impl List for ValidationServices {
    const PATH: &'static str = "/validation-services";
    const SAYS: &'static str =
        "Validation services that are asked, those of the settings file first";
    const COLUMNS: &'static [Column] = &[
        Column::of("name"),
        Column::of("client_id").headed("client"),
        Column::of("signed"),
        Column::of("enabled"),
        Column::of("id").or("settings file"),
        Column::of("urls").headed("servers"),
    ];
    type Row = ValidationServiceRow;
    type Item = ValidationService;
    /// There are a handful; those of the file have no id, so that their place is their number.
    type Place = u64;
    type By = MayAudit;

    async fn page(
        &self,
        app: &App,
        _: &MayAudit,
        after: Option<u64>,
        size: usize,
    ) -> Result<Page<ValidationService, u64>> {
        let begin = usize::try_from(after.unwrap_or_default()).unwrap_or(usize::MAX);
        let found = validation_service::list(app).await?;
        let end = begin.saturating_add(size);
        let next = (end < found.len()).then(|| u64::try_from(end).unwrap_or(u64::MAX));
        let items = found.into_iter().skip(begin).take(size).collect();
        Ok(Page { items, next })
    }

    async fn rows(
        _: &App,
        _: &MayAudit,
        items: &[ValidationService],
    ) -> Result<Vec<ValidationServiceRow>> {
        Ok(items.iter().map(ValidationServiceRow::from).collect())
    }
}

/// Clients of the validation server.
#[derive(Debug, Default)]
pub struct ValidationClients;

impl List for ValidationClients {
    const PATH: &'static str = "/validation-clients";
    const SAYS: &'static str = "Clients of the validation server in the order of their numbers";
    const COLUMNS: &'static [Column] = &[
        Column::of("id"),
        Column::of("active"),
        Column::of("note"),
        Column::of("owner"),
        Column::of("allow").headed("from").or("any"),
        Column::of("rate_limit").headed("a minute").or("any"),
        Column::of("last_used_at").headed("last used").or("never"),
    ];
    type Row = ValidationClientRow;
    type Item = ValidationClient;
    type Place = u64;
    type By = MayAudit;

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<u64>,
        size: usize,
    ) -> Result<Page<ValidationClient, u64>> {
        let found = validation::clients(app, by).await?;
        let of = |client: &ValidationClient| u64::try_from(client.id.number()).unwrap_or_default();
        Ok(Page::of_few(found, after.as_ref(), size, of))
    }

    async fn rows(
        _: &App,
        _: &MayAudit,
        items: &[ValidationClient],
    ) -> Result<Vec<ValidationClientRow>> {
        Ok(items.iter().map(ValidationClientRow::from).collect())
    }
}
