//! Erasing a user: every row that is theirs, and their name and address in rows that are not.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::connection::{AnyConnection, failed};
use super::schema::{
    devices, events, failed_names, group_members, invitations, otp_keys, outbox, trusted_browsers,
    users, validation_clients,
};
use super::sessions::{self, Open};
use super::{attempts, groups, rule_names};
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::erasure::{Belongings, Forgotten};
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::invitation::InvitationId;
use keyward_core::domain::message::{About, MessageState};
use keyward_core::domain::user::{UserId, fold};
use keyward_core::problem::Result;

/// What an event says in words.
#[derive(Debug, Queryable)]
pub struct Detail {
    /// The row.
    pub id: String,
    /// The stable name of what happened.
    pub kind: String,
    /// The particulars.
    pub detail: Option<EventDetail>,
}

/// Which events are looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// Those about the user.
    About(UserId),
    /// Those of what the user did to others.
    By(UserId),
    /// Those of this kind, whichever users had a part in them.
    Of(EventKind),
}

/// What goes with a user, and the events that stay.
pub fn belongings(
    connection: &mut AnyConnection,
    id: UserId,
    addresses: &[String],
    open: Open,
) -> Result<Belongings> {
    let user = id.to_string();
    let of_devices = devices::table.filter(devices::user_id.eq(&user)).count();
    let of_browsers = trusted_browsers::table
        .filter(trusted_browsers::user_id.eq(&user))
        .count();
    let of_groups = group_members::table
        .filter(group_members::user_id.eq(&user))
        .count();
    let of_messages = outbox::table
        .filter(outbox::user_id.eq(&user))
        .filter(outbox::state.eq(MessageState::Waiting.as_str()))
        .count();
    let about = events::table.filter(events::subject_user.eq(&user)).count();
    let by = events::table
        .filter(events::actor_user.eq(&user))
        .filter(sql::<Bool>("actor_user IS DISTINCT FROM subject_user"))
        .count();
    Ok(Belongings {
        devices: number(of_devices.get_result(connection))?,
        sessions: number(Ok(sessions::count_of(connection, id, open)?))?,
        trusted_browsers: number(of_browsers.get_result(connection))?,
        groups: number(of_groups.get_result(connection))?,
        applications: rule_names::count_of_user(connection, id)?,
        invitations: invitations_of(connection, id, addresses)?.len() as u64,
        messages: number(of_messages.get_result(connection))?,
        events: number(about.get_result(connection))? + number(by.get_result(connection))?,
    })
}

fn number(counted: QueryResult<i64>) -> Result<u64> {
    counted
        .map(|counted| counted.try_into().unwrap_or_default())
        .map_err(failed)
}

