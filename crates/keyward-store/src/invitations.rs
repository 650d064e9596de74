//! Invitations, by the hash of the token in their link.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, is_taken, listed, unreadable};
use super::pieces::{self, Over};
use super::schema::{invitations, users};
use keyward_core::clock::Timestamp;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::invitation::{Invitation, InvitationId, InvitationState};
use keyward_core::domain::user::{EmailAddress, UserId, fold};
use keyward_core::problem::{Result, codes};
use keyward_core::secret::TokenHash;

/// An invitation with who invited: a user's name, or none for the command line.
pub type Invited = (Invitation, Option<String>);

#[derive(Queryable)]
struct InvitationRow {
    id: String,
    email: String,
    group_names: String,
    sent_at: i64,
    expires_at: i64,
    state: String,
    user_id: Option<String>,
    mail_failure: Option<String>,
}

const COLUMNS: (
    invitations::id,
    invitations::email,
    invitations::group_names,
    invitations::sent_at,
    invitations::expires_at,
    invitations::state,
    invitations::user_id,
    invitations::mail_failure,
) = (
    invitations::id,
    invitations::email,
    invitations::group_names,
    invitations::sent_at,
    invitations::expires_at,
    invitations::state,
    invitations::user_id,
    invitations::mail_failure,
);

impl InvitationRow {
    /// The invitation at this moment.
    fn at(self, now: Timestamp) -> Result<Invitation> {
        let bad = |what| unreadable("invitations", &self.id, what);
        let names = self.group_names.split(',').filter(|name| !name.is_empty());
        let expires_at = Timestamp::from_millis(self.expires_at);
        let account = self.user_id.as_deref();
        let state = InvitationState::from_stored(&self.state).ok_or_else(|| bad("state"))?;
        Ok(Invitation {
            id: InvitationId::from_stored(&self.id).ok_or_else(|| bad("id"))?,
            mail_failure: self.mail_failure.clone(),
            email: EmailAddress::from_stored(&self.email),
            groups: names.map(GroupName::from_stored).collect(),
            sent_at: Timestamp::from_millis(self.sent_at),
            expires_at,
            state: match state {
                InvitationState::Open if expires_at <= now => InvitationState::Expired,
                state => state,
            },
            account: account
                .map(|text| UserId::from_stored(text).ok_or_else(|| bad("user_id")))
                .transpose()?,
        })
    }
}

/// Adds an open invitation.
///
/// # Errors
/// `invitation.open` where there is one to this address that has not expired, also in a race.
pub fn insert(
    connection: &mut AnyConnection,
    invitation: &Invitation,
    token: &TokenHash,
    invited_by: Option<UserId>,
) -> Result<()> {
    let folded = fold(invitation.email.as_str());
    diesel::update(
        invitations::table
            .filter(invitations::email_folded.eq(&folded))
            .filter(invitations::state.eq(InvitationState::Open.as_str()))
            .filter(invitations::expires_at.le(invitation.sent_at.millis())),
    )
    .set(invitations::state.eq(InvitationState::Expired.as_str()))
    .execute(connection)
    .map_err(failed)?;
    let groups: Vec<&str> = invitation.groups.iter().map(GroupName::as_str).collect();
    let inserted = diesel::insert_into(invitations::table)
        .values((
            invitations::id.eq(invitation.id.to_string()),
            invitations::email.eq(invitation.email.as_str()),
            invitations::email_folded.eq(folded),
            invitations::group_names.eq(groups.join(",")),
            invitations::token_hash.eq(token.as_str()),
            invitations::invited_by.eq(invited_by.map(|id| id.to_string())),
            invitations::sent_at.eq(invitation.sent_at.millis()),
            invitations::expires_at.eq(invitation.expires_at.millis()),
            invitations::state.eq(invitation.state.as_str()),
        ))
        .execute(connection);
    if is_taken(&inserted) {
        return Err(codes::INVITATION_OPEN.into());
    }
    inserted.map(drop).map_err(failed)
}

