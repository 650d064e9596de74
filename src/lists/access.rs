//! Sessions, passes, lockouts and API tokens.

use std::cmp::Reverse;

use super::{Column, Filter, List, ListQuery, OwnerFilter, Page, one_more};
use crate::rows::{ApiTokenRow, LockoutRow, PassRow, SessionRow};
use keyward_actions::{App, api_token, lockout, pass, session};
use keyward_core::domain::api_token::{ApiTokenId, ApiTokenSummary};
use keyward_core::domain::attempt::AttemptCount;
use keyward_core::domain::pass::PassSummary;
use keyward_core::domain::session::{Session, SessionPlace};
use keyward_core::domain::user::{UserId, UserName};
use keyward_core::flows::permit::{MayAudit, MayLookUp};
use keyward_core::problem::Result;

/// Open sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    /// OwnerFilter.
    pub whose: OwnerFilter,
}

impl List for Sessions {
    const PATH: &'static str = "/sessions";
    const SAYS: &'static str = "Open sessions, the latest seen first";
    const FILTERS: &'static [Filter] = &[Filter::OF_USER];
    const COLUMNS: &'static [Column] = &[
        Column::of("id"),
        Column::of("user"),
        Column::of("level"),
        Column::of("assurance"),
        Column::of("methods"),
        Column::of("address"),
        Column::of("last_seen_at").headed("last seen"),
    ];
    type Row = SessionRow;
    type Item = (Session, String);
    type Place = SessionPlace;
    type By = MayAudit;

    async fn under(asked: &ListQuery, app: &App, by: &MayAudit) -> Result<Self> {
        let whose = asked.whose(app, by).await?;
        Ok(Self { whose })
    }

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<SessionPlace>,
        size: usize,
    ) -> Result<Page<Self::Item, SessionPlace>> {
        let find = async |user| session::list(app, by, user, after, one_more(size)).await;
        let key = |(one, _): &Self::Item| Reverse((one.last_seen_at, one.id));
        let found = self.whose.gather(size, find, key).await?;
        Ok(Page::cut(found, size, |(last, _)| SessionPlace::of(last)))
    }

    async fn rows(_: &App, _: &MayAudit, items: &[Self::Item]) -> Result<Vec<SessionRow>> {
        Ok(items.iter().map(SessionRow::from).collect())
    }

    fn whose(&self) -> Option<&OwnerFilter> {
        Some(&self.whose)
    }
}

/// Temporary passes that work.
#[derive(Debug, Default)]
pub struct Passes;

impl List for Passes {
    const PATH: &'static str = "/passes";
    const SAYS: &'static str = "Temporary passes that work, in the order of their users' accounts";
    const COLUMNS: &'static [Column] = &[
        Column::of("user"),
        Column::of("issued_by").or("command line"),
        Column::of("issued_at").headed("issued"),
        Column::of("expires_at").headed("expires"),
        Column::of("once"),
        Column::of("used_at").headed("used"),
    ];
    type Row = PassRow;
    type Item = PassSummary;
    type Place = UserId;
    type By = MayLookUp;

    async fn page(
        &self,
        app: &App,
        by: &MayLookUp,
        after: Option<UserId>,
        size: usize,
    ) -> Result<Page<PassSummary, UserId>> {
        let found = pass::list(app, by, after, one_more(size)).await?;
        Ok(Page::cut(found, size, |last| last.pass.user_id))
    }

    async fn rows(_: &App, _: &MayLookUp, items: &[PassSummary]) -> Result<Vec<PassRow>> {
        Ok(items.iter().map(PassRow::from).collect())
    }
}

/// What failed tries are counted on.
#[derive(Debug, Default)]
pub struct Lockouts;

impl List for Lockouts {
    const PATH: &'static str = "/lockouts";
    const SAYS: &'static str = "What failed tries are counted on, in the order of the keys";
    const COLUMNS: &'static [Column] = &[
        Column::of("scope"),
        Column::of("of"),
        Column::of("user"),
        Column::of("failures"),
        Column::of("locked_until"),
        Column::of("ended"),
    ];
    type Row = LockoutRow;
    type Item = (AttemptCount, Option<UserName>);
    type Place = String;
    type By = MayAudit;

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<String>,
        size: usize,
    ) -> Result<Page<Self::Item, String>> {
        let found = lockout::page(app, by, after.unwrap_or_default(), one_more(size)).await?;
        Ok(Page::cut(found, size, |(last, _)| last.scope.clone()))
    }

    async fn rows(_: &App, _: &MayAudit, items: &[Self::Item]) -> Result<Vec<LockoutRow>> {
        let row = |(count, user): &Self::Item| {
            LockoutRow::new(count, user.as_ref().map(ToString::to_string))
        };
        Ok(items.iter().map(row).collect())
    }
}

/// Tokens by which other programs call the API.
#[derive(Debug, Default)]
pub struct ApiTokens;

impl List for ApiTokens {
    const PATH: &'static str = "/tokens";
    const SAYS: &'static str = "API tokens in the order in which they were made";
    const COLUMNS: &'static [Column] = &[
        Column::of("name"),
        Column::of("owner"),
        Column::of("scopes"),
        Column::of("allow").headed("from").or("any"),
        Column::of("last_used_at").headed("last used").or("never"),
        Column::of("expires_at").headed("ends").or("never"),
    ];
    type Row = ApiTokenRow;
    type Item = ApiTokenSummary;
    type Place = ApiTokenId;
    type By = MayAudit;

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<ApiTokenId>,
        size: usize,
    ) -> Result<Page<ApiTokenSummary, ApiTokenId>> {
        let found = api_token::list(app, by, after, one_more(size)).await?;
        Ok(Page::cut(found, size, |last| last.token.id))
    }

    async fn rows(_: &App, _: &MayAudit, items: &[ApiTokenSummary]) -> Result<Vec<ApiTokenRow>> {
        Ok(items.iter().map(ApiTokenRow::from).collect())
    }
}
