//! Invitations, by the hash of the token in their link.

use std::collections::HashMap;

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, is_taken, listed, prepared, unreadable};
use super::pieces::{self, Over};
use super::schema::{invitation_groups, invitations, users};
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
    sent_at: i64,
    expires_at: i64,
    state: String,
    user_id: Option<String>,
    mail_failure: Option<String>,
}

const COLUMNS: (
    invitations::id,
    invitations::email,
    invitations::sent_at,
    invitations::expires_at,
    invitations::state,
    invitations::user_id,
    invitations::mail_failure,
) = (
    invitations::id,
    invitations::email,
    invitations::sent_at,
    invitations::expires_at,
    invitations::state,
    invitations::user_id,
    invitations::mail_failure,
);

impl InvitationRow {
    /// The invitation to these groups, at this moment.
    fn at(self, groups: Vec<GroupName>, now: Timestamp) -> Result<Invitation> {
        let bad = |what| unreadable("invitations", &self.id, what);
        let expires_at = Timestamp::from_millis(self.expires_at);
        let account = self.user_id.as_deref();
        let state = InvitationState::from_stored(&self.state).ok_or_else(|| bad("state"))?;
        Ok(Invitation {
            id: InvitationId::from_stored(&self.id).ok_or_else(|| bad("id"))?,
            mail_failure: self.mail_failure.clone(),
            email: EmailAddress::from_stored(&self.email),
            groups,
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

/// The groups that these invitations lead to, in the order of their names.
fn groups_of(
    connection: &mut AnyConnection,
    ids: Vec<String>,
) -> Result<HashMap<String, Vec<GroupName>>> {
    let rows = invitation_groups::table
        .filter(invitation_groups::invitation_id.eq_any(ids))
        .order((
            invitation_groups::invitation_id,
            invitation_groups::group_name,
        ))
        .load::<(String, String)>(connection)
        .map_err(failed)?;
    let mut found: HashMap<String, Vec<GroupName>> = HashMap::new();
    for (invitation, name) in rows {
        let names = found.entry(invitation).or_default();
        names.push(GroupName::from_stored(&name));
    }
    Ok(found)
}

/// The invitation of a row that was looked for.
fn with_groups(
    connection: &mut AnyConnection,
    row: Option<InvitationRow>,
    now: Timestamp,
) -> Result<Option<Invitation>> {
    let Some(row) = row else { return Ok(None) };
    let mut groups = groups_of(connection, vec![row.id.clone()])?;
    let groups = groups.remove(&row.id).unwrap_or_default();
    row.at(groups, now).map(Some)
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
    let inserted = diesel::insert_into(invitations::table)
        .values((
            invitations::id.eq(invitation.id.to_string()),
            invitations::email.eq(invitation.email.as_str()),
            invitations::email_folded.eq(folded),
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
    inserted.map_err(failed)?;
    for group in &invitation.groups {
        prepared!(connection, |c| diesel::insert_into(
            invitation_groups::table
        )
        .values((
            invitation_groups::invitation_id.eq(invitation.id.to_string()),
            invitation_groups::group_name.eq(group.as_str()),
        ))
        .on_conflict_do_nothing()
        .execute(c))
        .map_err(failed)?;
    }
    Ok(())
}

/// The invitation of a link, whatever became of it.
pub fn by_token(
    connection: &mut AnyConnection,
    token: &TokenHash,
    now: Timestamp,
) -> Result<Option<Invitation>> {
    let row = invitations::table
        .filter(invitations::token_hash.eq(token.as_str()))
        .select(COLUMNS)
        .first::<InvitationRow>(connection)
        .optional()
        .map_err(failed)?;
    with_groups(connection, row, now)
}

/// The invitation of this id, whatever became of it.
pub fn by_id(
    connection: &mut AnyConnection,
    id: InvitationId,
    now: Timestamp,
) -> Result<Option<Invitation>> {
    let row = invitations::table
        .find(id.to_string())
        .select(COLUMNS)
        .first::<InvitationRow>(connection)
        .optional()
        .map_err(failed)?;
    with_groups(connection, row, now)
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
    let rows = query
        .load::<(InvitationRow, Option<String>)>(connection)
        .map_err(failed)?;
    let ids = rows.iter().map(|(row, _)| row.id.clone()).collect();
    let mut groups = groups_of(connection, ids)?;
    rows.into_iter()
        .map(|(row, by)| {
            let groups = groups.remove(&row.id).unwrap_or_default();
            Ok((row.at(groups, now)?, by))
        })
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
    let Some((row, by)) = found else {
        return Ok(None);
    };
    let invitation = with_groups(connection, Some(row), now)?;
    Ok(invitation.map(|invitation| (invitation, by)))
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
    let mut groups = groups_of(connection, rows.iter().map(|row| row.id.clone()).collect())?;
    let at = |row: InvitationRow| {
        let groups = groups.remove(&row.id).unwrap_or_default();
        (row.id.clone(), row.at(groups, Timestamp::from_millis(0)))
    };
    Ok(rows.into_iter().map(at).collect())
}