/// The invitation of a link, whatever became of it.
pub fn by_token(
    connection: &mut AnyConnection,
    token: &TokenHash,
    now: Timestamp,
) -> Result<Option<Invitation>> {
    invitations::table
        .filter(invitations::token_hash.eq(token.as_str()))
        .select(COLUMNS)
        .first::<InvitationRow>(connection)
        .optional()
        .map_err(failed)?
        .map(|row| row.at(now))
        .transpose()
}

/// The invitation of this id, whatever became of it.
pub fn by_id(
    connection: &mut AnyConnection,
    id: InvitationId,
    now: Timestamp,
) -> Result<Option<Invitation>> {
    invitations::table
        .find(id.to_string())
        .select(COLUMNS)
        .first::<InvitationRow>(connection)
        .optional()
        .map_err(failed)?
        .map(|row| row.at(now))
        .transpose()
}

/// The latest invitation to an address that became no account.
pub fn latest_to(
    connection: &mut AnyConnection,
    email: &EmailAddress,
) -> Result<Option<InvitationId>> {
    let id = invitations::table
        .filter(invitations::email_folded.eq(fold(email.as_str())))
        .filter(invitations::state.ne(InvitationState::Accepted.as_str()))
        .order(invitations::id.desc())
        .select(invitations::id)
        .first::<String>(connection)
        .optional()
        .map_err(failed)?;
    id.map(|id| InvitationId::from_stored(&id).ok_or_else(|| unreadable("invitations", &id, "id")))
        .transpose()
}

