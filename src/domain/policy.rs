//! What the organisation asks of its people.

use super::group::GroupName;

/// Who must have a second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequireSecondFactor {
    /// Superusers.
    Superusers,
    /// Everybody.
    All,
    /// Nobody; the console still opens for a second factor only.
    Optional,
    /// Superusers and the members of these groups.
    Groups(Vec<GroupName>),
}

impl RequireSecondFactor {
    /// Whether somebody like this must have a second factor.
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
}

/// Whether an authenticator must check its user, by PIN or body (WebAuthn L3 §5.8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserVerification {
    /// It must; others cannot be registered or used.
    Required,
    /// It shall where it can.
    Preferred,
    /// It need not, and a touch is enough.
    Discouraged,
}

/// What an authenticator shall say about its origin at registration (WebAuthn L3 §5.4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttestationConveyance {
    /// Nothing; people are asked nothing more.
    None,
    /// A statement that the browser may make anonymous.
    Indirect,
    /// Its maker's own statement; browsers ask their user first.
    Direct,
    /// A statement that may name the single device, where the browser is managed to allow it.
    Enterprise,
}
