//! What comes back from the field in which groups are chosen.

use std::collections::HashMap;

use serde::Deserialize;

use crate::views::console::GroupField;
use crate::web::Site;
use keyward_actions::group;
use keyward_core::domain::group::GroupName;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;

/// How the names of ticked groups begin in a form.
const TICKED: &str = "group.";

/// The groups of a form: those that were ticked, and new ones with commas between them. It takes
/// whatever the form has beside its other fields.
#[derive(Debug, Default, Deserialize)]
pub struct GroupFields {
    #[serde(default)]
    groups: String,
    #[serde(flatten)]
    rest: HashMap<String, String>,
}

impl GroupFields {
    /// The groups that were chosen. One that was ticked and has been removed since does not come
    /// back by that.
    ///
    /// # Errors
    /// `group.unknown`, `group.name_invalid`
    pub async fn chosen(
        &self,
        site: &Site,
        administrator: &Administrator,
    ) -> Result<Vec<GroupName>> {
        let mut chosen = self.ticked();
        for group in &chosen {
            group::exists(&site.app, administrator, group.clone()).await?;
        }
        let names = self.groups.split(',').map(str::trim);
        for name in names.filter(|text| !text.is_empty()) {
            chosen.push(GroupName::parse(name)?);
        }
        Ok(chosen)
    }

    fn ticked(&self) -> Vec<GroupName> {
        let names = self.rest.keys().filter_map(|key| key.strip_prefix(TICKED));
        let mut ticked: Vec<GroupName> = names
            .filter_map(|name| GroupName::parse(name).ok())
            .collect();
        ticked.sort_unstable();
        ticked
    }

    /// The field as it was sent.
    ///
    /// # Errors
    /// The store's.
    pub async fn again(self, site: &Site, administrator: &Administrator) -> Result<GroupField> {
        let ticked = self.ticked();
        field(site, administrator, &ticked, self.groups).await
    }
}

/// The field over the groups that exist.
///
/// # Errors
/// The store's.
pub async fn field(
    site: &Site,
    administrator: &Administrator,
    chosen: &[GroupName],
    new: String,
) -> Result<GroupField> {
    let groups = group::names(&site.app, administrator, GroupField::MOST + 1).await?;
    Ok(GroupField::new(groups, chosen, new))
}
