//! Users, groups and invitations.

use super::{Column, Filter, List, ListQuery, Page, Takes, one_more};
use crate::rows::{GroupRow, InvitationRow, UserRow};
use keyward_actions::{App, group, invitation, user};
use keyward_core::domain::group::{GroupName, GroupSummary};
use keyward_core::domain::invitation::{Invitation, InvitationId};
use keyward_core::domain::user::{UserPlace, UserSummary};
use keyward_core::flows::permit::{MayAudit, MayLookUp};
use keyward_core::problem::Result;

/// Users.
#[derive(Debug, Default)]
pub struct Users {
    /// What stands in their names or addresses; empty for everybody.
    pub search: String,
    /// Those alone who have no device.
    pub without_device: bool,
}

impl List for Users {
    const PATH: &'static str = "/users";
    const SAYS: &'static str = "Users in the order of their names";
    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "search",
            takes: Takes::Text,
            says: "Part of a name or e-mail address.",
        },
        Filter {
            name: "devices",
            takes: Takes::Words(|| vec!["none"]),
            says: "`none`: those who have no device.",
        },
    ];
    const COLUMNS: &'static [Column] = &[
        Column::of("name"),
        Column::of("email"),
        Column::of("superuser"),
        Column::of("enabled"),
        Column::of("devices"),
        Column::of("last_sign_in_at").headed("last sign-in"),
    ];
    type Row = UserRow;
    type Item = UserSummary;
    type Place = UserPlace;
    type By = MayLookUp;

    async fn under(asked: &ListQuery, _: &App, _: &MayLookUp) -> Result<Self> {
        Ok(Self {
            search: asked.text("search").unwrap_or_default().to_owned(),
            without_device: asked.text("devices").is_some(),
        })
    }

    async fn page(
        &self,
        app: &App,
        by: &MayLookUp,
        after: Option<UserPlace>,
        size: usize,
    ) -> Result<Page<UserSummary, UserPlace>> {
        let found = match self.without_device {
            false => user::list(app, by, &self.search, after, size).await?,
            true => user::list_without_device(app, by, &self.search, after, size).await?,
        };
        Ok(Page {
            items: found.users,
            next: found.next,
        })
    }

    async fn rows(app: &App, by: &MayLookUp, items: &[UserSummary]) -> Result<Vec<UserRow>> {
        let ids = items.iter().map(|summary| summary.user.id).collect();
        let mut groups = user::groups_of_several(app, by, ids).await?;
        let row = |summary: &UserSummary| {
            let groups = groups.remove(&summary.user.id).unwrap_or_default();
            UserRow::new(&summary.user, &groups, summary.devices)
        };
        Ok(items.iter().map(row).collect())
    }
}

/// Groups.
#[derive(Debug, Default)]
pub struct Groups;

impl List for Groups {
    const PATH: &'static str = "/groups";
    const SAYS: &'static str = "Groups in the order of their names";
    const COLUMNS: &'static [Column] = &[
        Column::of("name").headed("group"),
        Column::of("members"),
        Column::of("policy"),
        Column::of("being_removed"),
    ];
    type Row = GroupRow;
    type Item = GroupSummary;
    type Place = GroupName;
    type By = MayAudit;

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<GroupName>,
        size: usize,
    ) -> Result<Page<GroupSummary, GroupName>> {
        let found = group::list(app, by, after, one_more(size)).await?;
        Ok(Page::cut(found, size, |last| last.name.clone()))
    }

    async fn rows(_: &App, _: &MayAudit, items: &[GroupSummary]) -> Result<Vec<GroupRow>> {
        Ok(items.iter().map(GroupRow::from).collect())
    }
}

/// Invitations.
#[derive(Debug, Default)]
pub struct Invitations;

impl List for Invitations {
    const PATH: &'static str = "/invitations";
    const SAYS: &'static str = "Invitations, the newest first";
    const COLUMNS: &'static [Column] = &[
        Column::of("email"),
        Column::of("state"),
        Column::of("groups"),
        Column::of("invited_by").or("command line"),
        Column::of("sent_at").headed("sent"),
        Column::of("expires_at").headed("expires"),
        Column::of("mail_failure").headed("mail"),
    ];
    type Row = InvitationRow;
    type Item = (Invitation, Option<String>);
    type Place = InvitationId;
    type By = MayAudit;

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<InvitationId>,
        size: usize,
    ) -> Result<Page<Self::Item, InvitationId>> {
        let found = invitation::list(app, by, after, one_more(size)).await?;
        Ok(Page::cut(found, size, |(last, _)| last.id))
    }

    async fn rows(_: &App, _: &MayAudit, items: &[Self::Item]) -> Result<Vec<InvitationRow>> {
        Ok(items.iter().map(InvitationRow::from).collect())
    }
}