/// Uses a link up; `false` where it was used before, also in a race, or has ended otherwise.
pub fn accept(connection: &mut AnyConnection, token: &TokenHash, now: Timestamp) -> Result<bool> {
    diesel::update(
        invitations::table
            .filter(invitations::token_hash.eq(token.as_str()))
            .filter(invitations::state.eq(InvitationState::Open.as_str()))
            .filter(invitations::expires_at.gt(now.millis())),
    )
    .set((
        invitations::state.eq(InvitationState::Accepted.as_str()),
        invitations::ended_at.eq(now.millis()),
    ))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Ends an invitation for good that was seen to be over: a clock that is set back does not bring it
/// back.
pub fn end_if_over(connection: &mut AnyConnection, id: InvitationId, now: Timestamp) -> Result<()> {
    diesel::update(
        invitations::table
            .find(id.to_string())
            .filter(invitations::state.eq(InvitationState::Open.as_str()))
            .filter(invitations::expires_at.le(now.millis())),
    )
    .set(invitations::state.eq(InvitationState::Expired.as_str()))
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Ends for good at most `limit` of the invitations that were over before `moment`, and counts them.
pub fn end_over(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let open = InvitationState::Open.as_str();
    let over: Vec<String> = invitations::table
        .filter(invitations::state.eq(open))
        .filter(invitations::expires_at.lt(moment.millis()))
        .select(invitations::id)
        .limit(limit)
        .load(connection)
        .map_err(failed)?;
    let over = invitations::table
        .filter(invitations::id.eq_any(over))
        .filter(invitations::state.eq(open));
    diesel::update(over)
        .set(invitations::state.eq(InvitationState::Expired.as_str()))
        .execute(connection)
        .map_err(failed)
}

/// Remembers which account an accepted invitation became.
pub fn note_account(
    connection: &mut AnyConnection,
    token: &TokenHash,
    account: UserId,
) -> Result<()> {
    diesel::update(invitations::table.filter(invitations::token_hash.eq(token.as_str())))
        .set(invitations::user_id.eq(account.to_string()))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Opens an invitation again under another token, which ends the one before; `false` where it
/// became an account or was revoked.
///
/// # Errors
/// `invitation.open` where its address was invited anew since it expired.
pub fn renew(
    connection: &mut AnyConnection,
    id: InvitationId,
    token: &TokenHash,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<bool> {
    let states = [InvitationState::Open, InvitationState::Expired];
    let renewed = diesel::update(
        invitations::table
            .find(id.to_string())
            .filter(invitations::state.eq_any(states.map(InvitationState::as_str))),
    )
    .set((
        invitations::state.eq(InvitationState::Open.as_str()),
        invitations::token_hash.eq(token.as_str()),
        invitations::sent_at.eq(now.millis()),
        invitations::expires_at.eq(expires_at.millis()),
        invitations::mail_failure.eq(None::<String>),
    ))
    .execute(connection);
    if is_taken(&renewed) {
        return Err(codes::INVITATION_OPEN.into());
    }
    renewed.map(|rows| rows == 1).map_err(failed)
}

/// Writes down why the mail of an open invitation was given up, and gives back its address.
pub fn note_failure(
    connection: &mut AnyConnection,
    id: InvitationId,
    why: &str,
) -> Result<Option<EmailAddress>> {
    let open = InvitationState::Open.as_str();
    let row = invitations::table.find(id.to_string());
    diesel::update(row.clone().filter(invitations::state.eq(open)))
        .set(invitations::mail_failure.eq(why))
        .execute(connection)
        .map_err(failed)?;
    let email = row
        .select(invitations::email)
        .first::<String>(connection)
        .optional()
        .map_err(failed)?;
    Ok(email.as_deref().map(EmailAddress::from_stored))
}

/// Takes an open invitation back; `false` where it has ended, also in a race.
pub fn revoke(connection: &mut AnyConnection, id: InvitationId, now: Timestamp) -> Result<bool> {
    diesel::update(
        invitations::table
            .find(id.to_string())
            .filter(invitations::state.eq(InvitationState::Open.as_str())),
    )
    .set((
        invitations::state.eq(InvitationState::Revoked.as_str()),
        invitations::ended_at.eq(now.millis()),
    ))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Invitations, newest first, before the id `before`.
pub fn page(
    connection: &mut AnyConnection,
    before: Option<InvitationId>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Invited>> {
    let mut query = invitations::table
        .left_join(users::table.on(invitations::invited_by.eq(users::id.nullable())))
        .select((COLUMNS, users::name.nullable()))
        .order(invitations::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(invitations::id.lt(before.to_string()));
    }
    query
        .load::<(InvitationRow, Option<String>)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(row, by)| Ok((row.at(now)?, by)))
        .filter_map(listed)
        .collect()
}

/// The invitation of this id with who invited, as lists tell it.
pub fn summary(
    connection: &mut AnyConnection,
    id: InvitationId,
    now: Timestamp,
) -> Result<Option<Invited>> {
    let found = invitations::table
        .left_join(users::table.on(invitations::invited_by.eq(users::id.nullable())))
        .filter(invitations::id.eq(id.to_string()))
        .select((COLUMNS, users::name.nullable()))
        .first::<(InvitationRow, Option<String>)>(connection)
        .optional()
        .map_err(failed)?;
    found.map(|(row, by)| Ok((row.at(now)?, by))).transpose()
}

/// Removes those whose time was over before `moment`: at most `limit` of them, counted.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "invitations",
        key: "id",
        condition: "expires_at < $1",
    };
    pieces::delete(connection, &over, moment, limit)
}

/// A page of all invitations as their rows are, by id.
pub(super) fn as_they_are(
    connection: &mut AnyConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Result<Invitation>)>> {
    let rows = invitations::table
        .filter(invitations::id.gt(after))
        .order(invitations::id)
        .limit(limit)
        .select(COLUMNS)
        .load::<InvitationRow>(connection)
        .map_err(failed)?;
    let at = |row: InvitationRow| (row.id.clone(), row.at(Timestamp::from_millis(0)));
    Ok(rows.into_iter().map(at).collect())
}
