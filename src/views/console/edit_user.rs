//! Editing a user.

use serde::Serialize;

use super::GroupField;
use crate::views::Page;
use keyward_core::domain::user::UserId;

/// `GET /console/users/{id}/edit`, with what was typed before where something was refused.
#[derive(Clone, Serialize)]
pub struct EditUserPage {
    /// The row.
    pub id: UserId,
    /// The name as it is.
    pub name: String,
    /// The name in the field.
    pub username: String,
    /// What they are called; empty for no more than the name.
    pub display_name: String,
    /// The mail address; empty for none.
    pub email: String,
    /// Their groups.
    pub groups: GroupField,
}

impl Page for EditUserPage {
    const TEMPLATE: &'static str = "console/edit-user.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::id;
        ["", "<b>Ben</b>, of the \"printers\""]
            .into_iter()
            .zip([0, 3])
            .map(|(display_name, groups)| Self {
                id: id(2, UserId::parse),
                name: "ben".to_owned(),
                username: "ben".to_owned(),
                display_name: display_name.to_owned(),
                email: "ben@example.org".to_owned(),
                groups: GroupField::sample(groups),
            })
            .collect()
    }
}
