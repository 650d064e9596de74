//! Who was invited.

use crate::App;
use keyward_core::domain::invitation::InvitationId;
use keyward_core::domain::user::EmailAddress;
use keyward_core::flows::permit::{MayAudit, MayLookUp};
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::invitations::{self, Invited};

/// Invitations with who invited, newest first, before `before`.
///
/// # Errors
/// The store's.
pub async fn list(
    app: &App,
    _: &MayAudit,
    before: Option<InvitationId>,
    limit: i64,
) -> Result<Vec<Invited>> {
    let now = app.now();
    app.store
        .read(move |connection| invitations::page(connection, before, now, limit))
        .await
}

/// The latest invitation to an address that became no account.
///
/// # Errors
/// `invitation.unknown`
pub async fn to_address(app: &App, _: &MayLookUp, email: &EmailAddress) -> Result<InvitationId> {
    let address = email.clone();
    let found = app
        .store
        .look(move |connection| invitations::latest_to(connection, &address))
        .await?;
    found.ok_or_else(|| Problem::new(codes::INVITATION_UNKNOWN).detailed(email.as_str()))
}

/// An invitation with who invited, whatever became of it.
///
/// # Errors
/// `invitation.unknown`
pub async fn find(app: &App, _: &MayAudit, id: InvitationId) -> Result<Invited> {
    let now = app.now();
    let found = app
        .store
        .look(move |connection| invitations::summary(connection, id, now))
        .await?;
    found.ok_or_else(|| codes::INVITATION_UNKNOWN.into())
}
