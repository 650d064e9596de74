//! Who was invited.

use crate::Keyward;
use keyward_core::domain::invitation::InvitationId;
use keyward_core::domain::user::EmailAddress;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::invitations::{self, Invited};

impl Keyward {
    /// Invitations with who invited, newest first, before `before`.
    ///
    /// # Errors
    /// The store's.
    pub async fn invitations(
        &self,
        _: &Administrator,
        before: Option<InvitationId>,
        limit: i64,
    ) -> Result<Vec<Invited>> {
        let now = self.now();
        self.store
            .read(move |connection| invitations::page(connection, before, now, limit))
            .await
    }

    /// The latest invitation to an address that became no account.
    ///
    /// # Errors
    /// `invitation.unknown`
    pub async fn invitation_to(
        &self,
        _: &Administrator,
        email: &EmailAddress,
    ) -> Result<InvitationId> {
        let address = email.clone();
        let found = self
            .store
            .look(move |connection| invitations::latest_to(connection, &address))
            .await?;
        found.ok_or_else(|| Problem::new(codes::INVITATION_UNKNOWN).detailed(email.as_str()))
    }
}