/// The invitation that became this user, and every other one to an address of theirs.
fn invitations_of(
    connection: &mut AnyConnection,
    id: UserId,
    addresses: &[String],
) -> Result<Vec<String>> {
    let reached: Vec<String> = addresses.iter().map(|address| fold(address)).collect();
    let mut found: Vec<String> = invitations::table
        .filter(invitations::user_id.eq(id.to_string()))
        .select(invitations::id)
        .load(connection)
        .map_err(failed)?;
    let others = invitations::table
        .filter(invitations::email_folded.eq_any(reached))
        .select(invitations::id)
        .load::<String>(connection)
        .map_err(failed)?;
    found.extend(others);
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The particulars of the events of these kinds about a user.
pub fn details_about(
    connection: &mut AnyConnection,
    id: UserId,
    kinds: &[EventKind],
) -> Result<Vec<EventDetail>> {
    let kinds = kinds.iter().map(|kind| kind.as_str());
    let stored: Vec<String> = events::table
        .filter(events::subject_user.eq(id.to_string()))
        .filter(events::kind.eq_any(kinds))
        .filter(events::detail.is_not_null())
        .select(events::detail.assume_not_null())
        .load(connection)
        .map_err(failed)?;
    let stored = stored.iter().map(String::as_str);
    Ok(stored.map(EventDetail::from_stored).collect())
}

/// The next events after the event `after`, the oldest first.
pub fn details(
    connection: &mut AnyConnection,
    lines: Lines,
    after: &str,
    limit: i64,
) -> Result<Vec<Detail>> {
    let mut query = events::table
        .filter(events::id.gt(after.to_owned()))
        .order(events::id)
        .limit(limit)
        .into_boxed();
    query = match lines {
        Lines::About(user) => query.filter(events::subject_user.eq(user.to_string())),
        Lines::By(user) => query
            .filter(events::actor_user.eq(user.to_string()))
            .filter(sql::<Bool>("actor_user IS DISTINCT FROM subject_user")),
        Lines::Of(kind) => query.filter(events::kind.eq(kind.as_str())),
    };
    let found = query
        .select((events::id, events::kind, events::detail))
        .load::<(String, String, Option<String>)>(connection)
        .map_err(failed)?;
    Ok(found
        .into_iter()
        .map(|(id, kind, detail)| Detail {
            id,
            kind,
            detail: detail.as_deref().map(EventDetail::from_stored),
        })
        .collect())
}

/// Puts other particulars into an event.
pub fn reword(connection: &mut AnyConnection, id: &str, detail: &EventDetail) -> Result<()> {
    diesel::update(events::table.find(id))
        .set(events::detail.eq(detail.to_stored()?))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Strikes names and addresses from what administrators noted about clients and held keys, and
/// counts the notes.
pub fn strike_notes(
    connection: &mut AnyConnection,
    forgotten: &[Forgotten],
    instead: &str,
) -> Result<usize> {
    let mut struck = 0;
    let clients = validation_clients::table
        .select((
            validation_clients::id,
            validation_clients::owner,
            validation_clients::note,
        ))
        .load::<(i64, String, String)>(connection)
        .map_err(failed)?;
    for (id, owner, note) in clients {
        let clean = (
            without(&owner, forgotten, instead),
            without(&note, forgotten, instead),
        );
        if clean == (None, None) {
            continue;
        }
        struck += 1;
        diesel::update(validation_clients::table.find(id))
            .set((
                validation_clients::owner.eq(clean.0.unwrap_or(owner)),
                validation_clients::note.eq(clean.1.unwrap_or(note)),
            ))
            .execute(connection)
            .map_err(failed)?;
    }
    let keys = otp_keys::table
        .filter(otp_keys::note.ne(""))
        .select((otp_keys::public_id, otp_keys::note))
        .load::<(String, String)>(connection)
        .map_err(failed)?;
    for (id, note) in keys {
        if let Some(clean) = without(&note, forgotten, instead) {
            struck += 1;
            diesel::update(otp_keys::table.find(id))
                .set(otp_keys::note.eq(clean))
                .execute(connection)
                .map_err(failed)?;
        }
    }
    Ok(struck)
}

/// A note without them: an address wherever it stands, a name where it is all that stands there.
fn without(note: &str, forgotten: &[Forgotten], instead: &str) -> Option<String> {
    forgotten.iter().fold(None, |clean, one| {
        let text = clean.as_deref().unwrap_or(note);
        match one.is_address() {
            true => one.struck_from(text, instead).or(clean),
            false if one.is(text) => Some(instead.to_owned()),
            false => clean,
        }
    })
}

/// Removes the user and every row that is theirs. What refers to them by a key goes by that; the
/// rest is named here. `false` where there is no such user.
pub fn erase(connection: &mut AnyConnection, id: UserId, addresses: &[String]) -> Result<bool> {
    let user = id.to_string();
    attempts::clear_user(connection, id)?;
    let prefix = AttemptScope::user_prefix(id);
    diesel::delete(
        failed_names::table
            .filter(failed_names::scope.ge(prefix.clone()))
            .filter(failed_names::scope.lt(format!("{prefix}\u{10FFFF}"))),
    )
    .execute(connection)
    .map_err(failed)?;
    for invitation in invitations_of(connection, id, addresses)? {
        if let Some(invitation) = InvitationId::from_stored(&invitation) {
            let about = About::Invitation(invitation).key();
            diesel::delete(outbox::table.filter(outbox::about.eq(about)))
                .execute(connection)
                .map_err(failed)?;
        }
        diesel::delete(invitations::table.find(invitation))
            .execute(connection)
            .map_err(failed)?;
    }
    diesel::delete(outbox::table.filter(outbox::user_id.eq(&user)))
        .execute(connection)
        .map_err(failed)?;
    rule_names::forget_user(connection, id)?;
    // What is counted of groups is counted where a member leaves them.
    groups::replace(connection, id, &[])?;
    diesel::delete(users::table.find(user))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}
