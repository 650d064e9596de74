//! The field in which groups are chosen: those that exist, and new ones apart from them.

use serde::Serialize;

use keyward_core::domain::group::GroupName;

/// A group that can be chosen.
#[derive(Clone, Debug, Serialize)]
pub struct GroupChoice {
    /// Its name.
    pub name: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// All that can be chosen, and what was typed beside it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GroupField {
    /// The groups that exist, by name.
    pub choices: Vec<GroupChoice>,
    /// Whether there are more groups than are listed; these are typed like new ones.
    pub is_cut: bool,
    /// New groups, separated by commas.
    pub new: String,
}

impl GroupField {
    /// The most groups that are listed.
    pub const MOST: usize = 200;

    /// The field over these groups, of which some are chosen. What is chosen is listed in any case.
    pub fn new(mut groups: Vec<GroupName>, chosen: &[GroupName], new: String) -> Self {
        let is_cut = groups.len() > Self::MOST;
        groups.truncate(Self::MOST);
        groups.extend(chosen.iter().cloned());
        groups.sort_unstable();
        groups.dedup();
        Self {
            choices: groups
                .iter()
                .map(|group| GroupChoice {
                    name: group.as_str().to_owned(),
                    is_chosen: chosen.contains(group),
                })
                .collect(),
            is_cut,
            new,
        }
    }

    #[cfg(test)]
    pub(super) fn sample(number: usize) -> Self {
        let group = |name: &str| GroupName::parse(name).expect("a name");
        let groups = vec![group("printers"), group("staff"), group("<b>old</b>")];
        let mut field = Self::new(groups, &[group("staff")], "new-ones".to_owned());
        field.choices.truncate(number);
        field.is_cut = number > 2;
        field
    }
}
