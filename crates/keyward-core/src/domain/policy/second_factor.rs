//! Who must have a second factor, by the settings.

use crate::domain::group::GroupName;

/// Who must have a second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequireSecondFactor {
    /// Superusers.
    Superusers,
    /// Everybody.
    All,
    /// No user; the console still opens for a second factor only.
    Optional,
    /// Superusers and the members of these groups.
    Groups(Vec<GroupName>),
}

impl RequireSecondFactor {
    /// Whether a user like this must have a second factor.
    pub fn applies_to(&self, is_superuser: bool, groups: &[GroupName]) -> bool {
        match self {
            Self::All => true,
            Self::Optional => false,
            Self::Superusers => is_superuser,
            Self::Groups(required) => {
                is_superuser || groups.iter().any(|group| required.contains(group))
            }
        }
    }

    /// Whether a user must have a second factor because they belong to this group.
    pub fn names(&self, group: &GroupName) -> bool {
        matches!(self, Self::Groups(required) if required.contains(group))
    }
}
